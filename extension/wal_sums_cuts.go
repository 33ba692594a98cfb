package extension

import (
	"math/bits"

	"walstats/rmgr"
	"walstats/wal"
	"walstats/wal/desc"
)

// ticks has the lengths that a tick may have, in microseconds. Each divides the
// following one, and steps of 1, 2, 5, 10, 15 and 30 seconds or minutes are multiples
// of the largest that is not above them.
var ticks = [...]int64{1e3, 1e4, 1e5, 1e6, 5e6, 60e6, 3600e6}

// tickOf returns the tick of which there are at least the options' steps in the WAL.
func tickOf(in *walInput) (tick int64) {
	tick = ticks[0]
	first, last, ok := timeSpan(in)
	if !ok {
		return tick
	}
	for _, longer := range ticks {
		if longer <= (last-first)/int64(in.options.steps) {
			tick = longer
		}
	}
	return tick
}

// pieceOf returns the logarithm of the pieces' length: 64 kB, and less of little WAL.
func pieceOf(in *walInput) uint {
	const most, pieces = 16, 14
	size := uint64(len(in.set.Segments)) * uint64(in.set.SegmentSize)
	return uint(min(max(bits.Len64(size)-1-pieces, 0), most))
}

// spanSegments limits the number of segments that are searched for the first and the
// last time.
const spanSegments = 8

// timeSpan returns the first and the last time that records near both ends of the WAL have.
func timeSpan(in *walInput) (first, last int64, ok bool) {
	n := len(in.set.Segments)
	for i := 0; i < min(n, spanSegments) && !ok; i++ {
		first, _, ok = timesOf(in, i)
	}
	for i := n - 1; i >= max(0, n-spanSegments) && ok; i-- {
		if _, last, found := timesOf(in, i); found {
			return first, last, true
		}
	}
	return 0, 0, false
}

// timesOf returns the first and the last time of the records that begin in segment i.
func timesOf(in *walInput, i int) (first, last int64, ok bool) {
	set := in.set
	begin := wal.LSN(set.Segments[i].Number) * wal.LSN(set.SegmentSize)
	end := begin + wal.LSN(set.SegmentSize)
	if begin = max(begin, wal.LSN(in.options.startLSN)); in.options.endLSN != 0 {
		end = min(end, wal.LSN(in.options.endLSN))
	}
	if begin >= end {
		return 0, 0, false
	}
	scan, err := set.Between(begin, end).Scan()
	if err != nil {
		return 0, 0, false
	}
	defer scan.Close()
	r := scan.NewReader()
	defer r.Close()
	for c := scan.Next(); c != nil; c = scan.Next() {
		if r.Read(c) != nil {
			break
		}
		for row := range r.Len() {
			if t, timed := timeOf(r, row, r.Head(row)); timed {
				if !ok {
					first, ok = t, true
				}
				last = t
			}
		}
	}
	return first, last, ok
}

// timeOf returns the time that the record of a row has, in microseconds since 1970.
func timeOf(r *wal.Reader, row int, h wal.Head) (int64, bool) {
	if h.RMID != rmgr.Transaction && h.RMID != rmgr.XLOG {
		return 0, false
	}
	return desc.XactTime(r.Record(row))
}
