package extension

import (
	"sync"

	"walstats/record"
)

// With rows in file order, which CREATE TABLE AS, INSERT, COPY and a plain SELECT
// ask for, DuckDB reads a table function with one thread only. Then goroutines of
// ours parse blocks ahead of it, and it takes their batches in the order of the
// file. With several readers each parses for itself, and nobody parses ahead.
type ahead[B any] struct {
	mu      sync.Mutex
	changed *sync.Cond
	queue   []*ticket[B] // in file order
	free    []*B
	readers int // DuckDB's threads
	started bool
	drained bool // no more blocks to parse ahead
	closed  bool
	running sync.WaitGroup
}

// A ticket is the rows of a block that is parsed ahead.
type ticket[B any] struct {
	batches []batch[B]
	done    bool  // no more batches will come
	err     error // what comes behind the last
}

// A batch is rows in memory of our own.
type batch[B any] struct {
	b *B
	n int
}

// aheadBlocks is how many blocks a parsing thread may be ahead.
const aheadBlocks = 2

// join counts a reader in.
func (s *tableScan[B]) join() {
	a := &s.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	a.readers++
	a.changed.Broadcast() // helpers may have to leave
}

// parsedAhead reports whether rows that were parsed ahead come next.
func (s *tableScan[B]) parsedAhead() bool {
	a := &s.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.queue) > 0
}

// parseOthers begins to parse ahead, if the one reader leaves threads for it.
func (s *tableScan[B]) parseOthers() {
	a := &s.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.started || a.closed || a.readers > 1 || s.remote {
		return
	}
	a.started = true
	for range s.options.threads - 1 {
		a.running.Add(1)
		go s.help()
	}
}

// help parses ahead until there is nothing left to parse, or DuckDB has threads
// of its own for it.
func (s *tableScan[B]) help() {
	a := &s.ahead
	defer a.running.Done()
	r := s.newReader()
	for s.mayHelp() && s.parseAhead(&r) {
	}
}

// mayHelp waits for room in the queue.
func (s *tableScan[B]) mayHelp() bool {
	a := &s.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		if a.closed || a.drained || a.readers > 1 {
			return false
		}
		if len(a.queue) < s.window() {
			return true
		}
		a.changed.Wait()
	}
}

func (s *tableScan[B]) window() int { return aheadBlocks * s.options.threads }

// parseAhead parses the next block into a ticket at the queue's end; false where
// there is none.
func (s *tableScan[B]) parseAhead(r *reader) bool {
	t := s.issue(r)
	if t == nil {
		return false
	}
	err := s.parseInto(t, r)
	a := &s.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	t.done, t.err = true, err
	a.changed.Broadcast()
	return err == nil
}

// issue deals r a block and puts its ticket into the queue, as one step: the queue
// is in the order of the blocks.
func (s *tableScan[B]) issue(r *reader) *ticket[B] {
	s.dealing.Lock()
	defer s.dealing.Unlock()
	block, err := s.dealLocked()
	a := &s.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	if block == nil && err == nil {
		a.drained = true
		a.changed.Broadcast()
		return nil
	}
	t := &ticket[B]{}
	a.queue = append(a.queue, t)
	if err != nil {
		t.done, t.err = true, err
		a.changed.Broadcast()
		return nil
	}
	r.block = block
	return t
}

// parseInto fills the ticket with the rows of r's block.
func (s *tableScan[B]) parseInto(t *ticket[B], r *reader) (err error) {
	defer recovered(&err)
	defer r.giveBack()
	if err := r.readBlock(); err != nil {
		return err
	}
	for r.row < r.rows {
		b := s.blank()
		n, err := s.table.fill(r, b, record.BatchRows)
		if err != nil {
			return err
		}
		if n > 0 {
			s.put(t, batch[B]{b, n})
		}
	}
	return r.err
}

func (s *tableScan[B]) put(t *ticket[B], filled batch[B]) {
	a := &s.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	t.batches = append(t.batches, filled)
	a.changed.Broadcast()
}

// blank is a batch with memory of our own for the wanted columns.
func (s *tableScan[B]) blank() *B {
	b := s.recycled()
	fresh := b == nil
	if fresh {
		b = s.table.newBatch(s.options)
	}
	for i := range s.columns {
		if c := &s.columns[i]; c.field != nil {
			if fresh {
				c.own(b)
			}
			c.reset(b)
		}
	}
	return b
}

func (s *tableScan[B]) recycled() *B {
	a := &s.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.free)
	if n == 0 {
		return nil
	}
	b := a.free[n-1]
	a.free = a.free[:n-1]
	return b
}

// take is the next batch that was parsed ahead; nil where the reader has to parse
// for itself. The one reader parses ahead, too, rather than wait.
func (s *tableScan[B]) take(r *reader) (*batch[B], error) {
	a := &s.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.queue) > 0 {
		t := a.queue[0]
		if len(t.batches) > 0 {
			next := t.batches[0]
			t.batches = t.batches[1:]
			return &next, nil
		}
		if t.done {
			if t.err != nil {
				return nil, t.err
			}
			a.queue = a.queue[1:]
			a.changed.Broadcast()
			continue
		}
		if a.readers > 1 || a.drained || len(a.queue) >= s.window() {
			a.changed.Wait()
			continue
		}
		a.mu.Unlock()
		s.parseAhead(r)
		a.mu.Lock()
	}
	return nil, nil
}

// recycle takes back a batch that was copied.
func (s *tableScan[B]) recycle(b *B) {
	a := &s.ahead
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free = append(a.free, b)
}

// Close ends the helpers and the scan; DuckDB calls it when no thread reads any
// more.
func (s *tableScan[B]) Close() {
	a := &s.ahead
	a.mu.Lock()
	a.closed = true
	a.changed.Broadcast()
	a.mu.Unlock()
	s.scan.Close()
	a.running.Wait()
}
