package source

import (
	"bufio"
	"io"
	"math"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	bufferSize   = 1 << 20
	streamAhead  = 8 * bufferSize        // read before a reader asks for it
	streamLinger = 50 * time.Millisecond // how long Reach waits for a full chunk, on a slow pipe

	noOffset = math.MaxInt64
)

// A stream is a source that comes in order: a pipe, or a compressed file. A goroutine
// of its own reads it, a bounded window ahead of the readers. A pulled stream has no
// goroutine: its readers read, one of them at a time, no further than they need.
type stream struct {
	path        string
	compression *compression
	from        io.Reader
	file        *counted
	closer      func() // ends a Read that waits, and frees what from holds

	mu       sync.Mutex
	changed  *sync.Cond // any of the following
	buffers  [][]byte   // of bufferSize bytes each, from the offset first*bufferSize on
	first    int64
	free     [][]byte
	produced int64 // bytes read so far
	released int64
	wanted   int64 // a reader waits for the bytes before it: the window does not count
	awaited  int64 // the first offset that a reader waits for, so that no earlier one wakes it; else noOffset
	err      error // io.EOF, or what ended the stream
	closed   bool
	done     chan struct{} // closed when the goroutine has ended; nil for a pulled stream
	pulling  bool          // a reader reads
}

// newPulledStream returns a stream that only its readers read. start gives it a
// goroutine.
func newPulledStream(path string, from io.Reader, file *counted, closer func()) *stream {
	s := &stream{path: path, from: from, file: file, closer: closer, awaited: noOffset}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// decompress makes the stream that of the decompressed bytes of in, unless c is nil.
func (s *stream) decompress(c *compression, in *bufio.Reader) {
	if c != nil {
		s.compression, s.from = c, &decompressor{compression: c, in: in}
	}
}

// start begins to read ahead.
func (s *stream) start() {
	s.done = make(chan struct{})
	go s.produce()
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

// readMore reads once and returns false at the end.
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

// room waits until the window has room and returns the memory for it; nil if the
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
	at := s.produced/bufferSize - s.first
	if at == int64(len(s.buffers)) {
		var buffer []byte
		if n := len(s.free); n > 0 {
			buffer, s.free = s.free[n-1], s.free[:n-1]
		} else {
			buffer = make([]byte, bufferSize)
		}
		s.buffers = append(s.buffers, buffer)
	}
	return s.buffers[at][s.produced%bufferSize:]
}

// await waits until offset bytes are there, the stream ends, or the deadline has
// passed. In a pulled stream it reads. The caller holds the lock.
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

// failure returns why there are no bytes after produced; nil at the proper end.
func (s *stream) failure() error {
	switch {
	case s.closed:
		return &Error{Path: s.path, Offset: -1, Cause: os.ErrClosed}
	case s.err == io.EOF:
		return nil
	}
	return &Error{Path: s.path, Offset: -1, Cause: Cause(s.err)}
}

// Reach ends a chunk early on a slow pipe, so that the rows of the bytes that are there
// need not wait for the writer.
func (s *stream) Reach(begin, size int64, cut func([]byte) int) (int64, error) {
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
			s.bytes(begin, seen).copyTo(text)
			if n := cut(text); n > 0 {
				return begin + int64(n), nil
			}
		}
		s.await(seen+1, time.Time{})
	}
	if s.produced <= begin || s.closed {
		return begin, s.failure()
	}
	return min(full, s.produced), nil
}

func (s *stream) Read(p []byte, offset int64, need int) (int, bool, error) {
	b, end, err := s.awaitBytes(offset, int64(len(p)), int64(need))
	if err != nil {
		return 0, false, err
	}
	// Copied without the lock, which the reading goroutine needs all the time. The
	// buffers are not reused before their bytes are released, and this reader has not
	// released them.
	return b.copyTo(p), end, nil
}

// awaitBytes returns the bytes at offset: size of them, or those that are there, need
// at least. end reports that the stream ends after them.
func (s *stream) awaitBytes(offset, size, need int64) (b streamBytes, end bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.await(offset+need, time.Time{})
	if s.closed {
		return b, false, s.failure()
	}
	limit := min(offset+size, max(offset, s.produced))
	end = s.err != nil && limit == s.produced
	if end {
		if err := s.failure(); err != nil {
			return b, false, err
		}
	}
	return s.bytes(offset, limit), end, nil
}

// A streamBytes is a piece of a stream. It begins in the first buffer at from.
type streamBytes struct {
	buffers [][]byte
	from    int64
	size    int64
}

// bytes returns what was read from begin to end. The caller holds the lock.
func (s *stream) bytes(begin, end int64) streamBytes {
	if begin == end {
		return streamBytes{}
	}
	buffers := s.buffers[begin/bufferSize-s.first : (end-1)/bufferSize-s.first+1]
	return streamBytes{slices.Clone(buffers), begin % bufferSize, end - begin}
}

func (b streamBytes) copyTo(p []byte) (n int) {
	p = p[:b.size]
	from := b.from
	for _, buffer := range b.buffers {
		n += copy(p[n:], buffer[from:])
		from = 0
	}
	return n
}

func (s *stream) Consumed(int64) int64 { return s.file.read.Load() }
func (s *stream) Size() int64          { return -1 }
func (s *stream) Compression() string  { return s.compression.String() }

// A counted reader counts the bytes that are read through it.
type counted struct {
	from io.Reader
	read atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.read.Add(int64(n))
	return n, err
}

func (s *stream) Release(offset int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.released = max(s.released, offset)
	for s.first < s.released/bufferSize && len(s.buffers) > 1 {
		if len(s.free) < streamAhead/bufferSize {
			s.free = append(s.free, s.buffers[0])
		}
		s.buffers = s.buffers[1:]
		s.first++
	}
	s.changed.Broadcast()
}

// Close ends the goroutine and waits for it. A reader that waits gets os.ErrClosed.
func (s *stream) Close() {
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
