package wal

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
)

// A stretch reads a set's WAL by LSN, over the borders of segments. It keeps the file
// that it read last open.
type stretch struct {
	set          *Set
	window       *window  // opens segments; nil for the set's files
	segment      *Segment // that is open; nil if none is
	file         File
	decompressed io.ReadCloser // of a compressed file
	place        int64         // of decompressed
}

// find returns the index of the segment with the number, or of the one after it.
func (s *Set) find(number uint64) (i int, found bool) {
	return slices.BinarySearchFunc(s.Segments, number, func(segment Segment, number uint64) int {
		return cmp.Compare(segment.Number, number)
	})
}

// segmentAt returns the segment that holds lsn, nil if it is missing.
func (s *Set) segmentAt(lsn LSN) *Segment {
	if i, found := s.find(s.segmentOf(lsn)); found {
		return &s.Segments[i]
	}
	return nil
}

// read fills p with the WAL at lsn, and returns how much it read: whole pages. If
// that is less than p, the fault says why. Both p and lsn are whole pages.
func (s *stretch) read(p []byte, lsn LSN) (n int, f fault) {
	for n < len(p) {
		if f := s.open(lsn); f.found() {
			return n, f
		}
		offset := lsn - s.set.begin(s.segment)
		part := p[n:]
		if rest := LSN(s.set.SegmentSize) - offset; LSN(len(part)) > rest {
			part = part[:rest]
		}
		m, err := s.readAt(part, int64(offset))
		whole := m &^ s.set.layout.pageMask
		n += whole
		lsn += LSN(whole)
		if m == len(part) {
			continue
		}
		switch {
		case err == io.EOF || err == nil:
			return n, fault{code: shortSegment, at: lsn, a: uint64(m - whole)}
		case s.segment.Compression == "":
			return n, fault{code: readFailed, at: lsn, err: err}
		case s.segment.Partial: // what can be decompressed is all there is
			return n, fault{code: shortSegment, at: lsn, a: uint64(m - whole)}
		}
		return n, fault{code: decompressFailed, at: lsn, err: fmt.Errorf("%s: cannot be decompressed further: %w", s.segment.Path, err)}
	}
	return n, fault{}
}

// open opens the segment that holds lsn.
func (s *stretch) open(lsn LSN) fault {
	if s.segment != nil && s.segment.Number == s.set.segmentOf(lsn) {
		return fault{}
	}
	s.close()
	segment := s.set.segmentAt(lsn)
	if segment == nil {
		return fault{code: missingSegment, at: lsn}
	}
	open := func(segment *Segment) (File, error) { return s.set.files.Open(segment.Path) }
	if s.window != nil {
		open = s.window.open
	}
	file, err := open(segment)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault{code: missingSegment, at: lsn, err: err}
	case err != nil:
		return fault{code: readFailed, at: lsn, err: err}
	}
	s.segment, s.file = segment, file
	return fault{}
}

// readAt reads the file's content at an offset. A compressed file is read from its
// beginning to the offset, unless the reader is there.
func (s *stretch) readAt(p []byte, offset int64) (n int, err error) {
	if s.segment.Compression == "" {
		n, err = s.file.ReadAt(p, offset)
		return n, err
	}
	if s.decompressed == nil || s.place > offset {
		s.closeDecompressed()
		if s.decompressed, err = s.file.Unpack(); err != nil {
			return 0, err
		}
		s.place = 0
	}
	if s.place < offset {
		skipped, err := io.CopyN(io.Discard, s.decompressed, offset-s.place)
		s.place += skipped
		if err != nil {
			return 0, err
		}
	}
	n, err = io.ReadFull(s.decompressed, p)
	s.place += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) && n < len(p) {
		// The content's end or the stream's? ReadFull says the same of both.
		var one [1]byte
		if m, again := s.decompressed.Read(one[:]); m == 0 && again != nil {
			err = again
		}
	}
	return n, err
}

func (s *stretch) closeDecompressed() {
	if s.decompressed != nil {
		s.decompressed.Close()
		s.decompressed = nil
	}
}

// close closes the files that are open.
func (s *stretch) close() {
	s.closeDecompressed()
	if s.file != nil {
		s.file.Close()
	}
	s.file, s.segment = nil, nil
}
