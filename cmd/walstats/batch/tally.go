package batch

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"walstats/cmd/walstats/progress"
	"walstats/extension"
)

// A tally adds up what a scan found in one input.
type tally struct {
	records, rejects  int64
	cutRecords        int64 // with an image and no block reference
	firstLSN, lastLSN uint64
	firstBegin        int64                  // offset of the chunk with the first record; -1 if none was seen
	lastBegin         int64                  // offset of the last record; -1 if none was seen
	after             int64                  // rejects after the last record, in its chunk
	others            []extension.ChunkStats // chunks with rejects and no record
	jumps             int64                  // in chunks; those between them are found by chainJumps
	edges             []edge                 // of the chunks with records
	guessed           int64                  // as [extension.ChunkStats.GuessedAt]
	size              int64                  // of the text; -1 if its end was not seen
	cut               bool                   // it ends inside a record
	reject            error
	rejectBegin       int64
	from              int64 // offset at which the scan begins
	consumed          int64
	scale             float64 // bytes of the input for a byte of consumed
}

func newTally() *tally { return &tally{firstBegin: -1, lastBegin: -1, guessed: -1, size: -1, scale: 1} }

// An edge tells where a chunk's records begin and end.
type edge struct {
	begin              int64
	firstPrev, lastLSN uint64
}

// chainJumps returns how many records of the file do not name the one before them.
func (t *tally) chainJumps() int64 {
	slices.SortFunc(t.edges, func(a, b edge) int { return cmp.Compare(a.begin, b.begin) })
	n := t.jumps
	for i := 1; i < len(t.edges); i++ {
		if t.edges[i].firstPrev != t.edges[i-1].lastLSN {
			n++
		}
	}
	return n
}

// add adds a chunk. Chunks come in any order.
func (t *tally) add(s *extension.ChunkStats) {
	t.records += s.Counts.Records
	t.rejects += s.Counts.Rejects
	t.cutRecords += s.Counts.CutRecords
	t.consumed = max(t.consumed, s.Consumed)
	t.cut = t.cut || s.Cut
	if s.Last {
		t.size = s.End
	}
	if s.GuessedAt >= 0 && (t.guessed < 0 || s.GuessedAt < t.guessed) {
		t.guessed = s.GuessedAt
	}
	if s.Reject != nil && (t.reject == nil || s.Begin < t.rejectBegin) {
		t.reject, t.rejectBegin = s.Reject, s.Begin
	}
	if s.Counts.Records == 0 {
		if s.Counts.Rejects > 0 {
			t.others = append(t.others, extension.ChunkStats{Begin: s.Begin, RejectsAfter: s.Counts.Rejects})
		}
		return
	}
	if s.Function == "read_waldump" {
		t.jumps += s.Jumps
		t.edges = append(t.edges, edge{s.Begin, s.FirstPrevLSN, s.LastLSN})
	}
	if t.firstBegin < 0 || s.Begin < t.firstBegin {
		t.firstBegin, t.firstLSN = s.Begin, s.FirstLSN
	}
	if s.LastBegin > t.lastBegin {
		t.lastBegin, t.lastLSN, t.after = s.LastBegin, s.LastLSN, s.RejectsAfter
	}
}

// tailRejects returns the number of rejects after the last record.
func (t *tally) tailRejects() int64 {
	n := t.after
	for _, s := range t.others {
		if s.Begin > t.lastBegin {
			n += s.RejectsAfter
		}
	}
	return n
}

// A watch keeps the tallies of the scans of a group, and reports the progress of both
// passes over the files.
type watch struct {
	o       *Options
	conn    *sql.Conn
	passes  int64 // scans of each file
	mu      sync.Mutex
	tallies map[string]*tally
	read    map[string]int64      // bytes read by other functions than read_waldump
	failed  *extension.ChunkStats // the first time whose zone is unknown
	cancel  context.CancelCauseFunc
	totals  progress.Totals // of earlier groups
}

func newWatch(o *Options, conn *sql.Conn, passes int64) *watch {
	return &watch{o: o, conn: conn, passes: passes}
}

// count computes the tallies with SQL, in further scans. It is for --extension: the
// scans of a loaded extension cannot be observed.
func (w *watch) count(ctx context.Context, group []task) error {
	for i := range group {
		t := &group[i]
		if t.Pipe {
			return &inputError{t.Name, fmt.Errorf("%s: --extension needs a file that can be read several times, and this is a pipe", t.Name)}
		}
		seen := w.tallies[t.Path]
		if err := w.conn.QueryRowContext(ctx, `SELECT count(*), coalesce(arg_min(start_lsn::UBIGINT, byte_offset), 0), coalesce(arg_max(start_lsn::UBIGINT, byte_offset), 0)
			FROM `+w.o.from("read_waldump", group[i:i+1])).Scan(&seen.records, &seen.firstLSN, &seen.lastLSN); err != nil {
			return err
		}
		var first sql.NullString
		if err := w.conn.QueryRowContext(ctx, "SELECT count(*), arg_min(filename || ':' || line_number || ': ' || error, line_number) FROM ("+rejects(t, &Entry{})+")").Scan(&seen.rejects, &first); err != nil {
			return err
		}
		if seen.consumed = t.size; first.Valid {
			seen.reject = errors.New(first.String)
		}
	}
	return nil
}

// during calls do and keeps the tallies of its scans. The context of do ends when a
// time in the dumps has an unknown zone.
func (w *watch) during(ctx context.Context, group []task, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w.mu.Lock()
	w.tallies, w.read, w.failed, w.cancel = map[string]*tally{}, map[string]int64{}, nil, cancel
	w.mu.Unlock()
	for i := range group {
		t := newTally()
		w.tallies[group[i].Path] = t
		if group[i].how == continued {
			t.from = group[i].before.LastBegin
		}
		if group[i].part {
			t.from = group[i].begin
		}
		if w := group[i].wal; w != nil {
			t.scale = float64(group[i].size) / float64(w.SegmentSize)
		}
	}
	defer extension.OnChunk(w.see)()
	wait := advanceAll(ctx, group)
	err := do(ctx)
	if err != nil {
		cancel(err)
	}
	wait()
	if err == nil && w.o.Session.Extension != "" {
		err = w.count(ctx, group)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		for i := range group {
			if in := &group[i].Input; in.Path == w.failed.Path {
				return &inputError{in.Name, errors.New(in.message(w.failed.Unzoned))}
			}
		}
	}
	if err == nil {
		w.totals = w.sum()
	}
	return err
}

func (w *watch) see(s extension.ChunkStats) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tallies[s.Path]
	switch {
	case t == nil || s.Function == "read_waldump_rejects":
		return
	case s.Unzoned != nil:
		if w.failed == nil {
			w.failed = &s
			w.cancel(s.Unzoned)
		}
	case s.Function == "read_waldump" || s.Function == "read_wal":
		t.add(&s)
	default:
		w.read[s.Path] = max(w.read[s.Path], s.Consumed)
	}
	w.o.Progress.Advance(w.sum())
}

// sum returns what was read so far. The caller holds the lock.
func (w *watch) sum() progress.Totals {
	sum := w.totals
	for path, t := range w.tallies {
		sum.Bytes += int64(t.scale*float64(max(0, t.consumed-t.from)+max(0, w.read[path]-t.from))) / w.passes
		sum.Records += t.records
		sum.Rejects += t.rejects
	}
	return sum
}

// records returns the number of records in all inputs.
func (w *watch) records() (n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.tallies {
		n += t.records
	}
	return n
}

var errNotRead = errors.New("internal error: the numbers of records read and rows written differ; please report this")
