package extension

import (
	"math"
	"sync"
)

// A scan deals the blocks of its files to whoever reads, in file order. A block
// is the records that start in a range of bytes; the ranges tile the file.
type scan struct {
	host    host
	paths   []string
	options options
	blocks  int  // roughly, how many the files have
	remote  bool // the host reads one of them, so only its threads may

	// Dealing may wait for a slow pipe, so it has a lock of its own.
	dealing sync.Mutex
	opened  int            // of paths
	file    *dump          // whose blocks are dealt; nil before the first and between files
	next    int64          // where its next block begins
	handoff <-chan handoff // what the block dealt last will say

	mu      sync.Mutex
	open    map[*dump]*use
	stopped bool // by an error, or at the end of the query: no more blocks
}

// A use is what is still to be done with an open file.
type use struct {
	next   int64 // where the next block will begin
	dealt  bool  // there is none
	blocks map[*block]bool
}

// A handoff is what a block tells the next one. Where a block begins cannot be
// seen from its own text alone: a line that looks like a record may be a user's
// text in the record before. So every block guesses, reads, and compares.
type handoff struct {
	begin int64 // where the next block's first record is, maybe far behind the next block
	lines int64 // before begin, from the scan's first record of the file on
	stop  bool  // the query has failed; rows behind do not matter
}

// A block is one range of a file: [begin, limit).
type block struct {
	dump         *dump
	begin, limit int64
	before       <-chan handoff // receives one
	after        chan<- handoff // must be sent one, or readers wait for ever
}

const (
	maxBlock = 1 << 20
	minBlock = 64 << 10
	// page is what reads are aligned to: the kernel copies pages, and to memory
	// that is not aligned as they are it does so four times slower.
	page = 4 << 10
)

// blockSize is how large the blocks of a file are: small files make work for
// several threads, too, and the blocks of large ones fit a second-level cache.
func blockSize(size int64) int64 { return max(minBlock, min(maxBlock, size/16)) &^ (page - 1) }

// begin makes s ready to deal the blocks of the files as they are now, for one
// call of a table in a statement.
func (s *scan) begin(h host, paths []string, o options, caller any) error {
	s.host, s.options, s.open = h, o, map[*dump]*use{}
	var err error
	if s.paths, err = expand(h, paths); err != nil {
		return err
	}
	if o.byteRange != nil && len(s.paths) != 1 {
		return errByteRangeFiles
	}
	for _, path := range s.paths {
		if isURL(path) {
			s.remote = true
			s.blocks += maxThreads // its size is not known yet
			continue
		}
		size, err := checkDump(path)
		if err != nil {
			return err
		}
		s.blocks += int(size/blockSize(size)) + 1
		if size == 0 {
			if err := claimPipe(path, caller); err != nil {
				return err
			}
		}
	}
	return nil
}

// threads is how many may read at a time for one call of Scan.
func (s *scan) threads() int {
	if s.remote {
		return 1
	}
	return s.options.threads
}

// inThreads has read take blocks of s in every thread there may be: goroutines of ours,
// or the caller's where only the host's own may read.
func (s *scan) inThreads(read func(thread int) error) error {
	if s.threads() == 1 {
		return read(0)
	}
	errs := make([]error, s.threads())
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			defer recovered(&errs[i])
			errs[i] = read(i)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// deal gives out the next block, or nil where there is none left. It waits for
// a pipe or an unpacker that is slow.
func (s *scan) deal() (*block, error) {
	s.dealing.Lock()
	defer s.dealing.Unlock()
	return s.dealLocked()
}

func (s *scan) dealLocked() (b *block, err error) {
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	defer recovered(&err) // a panic that leaves here finds locks taken, or a goroutine of ours
	for !s.isStopped() {
		if s.file == nil {
			if s.opened == len(s.paths) {
				return nil, nil
			}
			if err := s.openNext(); err != nil {
				return nil, err
			}
			continue // another reader may have stopped the scan meanwhile
		}
		limit, err := s.reach()
		if err != nil {
			return nil, s.file.named(err)
		}
		if limit > s.next {
			after := make(chan handoff, 1)
			b := &block{dump: s.file, begin: s.next, limit: limit, before: s.handoff, after: after}
			s.next, s.handoff = limit, after
			s.took(b)
			return b, nil
		}
		s.dealt(s.file)
		s.file = nil
	}
	return nil, nil
}

// reach is where the next block of the file ends; s.next at the file's end.
func (s *scan) reach() (int64, error) {
	end := int64(math.MaxInt64)
	if s.options.byteRange != nil {
		if end = int64(s.options.byteRange.end); s.next >= end {
			return s.next, nil
		}
	}
	limit, err := s.file.text.reach(s.next, s.file.blockSize)
	return max(s.next, min(limit, end)), err
}

// openNext opens the next file and looks where its first block begins.
func (s *scan) openNext() error {
	d, err := openDump(s.host, s.paths[s.opened], &s.options)
	if err != nil {
		return err
	}
	s.opened++
	if !s.add(d) {
		return nil
	}
	if err := d.lookAtFirstLine(s.options.maxRecordSize); err != nil {
		return err
	}
	first := handoff{begin: d.begin}
	s.next = d.begin
	if r := s.options.byteRange; r != nil && int64(r.begin) > d.begin {
		if first, err = lookBack(d, int64(r.begin), &s.options); err != nil {
			return err
		}
		s.next = int64(r.begin)
		// Most ranges never say a line's number: to count them all, N ranges would read
		// the file N/2 times.
		d.skipped = sync.OnceValues(func() (int64, error) { return d.linesBefore(first.begin) })
	}
	s.file = d
	handoffs := make(chan handoff, 1)
	handoffs <- first
	s.handoff = handoffs
	return nil
}

// add remembers an open file for [scan.Close], unless that has been called.
func (s *scan) add(d *dump) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		d.text.close()
		return false
	}
	s.open[d] = &use{blocks: map[*block]bool{}}
	return true
}

func (s *scan) took(b *block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.open[b.dump]; u != nil {
		u.next = b.limit
		u.blocks[b] = true
	}
}

// done takes a block back.
func (s *scan) done(b *block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.open[b.dump]
	if u == nil {
		return
	}
	delete(u.blocks, b)
	needed := u.next
	for other := range u.blocks {
		needed = min(needed, other.begin)
	}
	b.dump.text.release(needed - page)
	s.closeIfDone(b.dump)
}

// dealt says that a file has no more blocks.
func (s *scan) dealt(d *dump) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.open[d]; u != nil {
		u.dealt = true
		s.closeIfDone(d)
	}
}

func (s *scan) closeIfDone(d *dump) {
	if u := s.open[d]; u.dealt && len(u.blocks) == 0 {
		delete(s.open, d)
		d.text.close()
	}
}

func (s *scan) isStopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

func (s *scan) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
}

// Close ends the scan and whatever waits for its files.
func (s *scan) Close() {
	s.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for d := range s.open {
		delete(s.open, d)
		d.text.close()
	}
}
