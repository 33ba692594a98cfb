package dump

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkDump reads the segments of the folder WAL_BENCH, or those of a test.
func BenchmarkDump(b *testing.B) {
	folder := os.Getenv("WAL_BENCH")
	if folder == "" {
		folder = (&oracle{wal: "../../../wal/testdata/15-1mb/wal"}).plain(b)
	}
	size := int64(0)
	paths, _ := segmentsIn(folder)
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			size += info.Size()
		}
	}
	if size == 0 {
		b.Fatalf("%s has no segments", folder)
	}
	for _, c := range []struct {
		name  string
		flags Flags
	}{
		{"text", Flags{Threads: 1}},
		{"text/threads=2", Flags{Threads: 2}},
		{"stats", Flags{Threads: 1, Stats: "rmgr"}},
		{"stats/threads=2", Flags{Threads: 2, Stats: "rmgr"}},
		{"json", Flags{Threads: 1, JSON: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				args := []string{paths[0], filepath.Base(paths[len(paths)-1])}
				if err := c.flags.Run(context.Background(), args, time.UTC, io.Discard, io.Discard); err != nil {
					if e := (*Error)(nil); !errors.As(err, &e) {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
