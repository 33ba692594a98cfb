package desc

import (
	"testing"

	"walstats/rmgr"
)

// Every form of a block reference; FORMAT.md's wording, version by version.
func TestBlockRefs(t *testing.T) {
	plain := Block{ID: 1, Tablespace: 1663, Database: 5, Relation: 16384, Number: 7}
	vm := plain
	vm.Fork = 2
	image := plain
	image.Flags, image.HoleOffset, image.HoleLength, image.ImageLength = HasImage|Apply, 100, 192, 8000
	compressed := image
	compressed.Method, compressed.ImageLength = PGLZ, 500
	verify := image
	verify.Flags = HasImage
	lz4 := compressed
	lz4.Method = LZ4
	for _, c := range []struct {
		version  rmgr.Version
		block    Block
		text     string
		detailed string
	}{
		{v15, plain, ", blkref #1: rel 1663/5/16384 blk 7", "\tblkref #1: rel 1663/5/16384 fork main blk 7\n"},
		{v15, vm, ", blkref #1: rel 1663/5/16384 fork vm blk 7", "\tblkref #1: rel 1663/5/16384 fork vm blk 7\n"},
		{v95, image, ", blkref #1: rel 1663/5/16384 blk 7 FPW", "\tblkref #1: rel 1663/5/16384 fork main blk 7 (FPW); hole: offset: 100, length: 192\n"},
		{v15, verify, ", blkref #1: rel 1663/5/16384 blk 7 FPW for WAL verification", "\tblkref #1: rel 1663/5/16384 fork main blk 7 (FPW for WAL verification); hole: offset: 100, length: 192\n"},
		{v14, compressed, ", blkref #1: rel 1663/5/16384 blk 7 FPW", "\tblkref #1: rel 1663/5/16384 fork main blk 7 (FPW); hole: offset: 100, length: 192, compression saved: 7500\n"},
		{v15, lz4, ", blkref #1: rel 1663/5/16384 blk 7 FPW", "\tblkref #1: rel 1663/5/16384 fork main blk 7 (FPW); hole: offset: 100, length: 192, compression saved: 7500, method: lz4\n"},
	} {
		r := Record{Version: c.version, Blocks: []Block{c.block}}
		if got := string(AppendBlockRefs(nil, &r, false)); got != c.text {
			t.Errorf("got  %q\nwant %q", got, c.text)
		}
		if got := string(AppendBlockRefs(nil, &r, true)); got != c.detailed {
			t.Errorf("got  %q\nwant %q", got, c.detailed)
		}
	}
}
