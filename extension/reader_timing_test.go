package extension

import (
	"os"
	"sync"
	"testing"
)

// BenchmarkCount reads the file that DUMP names with two threads, as count(*)
// does, without DuckDB.
func BenchmarkCount(b *testing.B) {
	path := os.Getenv("DUMP")
	if path == "" {
		b.Skip("set DUMP to a file")
	}
	size, err := checkDump(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		var s scan
		if err := s.begin(nil, []string{path}, defaultOptions(), nil); err != nil {
			b.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for r := (reader{scan: &s}); ; r.row = r.rows {
					if more, err := r.advance(); err != nil || !more {
						return
					}
				}
			})
		}
		wg.Wait()
	}
}
