package outfile

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A scratch folder whose process is gone is removed by the next one; one in use stays.
func TestScratch(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a[b]")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	const prefix = ".walstats-report."
	held, err := OpenScratch(folder, prefix)
	if err != nil {
		t.Fatal(err)
	}
	left, other := filepath.Join(folder, prefix+"1"), filepath.Join(folder, "report.1")
	long := time.Now().Add(-time.Hour)
	for _, path := range []string{left, other} {
		if err := os.Mkdir(path, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "wal.duckdb"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{left, other, held.Path} {
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	next, err := OpenScratch(folder, prefix)
	if err != nil {
		t.Fatal(err)
	}
	for path, stays := range map[string]bool{left: false, other: true, held.Path: true, next.Path: true} {
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, dir := range []*TempDir{held, next} {
		if err := dir.Remove(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(globLiteral(folder), prefix+"*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
