package batch

import (
	"os"
	"path/filepath"
	"testing"
)

// Ranges tile every file, none is longer than it may be, and each has a name of its own.
func TestTile(t *testing.T) {
	compressed := Input{Path: "/a/wal.zst", Name: "wal.zst", size: 1001, compressed: true}
	for _, size := range []int64{0, 1, 10, 1001} {
		for _, parts := range []int{1, 3, 64} {
			for _, limit := range []int64{0, 1, 7, 1000, 5000} {
				inputs := []Input{{Path: "/a/wal", Name: "wal", size: size}, compressed, {Path: "/b/wal", Name: "wal", size: size}}
				ranges, err := Tile(inputs, parts, limit)
				if err != nil {
					t.Fatal(err)
				}
				names := map[string]bool{}
				for _, in := range inputs {
					at, n := int64(0), 0
					for at < in.size || n == 0 {
						r := ranges[0]
						ranges = ranges[1:]
						if r.File != in.Name || r.Begin != at || r.End < r.Begin || r.Whole && r.End != in.size || names[r.Part] {
							t.Fatalf("size %d, %d parts of at most %d: %+v after %d", size, parts, limit, r, at)
						}
						if !in.compressed && (limit > 0 && r.End-r.Begin > limit || r.End-r.Begin > size/int64(parts)+1) {
							t.Fatalf("size %d, %d parts of at most %d: %+v", size, parts, limit, r)
						}
						at, names[r.Part] = r.End, true
						n++
					}
					if at != in.size || in.compressed && n != 1 || !in.compressed && int64(n) < min(int64(parts), size) {
						t.Errorf("size %d, %d parts of at most %d: %d of them, to %d", size, parts, limit, n, at)
					}
				}
				if len(ranges) > 0 {
					t.Errorf("size %d, %d parts of at most %d: %d too many", size, parts, limit, len(ranges))
				}
			}
		}
	}
	if _, err := Tile([]Input{{Name: "-", Pipe: true}}, 1, 0); err == nil {
		t.Error("a pipe has ranges")
	}
}

// A range is read from its right end: a file's name may hold colons.
func TestInRange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a:1:2")
	if err := os.WriteFile(path, make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	if in, err := InRange(path + ":10:100"); err != nil || in.Path != path || !in.part || in.begin != 10 || in.end != 100 {
		t.Errorf("got %+v, %v", in, err)
	}
	for _, text := range []string{path, path + ":10", ":0:1", path + ":20:10", path + ":-1:10", path + ":0:101", path + ":0:99999999999999999999", "none:0:1", "-:0:0"} {
		if in, err := InRange(text); err == nil {
			t.Errorf("%s: got %+v", text, in)
		}
	}
}
