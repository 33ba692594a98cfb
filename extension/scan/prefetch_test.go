package scan

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// numbers is a batch of one number: that of its chunk.
type numbers struct{ chunk int }

// A counter issues the chunks 1 to last to its readers.
type counter struct {
	mu         sync.Mutex
	next, last int
}

type counterReader struct {
	from  *counter
	chunk int
	left  int
}

func (r *counterReader) Next() (bool, error) {
	r.from.mu.Lock()
	defer r.from.mu.Unlock()
	if r.from.next == r.from.last {
		return false, nil
	}
	r.from.next++
	r.chunk = r.from.next
	return true, nil
}

func (r *counterReader) Load() error        { r.left = 1; return nil }
func (r *counterReader) Left() (int, error) { return r.left, nil }
func (r *counterReader) Release()           { r.left = 0 }

func (r *counterReader) Fill(b *numbers, rows int) (int, error) {
	b.chunk, r.left = r.chunk, 0
	return 1, nil
}

func newTestPrefetcher(chunks, threads int) (*prefetcher[numbers], *counterReader) {
	from := &counter{last: chunks}
	newReader := func() Reader[numbers] { return &counterReader{from: from} }
	return newPrefetcher(&Input[numbers]{NewReader: newReader, Threads: threads}, nil), &counterReader{from: from}
}

// untilFull waits until the goroutines have filled the window.
func untilFull(t *testing.T, p *prefetcher[numbers]) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		p.mu.Lock()
		full := p.full()
		p.mu.Unlock()
		if full {
			return
		}
	}
	t.Fatal("nothing is prefetched")
}

// rest returns the chunks that are left, in the order in which one thread gets them.
func rest(t *testing.T, p *prefetcher[numbers], r *counterReader) (chunks []int) {
	t.Helper()
	for {
		b, err := p.take()
		if err != nil {
			t.Fatal(err)
		}
		if b != nil {
			chunks = append(chunks, b.columns.chunk)
			continue
		}
		r.Release()
		more, err := p.begin(r)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return chunks
		}
		if r.left > 0 {
			chunks = append(chunks, r.chunk)
		}
	}
}

func sequence(from, to int) (numbers []int) {
	for n := from; n <= to; n++ {
		numbers = append(numbers, n)
	}
	return numbers
}

// One thread gets all chunks in order, those that were prefetched and its own.
func TestPrefetchKeepsTheOrder(t *testing.T) {
	const chunks = 200
	p, r := newTestPrefetcher(chunks, 4)
	p.join()
	if got := rest(t, p, r); !slices.Equal(got, sequence(1, chunks)) {
		t.Errorf("chunks %v", got)
	}
	p.close()
	p.wait()
}

// No more is prefetched than the window holds.
func TestPrefetchStopsAtTheWindow(t *testing.T) {
	const threads = 3
	p, r := newTestPrefetcher(1000, threads)
	p.join()
	if more, err := p.begin(r); !more || err != nil {
		t.Fatal(more, err)
	}
	untilFull(t, p)
	time.Sleep(20 * time.Millisecond) // for what should not happen
	p.close()
	p.wait()
	// Each goroutine may have seen room for the same chunk.
	if n := len(p.pending); n > window*threads+threads-2 {
		t.Errorf("%d chunks are pending", n)
	}
}

// If a second thread of DuckDB joins, the goroutines end, though chunks are left, and
// no chunk is lost.
func TestPrefetchersLeave(t *testing.T) {
	const chunks = 200
	p, r := newTestPrefetcher(chunks, 3)
	p.join()
	if more, err := p.begin(r); !more || err != nil {
		t.Fatal(more, err)
	}
	untilFull(t, p)
	p.join()
	left := make(chan struct{})
	go func() { p.wait(); close(left) }()
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Error("goroutines still prefetch beside DuckDB's second thread")
		p.close()
		return
	}
	if got := rest(t, p, r); !slices.Equal(got, sequence(2, chunks)) {
		t.Errorf("chunks after the first: %v", got)
	}
}
