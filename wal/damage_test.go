package wal

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// cursorLSNs returns where the records begin that a cursor finds.
func cursorLSNs(set *Set, start LSN) (all []LSN, err error) {
	c := set.Cursor(start, 0)
	defer c.Close()
	if _, err := c.First(); err != nil {
		return nil, err
	}
	for {
		r, err := c.Next()
		if err != nil {
			return all, err
		}
		all = append(all, r.LSN)
	}
}

// flips returns how many random flips a test makes.
func flips() int {
	if os.Getenv("WAL_DATA") != "" {
		return 2000
	}
	return 100
}

// However WAL is damaged, many readers of small chunks find what one finds, that is
// what a cursor finds, and no row differs from the undamaged one.
func TestDamagedWALGivesNoWrongRows(t *testing.T) {
	for _, name := range []string{"18-1mb", "15-1mb", "9.5", "13-overwritten"} {
		t.Run(name, func(t *testing.T) {
			d := loadDump(t, "testdata/"+name)
			start := d.start &^ 8191
			whole := scan(t, d.find(t, Options{Start: start}), 1)
			right := map[LSN]row{}
			for _, r := range whole.rows {
				right[r.StartLSN] = r
			}
			set := d.find(t, Options{Start: start})
			last := whole.rows[len(whole.rows)-1].EndLSN
			random := rand.New(rand.NewPCG(3, 4))
			damaged := 0
			n := flips()
			if set.SegmentSize > 1<<20 {
				n /= 10 // every scan reads 32 MB
			}
			for range n {
				at := start + LSN(random.Uint64N(uint64(last-start)))
				if random.IntN(4) == 0 { // headers of pages and records are hit more often
					at = whole.rows[random.IntN(len(whole.rows))].StartLSN + LSN(random.IntN(recordHeader+8))
				} else if random.IntN(4) == 0 {
					at = at&^8191 + LSN(random.IntN(shortHeader))
				}
				segment := set.segmentAt(at)
				if segment == nil {
					continue
				}
				file := d.files[segment.Path]
				offset := int(at - set.begin(segment))
				mask := byte(1) << random.IntN(8)
				file[offset] ^= mask
				fail := func(format string, args ...any) {
					t.Helper()
					t.Logf("%v (%s at %d) ^ %02x", at, segment.Path, offset, mask)
					t.Fatalf(format, args...)
				}
				for _, ignore := range []bool{false, true} {
					o := Options{Start: start, IgnoreErrors: ignore}
					one, err := Find(d.files.paths(), d.files, o)
					if err != nil {
						continue // the flip is in a segment's first header
					}
					o.ChunkSize = 8 << 10
					many, _ := Find(d.files.paths(), d.files, o)
					got, parallel := scan(t, one, 1), scan(t, many, 3)
					if len(got.rejects) == 0 {
						fail("nothing is said (%d rows of %d)", len(got.rows), len(whole.rows))
					}
					compareRows(t, parallel.rows, got.rows)
					compareRejects(t, parallel, got)
					for _, r := range got.rows {
						want, found := right[r.StartLSN]
						if want.EndLSN != r.EndLSN && found { // the flip ended a segment's rest
							want.EndLSN = r.EndLSN
						}
						if o := at & 8191; ignore && o >= 4 && o < 8 { // the page's timeline, which no other page confirms
							want.Timeline = r.Timeline
						}
						if !found || want != r {
							fail("a row that is not there:\ngot  %+v\nwant %+v", r, want)
						}
					}
					if len(got.rows) < len(whole.rows) {
						damaged++
						if ignore && got.err != nil {
							fail("with IgnoreErrors: %v", got.err)
						}
					}
					if !ignore {
						lsns, end := cursorLSNs(one, start)
						// pg_waldump gives up where the page says that its first record was overwritten.
						overwritten := len(lsns) == 0 && at&8191 == 2 && mask == byte(set.layout.overwritten)
						if errors.Is(end, io.EOF) || len(lsns) != len(got.rows) && !overwritten {
							fail("a cursor finds %d records (%v), the scan %d (%v)", len(lsns), end, len(got.rows), got.err)
						}
						var e *Error
						if got.err != nil && (!errors.As(got.err, &e) || e.Kind == End || e.Path == "" || !strings.Contains(got.err.Error(), e.LSN.String()) || e.Hint == "") {
							fail("the error is %#v", got.err)
						}
					}
				}
				file[offset] ^= mask
				if t.Failed() {
					fail("that was it")
				}
			}
			t.Logf("%d scans with fewer rows", damaged)
			if damaged == 0 {
				t.Error("no flip did any damage")
			}
		})
	}
}

// A segment that is missing between others is one reject, whatever the chunks and readers,
// and WAL ends where the last file does.
func TestGap(t *testing.T) {
	d := loadDump(t, "testdata/9.5-switches")
	files := inMemory{}
	for path, b := range d.files {
		if !strings.HasSuffix(path, "000000020000000000000009") && !strings.HasSuffix(path, "00000002000000000000000B") {
			files[path] = b
		}
	}
	for _, o := range []Options{{}, {ChunkSize: 64 << 10}} {
		for _, readers := range []int{1, 3} {
			o.IgnoreErrors = false
			set, err := Find(files.paths(), files, o)
			if err != nil {
				t.Fatal(err)
			}
			var e *Error
			if got := scan(t, set, readers); !errors.As(got.err, &e) || e.Kind != Missing || e.LSN != 0x9000000 {
				t.Errorf("%v", got.err)
			}
			o.IgnoreErrors = true
			if set, err = Find(files.paths(), files, o); err != nil {
				t.Fatal(err)
			}
			got := scan(t, set, readers)
			if got.err != nil || len(got.rows) != 15 || len(got.rejects) != 2 {
				t.Fatalf("%v, %d rows, %v", got.err, len(got.rows), got.rejects)
			}
			gap, end := got.rejects[0], got.rejects[1]
			if gap.Kind != Missing || gap.LSN != 0x9000000 || gap.Length != 16<<20 || end.Kind != End || end.LSN != 0xB000000 {
				t.Errorf("%v %v", gap, end)
			}
		}
	}
}
