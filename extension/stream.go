package extension

import (
	"io"
	"math"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"walstats/parser"
)

const (
	streamChunk  = 1 << 20
	streamAhead  = 8 * streamChunk       // unpacked before anyone asks for it
	streamLinger = 50 * time.Millisecond // how long a block waits to be full, on a slow pipe

	noOffset = math.MaxInt64
)

// A stream is a source that comes in order: a pipe, or a compressed file. A
// goroutine of its own reads it, a bounded window ahead of the readers; or one that
// is pulled is read by its readers, one of them at a time, no further than they want.
type stream struct {
	from   io.Reader
	file   *counted
	closer func() // unblocks a read that waits, and frees what from holds

	mu       sync.Mutex
	changed  *sync.Cond // any of the following
	chunks   [][]byte   // of streamChunk bytes each, from the offset first*streamChunk on
	first    int64
	free     [][]byte
	produced int64 // bytes read so far
	released int64
	wanted   int64 // a reader waits for what is before it: the window does not count
	awaited  int64 // the first offset that anyone waits for, to wake nobody before; none: noOffset
	err      error // io.EOF, or what ended the stream
	closed   bool
	done     chan struct{} // closed when the goroutine has ended; nil where there is none
	pulling  bool          // a reader reads
}

func newStream(from io.Reader, file *counted, closer func()) *stream {
	s := newPulledStream(from, file, closer)
	s.done = make(chan struct{})
	go s.produce()
	return s
}

// newPulledStream is for what no goroutine of ours may read.
func newPulledStream(from io.Reader, file *counted, closer func()) *stream {
	s := &stream{from: from, file: file, closer: closer, awaited: noOffset}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *stream) produce() {
	defer close(s.done)
	for s.readMore() {
	}
	s.closeFrom()
}

func (s *stream) closeFrom() {
	if c, ok := s.from.(io.Closer); ok {
		c.Close()
	}
}

// readMore reads once; false where there is no more to read.
func (s *stream) readMore() bool {
	n, err := s.readOnce()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.produced += int64(n)
	if err != nil {
		s.err = err
	}
	if err != nil || s.produced >= s.awaited {
		s.awaited = noOffset
		s.changed.Broadcast()
	}
	return err == nil
}

func (s *stream) readOnce() (n int, err error) {
	defer recovered(&err)
	room := s.room()
	if room == nil {
		return 0, os.ErrClosed
	}
	return s.from.Read(room)
}

// room waits until there may be more text, and says where to put it; nil when the
// stream is closed.
func (s *stream) room() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && s.produced >= max(s.released+streamAhead, s.wanted) {
		s.changed.Wait()
	}
	if s.closed {
		return nil
	}
	at := s.produced/streamChunk - s.first
	if at == int64(len(s.chunks)) {
		var chunk []byte
		if n := len(s.free); n > 0 {
			chunk, s.free = s.free[n-1], s.free[:n-1]
		} else {
			chunk = make([]byte, streamChunk)
		}
		s.chunks = append(s.chunks, chunk)
	}
	return s.chunks[at][s.produced%streamChunk:]
}

// await waits until offset bytes are there, the stream ends, or the time is over; or
// it reads what is to be pulled. The lock is held.
func (s *stream) await(offset int64, deadline time.Time) {
	s.wanted = max(s.wanted, offset)
	s.changed.Broadcast()
	if !deadline.IsZero() {
		timer := time.AfterFunc(time.Until(deadline), s.changed.Broadcast)
		defer timer.Stop()
	}
	for s.produced < offset && s.err == nil && !s.closed && (deadline.IsZero() || time.Now().Before(deadline)) {
		if s.done != nil || s.pulling {
			s.awaited = min(s.awaited, offset)
			s.changed.Wait()
			continue
		}
		s.pulling = true
		s.mu.Unlock()
		s.readMore()
		s.mu.Lock()
		s.pulling = false
		s.changed.Broadcast()
	}
}

// failure is why there is no text behind produced, nil at its proper end.
func (s *stream) failure() error {
	switch {
	case s.closed:
		return os.ErrClosed
	case s.err == io.EOF:
		return nil
	}
	return s.err
}

// reach: on a slow pipe a block ends at the last record that is there, so that
// the rows before it need not wait for the producer.
func (s *stream) reach(begin, size int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	full := (begin/size + 1) * size
	s.await(begin+1, time.Time{})
	deadline := time.Time{}
	if s.done != nil {
		deadline = time.Now().Add(streamLinger)
	}
	s.await(full, deadline)
	for seen := begin; s.produced < full && s.err == nil && !s.closed; {
		if s.produced > seen {
			seen = s.produced
			text := make([]byte, seen-begin)
			s.text(begin, seen).copyTo(text)
			if last := parser.LastRecord(text); last > 0 {
				return begin + int64(last), nil
			}
		}
		s.await(seen+1, time.Time{})
	}
	if s.produced <= begin || s.closed {
		return begin, s.failure()
	}
	return min(full, s.produced), nil
}

func (s *stream) read(p []byte, offset int64, need int) (int, bool, error) {
	text, end, err := s.awaitText(offset, int64(len(p)), int64(need))
	if err != nil {
		return 0, false, err
	}
	// Without the lock, which the goroutine that reads wants all the time: a chunk is
	// not reused before its text is released, and who reads it has not done that.
	return text.copyTo(p), end, nil
}

// awaitText is the text at offset: size bytes of it, or what there is with need bytes
// at least; end says that the stream ends behind it.
func (s *stream) awaitText(offset, size, need int64) (text streamText, end bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.await(offset+need, time.Time{})
	if s.closed {
		return text, false, os.ErrClosed
	}
	limit := min(offset+size, max(offset, s.produced))
	end = s.err != nil && limit == s.produced
	if end && s.failure() != nil {
		return text, false, s.failure()
	}
	return s.text(offset, limit), end, nil
}

// A streamText is some of a stream's text, which begins in the first chunk at from.
type streamText struct {
	chunks [][]byte
	from   int64
	size   int64
}

// text is what was read from begin to end. The lock is held.
func (s *stream) text(begin, end int64) streamText {
	if begin == end {
		return streamText{}
	}
	chunks := s.chunks[begin/streamChunk-s.first : (end-1)/streamChunk-s.first+1]
	return streamText{slices.Clone(chunks), begin % streamChunk, end - begin}
}

func (t streamText) copyTo(p []byte) (n int) {
	p = p[:t.size]
	for _, chunk := range t.chunks {
		n += copy(p[n:], chunk[t.from:])
		t.from = 0
	}
	return n
}

func (s *stream) consumed(int64) int64 { return s.file.read.Load() }

// A counted reader knows how much was read through it.
type counted struct {
	from io.Reader
	read atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.read.Add(int64(n))
	return n, err
}

func (s *stream) release(offset int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.released = max(s.released, offset)
	for s.first < s.released/streamChunk && len(s.chunks) > 1 {
		if len(s.free) < streamAhead/streamChunk {
			s.free = append(s.free, s.chunks[0])
		}
		s.chunks = s.chunks[1:]
		s.first++
	}
	s.changed.Broadcast()
}

// close ends the goroutine and waits for it. No reader is left.
func (s *stream) close() {
	s.mu.Lock()
	s.closed = true
	s.changed.Broadcast()
	s.mu.Unlock()
	if s.done == nil {
		s.closeFrom()
		s.closer()
		return
	}
	s.closer()
	<-s.done
}
