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
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		var in textInput
		if err := in.start(nil, []string{path}, defaultOptions(), nil); err != nil {
			b.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for r := newTextReader(&in); ; r.row = r.rows {
					if more, err := r.advance(); err != nil || !more {
						return
					}
				}
			})
		}
		wg.Wait()
	}
}
