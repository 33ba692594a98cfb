package dump

import (
	"bytes"
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

// Nothing is allocated for a record, whatever is printed of it.
func TestAllocations(t *testing.T) {
	o := &oracle{dir: "../../../wal/testdata/18-1mb", wal: "../../../wal/testdata/18-1mb/wal"}
	for name, flags := range map[string]Flags{
		"text": {}, "details": {Details: true}, "json": {JSON: true, Details: true}, "stats": {Stats: "record"},
		"filter": {Managers: []string{"Heap"}, Relation: "1663/5/18036", FullPage: true},
	} {
		t.Run(name, func(t *testing.T) {
			flags.Path, flags.Start = o.plain(t), string(bytes.Fields(o.text(t, "range.txt"))[0])
			opts, err := flags.parse()
			if err != nil {
				t.Fatal(err)
			}
			d := &dumper{options: opts, zone: time.UTC}
			if d.place, err = opts.find(nil); err != nil {
				t.Fatal(err)
			}
			if d.set, err = d.place.open(); err != nil {
				t.Fatal(err)
			}
			scan, err := d.set.Between(d.place.start, 0).Scan()
			if err != nil {
				t.Fatal(err)
			}
			defer scan.Close()
			r := scan.NewReader()
			defer r.Close()
			if err := r.Read(scan.Next()); err != nil || r.Len() < 50 {
				t.Fatalf("%d records, %v", r.Len(), err)
			}
			p, to := d.newPrinter(), &piece{}
			if n := testing.AllocsPerRun(10, func() {
				to.text = to.text[:0]
				if p.readChunk(r, to, 0); to.err != nil {
					t.Fatal(to.err)
				}
			}); n != 0 {
				t.Errorf("%v allocations for %d records", n, r.Len())
			}
		})
	}
}
