package extension

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"walstats/extension/scan"
	"walstats/record"
	"walstats/wal"
)

// A segmentBatch has the memory of the columns of wal_segments.
type segmentBatch struct {
	filename, version, compression, endReason         record.Strings
	timeline                                          record.Numbers
	startLSN, endLSN, system, size, firstLSN, lastLSN record.Numbers64
	records, recordBytes                              []uint64
}

// walSegments makes wal_segments: a row for each file of WAL, with what its header says
// and what was read of it. The columns of the header are NULL for a file that does not
// begin with a segment's header.
var walSegments = table[segmentBatch]{
	name:    "wal_segments",
	options: []option{startLSNOption, endLSNOption, timelineOption, compressionOption, maxRecordSizeOption, threadsOption, verifyChecksumsOption},
	columns: []scan.Column[segmentBatch]{
		scan.NotNull("filename", varchar, func(b *segmentBatch) any { return &b.filename }),
		scan.NotNull("timeline", uinteger, func(b *segmentBatch) any { return &b.timeline }),
		scan.Nullable("start_lsn", lsnType, func(b *segmentBatch) any { return &b.startLSN }),
		scan.Nullable("end_lsn", lsnType, func(b *segmentBatch) any { return &b.endLSN }),
		scan.Nullable("version", varchar, func(b *segmentBatch) any { return &b.version }),
		scan.Nullable("system_identifier", ubigint, func(b *segmentBatch) any { return &b.system }),
		scan.Nullable("segment_size", ubigint, func(b *segmentBatch) any { return &b.size }),
		scan.NotNull("compression", varchar, func(b *segmentBatch) any { return &b.compression }),
		scan.NotNull("records", ubigint, func(b *segmentBatch) any { return &b.records }),
		scan.NotNull("record_bytes", ubigint, func(b *segmentBatch) any { return &b.recordBytes }),
		scan.Nullable("first_lsn", lsnType, func(b *segmentBatch) any { return &b.firstLSN }),
		scan.Nullable("last_lsn", lsnType, func(b *segmentBatch) any { return &b.lastLSN }),
		scan.Nullable("end_reason", varchar, func(b *segmentBatch) any { return &b.endReason }),
	},
	input: walSummary[segmentBatch]{
		ignoreErrors: true,
		summarize: func(in *walInput) *scan.Input[segmentBatch] {
			s := segmentSums{in: in, counts: map[*wal.Segment]*segmentCount{}}
			return scan.Summarize(s.compute, s.set, in.scan.Close)
		},
	},
}

// segmentSums has what was read of each segment.
type segmentSums struct {
	in      *walInput
	mu      sync.Mutex
	counts  map[*wal.Segment]*segmentCount
	reasons map[string]string // why reading ended in a file
	rows    []*wal.Segment
}

// A segmentCount counts the records that begin in a segment.
type segmentCount struct {
	records, bytes uint64
	first, last    uint64 // LSNs, where there are records
}

// compute reads all WAL and returns the number of files.
func (s *segmentSums) compute() (int, error) {
	set := s.in.set
	if err := scan.Parallel(s.in.threads, func(int) error { return s.read() }); err != nil {
		return 0, err
	}
	for _, list := range [...][]wal.Segment{set.Segments, set.Unused} {
		for i := range list {
			s.rows = append(s.rows, &list[i])
		}
	}
	slices.SortStableFunc(s.rows, func(a, b *wal.Segment) int { return strings.Compare(a.Path, b.Path) })
	s.reasons = map[string]string{}
	for _, r := range s.in.scan.Rejects() {
		if s.reasons[r.Path] == "" {
			s.reasons[r.Path] = r.Message
		}
	}
	for i := range set.Unused {
		s.reasons[set.Unused[i].Path] = s.unused(&set.Unused[i])
	}
	return len(s.rows), nil
}

// unused returns why no record is read from a file.
func (s *segmentSums) unused(segment *wal.Segment) string {
	set := s.in.set
	f, err := segment.Header.Format()
	switch {
	case err == nil && f != set.Format:
		return "not read: another cluster's"
	case segment.Timeline != set.History.Segment(segment.Number, set.SegmentSize):
		return fmt.Sprintf("not read: timeline %d has it from another file", set.Timeline)
	default:
		return "not read: another file has the same WAL"
	}
}

// read counts what one thread reads.
func (s *segmentSums) read() error {
	all := record.NewBatch()
	b := wal.Batch{}
	b.StartLSN, b.RecordLength = all.StartLSN, all.RecordLength
	return s.in.each(func(r *walReader) error {
		var c segmentCount
		for r.row < r.Len() {
			n, err := r.Fill(&b, r.row, record.BatchRows)
			if err != nil {
				return err
			}
			for i := range n {
				c.bytes += uint64(b.RecordLength.Values[i])
			}
			if c.records == 0 {
				c.first = b.StartLSN[0]
			}
			c.last = b.StartLSN[n-1]
			c.records += uint64(n)
			r.row += n
		}
		s.add(r.chunk.Segment(), &c)
		return nil
	})
}

// add adds the counts of a chunk to those of its segment.
func (s *segmentSums) add(segment *wal.Segment, c *segmentCount) {
	if c.records == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.counts[segment]
	if sum == nil {
		s.counts[segment] = c
		return
	}
	sum.records += c.records
	sum.bytes += c.bytes
	sum.first, sum.last = min(sum.first, c.first), max(sum.last, c.last)
}

// set writes a file into row i.
func (s *segmentSums) set(b *segmentBatch, i, row int) {
	segment := s.rows[row]
	var count segmentCount
	if c := s.counts[segment]; c != nil {
		count = *c
	}
	f, err := segment.Header.Format()
	known := err == nil
	compression := segment.Compression
	if compression == "" {
		compression = "none"
	}
	reason := s.reasons[segment.Path]
	if !known && reason == "" {
		reason = err.Error()
	}
	version := ""
	if known {
		version = f.Version.String()
	}
	setText(&b.filename, i, segment.Path)
	setText(&b.version, i, version)
	setText(&b.compression, i, compression)
	setText(&b.endReason, i, reason)
	start := uint64(segment.Header.Address)
	for _, c := range [...]struct {
		column *record.Numbers64
		value  uint64
		known  bool
	}{
		{&b.startLSN, start, known}, {&b.endLSN, start + uint64(f.SegmentSize), known},
		{&b.system, f.System, known}, {&b.size, uint64(f.SegmentSize), known},
		{&b.firstLSN, count.first, count.records > 0}, {&b.lastLSN, count.last, count.records > 0},
	} {
		switch {
		case !c.column.Wanted():
		case c.known:
			c.column.Values[i] = c.value
		default:
			c.column.SetNull(i)
		}
	}
	if c := &b.timeline; c.Wanted() {
		c.Values[i] = segment.Timeline
	}
	if b.records != nil {
		b.records[i] = count.records
	}
	if b.recordBytes != nil {
		b.recordBytes[i] = count.bytes
	}
}
