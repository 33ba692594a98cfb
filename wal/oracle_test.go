package wal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"walstats/record"
	"walstats/wal/desc"
)

// A dump is segments with what pg_waldump of their version prints of them.
type dump struct {
	name, dir  string
	files      inMemory // the segments, unpacked
	start, end LSN
	timeline   uint32
}

// eachDump runs the test for every dump of testdata and, if it is set, of the folder
// WAL_DATA: see build/oracle.sh. One dump's segments are in memory at a time.
func eachDump(t *testing.T, test func(t *testing.T, d *dump)) {
	t.Helper()
	folders := []string{"testdata"}
	if data := os.Getenv("WAL_DATA"); data != "" {
		folders = append(folders, data)
	}
	for _, folder := range folders {
		dirs, _ := filepath.Glob(filepath.Join(folder, "*", "range.txt"))
		if len(dirs) == 0 {
			t.Fatalf("%s has no segments", folder)
		}
		for _, dir := range dirs {
			dir = filepath.Dir(dir)
			t.Run(filepath.Base(folder)+"/"+filepath.Base(dir), func(t *testing.T) { test(t, loadDump(t, dir)) })
		}
	}
}

var lastDump *dump // segments are unpacked once for consecutive tests of one dump

func loadDump(t testing.TB, dir string) *dump {
	t.Helper()
	if lastDump != nil && lastDump.dir == dir {
		return lastDump
	}
	d := &dump{name: filepath.Base(dir), dir: dir, files: inMemory{}}
	for _, path := range filesIn(t, filepath.Join(dir, "wal")) {
		d.files[strings.TrimSuffix(path, ".zst")] = content(t, path)
	}
	var start, end string
	if _, err := fmt.Sscan(string(content(t, d.file("range.txt"))), &start, &end, &d.timeline); err != nil {
		t.Fatal(err)
	}
	d.start, d.end = lsn(t, start), lsn(t, end)
	lastDump = d
	return d
}

func lsn(t testing.TB, text string) LSN {
	t.Helper()
	at, err := record.ParseLSN([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func (d *dump) file(name string) string {
	path := filepath.Join(d.dir, name)
	if _, err := os.Stat(path); err != nil {
		path += ".zst"
	}
	return path
}

func (d *dump) has(name string) bool {
	_, err := os.Stat(d.file(name))
	return err == nil
}

// oldline returns the segment of the old timeline, "" if there is none.
func (d *dump) oldline() string {
	for path := range d.files {
		if d.has("oldline.txt") && strings.HasPrefix(filepath.Base(path), "00000001") {
			return path
		}
	}
	return ""
}

func (d *dump) find(t testing.TB, o Options) *Set {
	t.Helper()
	s, err := Find(d.files.paths(), d.files, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// print is what pg_waldump prints.
func print(t testing.TB, c *Cursor, detailed bool) (text []byte, end error) {
	t.Helper()
	defer c.Close()
	if _, err := c.First(); err != nil {
		return nil, err
	}
	p := desc.NewPrinter(time.UTC)
	for {
		r, err := c.Next()
		if err != nil {
			return text, err
		}
		if text, err = p.AppendLine(text, r, detailed); err != nil {
			t.Fatal(err)
		}
	}
}

func compareLines(t testing.TB, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	g, w := strings.SplitAfter(string(got), "\n"), strings.SplitAfter(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("line %d of %d, %d:\ngot  %.400s\nwant %.400s", i+1, len(g), len(w), g[i], w[i])
		}
	}
	t.Fatalf("%d lines, not %d", len(g), len(w))
}

// A cursor over the range gives what pg_waldump prints, to the byte, with and without
// the details of block references.
func TestCursorPrintsAsPgWaldump(t *testing.T) {
	eachDump(t, func(t *testing.T, d *dump) {
		set := d.find(t, Options{})
		for _, file := range []string{"default.txt", "bkp.txt"} {
			text, end := print(t, set.Cursor(d.start, d.end), file == "bkp.txt")
			if end != io.EOF {
				t.Errorf("%s: %v", file, end)
			}
			want := content(t, d.file(file))
			compareLines(t, text, want)
		}
	})
}

// A cursor without an end stops where pg_waldump does, with its words; so it does at
// the end of the old timeline.
func TestCursorEndsAsPgWaldump(t *testing.T) {
	eachDump(t, func(t *testing.T, d *dump) {
		if d.has("tail.txt") {
			text, end := print(t, d.find(t, Options{}).Cursor(d.start, 0), false)
			compareLines(t, text, content(t, d.file("tail.txt")))
			compareEnd(t, end, d.file("tail.stderr"))
		}
		if path := d.oldline(); path != "" {
			set, err := Find([]string{path}, d.files, Options{})
			if err != nil {
				t.Fatal(err)
			}
			first := set.begin(&set.Segments[0])
			text, end := print(t, set.Cursor(first, first+LSN(set.SegmentSize)), false)
			compareLines(t, text, content(t, d.file("oldline.txt")))
			compareEnd(t, end, d.file("oldline.stderr"))
		}
	})
}

func compareEnd(t testing.TB, end error, path string) {
	t.Helper()
	want := string(content(t, path))
	_, want, _ = strings.Cut(strings.TrimSpace(want), ": ")
	for _, level := range []string{"FATAL:  ", "fatal: ", "error: "} {
		want = strings.TrimPrefix(want, level)
	}
	var e *Error
	if !errors.As(end, &e) {
		t.Fatalf("the end is %v, not %s", end, want)
	}
	if e.Fatal() != want {
		t.Errorf("\ngot  %s\nwant %s", e.Fatal(), want)
	}
	if e.Kind != End {
		t.Errorf("the end is of kind %v", e.Kind)
	}
}
