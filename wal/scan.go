package wal

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// A Scan deals the WAL of a [Set] out in chunks, in order. Several goroutines read
// chunks at the same time, each with a [Reader] of its own:
//
//	scan, err := set.Scan()
//	defer scan.Close()
//	// in each goroutine:
//	r := scan.NewReader()
//	defer r.Close()
//	for c := scan.Next(); c != nil; c = scan.Next() {
//		if err := r.Read(c); err != nil {
//			return err
//		}
//		for from := 0; from < r.Len(); {
//			n, err := r.Fill(batch, from, record.BatchRows)
//			...
//			from += n
//		}
//		if err := r.Err(); err != nil { // after the rows
//			return err
//		}
//	}
//
// The rows of all chunks in order are those that a [Cursor] finds from the first record
// on, on damaged WAL too: each chunk's reader waits for the reader before it to say
// where its records ended. So a chunk that Next returned must be given to Read or
// Skip.
type Scan struct {
	set        *Set
	begin, end LSN  // what is read: whole pages from begin, and records that begin before end
	whole      bool // end is where the files end

	mu     sync.Mutex
	next   LSN // where the next chunk begins
	before chan boundary

	stopped atomic.Bool // no chunk has rows any more
	closed  chan struct{}
	once    sync.Once

	window window

	// Written by the reader whose turn it is.
	rejects []Reject
}

// A Reject is a place where no record could be read.
type Reject struct {
	*Error
	Length int64 // bytes up to where reading went on, 0 if it did not
}

// A Chunk is a range of WAL. Its records are those that begin there.
type Chunk struct {
	begin, limit  LSN
	segment       *Segment
	last          bool
	before, after chan boundary
}

// Segment returns the file that the chunk's records begin in.
func (c *Chunk) Segment() *Segment { return c.segment }

// Range returns the chunk's first byte and the one after its last.
func (c *Chunk) Range() (begin, limit LSN) { return c.begin, c.limit }

// A boundary tells the next chunk's reader where the records of a chunk ended.
type boundary struct {
	place
	seeking bool // next is a page; the first record from there on is the next one
	stop    bool // no record follows
	open    bool // the last reject goes on up to the next record

	newestXID uint32 // of all records before; 0 for none
}

// ErrClosed says that Read was called after Close.
var ErrClosed = errors.New("the scan is closed")

// Scan begins a scan with the options of Find. A segment that is missing between
// others is an error, unless the options ignore errors.
func (s *Set) Scan() (*Scan, error) {
	o := &s.options
	last := &s.Segments[len(s.Segments)-1]
	scan := &Scan{set: s, end: s.begin(last) + LSN(s.SegmentSize), closed: make(chan struct{})}
	if scan.whole = o.End == 0 || o.End > scan.end; !scan.whole {
		scan.end = o.End
	}
	first := max(s.begin(&s.Segments[0]), s.layout.pageOf(o.Start))
	if !o.IgnoreErrors {
		if err := s.gap(first, scan.end); err != nil {
			return nil, err
		}
	}
	scan.window = window{set: s, files: map[*Segment]*sharedFile{}}
	i, _ := s.find(s.segmentOf(first))
	if present := scan.window.moveTo(i); o.Start == 0 && present > i && present < len(s.Segments) {
		first = s.begin(&s.Segments[present]) // the server has removed the oldest ones
	}
	scan.begin, scan.next = first, first
	scan.before = make(chan boundary, 1)
	scan.before <- boundary{place: place{next: first}, seeking: true}
	return scan, nil
}

// gap returns an error if a segment is missing from begin to end.
func (s *Set) gap(begin, end LSN) error {
	for _, number := range s.Missing() {
		at := LSN(number) * LSN(s.SegmentSize)
		if at < begin || at >= end {
			continue
		}
		next := number
		for s.segmentAt(LSN(next)*LSN(s.SegmentSize)) == nil {
			i, _ := s.find(next)
			next = s.Segments[i].Number
		}
		path, _ := s.place(at)
		return &Error{
			Kind: Missing, Path: path, LSN: at, code: missingSegment, layout: s.layout,
			Message: fmt.Sprintf("segment %s is missing, and later ones are there", baseName(path)),
			Hint:    fmt.Sprintf("%s := '%v'", hintGap, LSN(next)*LSN(s.SegmentSize)),
		}
	}
	return nil
}

// Next returns the next chunk, nil at the end. It may be called by several goroutines.
func (s *Scan) Next() *Chunk {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.next < s.end && !s.stopped.Load() {
		i, found := s.set.find(s.set.segmentOf(s.next))
		segment := &s.set.Segments[i]
		if !found { // missing
			s.next = s.set.begin(segment)
			continue
		}
		s.window.moveTo(i)
		limit := s.set.begin(segment) + LSN(s.set.SegmentSize)
		if segment.Compression == "" {
			size := LSN(max(s.set.options.ChunkSize, s.set.layout.pageSize))
			limit = min(limit, (s.next+size)&^(size-1))
		}
		limit = min(limit, s.end)
		c := &Chunk{begin: s.next, limit: limit, segment: segment, last: limit == s.end, before: s.before, after: make(chan boundary, 1)}
		s.before, s.next = c.after, limit
		return c
	}
	return nil
}

// Skip gives up a chunk that will not be read; no later one has rows then.
func (s *Scan) Skip(c *Chunk) {
	s.stopped.Store(true)
	c.after <- boundary{stop: true}
}

// Rejects returns why WAL ended, after what was left out before if errors are ignored.
// It is complete when all chunks have been read.
func (s *Scan) Rejects() []Reject { return s.rejects }

// Close ends the scan. Readers that wait for others return ErrClosed.
func (s *Scan) Close() {
	s.once.Do(func() {
		s.stopped.Store(true)
		close(s.closed)
		s.window.close()
	})
}
