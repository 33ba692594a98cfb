package desc

import (
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"walstats/rmgr"
)

// A vector is a record and the text that PostgreSQL prints of it.
type vector struct {
	line   string
	record Record
	text   string
}

func vectors(t testing.TB) (all []vector) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		head, rest, _ := strings.Cut(line, "|")
		text := rest[:strings.LastIndex(rest, "|")]
		f := strings.Fields(head)
		if len(f) != 6 {
			t.Fatalf("a vector has 6 fields before the text: %q", line)
		}
		r := Record{Version: version(t, f[0]), RMID: manager(t, f[1])}
		info, err := strconv.ParseUint(f[2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		r.Info = byte(info)
		origin, err := strconv.ParseUint(f[3], 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		r.Origin = uint16(origin)
		r.Main = unhex(t, f[4])
		data, image, hasImage := strings.Cut(f[5], "+")
		if data != "-" || hasImage {
			block := Block{}
			if data != "-" {
				block.Flags, block.Data = HasData, unhex(t, data)
			}
			if hasImage {
				block.Flags |= HasImage
			}
			if image == "IMG" {
				block.Flags |= Apply
			}
			r.Blocks = []Block{block}
		}
		all = append(all, vector{line, r, text})
	}
	return all
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.TrimSuffix(strings.TrimSuffix(s, "-"), "..."))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func version(t testing.TB, name string) rmgr.Version {
	t.Helper()
	for v := v95; v <= newest; v++ {
		if v.String() == name {
			return v
		}
	}
	t.Fatalf("no version %q", name)
	return 0
}

func manager(t testing.TB, name string) rmgr.ID {
	t.Helper()
	for id := rmgr.ID(0); id <= lastID; id++ {
		if newest.Name(id) == name {
			return id
		}
	}
	t.Fatalf("no manager %q", name)
	return 0
}

func TestVectors(t *testing.T) {
	all := vectors(t)
	if len(all) != 136 {
		t.Fatalf("%d vectors, want 136", len(all))
	}
	p := NewPrinter(time.UTC)
	for _, v := range all {
		got, err := p.Append(nil, &v.record)
		if err != nil || string(got) != v.text {
			t.Errorf("%s got  |%s| %v", v.line, got, err)
		}
	}
}
