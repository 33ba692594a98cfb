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
