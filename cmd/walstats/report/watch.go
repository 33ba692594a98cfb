package report

import (
	"os"
	"sync"

	"walstats/cmd/walstats/progress"
	"walstats/extension"
	"walstats/wal"
)

// A watch tells a progress.Reporter how much of a source is read. Each input is read for
// its records and for its block references; both count, the first time.
type watch struct {
	to     progress.Reporter
	mu     sync.Mutex
	read   map[scanOfInput]int64 // bytes
	chunks map[chunkOfWAL]bool
	totals progress.Totals
	passes int64 // scans of each input that count
	size   int64 // of the inputs
}

type scanOfInput struct{ function, path string }

type chunkOfWAL struct {
	scanOfInput
	begin int64
}

// watched begins to report, until end is called. Of a database nothing is reported: its
// scans are not those of the extension.
func (s Source) watched(plan progress.Plan) (end func()) {
	if s.Progress == nil || s.Database != "" {
		return func() {}
	}
	w := &watch{to: s.Progress, read: map[scanOfInput]int64{}, chunks: map[chunkOfWAL]bool{}, passes: 2, size: plan.Bytes}
	if s.Brief {
		w.passes = 1
	}
	w.to.Begin(plan)
	stop := extension.OnChunk(w.see)
	return func() {
		stop()
		w.to.End()
	}
}

// plan adds up what is to be read. WAL counts unpacked; of a database nothing is.
func (s Source) plan() (progress.Plan, error) {
	plan := progress.Plan{Inputs: len(s.Dumps)}
	if s.Database != "" {
		return plan, nil
	}
	if s.WAL {
		paths, err := extension.FindWAL(s.Dumps)
		if err != nil {
			return plan, err
		}
		set, err := wal.Find(paths, extension.WALFiles(), wal.Options{AnyName: true, IgnoreErrors: true})
		if err != nil {
			return plan, err
		}
		plan.Bytes = int64(len(set.Segments)) * int64(set.SegmentSize)
		return plan, nil
	}
	for _, path := range s.Dumps {
		if info, err := os.Stat(path); err == nil { // what cannot be read will be said
			plan.Bytes += info.Size()
		}
	}
	return plan, nil
}

func (w *watch) see(c extension.ChunkStats) {
	counts := c.Function == "read_waldump" || c.Function == "read_wal_sums"
	if c.Unzoned != nil || !counts && c.Function != "read_waldump_blocks" && c.Function != "read_wal_blocks" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	scan := scanOfInput{c.Function, c.Path}
	if chunk := (chunkOfWAL{scan, c.Begin}); c.Function == "read_wal_sums" || c.Function == "read_wal_blocks" { // which is read several times
		if w.chunks[chunk] {
			return
		}
		w.chunks[chunk] = true
	}
	if further := c.Consumed - w.read[scan]; further > 0 {
		w.read[scan] = c.Consumed
		w.totals.Bytes += further
	}
	if counts {
		w.totals.Records += c.Counts.Records
		w.totals.Rejects += c.Counts.Rejects
	}
	now := w.totals
	now.Bytes = min(now.Bytes/w.passes, w.size)
	w.to.Advance(now)
}
