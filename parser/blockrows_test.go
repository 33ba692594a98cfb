package parser

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"walstats/record"
)

// blockRow is one row of read_waldump_blocks as text; `-` is NULL.
func blockRow(b *record.BlockBatch, i int) string {
	number := func(c *record.Numbers) string {
		if !record.IsValid(c.Valid, i) {
			return "-"
		}
		return fmt.Sprint(c.Values[i])
	}
	word := func(c *record.Strings) string {
		if !record.IsValid(c.Valid, i) {
			return "-"
		}
		return c.String(i)
	}
	return fmt.Sprintf("%v #%d %s/%s/%s %s %s %s %s hole %s %s saved %s %s", record.LSN(b.StartLSN[i]), b.BlockID[i],
		number(&b.RelTablespace), number(&b.RelDatabase), number(&b.RelFileNode), word(&b.RelFork), number(&b.RelBlockNumber),
		word(&b.FPI), number(&b.BlockFPILength), number(&b.HoleOffset), number(&b.HoleLength), number(&b.CompressionSaved), word(&b.CompressionMethod))
}

func blockRows(t *testing.T, text string, rows int) (all []string) {
	t.Helper()
	x := &Index{}
	x.Scan([]byte(text), 0, len(text), true)
	b, f := record.NewBlockBatch(), Filler{IgnoreErrors: true}
	for cur := (BlockCursor{}); cur.Row < x.Len(); {
		b.Reset()
		n, err := f.FillBlocks(x, b, []byte(text), &cur, x.Len(), rows)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			all = append(all, blockRow(b, i))
		}
	}
	return all
}

func TestBlockRows(t *testing.T) {
	const detailed = " fork main blk 7 (FPW); hole: offset: 28, length: 80"
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"no block", commit(1).text + message(2, "a, blkref #0: rel 1/2/3 blk 4", "x", 0).text, nil},
		{"no image", insert(1).text, []string{"0/01000100 #0 1663/5/16384 main 7 - 0 hole - - saved - -"}},
		{"one image", lengthLine(1, "Heap", 54, 1054, "UPDATE x, blkref #0: rel 1663/5/16384 blk 8 FPW, blkref #1: rel 1663/0/16385 fork vm blk 9"), []string{
			"0/01000100 #0 1663/5/16384 main 8 apply 1000 hole - - saved - -",
			"0/01000100 #1 1663/0/16385 vm 9 - 0 hole - - saved - -",
		}},
		{"two images have one length", lengthLine(1, "Heap", 54, 1054, "UPDATE x, blkref #1: rel 1663/5/16384 blk 8 FPW for WAL verification, blkref #32: rel 1663/5/16384 fork init blk 4294967294 FPW"), []string{
			"0/01000100 #1 1663/5/16384 main 8 verify - hole - - saved - -",
			"0/01000100 #32 1663/5/16384 init 4294967294 apply - hole - - saved - -",
		}},
		{"with --bkp-details every image has its own", lengthLine(1, "Heap", 54, 1054, "UPDATE x") +
			"\tblkref #0: rel 1663/5/16384" + detailed + "\n\n" +
			"\tblkref #1: rel 1663/5/16384" + detailed + ", compression saved: 8000\n" +
			"\tblkref #2: rel 1663/5/16384" + detailed + ", compression saved: 8000, method: lz4\n" +
			"\tblkref #3: rel 1663/5/16384 fork fsm blk 0\n" +
			"\tblkref #4: rel 1663/5/16384 fork main blk 0 (FPW for WAL verification); hole: offset: 0, length: 0\n",
			[]string{
				"0/01000100 #0 1663/5/16384 main 7 apply 8112 hole 28 80 saved - -",
				"0/01000100 #1 1663/5/16384 main 7 apply 112 hole 28 80 saved 8000 -",
				"0/01000100 #2 1663/5/16384 main 7 apply 112 hole 28 80 saved 8000 lz4",
				"0/01000100 #3 1663/5/16384 fsm 0 - 0 hole - - saved - -",
				"0/01000100 #4 1663/5/16384 main 0 verify 8192 hole 0 0 saved - -",
			}},
		{"9.4", old(1, "Heap", "0100", "insert: x") + "\tbackup bkp #1; rel 1663/5/16384; fork: main; block: 3; hole: offset: 28, length: 8080\n",
			[]string{"0/01000100 #1 1663/5/16384 main 3 apply 112 hole 28 8080 saved - -"}},
		{"an image shorter than nothing", lengthLine(1, "Heap", 54, 1054, "UPDATE x") + "\tblkref #0: rel 1/2/3 fork main blk 7 (FPW); hole: offset: 28, length: 8000, compression saved: 8000\n",
			[]string{"0/01000100 #0 1/2/3 main 7 apply - hole 28 8000 saved 8000 -"}},
		{"rec above tot", lengthLine(1, "Heap", 1054, 54, "UPDATE x, blkref #0: rel 1/2/3 blk 8 FPW"),
			[]string{"0/01000100 #0 1/2/3 main 8 apply - hole - - saved - -"}},
		{"numbers over 32 bits", line(1, "Heap", "UPDATE x") + "\tblkref #0: rel 4294967296/2/3 fork main blk 4294967296 (FPW); hole: offset: 4294967296, length: 4294967296, compression saved: 4294967296\n",
			[]string{"0/01000100 #0 -/2/3 main - apply - hole - - saved - -"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, rows := range []int{1, 2, 3, record.BatchRows} {
				text := tt.text + tt.text
				want := append(slices.Clip(tt.want), tt.want...)
				if got := blockRows(t, text, rows); !slices.Equal(got, want) {
					t.Fatalf("in batches of %d:\ngot  %s\nwant %s", rows, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
				}
			}
		})
	}
}

// The images of a record are together as long as its lengths say: BLCKSZ is 8192
// in all dumps, hole and saving are right.
func TestImagesAreAsLongAsTheRecordSays(t *testing.T) {
	for _, d := range dumps(t) {
		if !strings.Contains(d.name, "bkp") {
			continue
		}
		all, _ := parse(t, d.text)
		images := 0
		for _, r := range all {
			refs, err := AppendBlockRefs(nil, []byte(r.BlockRef))
			if err != nil {
				t.Fatal(err)
			}
			sum := uint32(0)
			for i := range refs {
				if n, ok := refs[i].ImageLength(); ok && refs[i].FPI != record.NoFPI {
					sum += n
					images++
				}
			}
			if sum != r.FPILength {
				t.Fatalf("%s at %v: images of %d bytes, fpi_length %d", d.name, r.StartLSN, sum, r.FPILength)
			}
		}
		if images < 100 {
			t.Errorf("%s: only %d images", d.name, images)
		}
	}
}

// Both ways to put block references one after the other are read: pg_waldump's,
// and pg_walinspect's, which begins with a blank where the first is not #0.
func TestAppendBlockRefs(t *testing.T) {
	const image = "blkref #1: rel 1663/5/16384 fork main blk 7 (FPW); hole: offset: 28, length: 80, compression saved: 8000, method: pglz"
	const plain = "blkref #2: rel 1663/5/16384 fork vm blk 0"
	want, err := AppendBlockRefs(nil, []byte(image+", "+plain))
	if err != nil || len(want) != 2 || want[0].ID != 1 || want[0].Method != "pglz" || want[1].Fork != record.VMFork {
		t.Fatalf("%+v, %v", want, err)
	}
	for _, s := range []string{image + " " + plain, " " + image + " " + plain} {
		if got, err := AppendBlockRefs(nil, []byte(s)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"x", "blkref #0", plain + ", x", plain + "x", ", " + plain} {
		if got, err := AppendBlockRefs(nil, []byte(s)); err == nil {
			t.Errorf("%q: %+v", s, got)
		}
	}
	if got, err := AppendBlockRefs(nil, nil); err != nil || got != nil {
		t.Errorf("nothing: %+v, %v", got, err)
	}
}
