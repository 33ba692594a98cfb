package linked_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A mode is a way to give the functions a dump. What the oracles say has to hold in
// every one.
type mode struct {
	name     string
	settings string // SQL
	// paths is the first argument for a dump, and whether it is good for one
	// statement only.
	paths func(s session, c corpus, kind string) (argument string, once bool)
	parts int // byte ranges to read it in, 0 for none
}

var modes = []mode{
	{name: "plain", paths: plain},
	{name: "one thread", settings: "SET threads = 1", paths: plain},
	{name: "any order", settings: "SET preserve_insertion_order = false", paths: plain},
	{name: "ranges", paths: plain, parts: 7},
	{name: "files", paths: files},
	{name: "pipe", paths: pipe},
	{name: "gzip", paths: packed("gzip")},
	{name: "zstd", paths: packed("zstd")},
	{name: "lz4", paths: packed("lz4")},
}

// inEveryMode runs f for every mode, each in a session that begin has opened.
func inEveryMode(t *testing.T, begin func(t *testing.T) session, f func(s session, m mode)) {
	t.Helper()
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			s := begin(t)
			s.exec("SET threads = 2; " + m.settings)
			f(s, m)
		})
	}
}

// from is the rows of a table function as a relation, for any number of statements.
func (m mode) from(s session, c corpus, kind, function string) string {
	s.Helper()
	argument, once := m.paths(s, c, kind)
	if m.parts > 0 {
		size, parts := int64(len(c.text(s, kind))), make([]string, m.parts)
		for i := range parts {
			n := int64(i)
			parts[i] = fmt.Sprintf("FROM %s(%s, byte_range := [%d, %d])", function, argument, size*n/int64(m.parts), size*(n+1)/int64(m.parts))
		}
		return "(" + strings.Join(parts, " UNION ALL ") + ")"
	}
	if !once {
		return function + "(" + argument + ")"
	}
	s.exec("CREATE OR REPLACE TEMP TABLE once AS FROM " + function + "(" + argument + ")")
	return "once"
}

func plain(s session, c corpus, kind string) (string, bool) { return quote(c.path(s, kind)), false }

// packed is a compressed file of two, one after the other.
func packed(name string) func(s session, c corpus, kind string) (string, bool) {
	return func(s session, c corpus, kind string) (string, bool) {
		text := c.text(s, kind)
		half := len(text) / 2
		return quote(write(s, string(append(packers[name](s, text[:half]), packers[name](s, text[half:])...)))), false
	}
}

// pipe is a FIFO that the text is written to once.
func pipe(s session, c corpus, kind string) (string, bool) {
	path := filepath.Join(s.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		s.Fatal(err)
	}
	text := c.text(s, kind)
	written := make(chan error, 1)
	go func() {
		file, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for the reader
		if err == nil {
			_, err = file.Write(text)
			file.Close()
		}
		written <- err
	}()
	s.Cleanup(func() {
		// A reader that never came would keep the writer waiting.
		if file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0); err == nil {
			defer file.Close()
		}
		if err := <-written; err != nil {
			s.Error(err)
		}
	})
	return quote(path), true
}

// files are a list: the dump cut at every thousandth record, and at its second, and
// the larger part of them through a pattern.
func files(s session, c corpus, kind string) (string, bool) {
	dir := s.TempDir()
	text := c.text(s, kind)
	cuts := []int64{0}
	for _, row := range s.rows(`SELECT byte_offset FROM (SELECT byte_offset, row_number() OVER (ORDER BY byte_offset) AS n
		FROM read_waldump(%s, byte_offset := true, ignore_errors := true)) WHERE n = 2 OR n %% 1000 = 0 ORDER BY 1`, c.path(s, kind)) {
		var cut int64
		fmt.Sscan(row, &cut)
		cuts = append(cuts, cut)
	}
	cuts = append(cuts, int64(len(text)))
	for i := range cuts[1:] {
		name := fmt.Sprintf("part-%05d", i)
		if i == 0 {
			name = "first"
		}
		if err := os.WriteFile(filepath.Join(dir, name), text[cuts[i]:cuts[i+1]], 0o600); err != nil {
			s.Fatal(err)
		}
	}
	return "[" + quote(filepath.Join(dir, "first")) + ", " + quote(filepath.Join(dir, "part-*")) + "]", false
}
