package extension

import (
	"math/bits"

	"walstats/wal"
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

// spreadWAL is from how many bytes on WAL between two times is spread over them.
const spreadWAL = 64 << 10

// pieceOf returns the logarithm of the pieces' length: 64 kB, less of little WAL, and more of
// more than 1 GB.
func pieceOf(in *walInput) uint {
	const most, pieces = 24, 14
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
		begin, end, step := in.part(i)
		for at := begin; at < end && !ok; at += step {
			first, _, ok = timesIn(in, at, min(at+step, end))
		}
	}
	for i := n - 1; i >= max(0, n-spanSegments) && ok; i-- {
		begin, end, step := in.part(i)
		for to := end; to > begin; to -= min(step, to) {
			if _, last, found := timesIn(in, max(begin, to-min(step, to)), to); found {
				return first, last, true
			}
		}
	}
	return 0, 0, false
}

// part returns which part of segment i is read, and how much of it at once: a compressed one
// is unpacked from its beginning each time, and where the last one ends may not be known.
func (in *walInput) part(i int) (begin, end, step wal.LSN) {
	segment := &in.set.Segments[i]
	size := wal.LSN(in.set.SegmentSize)
	begin = wal.LSN(segment.Number) * size
	end = begin + size
	if in.options.endLSN != 0 {
		end = min(end, wal.LSN(in.options.endLSN))
	}
	if step = wal.DefaultChunkSize; segment.Compression != "" || in.options.endLSN == 0 {
		step = size
	}
	return max(begin, wal.LSN(in.options.startLSN)), end, step
}

// timesIn returns the first and the last time of the records that begin in a part of the WAL.
func timesIn(in *walInput, begin, end wal.LSN) (first, last int64, ok bool) {
	scan, err := in.set.Between(begin, end).Scan()
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
			if t, timed := r.XactTime(row); timed {
				if !ok {
					first, ok = t, true
				}
				last = t
			}
		}
	}
	return first, last, ok
}
