package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"walstats/cmd/walstats/batch"
	"walstats/extension"
	"walstats/wal"
)

// A walRange stands for the records of a cluster's WAL that begin in [Start, End), on
// one timeline. Or it tells of a file what is wrong with it.
type walRange struct {
	File     string `json:"file"` // the first segment
	System   uint64 `json:"system_identifier"`
	Timeline uint32 `json:"timeline"` // that the records belong to
	Segment  uint32 `json:"segment_size,omitempty"`
	// Newest is the timeline that read_wal is to read: the cluster's newest.
	Newest uint32  `json:"newest_timeline,omitempty"`
	Start  wal.LSN `json:"start_lsn,omitempty"`
	End    wal.LSN `json:"end_lsn,omitempty"`
	// Files are what read_wal needs: history files, the segments, and those after them
	// in which the last record goes on.
	Files []string `json:"files,omitempty"`
	Part  string   `json:"part,omitempty"`  // a unique name for the output, the same in every plan
	Error string   `json:"error,omitempty"` // why WAL of the file is missing
	Note  string   `json:"note,omitempty"`  // why the file is not read, and no WAL is missing
}

// String returns the range as --range takes it.
func (r walRange) String() string {
	text, _ := json.Marshal(r) // it has nothing that JSON has not
	return string(text)
}

// inWALRange returns the segments of a range that String has written.
func inWALRange(text string) ([]batch.Input, error) {
	var r walRange
	if err := json.Unmarshal([]byte(text), &r); err != nil || len(r.Files) == 0 {
		return nil, fmt.Errorf("--range: required: a range of WAL as walstats ranges --null prints it; %w", errUsage)
	}
	return walInputs(r.Files, walPart{r.Start.String(), r.End.String(), r.Newest})
}

// walRanges plans the WAL that names mean, of one or several clusters: a folder has the
// WAL of one cluster, several folders may have parts of it. A segment is cut into so
// many parts, or into more so that none is longer than size. Segments that are shorter
// are put together up to size. Size 0 is no limit, and puts nothing together. part says
// which WAL of each cluster.
func walRanges(names []string, parts int, size int64, part walPart) ([]walRange, error) {
	paths, err := extension.FindWAL(names)
	if err != nil {
		return nil, err
	}
	start, end := part.lsns()
	clusters, ranges := clustersIn(paths)
	for _, files := range clusters {
		set, err := wal.Find(files, extension.WALFiles(), wal.Options{Timeline: part.timeline, AnyName: true, IgnoreErrors: true})
		if err != nil {
			ranges = append(ranges, walRange{File: files[0], Error: strings.TrimPrefix(err.Error(), files[0]+": ")})
			continue
		}
		c := walCluster{set: set, parts: parts, size: size, start: start, end: end}
		for _, file := range files {
			if n := wal.ParseFileName(filepath.Base(file)); n.Kind == wal.HistoryFile && n.Timeline <= set.Timeline {
				c.histories = append(c.histories, file)
			}
		}
		if err := c.plan(); err != nil {
			return nil, err
		}
		c.missing()
		c.cut()
		c.unused()
		ranges = append(ranges, c.ranges...)
	}
	return ranges, nil
}

// A walCluster is the WAL of one cluster that is being planned.
type walCluster struct {
	set       *wal.Set
	histories []string // files
	parts     int
	size      int64
	start     wal.LSN // of what is planned, and its end; 0 for all
	end       wal.LSN
	ranges    []walRange
}

// begin returns the LSN of the i-th segment's first byte.
func (c *walCluster) begin(i int) wal.LSN {
	return wal.LSN(c.set.Segments[i].Number) * wal.LSN(c.set.SegmentSize)
}

// plan cuts the WAL into ranges: at what the options say, and where a timeline begins or
// a segment is missing. The last range ends where WAL ends now.
func (c *walCluster) plan() error {
	set := c.set
	end, err := endOf(set, c.end)
	if err != nil {
		return err
	}
	if c.end != 0 {
		end = min(end, c.end)
	}
	segmentSize := wal.LSN(set.SegmentSize)
	together := segmentSize // the ranges that are put together end at its multiples
	if c.size > int64(segmentSize) && c.parts == 1 {
		together = wal.LSN(c.size) / segmentSize * segmentSize
	}
	first := 0 // the segment in which start is
	start := max(c.begin(0), c.start)
	for i := range set.Segments {
		from, to := max(c.begin(i), c.start), min(c.begin(i)+segmentSize, end)
		if from >= end { // made ready for later
			break
		}
		if from >= to {
			first = i + 1
			continue
		}
		if i > 0 && c.begin(i) > c.begin(i-1)+segmentSize {
			c.add(first, i-1, start, c.begin(i-1)+segmentSize)
			first, start = i, from
		}
		for _, at := range c.cuts(i, from, to) {
			c.add(first, i, start, at)
			first, start = i, at
		}
		if to%together == 0 || to == end {
			c.add(first, i, start, to)
			first, start = i+1, to
		}
	}
	return nil
}

// cuts returns the LSNs inside the i-th segment, from one to another, where a range ends:
// where a timeline begins, and those that cut a plain file into parts.
func (c *walCluster) cuts(i int, from, to wal.LSN) (at []wal.LSN) {
	for _, turn := range c.set.History {
		if turn.Begin > from && turn.Begin < to {
			at = append(at, turn.Begin)
		}
	}
	size := int64(c.set.SegmentSize)
	n := int64(c.parts)
	if c.size > 0 {
		n = max(n, (size+c.size-1)/c.size)
	}
	if c.set.Segments[i].Compression != "" { // it can only be read from its beginning
		n = 1
	}
	page := int64(c.set.PageSize)
	n = min(n, size/page)
	for k := int64(1); k < n; k++ {
		if lsn := from + wal.LSN(size/page*k/n*page); lsn < to {
			at = append(at, lsn)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// add adds the range from start to end, of the segments first to last.
func (c *walCluster) add(first, last int, start, end wal.LSN) {
	if start >= end {
		return
	}
	set := c.set
	files := slices.Clone(c.histories)
	for i := first; i < len(set.Segments); i++ {
		if i > first && set.Segments[i].Number != set.Segments[i-1].Number+1 {
			break
		}
		files = append(files, set.Segments[i].Path)
		// The segment after the last one has the rest of its last record, unless that fills
		// all of it; some of its bytes are page headers.
		if i > last && set.Segments[i].Header.Rest < set.SegmentSize-set.SegmentSize/256 {
			break
		}
	}
	timeline := set.History.At(start)
	c.ranges = append(c.ranges, walRange{
		File: set.Segments[first].Path, System: set.System, Segment: set.SegmentSize, Timeline: timeline, Newest: set.Timeline, Start: start, End: end, Files: files,
		Part: fmt.Sprintf("%d-%08X-%016X-%016X", set.System, timeline, uint64(start), uint64(end)),
	})
}
