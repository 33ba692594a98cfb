package extension

import (
	"cmp"

	"walstats/extension/scan"
	"walstats/record"
	"walstats/wal"
)

// walRows makes rows of WAL: of its records, or of their block references.
type walRows struct {
	// fill writes the next rows of r's chunk into b, at most so many.
	fill func(r *walReader, b *recordBatch, rows int) (n int, err error)
}

func (t walRows) estimate(h host, paths []string, o *options) (uint64, error) {
	return estimateWAL(h, paths)
}

func (t walRows) start(c call) (*scan.Input[recordBatch], error) {
	in, err := openWAL(c)
	if err != nil {
		return nil, err
	}
	return &scan.Input[recordBatch]{
		Chunks:    in.chunks(),
		Threads:   in.threads,
		NewReader: func() scan.Reader[recordBatch] { return &walRowReader{in.newReader(), t.fill} },
		Close:     in.scan.Close,
	}, nil
}

// walSummary makes rows of what all WAL of a call has in it.
type walSummary[B any] struct {
	ignoreErrors bool // damage is what the rows tell
	summarize    func(in *walInput) *scan.Input[B]
}

func (t walSummary[B]) estimate(h host, paths []string, o *options) (uint64, error) {
	return estimateWAL(h, paths)
}

func (t walSummary[B]) start(c call) (*scan.Input[B], error) {
	c.options.ignoreErrors = c.options.ignoreErrors || t.ignoreErrors
	in, err := openWAL(c)
	if err != nil {
		return nil, err
	}
	return t.summarize(in), nil
}

// A walInput is WAL that is being read.
type walInput struct {
	function string // whose scan it is
	set      *wal.Set
	scan     *wal.Scan
	options  options
	threads  int // that may read at once
}

// openWAL finds the segments of a call as they are now.
func openWAL(c call) (*walInput, error) {
	files, hasURL, err := findWAL(c.host, c.paths)
	if err != nil {
		return nil, err
	}
	o := &c.options
	readers := 0
	if hasURL {
		readers = 1 // the host's files may be read in the host's threads only
	}
	set, err := wal.Find(files, hostFiles{c.host, o.compression}, wal.Options{
		Start: wal.LSN(o.startLSN), End: wal.LSN(o.endLSN), Timeline: o.timeline, AnyName: true, GivenOnly: hasURL, Managers: o.managers, FullPage: o.fullPage, XIDs: o.xids,
		IgnoreErrors: o.ignoreErrors, SkipChecksums: o.skipChecksums, Zone: o.location,
		MaxRecordSize: int(o.maxRecordSize), HeaderReaders: readers,
	})
	if err != nil {
		return nil, foreignToWAL(c.host, err)
	}
	in := &walInput{function: c.function, set: set, options: c.options, threads: cmp.Or(readers, o.threads)}
	in.scan, err = set.Scan()
	return in, err
}

// chunks returns about how many chunks there are.
func (in *walInput) chunks() (n int) {
	for i := range in.set.Segments {
		if in.set.Segments[i].Compression == "" {
			n += int(max(1, in.set.SegmentSize/wal.DefaultChunkSize))
		} else {
			n++
		}
	}
	return n
}

// A walReader reads chunks of a walInput for one thread.
type walReader struct {
	*wal.Reader
	in     *walInput
	chunk  *wal.Chunk
	read   bool            // the chunk
	row    int             // records of the chunk that were handed out
	cursor wal.BlockCursor // as row, where the rows are block references
}

func (in *walInput) newReader() walReader { return walReader{Reader: in.scan.NewReader(), in: in} }

// Next takes the next chunk; see [scan.Reader].
func (r *walReader) Next() (bool, error) {
	r.chunk, r.read = r.in.scan.Next(), false
	return r.chunk != nil, nil
}

// Load reads the chunk and finds its records.
func (r *walReader) Load() error {
	r.row, r.cursor, r.read = 0, wal.BlockCursor{}, true
	if err := r.Read(r.chunk); err != nil {
		return err
	}
	r.report()
	return nil
}

// report tells the observer what is in the chunk; see [OnChunk].
func (r *walReader) report() {
	see := observer.Load()
	if see == nil {
		return
	}
	first := wal.LSN(r.chunk.Segment().Number) * wal.LSN(r.in.set.SegmentSize)
	begin, limit := r.chunk.Range()
	s := ChunkStats{
		Function: r.in.function, Path: r.chunk.Segment().Path, Begin: int64(begin - first), End: int64(limit - first),
		Consumed: int64(limit - first), Last: limit == first+wal.LSN(r.in.set.SegmentSize), GuessedAt: -1,
	}
	s.Counts.Records = int64(r.Total())
	if n := r.Len(); n > 0 {
		_, _, from := r.At(0)
		_, at, to := r.At(n - 1)
		s.FirstLSN, s.LastLSN, s.LastBegin = uint64(from), uint64(to), at
	}
	(*see)(s)
}

// Left returns how many records of the chunk are left.
func (r *walReader) Left() (int, error) {
	switch {
	case r.chunk == nil || !r.read:
		return 0, nil
	case r.row < r.Len():
		return r.Len() - r.row, nil
	}
	return 0, r.Err()
}

// Release gives the chunk back and closes the reader's files: it may be the last one.
func (r *walReader) Release() {
	if r.chunk != nil && !r.read {
		r.in.scan.Skip(r.chunk)
	}
	r.chunk = nil
	r.Close()
}

// each calls use for every chunk that one thread reads.
func (in *walInput) each(use func(r *walReader) error) error {
	r := in.newReader()
	defer r.Release()
	for {
		if more, err := r.Next(); err != nil || !more {
			return err
		}
		if err := r.Load(); err != nil {
			return err
		}
		if err := use(&r); err != nil {
			return err
		}
		if err := r.Err(); err != nil {
			return err
		}
		r.Release()
	}
}

// walRowReader reads the rows of a table from WAL.
type walRowReader struct {
	walReader
	fill func(r *walReader, b *recordBatch, rows int) (int, error)
}

// Fill writes the next rows into b.
func (r *walRowReader) Fill(b *recordBatch, rows int) (int, error) {
	return r.fill(&r.walReader, b, rows)
}

// setText writes a text into row i; NULL for an empty one.
func setText(c *record.Strings, i int, text string) {
	switch {
	case !c.Wanted():
	case text == "":
		c.SetNull(i)
	default:
		c.Set(i, []byte(text))
	}
}
