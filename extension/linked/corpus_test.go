package linked_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// A corpus is what PostgreSQL's own programs say of one range of WAL: dumps of it
// in several forms, and the oracles to compare them with. It has a file of each of
// these kinds, or of some of them:
//
//	default, bkp            pg_waldump, and the same with --bkp-details
//	Asia_Kolkata, ...       the same with that TZ
//	stats, stats-record     pg_waldump --stats and --stats=record
//	records, blocks         pg_walinspect's rows as CSV
//	mixed, mixed-pty        another range, with 2>&1: to a file, and typed at a terminal
type corpus struct {
	name  string
	files map[string]string
}

var kinds = []struct{ kind, pattern string }{
	{"default", `default\.txt`},
	{"bkp", `bkp\.txt`},
	{"Asia_Kolkata", `default\.Asia_Kolkata\.txt`},
	{"America_New_York", `default\.America_New_York\.txt`},
	{"stats", `stats\.txt`},
	{"stats-record", `stats-record\.txt`},
	{"records", `walinspect-records\.csv`},
	{"blocks", `walinspect-blocks\.csv`},
	{"mixed", `stderr-mixed\.txt`},
	{"mixed-pty", `stderr-mixed-pty\.txt`},
}

// The names of the kinds in test/data, where a file has its version before it.
var bundled = []struct{ kind, pattern string }{
	{"default", `\.waldump`},
	{"bkp", `-bkp\.waldump`},
	{"Asia_Kolkata", `-Asia_Kolkata\.waldump`},
	{"America_New_York", `-America_New_York\.waldump`},
	{"stats", `\.stats\.txt`},
	{"stats-record", `\.stats-record\.txt`},
	{"records", `-records\.csv`},
	{"blocks", `-blocks\.csv`},
	{"mixed", `\.txt`},
	{"mixed-pty", `-pty\.txt`},
}

// corpora are those of test/data, and with WALDUMP_DATA=folder those of the
// folder's subfolders, which have the files' names of kinds. Any file may be
// packed with gzip or zstd.
func corpora(t *testing.T) (all []corpus) {
	t.Helper()
	const packed = `(\.gz|\.zst)?$`
	byName := map[string]*corpus{}
	add := func(name, kind, path string) {
		c := byName[name]
		if c == nil {
			all = append(all, corpus{name, map[string]string{}})
			c = &all[len(all)-1]
			byName = map[string]*corpus{}
			for i := range all {
				byName[all[i].name] = &all[i]
			}
		}
		c.files[kind] = path
	}
	for _, folder := range []string{"", "slices", "stderr-mixed"} {
		dir := filepath.Join("../../test/data", folder)
		for _, file := range list(t, dir) {
			for _, k := range bundled {
				if m := regexp.MustCompile(`^(pg[0-9.]*[0-9])` + k.pattern + packed).FindStringSubmatch(file); m != nil {
					add(strings.Trim(folder+"/"+m[1], "/"), k.kind, filepath.Join(dir, file))
				}
			}
		}
	}
	if len(all) == 0 {
		t.Fatal("no dumps in test/data")
	}
	data := os.Getenv("WALDUMP_DATA")
	if data == "" {
		return all
	}
	before := len(all)
	for _, version := range list(t, data) {
		dir := filepath.Join(data, version)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		for _, file := range list(t, dir) {
			for _, k := range kinds {
				if regexp.MustCompile(`^` + k.pattern + packed).MatchString(file) {
					add(version, k.kind, filepath.Join(dir, file))
				}
			}
		}
	}
	if len(all) == before {
		t.Fatalf("WALDUMP_DATA=%s has no dumps", data)
	}
	return all
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// each runs f for every corpus that has files of all these kinds.
func each(t *testing.T, f func(t *testing.T, c corpus), kinds ...string) {
	t.Helper()
	ran := 0
	for _, c := range corpora(t) {
		if c.has(kinds...) {
			ran++
			t.Run(c.name, func(t *testing.T) { f(t, c) })
		}
	}
	if ran == 0 {
		t.Errorf("no corpus has %v", kinds)
	}
}

func (c corpus) has(kinds ...string) bool {
	for _, k := range kinds {
		if c.files[k] == "" {
			return false
		}
	}
	return true
}

// text is the file of that kind, unpacked.
func (c corpus) text(t testing.TB, kind string) []byte {
	t.Helper()
	f, err := os.Open(c.files[kind])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	switch filepath.Ext(c.files[kind]) {
	case ".gz":
		r, err = gzip.NewReader(f)
	case ".zst":
		var z *zstd.Decoder
		z, err = zstd.NewReader(f)
		defer z.Close()
		r = z
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// unpacked are the plain files that path has written.
var unpacked = struct {
	dir   string
	paths map[string]string
}{paths: map[string]string{}}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "waldump")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	unpacked.dir = dir
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// path is a plain file with the text of that kind.
func (c corpus) path(t testing.TB, kind string) string {
	t.Helper()
	packed := c.files[kind]
	if path := unpacked.paths[packed]; path != "" {
		return path
	}
	path := filepath.Join(unpacked.dir, strings.ReplaceAll(c.name, "/", "-")+"-"+kind+".txt")
	if err := os.WriteFile(path, c.text(t, kind), 0o600); err != nil {
		t.Fatal(err)
	}
	unpacked.paths[packed] = path
	return path
}

// csv reads comma-separated rows as PostgreSQL writes them: all of what stands
// between quotes belongs to the field, and a field without them that is empty is
// NULL. Go's encoding/csv would change \r\n in a field, and not tell "" from NULL.
func csv(t testing.TB, text []byte) (header []string, rows [][]any) {
	t.Helper()
	var row []any
	for len(text) > 0 {
		var field any
		if text[0] == '"' {
			var b []byte
			for text = text[1:]; ; {
				n := bytes.IndexByte(text, '"')
				if n < 0 {
					t.Fatalf("csv: no closing quote: %.80q", text)
				}
				b, text = append(b, text[:n]...), text[n+1:]
				if len(text) == 0 || text[0] != '"' {
					break
				}
				b, text = append(b, '"'), text[1:]
			}
			field = string(b)
		} else if n := bytes.IndexAny(text, ",\n"); n > 0 {
			field, text = string(text[:n]), text[n:]
		}
		row = append(row, field)
		switch {
		case len(text) == 0 || text[0] != ',' && text[0] != '\n':
			t.Fatalf("csv: neither a comma nor a line end: %.80q", text)
		case text[0] == '\n':
			if header == nil {
				for _, name := range row {
					header = append(header, name.(string))
				}
			} else {
				rows = append(rows, row)
			}
			row = nil
		}
		text = text[1:]
	}
	for _, row := range rows {
		if len(row) != len(header) {
			t.Fatalf("csv: %d fields under %d names: %.80q", len(row), len(header), row)
		}
	}
	return header, rows
}

// repaired is text with each byte that is no valid UTF-8 as \xHH.
func repaired(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	var b []byte
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			b = fmt.Appendf(b, `\x%02X`, text[0])
		} else {
			b = append(b, text[:n]...)
		}
		text = text[n:]
	}
	return b
}
