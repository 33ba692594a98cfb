package dump

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Without a start and a timeline, a folder is read from its first segment on, on the newest
// timeline: its records before the turn are the old timeline's.
func TestFolder(t *testing.T) {
	eachOracle(t, func(t *testing.T, o *oracle) {
		old := o.text(t, "oldline.txt")
		if old == nil {
			t.Skip("one timeline")
		}
		want := append(old, o.text(t, "default.txt")...)
		archive := t.TempDir() // with a folder for each 256 segments, as pgBackRest and Barman have
		for name, folder := range map[string]string{"plain": o.plain(t), "compressed": o.wal, "archive": archive} {
			args, f := []string{folder}, Flags{End: o.end}
			if name == "archive" {
				plain := o.plain(t)
				entries, err := os.ReadDir(plain)
				if err != nil {
					t.Fatal(err)
				}
				for _, entry := range entries {
					to := archive
					if len(entry.Name()) == 24 {
						to = filepath.Join(archive, entry.Name()[:16])
					}
					if err := os.MkdirAll(to, 0o700); err != nil {
						t.Fatal(err)
					}
					if err := os.Rename(filepath.Join(plain, entry.Name()), filepath.Join(to, entry.Name())); err != nil {
						t.Fatal(err)
					}
				}
				args, f.Path = nil, archive
			}
			r := f.dump(t, args...)
			compare(t, name, r.stdout, want)
			compare(t, name+", stderr", r.stderr, nil)
		}
	})
}

// With --follow, what a server writes after the start of the dump is printed, too: in the
// segment that is there, and in one that comes.
func TestFollow(t *testing.T) {
	o := &oracle{dir: "../../../wal/testdata/18-1mb", wal: "../../../wal/testdata/18-1mb/wal"}
	whole := o.plain(t)
	segments, err := segmentsIn(whole)
	if err != nil || len(segments) != 2 {
		t.Fatalf("%v: %v", segments, err)
	}
	folder := t.TempDir()
	put := func(i, size int) {
		text, err := os.ReadFile(segments[i])
		if err != nil {
			t.Fatal(err)
		}
		clear(text[size:])
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(segments[i])), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := o.text(t, "default.txt")
	start, end := bytes.Fields(o.text(t, "range.txt"))[0], bytes.Fields(o.text(t, "range.txt"))[1]
	f := Flags{Path: folder, Start: string(start), End: string(end), Follow: true}
	put(0, 1<<20)
	stdout := &growing{}
	done := make(chan error)
	go func() { done <- f.Run(context.Background(), nil, time.UTC, stdout, &bytes.Buffer{}) }()
	stdout.wait(t, 1)
	put(1, 100<<10)
	stdout.wait(t, stdout.size()+1)
	put(1, 1<<20)
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it follows on")
	}
	compare(t, "default.txt", stdout.text.Bytes(), want)
}

// growing is an output that others look at.
type growing struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (g *growing) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(p)
}

func (g *growing) size() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Len()
}

// wait waits until the output has that size.
func (g *growing) wait(t *testing.T, size int) {
	t.Helper()
	for range 600 {
		if g.size() >= size {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%d bytes after 30 seconds", g.size())
}

// After Ctrl-C, the dump ends with what was read so far, and without an error.
func TestInterrupt(t *testing.T) {
	o := &oracle{dir: "../../../wal/testdata/18-1mb", wal: "../../../wal/testdata/18-1mb/wal"}
	ctx, cancel := context.WithCancel(context.Background())
	stdout := &growing{}
	done := make(chan error)
	f := Flags{Path: o.wal, Start: string(bytes.Fields(o.text(t, "range.txt"))[0]), Follow: true}
	go func() { done <- f.Run(ctx, nil, time.UTC, stdout, &bytes.Buffer{}) }()
	stdout.wait(t, len(o.text(t, "tail.txt")))
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	compare(t, "tail.txt", stdout.text.Bytes(), o.text(t, "tail.txt"))
}
