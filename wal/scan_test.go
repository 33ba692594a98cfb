package wal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"walstats/parser"
	"walstats/record"
)

// A row is a row of read_wal.
type row struct {
	record.Record
	EndLSN         LSN
	MainDataLength uint32
	Timeline       uint32
}

// A result is what a scan gave.
type result struct {
	rows    []row
	rejects []Reject
	err     error // after the rows
}

// scan reads the set with several readers.
func scan(t testing.TB, set *Set, readers int) (all result) {
	t.Helper()
	s, err := set.Scan()
	if err != nil {
		return result{err: err}
	}
	defer s.Close()
	var mu sync.Mutex
	type part struct {
		begin LSN
		result
	}
	var parts []part
	var running sync.WaitGroup
	for range readers {
		running.Go(func() {
			r := s.NewReader()
			defer r.Close()
			b := NewBatch()
			for c := s.Next(); c != nil; c = s.Next() {
				begin, _ := c.Range()
				one := part{begin: begin}
				if one.err = r.Read(c); one.err == nil {
					one.rows, one.err = fill(r, b)
				}
				mu.Lock()
				parts = append(parts, one)
				mu.Unlock()
			}
		})
	}
	running.Wait()
	slices.SortFunc(parts, func(a, b part) int { return int(int64(a.begin) - int64(b.begin)) })
	for _, p := range parts {
		if all.err != nil && len(p.rows) > 0 {
			t.Errorf("rows after the error %v", all.err)
		}
		all.rows = append(all.rows, p.rows...)
		if all.err == nil {
			all.err = p.err
		}
	}
	all.rejects = s.Rejects()
	return all
}

// fill returns the rows of the chunk that was read.
func fill(r *Reader, b *Batch) (rows []row, err error) {
	for from := 0; from < r.Len(); {
		b.Reset()
		n, err := r.Fill(b, from, record.BatchRows)
		if err != nil {
			return rows, err
		}
		if n == 0 {
			return rows, fmt.Errorf("no rows from row %d of %d", from, r.Len())
		}
		for i := range n {
			rows = append(rows, row{b.Record(i), LSN(b.EndLSN[i]), b.MainDataLength.Values[i], b.Timeline.Values[i]})
		}
		from += n
	}
	return rows, r.Err()
}

// parsed returns the records of pg_waldump's text.
func parsed(t testing.TB, text []byte) (all []record.Record) {
	t.Helper()
	x := &parser.Index{}
	if _, done := x.Scan(text, 0, len(text), true); !done || x.Counts.Rejects > 0 {
		t.Fatalf("the text is not read: %+v", x.Counts)
	}
	f := parser.Filler{}
	b := record.NewBatch()
	for from := 0; from < x.Len(); {
		b.Reset()
		n, err := f.Fill(x, b, text, from, record.BatchRows)
		if err != nil || n == 0 {
			t.Fatalf("Fill at row %d = %d, %v", from, n, err)
		}
		for i := range n {
			all = append(all, b.Record(i))
		}
		from += n
	}
	return all
}

func compareRecords(t testing.TB, rows []row, want []record.Record) {
	t.Helper()
	for i := range min(len(rows), len(want)) {
		if rows[i].Record != want[i] {
			t.Fatalf("row %d:\ngot  %+v\nwant %+v", i, rows[i].Record, want[i])
		}
	}
	if len(rows) != len(want) {
		t.Fatalf("%d rows, not %d", len(rows), len(want))
	}
}

func compareRows(t testing.TB, got, want []row) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("row %d:\ngot  %+v\nwant %+v", i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d rows, not %d", len(got), len(want))
	}
}

// The rows of the range are those of pg_waldump's text, in every column.
func TestRowsAreThoseOfPgWaldump(t *testing.T) {
	eachDump(t, func(t *testing.T, d *dump) {
		want := parsed(t, content(t, d.file("default.txt")))
		var first []row
		for _, readers := range []int{1, 2, 7} {
			for _, size := range []int{0, 8 << 10, 128 << 10} {
				got := scan(t, d.find(t, Options{Start: d.start, End: d.end, ChunkSize: size}), readers)
				if got.err != nil || len(got.rejects) > 0 {
					t.Errorf("%v %v", got.err, got.rejects)
				}
				compareRecords(t, got.rows, want)
				if first == nil {
					first = got.rows
				}
				compareRows(t, got.rows, first)
			}
		}
	})
}

// Without an end, the rows are those that pg_waldump prints until WAL ends, and the
// one reject says what it says then. Old pages that follow are no rows.
func TestRowsEndAsPgWaldump(t *testing.T) {
	eachDump(t, func(t *testing.T, d *dump) {
		check := func(paths []string, start LSN, text, stderr string) {
			t.Helper()
			for _, readers := range []int{1, 2, 7} {
				set, err := Find(paths, d.files, Options{Start: start})
				if err != nil {
					t.Fatal(err)
				}
				got := scan(t, set, readers)
				if got.err != nil || len(got.rejects) != 1 {
					t.Fatalf("%v %v", got.err, got.rejects)
				}
				compareRecords(t, got.rows, parsed(t, content(t, d.file(text))))
				compareEnd(t, got.rejects[0].Error, d.file(stderr))
			}
		}
		if d.has("tail.txt") {
			check(d.files.paths(), d.start, "tail.txt", "tail.stderr")
		}
		if path := d.oldline(); path != "" {
			check([]string{path}, 0, "oldline.txt", "oldline.stderr")
		}
	})
}

// A range of LSNs has the records that begin in it: ranges that tile the whole have
// its rows, wherever they meet.
func TestRangesTileTheWhole(t *testing.T) {
	eachDump(t, func(t *testing.T, d *dump) {
		whole := scan(t, d.find(t, Options{Start: d.start, End: d.end}), 2).rows
		random := rand.New(rand.NewPCG(1, 2))
		var cuts []LSN
		for range 200 {
			cuts = append(cuts, d.start+LSN(random.Uint64N(uint64(d.end-d.start))))
		}
		check := func(cuts []LSN) {
			t.Helper()
			slices.Sort(cuts)
			cuts = append(cuts, d.end)
			var rows []row
			for start := d.start; len(cuts) > 0; cuts = cuts[1:] {
				if cuts[0] > start {
					got := scan(t, d.find(t, Options{Start: start, End: cuts[0]}), 1)
					if got.err != nil {
						t.Fatalf("[%v, %v): %v", start, cuts[0], got.err)
					}
					rows = append(rows, got.rows...)
					start = cuts[0]
				}
			}
			compareRows(t, rows, whole)
		}
		check(cuts)
		if d.name != "18-1mb" && d.name != "13" {
			return
		}
		cuts = nil // every border of two pages that has a record near it
		for _, r := range whole {
			if page := r.StartLSN &^ 8191; len(cuts) == 0 || cuts[len(cuts)-1] != page {
				cuts = append(cuts, page)
			}
		}
		check(cuts)
	})
}

// Compressed segments have the rows of plain ones, whatever their names say.
func TestCompressedSegmentsHaveTheSameRows(t *testing.T) {
	eachDump(t, func(t *testing.T, d *dump) {
		want := scan(t, d.find(t, Options{Start: d.start}), 2)
		for suffix, compress := range compressors {
			files := inMemory{}
			for path, b := range d.files {
				if path += suffix; strings.HasSuffix(path, ".history"+suffix) {
					path = strings.TrimSuffix(path, suffix)
				} else {
					b = compress(b)
				}
				files[path] = b
			}
			set, err := Find(files.paths(), files, Options{Start: d.start})
			if err != nil {
				t.Fatal(err)
			}
			if set.Segments[0].Compression == "" {
				t.Errorf("%s is not compressed", set.Segments[0].Path)
			}
			for _, readers := range []int{1, 2} {
				got := scan(t, set, readers)
				compareRows(t, got.rows, want.rows)
				compareRejects(t, got, want)
			}
		}
	})
}

// compareRejects compares what was said beside the rows, but for the files' names.
func compareRejects(t testing.TB, got, want result) {
	t.Helper()
	text := func(r result) (s string) {
		for _, reject := range r.rejects {
			s += fmt.Sprintln(reject.Kind, reject.LSN, reject.Offset, reject.Length, reject.Message)
		}
		if r.err != nil {
			s += "an error follows"
		}
		return s
	}
	if text(got) != text(want) {
		t.Errorf("rejects:\n%sinstead of\n%s", text(got), text(want))
	}
}
