package extension

import (
	"sync"
)

// A scan deals the blocks of its files to whoever reads, in file order. A block
// is the records that start in a range of bytes; the ranges tile the file.
type scan struct {
	paths   []string
	options options
	blocks  int // roughly, how many the files have

	mu      sync.Mutex
	opened  int            // of paths
	file    *dump          // whose blocks are dealt, nil before the first and after each file
	next    int64          // where its next block begins
	handoff <-chan handoff // what the block dealt last will say
	users   map[*dump]int  // blocks dealt and not yet done with, for every open file
	stopped bool           // by an error: no more blocks
}

// A handoff is what a block tells the next one. Where a block begins cannot be
// seen from its own text alone: a line that looks like a record may be a user's
// text in the record before. So every block guesses, reads, and compares.
type handoff struct {
	begin int64 // where the next block's first record is, maybe far behind the next block
	lines int64 // in the file before begin
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
)

// blockSize is how large the blocks of a file are: small files make work for
// several threads, too, and the blocks of large ones fit a second-level cache.
func blockSize(size int64) int64 { return max(minBlock, min(maxBlock, size/16)) &^ (page - 1) }

// begin makes s ready to deal the blocks of the files as they are now.
func (s *scan) begin(paths []string, o options) error {
	s.paths, s.options, s.users = paths, o, map[*dump]int{}
	for _, path := range paths {
		size, err := checkDump(path)
		if err != nil {
			return err
		}
		s.blocks += int(size/blockSize(size)) + 1
	}
	return nil
}

// deal gives out the next block, or nil where there is none left.
func (s *scan) deal() (*block, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.stopped && (s.file == nil || s.next >= s.file.size) {
		s.drop(s.file)
		s.file = nil
		if s.opened == len(s.paths) {
			return nil, nil
		}
		file, err := openDump(s.paths[s.opened])
		if err != nil {
			s.stopped = true
			return nil, err
		}
		s.opened++
		s.file, s.next = file, file.begin
		s.users[file] = 1 // the dealing itself
		first := make(chan handoff, 1)
		first <- handoff{begin: file.begin}
		s.handoff = first
	}
	if s.stopped {
		return nil, nil
	}
	after := make(chan handoff, 1)
	b := &block{
		dump:   s.file,
		begin:  s.next,
		limit:  min(s.file.size, (s.next+blockSize(s.file.size))&^(page-1)),
		before: s.handoff,
		after:  after,
	}
	s.next, s.handoff = b.limit, after
	s.users[s.file]++
	return b, nil
}

// done takes a block back.
func (s *scan) done(b *block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(b.dump)
}

// drop gives up one use of a file and closes it after the last.
func (s *scan) drop(d *dump) {
	if d == nil || s.users[d] == 0 {
		return
	}
	if s.users[d]--; s.users[d] == 0 {
		delete(s.users, d)
		d.file.Close()
	}
}

func (s *scan) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
}

// Close ends the scan; DuckDB calls it when no thread reads any more.
func (s *scan) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	for d := range s.users {
		delete(s.users, d)
		d.file.Close()
	}
}
