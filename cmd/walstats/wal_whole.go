package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"walstats/wal"
)

// wrong adds what is wrong with a file.
func (c *walCluster) wrong(path string, timeline uint32, format string, args ...any) {
	c.ranges = append(c.ranges, walRange{File: path, System: c.set.System, Timeline: timeline, Error: fmt.Sprintf(format, args...)})
}

// missing adds the segments that are missing between others.
func (c *walCluster) missing() {
	for _, number := range c.set.Missing() {
		if begin := wal.LSN(number) * wal.LSN(c.set.SegmentSize); begin+wal.LSN(c.set.SegmentSize) <= c.start || c.end != 0 && begin >= c.end {
			continue
		}
		timeline := c.set.History.Segment(number, c.set.SegmentSize)
		i, _ := slices.BinarySearchFunc(c.set.Segments, number, func(s wal.Segment, number uint64) int { return cmp.Compare(s.Number, number) })
		path := filepath.Join(filepath.Dir(c.set.Segments[i].Path), wal.SegmentName(timeline, number, c.set.SegmentSize))
		c.wrong(path, timeline, "is missing, and later segments are there")
	}
}

// cut adds the plain segments that are shorter than the others.
func (c *walCluster) cut() {
	for i := range c.set.Segments {
		s := &c.set.Segments[i]
		info, err := os.Stat(s.Path)
		if err == nil && s.Compression == "" && !s.Partial && info.Size() < int64(c.set.SegmentSize) {
			c.wrong(s.Path, s.Timeline, "has %d bytes, expected %d: it was cut; copy it again", info.Size(), c.set.SegmentSize)
		}
	}
}

// unused adds the segments that are not read although their WAL is the cluster's: second
// copies, and older timelines of which no file tells where they were left.
func (c *walCluster) unused() {
	read := map[uint64]string{}
	for i := range c.set.Segments {
		read[c.set.Segments[i].Number] = c.set.Segments[i].Path
	}
	alone := false
	others, count := map[string]*wal.Segment{}, map[string]int{}
	for i := range c.set.Unused {
		s := &c.set.Unused[i]
		switch {
		case s.Timeline < c.set.Timeline && len(c.set.History) == 1:
			if !alone {
				c.wrong(s.Path, s.Timeline, "is of timeline %d, and %08X.history is missing, which says where timeline %d left it; copy it to the others",
					s.Timeline, c.set.Timeline, c.set.Timeline)
			}
			alone = true
		case s.Timeline != c.set.History.Segment(s.Number, c.set.SegmentSize) || s.Partial || read[s.Number] == "":
			if why := c.left(s); why != "" {
				if others[why] == nil {
					others[why] = s
				}
				count[why]++
			}
		default:
			switch same, err := sameContent(read[s.Number], s.Path); {
			case err != nil:
				c.wrong(s.Path, s.Timeline, "%v", err)
			case !same:
				c.wrong(s.Path, s.Timeline, "is the same segment as %s and has other bytes; keep the right one", read[s.Number])
			default:
				c.ranges = append(c.ranges, walRange{File: s.Path, System: c.set.System, Timeline: s.Timeline,
					Note: fmt.Sprintf("is a second copy of %s; it is not read", read[s.Number])})
			}
		}
	}
	for _, why := range slices.Sorted(maps.Keys(others)) {
		c.ranges = append(c.ranges, walRange{File: others[why].Path, System: c.set.System, Timeline: others[why].Timeline,
			Note: fmt.Sprintf("is %s; of such segments, %d are not read: another server's, or lost; to read them, give them alone", why, count[why])})
	}
}

// left returns why the newest timeline has not the WAL of a segment of another timeline;
// "" if it has, or if there is none in the file.
func (c *walCluster) left(s *wal.Segment) (why string) {
	if s.Header.Magic != c.set.Magic || s.Header.Address != wal.LSN(s.Number)*wal.LSN(c.set.SegmentSize) {
		return ""
	}
	for i, turn := range c.set.History {
		switch {
		case turn.Timeline != s.Timeline:
		case i > 0 && s.Header.Address > c.set.History[i-1].Begin:
			return fmt.Sprintf("of timeline %d after %v, where timeline %d left it", s.Timeline, c.set.History[i-1].Begin, c.set.History[i-1].Timeline)
		default:
			return ""
		}
	}
	return fmt.Sprintf("of timeline %d, from which timeline %d does not come", s.Timeline, c.set.Timeline)
}
