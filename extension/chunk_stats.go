package extension

import (
	"sync/atomic"

	"walstats/parser"
)

// A ChunkStats has what a scan found in a chunk of a dump, or the error of a time that
// it could not read. Offsets are those of the text, decompressed.
type ChunkStats struct {
	Function string // read_waldump, read_wal, or another
	Path     string
	Counts   parser.Counts
	Reject   error // the first line that is no record, nil where all are

	Begin, End int64 // of the chunk's lines
	Consumed   int64 // of the file as it lies on disk, so far
	Last       bool  // the file ends at End
	Cut        bool  // and inside a record

	FirstLSN, LastLSN uint64 // where Counts.Records > 0, in file order
	// FirstPrevLSN is what the first record names as the one before it. Jumps is how
	// many of the others do not name the one before them. Both are of dumps only.
	FirstPrevLSN uint64
	Jumps        int64
	LastBegin    int64
	// RejectsAfter is how many of the rejects come after the chunk's last record.
	RejectsAfter int64
	// GuessedAt is where the first record begins whose end was taken for one only
	// because the file ends; -1 for no such record.
	GuessedAt int64

	// Unzoned is the error that ignore_errors made a NULL of: a time whose zone is not
	// known. Only Function and Path are set then.
	Unzoned error
}

var observer atomic.Pointer[func(ChunkStats)]

// OnChunk has see called for every chunk that a scan of this process reads, from
// the threads that read, until stop is called. It is for programs that link the
// functions: counts of a scan cost nothing there, and in SQL a second one.
func OnChunk(see func(ChunkStats)) (stop func()) {
	observer.Store(&see)
	return func() { observer.CompareAndSwap(&see, nil) }
}

// report tells the observer what is in the chunk, which ends before text[next].
func (r *textReader) report(next int) {
	see := observer.Load()
	if see == nil {
		return
	}
	s := ChunkStats{
		Function: r.in.function, Path: r.chunk.dump.path, Counts: r.index.Counts,
		Begin: r.base + int64(r.first), End: r.base + int64(next), GuessedAt: -1, RejectsAfter: r.index.RejectsAfter(),
		Consumed: r.chunk.dump.Consumed(r.base + int64(next)), Last: r.last && next == len(r.text), Cut: r.index.Cut,
	}
	if n := r.index.Len(); n > 0 {
		s.FirstLSN, s.LastLSN = r.index.LSN(0), r.index.LSN(n-1)
		s.FirstPrevLSN, s.Jumps = r.index.PrevLSN(0), r.index.Jumps()
		s.LastBegin = r.base + int64(r.index.Begin(n-1))
	}
	if r.index.Guessed {
		s.GuessedAt = r.base + int64(r.index.GuessedAt)
	}
	for i := range r.index.NonRecords {
		if o := &r.index.NonRecords[i]; o.Kind == parser.Reject {
			s.Reject = r.rejectError(o)
			break
		}
	}
	(*see)(s)
}

// reportUnzoned tells the observer of a time that was made NULL.
func (r *textReader) reportUnzoned() {
	if see := observer.Load(); see != nil && r.filler.Unzoned != nil {
		(*see)(ChunkStats{Function: r.in.function, Path: r.chunk.dump.path, Unzoned: r.fieldError(r.filler.Unzoned)})
	}
	r.filler.Unzoned = nil
}
