// Package walstats_test holds the house: which room may know which.
package walstats_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says which rooms of the module a room may import, and, with a dot in them,
// which packages of others. The standard library is everyone's, "C" is not.
// Only the readers' join, extension, knows both a reader and DuckDB's vectors.
var arrows = map[string]string{
	"record":             "",
	"hint":               "",
	"rmgr":               "",
	"parser":             "record rmgr",
	"wal/desc":           "record rmgr",
	"wal":                "record rmgr wal/desc github.com/klauspost/compress/zstd github.com/pierrec/lz4/v4",
	"wal/catalog":        "record rmgr wal wal/desc",
	"cshim":              "C",
	"extension/source":   "golang.org/x/sys/unix github.com/bmatcuk/doublestar/v4 github.com/klauspost/compress/gzip github.com/klauspost/compress/zstd github.com/pierrec/lz4/v4",
	"extension/scan":     "cshim record",
	"extension":          "cshim extension/scan extension/source hint parser wal wal/catalog wal/desc record rmgr",
	"extension/loadable": "C cshim extension",
	"extension/linked":   "C cshim extension github.com/duckdb/duckdb-go/v2",
}

// The commands take what they need, but neither DuckDB's C API nor the file for LOAD.
var notForCommands = []string{"cshim", "extension/loadable"}

func TestArrows(t *testing.T) {
	list, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	rooms := map[string]bool{}
	for line := range strings.Lines(string(list)) {
		words := strings.Fields(line)
		room := strings.TrimPrefix(words[0], "walstats/")
		rooms[room] = true
		allowed, isHeld := arrows[room]
		for _, imported := range words[1:] {
			other, ours := strings.CutPrefix(imported, "walstats/")
			if !ours && imported != "C" && !strings.Contains(imported, ".") {
				continue
			}
			switch {
			case isHeld && !slices.Contains(strings.Fields(allowed), other),
				strings.HasPrefix(room, "cmd/") && slices.Contains(notForCommands, other),
				!strings.HasPrefix(room, "cmd/") && strings.HasPrefix(other, "cmd/"):
				t.Errorf("%s imports %s", room, other)
			}
		}
	}
	for room := range arrows {
		if !rooms[room] {
			t.Errorf("%s: no such room", room)
		}
	}
}

// The extension has what a reader needs, and no DuckDB of its own: a host brings one.
func TestNoDuckDBInTheExtension(t *testing.T) {
	list, err := exec.Command("go", "list", "-deps", "./extension/loadable").Output()
	if err != nil {
		t.Fatal(err)
	}
	for imported := range strings.Lines(string(list)) {
		if strings.Contains(imported, "duckdb") {
			t.Errorf("extension/loadable needs %s", imported)
		}
	}
}
