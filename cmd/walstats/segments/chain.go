package segments

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Part is which WAL of a folder is wanted. Zero means: all of the newest timeline,
// and of those that it came from.
type Part struct {
	Start, End LSN
	Timeline   uint32
}

// A Chain is WAL without a gap: segments that follow each other.
type Chain struct {
	Part
	dir      string
	turns    []turn
	segments []segment
	header   header // of the first; the others have the same magic, system and sizes
}

// Open finds the part's segments in a folder: pg_wal, or an archive, or a data
// directory. WAL that ends before the part does is an error, as is a segment that is
// missing in the middle.
func Open(dir string, part Part) (*Chain, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: no such folder", dir)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s: is a file; name the folder that it is in", dir)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	for _, name := range []string{"pg_wal", "pg_xlog"} { // the latter before PostgreSQL 10
		if inner := filepath.Join(dir, name); isDir(inner) {
			dir = inner
		}
	}
	all, err := list(dir)
	if err != nil {
		return nil, err
	}
	c := &Chain{Part: part, dir: dir}
	if c.Timeline == 0 {
		for _, s := range all {
			if s.header.isWAL() {
				c.Timeline = max(c.Timeline, s.timeline)
			}
		}
	}
	if c.turns, err = readHistory(dir, c.Timeline); err != nil {
		return nil, err
	}
	return c, c.choose(all)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// choose takes the part's segments, one a number, out of all.
func (c *Chain) choose(all []segment) error {
	size := uint64(0)
	for _, s := range all {
		size = max(size, s.header.segmentSize) // they are equal, or 0
	}
	own := map[uint64]segment{} // by number, those that hold what their name says
	spoilt := map[uint64]segment{}
	first, last := uint64(1<<63), uint64(0)
	for _, s := range all {
		switch {
		case s.timeline != c.timelineAt(s.number, size):
		case !s.header.isWAL() || s.header.address != LSN(s.number*size):
			spoilt[s.number] = s // made ready for later: it is full of zeros, or of old WAL
		case !s.partial || own[s.number].path == "":
			own[s.number] = s
			first, last = min(first, s.number), max(last, s.number)
		}
	}
	if len(own) == 0 {
		return fmt.Errorf("%s: has no segment of timeline %d", c.dir, c.Timeline)
	}
	begin, end := LSN(first*size), LSN((last+1)*size)
	switch {
	case c.Start != 0 && c.Start < begin:
		return fmt.Errorf("%s: its WAL begins at %s, behind the start %s", c.dir, begin, c.Start)
	case c.Start >= end:
		return fmt.Errorf("%s: its WAL ends at %s or before, the start is %s", c.dir, end, c.Start)
	case c.End > end:
		return fmt.Errorf("%s: its WAL ends at %s or before, the end is %s", c.dir, end, c.End)
	case c.End != 0 && c.End <= max(c.Start, begin):
		return fmt.Errorf("the end %s is not behind the start %s", c.End, max(c.Start, begin))
	}
	if c.Start != 0 {
		first = uint64(c.Start) / size
	}
	if c.End != 0 {
		last = uint64(c.End-1) / size
	}
	for number := first; number <= last; number++ {
		s, found := own[number]
		name := segmentName(c.timelineAt(number, size), number, size)
		if !found {
			if spoilt, found := spoilt[number]; found {
				return fmt.Errorf("%s: does not hold the WAL that its name says, but segments behind it are good", spoilt.path)
			}
			next := number
			for own[next].path == "" {
				next++
			}
			return fmt.Errorf("%s: the segment %s is missing; bring it back, or leave out what is before the gap with --start %s", c.dir, name, LSN(next*size))
		}
		if number == first {
			c.header = s.header
		}
		if s.header.system != c.header.system || s.header.magic != c.header.magic {
			return fmt.Errorf("%s: is another cluster's WAL than the segments before it (system %d, not %d); put each into a folder of its own", s.path, s.header.system, c.header.system)
		}
		c.segments = append(c.segments, s)
	}
	return nil
}

// timelineAt is the timeline whose segment of that number belongs to the chain: where
// a timeline begins inside a segment, it has a copy of what was before. 0 is none.
func (c *Chain) timelineAt(number, size uint64) uint32 {
	for _, turn := range c.turns {
		if number >= uint64(turn.begin)/size {
			return turn.timeline
		}
	}
	return 0
}

// Bytes is the size of the segments.
func (c *Chain) Bytes() int64 { return int64(len(c.segments)) * int64(c.header.segmentSize) }

// Begin and Limit enclose the chain's WAL.
func (c *Chain) Begin() LSN { return c.segments[0].begin() }
func (c *Chain) Limit() LSN {
	last := c.segments[len(c.segments)-1]
	return last.begin() + LSN(c.header.segmentSize)
}

func (s segment) begin() LSN { return s.header.address }
