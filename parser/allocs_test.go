package parser

import "testing"

// In steady state nothing is allocated: neither for finding records, nor for
// their columns, nor for those of their block references.
func TestNothingIsAllocated(t *testing.T) {
	for _, d := range dumps(t) {
		var x Index
		b, blocks := NewBatch(), &BlockBatch{Batch: *NewBatch()}
		scan := func(fill func(block []byte)) func() {
			return func() {
				for from := 0; from < len(d.text); {
					x.Reset()
					block := d.text[from:]
					next, _ := x.Scan(block, 0, benchBlock, true)
					from += next
					fill(block)
				}
			}
		}
		for name, read := range map[string]func(){
			"records": scan(func(block []byte) {
				for row := 0; row < x.Len(); {
					b.Reset()
					n, err := x.Fill(b, block, row, BatchRows)
					if err != nil {
						t.Fatal(err)
					}
					row += n
				}
			}),
			"blocks": scan(func(block []byte) {
				for cur := (BlockCursor{}); cur.Row < x.Len(); {
					blocks.Reset()
					if _, err := x.FillBlocks(blocks, block, &cur, x.Len(), BatchRows); err != nil {
						t.Fatal(err)
					}
				}
			}),
		} {
			read()
			if n := testing.AllocsPerRun(2, read); n != 0 {
				t.Errorf("%s, %s: %v allocations", d.name, name, n)
			}
		}
	}
}
