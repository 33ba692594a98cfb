package extension

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"walstats/extension/scan"
	"walstats/extension/source"
	"walstats/parser"
	"walstats/record"
)

// A row is a record, or a line that is none, and where it begins in its file.
type row struct {
	path   string
	offset int64
	line   int64 // of others
	record record.Record
	other  string
}

// readAll reads the files as a query does, with that many threads, without DuckDB:
// the records in file order, and where others is set what is none.
func readAll(t testing.TB, o options, threads int, others bool, paths ...string) ([]row, error) {
	t.Helper()
	return readAllFrom(t, nil, o, threads, others, paths...)
}

// readAllFrom is readAll in a host.
func readAllFrom(t testing.TB, h host, o options, threads int, others bool, paths ...string) ([]row, error) {
	t.Helper()
	in := textInput{nonRecords: others}
	defer in.Close()
	if err := in.start(h, paths, o, t); err != nil {
		return nil, err
	}
	defer source.ReleasePipes(t)
	return drain(&in, threads)
}

func drain(in *textInput, threads int) (all []row, first error) {
	order := map[string]int{}
	for i, path := range in.paths {
		order[path] = i
	}
	parts, errs := make([][]row, threads), make([]error, threads)
	var wg sync.WaitGroup
	for i := range threads {
		wg.Go(func() { hostThread(func() { parts[i], errs[i] = drainOne(in) }) })
	}
	wg.Wait()
	for i := range threads {
		all = append(all, parts[i]...)
		if errs[i] != nil {
			first = errs[i]
		}
	}
	slices.SortFunc(all, func(a, b row) int {
		if a.path != b.path {
			return order[a.path] - order[b.path]
		}
		return int(a.offset - b.offset)
	})
	return all, first
}

// hostThread calls f as a thread of the host does: a [fakeHost] wants no other.
//
//go:noinline
func hostThread(f func()) { f() }

func drainOne(in *textInput) (all []row, err error) {
	defer scan.Recover(&err)
	r := newTextReader(in)
	r.filler.IgnoreErrors = true
	b := record.NewBatch()
	for {
		if more, err := r.advance(); err != nil || !more {
			return all, err
		}
		if in.nonRecords {
			o := &r.index.NonRecords[r.row]
			line, err := r.line(o.Line)
			if err != nil {
				return all, err
			}
			all = append(all, row{r.chunk.dump.path, r.base + int64(o.Begin), line, record.Record{}, string(r.text[o.Begin:o.End])})
			r.row++
			continue
		}
		b.Reset()
		n, err := r.filler.Fill(&r.index, b, r.text, r.row, min(record.BatchRows, r.rows-r.row))
		if err != nil {
			return all, err
		}
		for i := range n {
			all = append(all, row{r.chunk.dump.path, int64(b.ByteOffset[i]), 0, b.Record(i), ""})
		}
		r.row += n
	}
}

// whole is what the text has, read at once.
func whole(t testing.TB, path string, text []byte, others bool) (all []row) {
	t.Helper()
	first, _, _ := bytes.Cut(text, []byte("\n"))
	x := &parser.Index{KeepNonRecords: true, CRLF: bytes.HasSuffix(first, []byte("\r"))}
	if _, done := x.Scan(text, 0, len(text), true); !done {
		t.Fatal("Scan is not done with all of the text")
	}
	if others {
		for _, o := range x.NonRecords {
			all = append(all, row{path, int64(o.Begin), o.Line + 1, record.Record{}, string(text[o.Begin:o.End])})
		}
		return all
	}
	b := record.NewBatch()
	f := parser.Filler{IgnoreErrors: true}
	for len(all) < x.Len() {
		b.Reset()
		n, err := f.Fill(x, b, text, len(all), record.BatchRows)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			all = append(all, row{path, int64(b.ByteOffset[i]), 0, b.Record(i), ""})
		}
	}
	return all
}

// sameRows fails unless got is want.
func sameRows(t testing.TB, name string, got, want []row) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("%s: row %d of %d and %d: got\n%+v\nwant\n%+v", name, i+1, len(got), len(want), at(got, i), at(want, i))
			return
		}
	}
}

func at(rows []row, i int) string {
	if i < len(rows) {
		return fmt.Sprintf("%.600s", fmt.Sprintf("%+v", rows[i]))
	}
	return "none"
}

// write makes a file for one test.
func write(t testing.TB, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wal.dump")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// slicesOfDumps are real dumps of test/data, small ones: by name, unpacked.
func slicesOfDumps(t testing.TB) map[string][]byte {
	t.Helper()
	texts := map[string][]byte{}
	for _, pattern := range []string{"slices/*.waldump.gz", "stderr-mixed/*.gz"} {
		paths, err := filepath.Glob(filepath.Join("../test/data", pattern))
		if err != nil || len(paths) == 0 {
			t.Fatal("no dumps in test/data")
		}
		for _, path := range paths {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			z, err := gzip.NewReader(f)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
			texts[strings.TrimSuffix(filepath.Base(path), ".gz")] = text
		}
	}
	return texts
}
