package wal

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"walstats/record"
	"walstats/rmgr"
	"walstats/wal/desc"
)

// seedPages is how many pages of a segment a seed has: a corpus of small inputs mutates
// faster.
const seedPages = 4

// seeds returns the beginnings of real segments.
func seeds(f *testing.F) (all [][]byte) {
	f.Helper()
	paths, _ := filepath.Glob("testdata/*/wal/0*.zst")
	for _, path := range paths {
		if ParseFileName(filepath.Base(path)).Kind != SegmentFile {
			continue
		}
		b := content(f, path)
		all = append(all, bytes.Clone(b[:seedPages*8192]))
	}
	if len(all) == 0 {
		f.Fatal("no segments in testdata")
	}
	return all
}

// FuzzScan reads any bytes as one or two segments. There are rows or an error with a
// place, the same ones whatever the chunks, readers and ranges; and no panic.
func FuzzScan(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b, []byte(nil), byte(0))
		f.Add(b[:8192], b[8192:], byte(1))
		f.Add(b, b, byte(3))
	}
	f.Fuzz(func(t *testing.T, first, second []byte, flags byte) {
		files := inMemory{"000000010000000000000008": first}
		if len(second) > 0 {
			files["000000010000000000000009"] = second
		}
		o := Options{IgnoreErrors: flags&1 != 0, SkipChecksums: flags&2 != 0, AnyName: flags&4 != 0, MaxRecordSize: 1 << 20, HeaderReaders: 1}
		set, err := Find(files.paths(), files, o)
		if err != nil {
			return
		}
		if set.SegmentSize > 16<<20 {
			return // the same code, for much longer
		}
		whole := scan(t, set, 1)
		var e *Error
		if whole.err != nil && errors.As(whole.err, &e) && (e.Path == "" || e.Message == "") {
			t.Fatalf("an error without a place: %#v", e)
		}
		if whole.err != nil && o.IgnoreErrors && e != nil && e.Kind == Damage {
			t.Fatalf("damage is an error, though errors are ignored: %v", whole.err)
		}
		var text *desc.Error
		if errors.As(whole.err, &text) {
			return // a description that cannot be printed ends the query, not the scan
		}
		o.ChunkSize = 8 << 10
		small, err := Find(files.paths(), files, o)
		if err != nil {
			t.Fatal(err)
		}
		parallel := scan(t, small, 3)
		compareRows(t, parallel.rows, whole.rows)
		compareRejects(t, parallel, whole)
	})
}

// FuzzImage restores any bytes as an image of any kind. There is a page or an error; no
// panic, and no byte of dst is changed.
func FuzzImage(f *testing.F) {
	f.Add([]byte("\x00abc"), uint16(24), uint16(8000), byte(desc.PGLZ))
	f.Add([]byte("\x28\xB5\x2F\xFD\x00"), uint16(0), uint16(0), byte(desc.Zstd))
	f.Add([]byte("\xF0\xFFabc"), uint16(8), uint16(16), byte(desc.LZ4))
	f.Add(make([]byte, 192), uint16(100), uint16(8000), byte(desc.Plain))
	for _, name := range []string{"18", "13"} {
		set, err := Find(filesOf(f, name), onDisk{}, Options{})
		if err != nil {
			f.Fatal(err)
		}
		c := set.Cursor(set.begin(&set.Segments[0]), 0)
		defer c.Close()
		if _, err := c.First(); err != nil {
			f.Fatal(err)
		}
		for n := 0; n < 40; {
			r, err := c.Next()
			if err != nil {
				break
			}
			for _, b := range r.Blocks {
				if b.Flags&desc.HasImage != 0 {
					f.Add(bytes.Clone(b.Image), b.HoleOffset, b.HoleLength, byte(b.Method))
					n++
				}
			}
		}
	}
	var images Images
	f.Fuzz(func(t *testing.T, image []byte, offset, length uint16, method byte) {
		r := desc.Record{Version: rmgr.V18, Blocks: []desc.Block{{
			Flags: desc.HasImage | desc.Apply, Image: image[:len(image):len(image)], ImageLength: uint16(len(image)),
			HoleOffset: offset, HoleLength: length, Method: desc.Compression(method % 4),
		}}}
		dst := []byte("before")
		page, err := images.AppendPage(dst, &r, 0)
		if !bytes.HasPrefix(page, dst) || err == nil && len(page) != len(dst)+record.BlockSize || err != nil && len(page) != len(dst) {
			t.Fatalf("%d bytes, %v", len(page), err)
		}
	})
}

func filesOf(t testing.TB, name string) []string { return filesIn(t, "testdata/"+name+"/wal") }

// FuzzNames reads any names and any text of a history file.
func FuzzNames(f *testing.F) {
	f.Add("000000010000000000000001", "1\t0/700BC38\tno recovery target specified\n")
	f.Add("00000001000000000000000A-da39a3ee5e6b4b0d3255bfef95601890afd80709.gz", "")
	f.Add("00000002.history", "# nothing")
	f.Add("000000010000000000000001.partial.zst", "4294967295 FFFFFFFF/FFFFFFFF")
	f.Fuzz(func(t *testing.T, name, text string) {
		n := ParseFileName(name)
		for _, size := range []uint32{minSegment, 16 << 20, maxSegment} {
			if number, ok := n.Number(size); n.Kind == SegmentFile && ok {
				if got := SegmentName(n.Timeline, number, size); got != name[:segmentNameLength] {
					t.Errorf("%s: segment %d is %s", name, number, got)
				}
			}
		}
		h, err := ParseHistory(7, []byte(text))
		if err == nil && (len(h) == 0 || h[0].Timeline != 7 || h[len(h)-1].Begin != 0) {
			t.Errorf("%q: %v", text, h)
		}
	})
}
