package scan

import (
	"sync"

	"walstats/record"
)

// A prefetcher reads chunks ahead of DuckDB's thread if there is only one.
//
// CREATE TABLE AS, INSERT, COPY and a plain SELECT want rows in file order, and then
// DuckDB scans a table function with one thread. Goroutines read chunks into batches of
// their own, and that thread takes the batches in the order of the chunks. If DuckDB
// has several threads, each reads for itself and the goroutines leave.
type prefetcher[B any] struct {
	newReader func() Reader[B]
	columns   []Column[B]
	threads   int       // that may read, DuckDB's one included
	own       Reader[B] // with which DuckDB's one thread prefetches rather than wait

	// issuing is held from the moment a chunk is issued until it is pending, so that
	// pending has the order of the chunks. Next may wait for a slow pipe, so mu is
	// not held meanwhile.
	issuing sync.Mutex

	mu        sync.Mutex
	changed   *sync.Cond    // any of the following
	pending   []*pending[B] // in the order of the chunks
	free      []*B
	readers   int // DuckDB's threads
	started   bool
	exhausted bool // no more chunks to prefetch
	closed    bool
	running   sync.WaitGroup
}

// A pending is a chunk that is prefetched.
type pending[B any] struct {
	batches []batch[B]
	done    bool  // no more batches will come
	err     error // what comes after the last
}

// A batch holds rows in Go's memory.
type batch[B any] struct {
	columns *B
	rows    int
}

// window is how many chunks a thread may be ahead.
const window = 2

func newPrefetcher[B any](in *Input[B], columns []Column[B]) *prefetcher[B] {
	p := &prefetcher[B]{newReader: in.NewReader, columns: columns, threads: in.Threads}
	p.changed = sync.NewCond(&p.mu)
	return p
}

// join counts one of DuckDB's threads.
func (p *prefetcher[B]) join() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.readers++
	p.changed.Broadcast() // goroutines may have to leave
}

// begin takes the next chunk for r, unless chunks are pending. It returns false at the
// end of the input.
func (p *prefetcher[B]) begin(r Reader[B]) (bool, error) {
	begun, more, err := p.nextFor(r)
	if !begun || err != nil {
		return more, err
	}
	if err := r.Load(); err != nil {
		return false, err
	}
	p.start()
	return true, nil
}

// nextFor issues a chunk to r. begun is false if r has none: chunks are pending, which
// are more, or the input has ended.
func (p *prefetcher[B]) nextFor(r Reader[B]) (begun, more bool, err error) {
	p.issuing.Lock()
	defer p.issuing.Unlock()
	if p.hasPending() {
		return false, true, nil
	}
	begun, err = r.Next()
	return begun, begun, err
}

func (p *prefetcher[B]) hasPending() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.pending) > 0
}

// start begins to prefetch if DuckDB has one thread and leaves others for it.
func (p *prefetcher[B]) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started || p.closed || p.readers > 1 {
		return
	}
	p.started = true
	for range p.threads - 1 {
		p.running.Go(p.run)
	}
}

// run prefetches until nothing is left, or DuckDB has threads of its own for it.
func (p *prefetcher[B]) run() {
	r := p.newReader()
	for p.mayPrefetch() && p.prefetch(r) {
	}
}

// mayPrefetch waits for room in the window.
func (p *prefetcher[B]) mayPrefetch() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if p.closed || p.exhausted || p.readers > 1 {
			return false
		}
		if !p.full() {
			return true
		}
		p.changed.Wait()
	}
}

func (p *prefetcher[B]) full() bool { return len(p.pending) >= window*p.threads }

// prefetch reads the next chunk and returns false if there is none.
func (p *prefetcher[B]) prefetch(r Reader[B]) bool {
	chunk := p.issue(r)
	if chunk == nil {
		return false
	}
	err := p.read(chunk, r)
	p.mu.Lock()
	defer p.mu.Unlock()
	chunk.done, chunk.err = true, err
	p.changed.Broadcast()
	return err == nil
}

// issue takes the next chunk for r and puts it at the end of pending; nil at the end.
func (p *prefetcher[B]) issue(r Reader[B]) *pending[B] {
	p.issuing.Lock()
	defer p.issuing.Unlock()
	more, err := next(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil:
		p.pending = append(p.pending, &pending[B]{done: true, err: err})
	case more:
		chunk := &pending[B]{}
		p.pending = append(p.pending, chunk)
		return chunk
	default:
		p.exhausted = true
	}
	p.changed.Broadcast()
	return nil
}

func next[B any](r Reader[B]) (more bool, err error) {
	defer Recover(&err)
	return r.Next()
}

// read reads r's chunk into batches.
func (p *prefetcher[B]) read(chunk *pending[B], r Reader[B]) (err error) {
	defer Recover(&err)
	defer r.Release()
	if err := r.Load(); err != nil {
		return err
	}
	for {
		left, err := r.Left()
		if left == 0 || err != nil {
			return err
		}
		b := p.blank()
		n, err := r.Fill(b, record.BatchRows)
		if err != nil {
			return err
		}
		if n > 0 {
			p.add(chunk, batch[B]{b, n})
		}
	}
}

func (p *prefetcher[B]) add(chunk *pending[B], filled batch[B]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	chunk.batches = append(chunk.batches, filled)
	p.changed.Broadcast()
}

// blank returns a batch with Go's memory for the wanted columns.
func (p *prefetcher[B]) blank() *B {
	b := p.recycled()
	fresh := b == nil
	if fresh {
		b = new(B)
	}
	for i := range p.columns {
		if c := &p.columns[i]; c.wanted() {
			if fresh {
				c.own(b)
			}
			c.reset(b)
		}
	}
	return b
}

func (p *prefetcher[B]) recycled() *B {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return nil
	}
	b := p.free[n-1]
	p.free = p.free[:n-1]
	return b
}

// recycle takes back a batch that was copied.
func (p *prefetcher[B]) recycle(b *B) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, b)
}

// take returns the next batch that was prefetched; nil if no chunk is pending. DuckDB's
// one thread prefetches a chunk itself rather than wait for one.
func (p *prefetcher[B]) take() (*batch[B], error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.pending) > 0 {
		chunk := p.pending[0]
		if len(chunk.batches) > 0 {
			b := chunk.batches[0]
			chunk.batches = chunk.batches[1:]
			return &b, nil
		}
		if chunk.done {
			if chunk.err != nil {
				return nil, chunk.err
			}
			p.pending = p.pending[1:]
			p.changed.Broadcast()
			continue
		}
		if p.readers > 1 || p.exhausted || p.full() {
			p.changed.Wait()
			continue
		}
		if p.own == nil {
			p.own = p.newReader()
		}
		p.mu.Unlock()
		p.prefetch(p.own)
		p.mu.Lock()
	}
	return nil, nil
}

// close tells the goroutines to end, wait waits until they have.
func (p *prefetcher[B]) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.changed.Broadcast()
}

func (p *prefetcher[B]) wait() { p.running.Wait() }
