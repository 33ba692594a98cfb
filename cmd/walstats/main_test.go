package main

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// unpacked is a bundled dump of PostgreSQL 14, with 38,399 records (the Total of
// test/data/pg14.stats.txt).
func unpacked(t *testing.T) string {
	t.Helper()
	packed, err := os.Open("../../test/data/pg14.waldump.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	text, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "wal.dump")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.Copy(file, text); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTile(t *testing.T) {
	for _, size := range []int64{0, 1, 10, 1001} {
		for _, parts := range []int{1, 3, 64} {
			at := int64(0)
			for _, r := range tile("f", size, parts) {
				if r.Begin != at || r.End < r.Begin {
					t.Fatalf("size %d, %d parts: %+v behind %d", size, parts, r, at)
				}
				at = r.End
			}
			if at != size {
				t.Errorf("size %d, %d parts: they end at %d", size, parts, at)
			}
		}
	}
}
