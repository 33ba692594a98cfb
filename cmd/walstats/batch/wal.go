package batch

import (
	"fmt"
	"strings"

	"walstats/cmd/walstats/session"
	"walstats/record"
)

// A WAL has the segments that inputs are of.
type WAL struct {
	Segments    []string // paths in the order of WAL, absolute
	Histories   []string // of timelines
	SegmentSize int64
	Timeline    uint32
}

// longestRecord is how much WAL after a segment may belong to its last record.
const longestRecord = 256 << 20

// Segment returns an input: the records of the i-th segment of WAL that begin in
// [begin, end). An unfinished one may have more records in a later run; then it is
// converted again.
func Segment(w *WAL, i int, begin, end record.LSN, unfinished bool) (Input, error) {
	in, err := inputOf(w.Segments[i])
	in.wal, in.index, in.begin, in.end, in.unfinished = w, i, int64(begin), int64(end), unfinished
	return in, err
}

// fromWAL reads the segments of a group with one of the functions: those that follow each
// other with one call.
func (o *Options) fromWAL(function string, group []task) string {
	function = strings.Replace(function, "waldump", "wal", 1)
	var calls []string
	for from := 0; from < len(group); {
		to := from + 1
		for to < len(group) && group[to].begin == group[to-1].end {
			to++
		}
		calls = append(calls, o.walCall(function, group[from:to]))
		from = to
	}
	if len(calls) == 1 {
		return calls[0]
	}
	return "(FROM " + strings.Join(calls, " UNION ALL FROM ") + ")"
}

// relationsOf reads the names that segments have, which are in the order of WAL.
func (o *Options) relationsOf(run []task) string {
	return o.callOf("read_wal_relations", run) + ")"
}

// callOf begins the call of a function of WAL for segments that follow each other.
func (o *Options) callOf(function string, run []task) string {
	w, first, last := run[0].wal, &run[0], &run[len(run)-1]
	after := min(len(w.Segments), last.index+1+int(longestRecord/w.SegmentSize)+1)
	paths := append(append([]string{}, w.Histories...), w.Segments[first.index:after]...)
	return fmt.Sprintf("%s(%s, start_lsn := '%v', end_lsn := '%v', timeline := %d", function, session.List(paths),
		record.LSN(first.begin), record.LSN(last.end), w.Timeline)
}

func (o *Options) walCall(function string, run []task) string {
	call := o.callOf(function, run) + ", filename := true"
	if o.Timezone != "" {
		call += ", timezone := " + session.Quote(o.Timezone)
	}
	if o.Threads > 0 {
		call += fmt.Sprintf(", threads := %d", o.Threads)
	}
	return call + ")"
}
