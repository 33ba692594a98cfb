package segments

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const mib = 1 << 20

// A folder is one of WAL whose segments have a first page and are empty behind it.
type folder struct {
	testing.TB
	path string
	size uint64
}

func newFolder(t testing.TB, size uint64) folder { return folder{t, t.TempDir(), size} }

// file writes a segment's file with what the first page says.
func (f folder) file(name string, magic uint16, address, system uint64) {
	f.Helper()
	b := make([]byte, longHeader)
	order := binary.NativeEndian
	order.PutUint16(b, magic)
	order.PutUint16(b[2:], flagLong)
	order.PutUint64(b[8:], address)
	order.PutUint64(b[24:], system)
	order.PutUint32(b[32:], uint32(f.size))
	order.PutUint32(b[36:], 8192)
	f.text(name, b)
	if err := os.Truncate(filepath.Join(f.path, name), int64(f.size)); err != nil {
		f.Fatal(err)
	}
}

func (f folder) text(name string, text []byte) {
	f.Helper()
	if err := os.WriteFile(filepath.Join(f.path, name), text, 0o600); err != nil {
		f.Fatal(err)
	}
}

// good writes the segments from one number to another.
func (f folder) good(timeline uint32, from, to uint64) {
	f.Helper()
	for n := from; n <= to; n++ {
		f.file(segmentName(timeline, n, f.size), 0xD110, n*f.size, 1)
	}
}

// names are the files of a chain, and which of a timeline's they are.
func names(c *Chain) string {
	var all []string
	for _, s := range c.segments {
		all = append(all, strings.TrimLeft(filepath.Base(s.path), "0"))
	}
	return strings.Join(all, " ")
}

func TestChain(t *testing.T) {
	const all = "100000000000000FE 100000000000000FF 10000000100000000"
	for _, test := range []struct {
		name string
		size uint64
		make func(f folder)
		part Part
		want string // the names without zeros before them, or a part of the error
	}{
		{"16 MiB, over a border of 4 GiB", 16 * mib, func(f folder) { f.good(1, 0xFE, 0x100) }, Part{}, all},
		{"1 MiB", mib, func(f folder) { f.good(1, 0xFFE, 0x1000) }, Part{}, "10000000000000FFE 10000000000000FFF 10000000100000000"},
		{"1 GiB", 1 << 30, func(f folder) { f.good(1, 3, 5) }, Part{}, "10000000000000003 10000000100000000 10000000100000001"},
		{"the start and end of a part", 16 * mib, func(f folder) { f.good(1, 0xF0, 0x110) }, Part{Start: 0xFE123456, End: 0x100000001}, all},
		{"an end at a border", 16 * mib, func(f folder) { f.good(1, 0xF0, 0x110) }, Part{Start: 0xFE000000, End: 0x101000000}, all},
		{"files that are none", 16 * mib, func(f folder) {
			f.good(1, 0xFE, 0x100)
			f.text("000000010000000000000020.00000028.backup", []byte("START"))
			f.text("00000002.history", nil)
			f.text("archive_status", nil)
			f.text("xlogtemp.123", nil)
		}, Part{}, all},
		{"ready for later", 16 * mib, func(f folder) {
			f.good(1, 0xFE, 0x100)
			f.text("000000010000000100000001", make([]byte, 16*mib))
			f.file("000000010000000100000002", 0xD110, 0x55000000, 1)
			f.text("000000010000000100000003", nil)
		}, Part{}, all},
		{"an unfinished one at the end", 16 * mib, func(f folder) {
			f.good(1, 0xFE, 0xFF)
			f.file("000000010000000100000000.partial", 0xD110, 0x100000000, 1)
			f.file("0000000100000000000000FF.partial", 0xD110, 0xFF000000, 1)
		}, Part{}, all + ".partial"},
		{"a data directory", 16 * mib, func(f folder) {
			if err := os.Mkdir(filepath.Join(f.path, "pg_wal"), 0o700); err != nil {
				f.Fatal(err)
			}
			folder{f, filepath.Join(f.path, "pg_wal"), f.size}.good(1, 0xFE, 0x100)
		}, Part{}, all},
		{"a timeline's history", 16 * mib, twoTimelines, Part{}, "10000000000000005 10000000000000006 20000000000000007 20000000000000008"},
		{"the older timeline", 16 * mib, twoTimelines, Part{Timeline: 1}, "10000000000000005 10000000000000006 10000000000000007 10000000000000008 10000000000000009"},
		{"a timeline without its history", 16 * mib, func(f folder) {
			f.good(1, 5, 9)
			f.good(2, 7, 8)
		}, Part{}, "20000000000000007 20000000000000008"},

		{"a gap", 16 * mib, func(f folder) { f.good(1, 5, 6); f.good(1, 9, 10) }, Part{},
			"the segment 000000010000000000000007 is missing; bring it back, or leave out what is before the gap with --start 0/09000000"},
		{"behind a gap", 16 * mib, func(f folder) { f.good(1, 5, 6); f.good(1, 9, 10) }, Part{Start: 0x9000000}, "10000000000000009 1000000000000000A"},
		{"a gap between timelines", 16 * mib, func(f folder) {
			twoTimelines(f)
			os.Remove(filepath.Join(f.path, "000000020000000000000007"))
		}, Part{}, "the segment 000000020000000000000007 is missing"},
		{"another's in the middle", 16 * mib, func(f folder) {
			f.good(1, 5, 8)
			f.file("000000010000000000000006", 0xD110, 0x66000000, 1)
		}, Part{}, "000000010000000000000006: does not hold the WAL that its name says"},
		{"another cluster's", 16 * mib, func(f folder) {
			f.good(1, 5, 6)
			f.file("000000010000000000000007", 0xD110, 0x7000000, 2)
		}, Part{}, "is another cluster's WAL than the segments before it (system 2, not 1)"},
		{"two sizes", 16 * mib, func(f folder) {
			f.good(1, 5, 6)
			folder{f, f.path, mib}.good(1, 7, 7)
		}, Part{}, "has segments of 1048576 bytes, others of the folder have 16777216"},
		{"a start before", 16 * mib, func(f folder) { f.good(1, 5, 6) }, Part{Start: 0x4FFFFFF}, "its WAL begins at 0/05000000, behind the start 0/04FFFFFF"},
		{"a start behind", 16 * mib, func(f folder) { f.good(1, 5, 6) }, Part{Start: 0x7000000}, "its WAL ends at 0/07000000 or before, the start is 0/07000000"},
		{"an end behind", 16 * mib, func(f folder) { f.good(1, 5, 6) }, Part{End: 0x7000001}, "its WAL ends at 0/07000000 or before, the end is 0/07000001"},
		{"an end before the start", 16 * mib, func(f folder) { f.good(1, 5, 6) }, Part{Start: 0x5000200, End: 0x5000100}, "the end 0/05000100 is not behind the start 0/05000200"},
		{"no such timeline", 16 * mib, func(f folder) { f.good(1, 5, 6) }, Part{Timeline: 3}, "has no segment of timeline 3"},
		{"nothing", 16 * mib, func(folder) {}, Part{}, "no WAL segments; name a folder that has some"},
		{"packed", 16 * mib, func(f folder) { f.text("000000010000000000000005.gz", nil) }, Part{}, "files such as 000000010000000000000005.gz; unpack them first"},
		{"a broken history", 16 * mib, func(f folder) { f.good(2, 5, 6); f.text("00000002.history", []byte("1\n")) }, Part{}, `00000002.history: expected a timeline and an LSN, found "1"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFolder(t, test.size)
			test.make(f)
			got := ""
			c, err := Open(f.path, test.part)
			if err != nil {
				got = err.Error()
			} else {
				got = names(c)
			}
			if err == nil && got != test.want || err != nil && !strings.Contains(got, test.want) {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// twoTimelines is a folder after a promotion in segment 7: the old server has gone on.
func twoTimelines(f folder) {
	f.good(1, 5, 9)
	f.good(2, 7, 8)
	f.text("00000002.history", []byte("# a comment\n1\t0/7000158\tno recovery target specified\n"))
}
