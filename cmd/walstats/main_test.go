package main

import (
	"compress/gzip"
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"strings"
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

const records = 38399

func TestConvert(t *testing.T) {
	dump, out := unpacked(t), filepath.Join(t.TempDir(), "wal.duckdb")
	rows, err := convert(context.Background(), []string{dump}, out, "wal", false, false)
	if err != nil || rows != records {
		t.Fatalf("convert = %d, %v; want %d", rows, err, records)
	}
	db, err := sql.Open("duckdb", out)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var count, size int64
	// Without the extension: the total of pg_waldump --stats.
	if err := db.QueryRow("SELECT count(*), sum(record_length)::BIGINT FROM wal").Scan(&count, &size); err != nil || count != records || size != 22690211 {
		t.Errorf("%d records of %d bytes, %v", count, size, err)
	}
	if _, err := convert(context.Background(), []string{dump}, out, "wal", false, false); err == nil || !strings.Contains(err.Error(), "--replace") {
		t.Errorf("an output that is there: %v", err)
	}
}

func TestFailedConvertLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.dump")
	if err := os.WriteFile(bad, []byte("no record\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "wal.duckdb")
	_, err := convert(context.Background(), []string{bad}, out, "wal", false, false)
	if err == nil || !strings.Contains(err.Error(), `bad.dump:1 (byte 0): expected "rmgr: "`) {
		t.Errorf("error: %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
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
