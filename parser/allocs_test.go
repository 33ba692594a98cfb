package parser

import (
	"testing"

	"walstats/record"
)

// In steady state nothing is allocated: neither for finding records, nor for
// their columns, nor for those of their block references.
func TestNothingIsAllocated(t *testing.T) {
	for _, d := range dumps(t) {
		var x Index
		var f Filler
		b, blocks := record.NewBatch(), record.NewBlockBatch()
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
					n, err := f.Fill(&x, b, block, row, record.BatchRows)
					if err != nil {
						t.Fatal(err)
					}
					row += n
				}
			}),
			"blocks": scan(func(block []byte) {
				for cur := (BlockCursor{}); cur.Row < x.Len(); {
					blocks.Reset()
					if _, err := f.FillBlocks(&x, blocks, block, &cur, x.Len(), record.BatchRows); err != nil {
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
