package extension

import (
	"math/bits"
	"time"

	"walstats/wal"
)

// Steps are the lengths in which people count time: what shows WAL over time has steps of one
// of them.
var Steps = [...]time.Duration{
	1 * time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	1 * time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	1 * time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	1 * time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day, 14 * day, 28 * day,
}

const day = 24 * time.Hour

// tickOf returns the length in microseconds that divides all Steps that the WAL has not more
// of than the option steps.
func tickOf(in *walInput) (tick int64) {
	first, last, _ := timeSpan(in)
	least := (last - first) / int64(in.options.steps) / 10 * 9 // other readers may find a span that is a little shorter
	for _, step := range Steps {
		if micros := step.Microseconds(); micros >= least {
			tick = commonDivisor(micros, tick)
		}
	}
	if tick == 0 {
		return Steps[len(Steps)-1].Microseconds()
	}
	return tick
}

func commonDivisor(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
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
