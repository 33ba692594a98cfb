package batch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"walstats/cmd/walstats/session"
	"walstats/record"
	"walstats/wal"
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
	if errors.Is(err, fs.ErrNotExist) { // the others can be converted
		in.err, err = removed(in.Name), nil
	}
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

// relationsOf reads the names that segments have, which are in the order of WAL. With
// before, it reads those of the WAL before them, too.
func (o *Options) relationsOf(run []task, before bool) string {
	index, begin := run[0].index, run[0].begin
	if before {
		index, begin = 0, 0
	}
	return o.callOf("read_wal_relations", run, index, begin) + ")"
}

// callOf begins the call of a function of WAL for the records from begin on, in the segment
// of that index, up to the end of the run, whose segments follow each other.
func (o *Options) callOf(function string, run []task, index int, begin int64) string {
	w, last := run[0].wal, &run[len(run)-1]
	after := min(len(w.Segments), last.index+1+int(longestRecord/w.SegmentSize)+1)
	paths := slices.Clone(w.Histories)
	for i := index; i < after; i++ {
		wanted := slices.ContainsFunc(run, func(t task) bool { return t.index == i })
		if wanted || !isGone(w.Segments[i]) { // a server removes them in no order
			paths = append(paths, w.Segments[i])
		}
	}
	return fmt.Sprintf("%s(%s, start_lsn := '%v', end_lsn := '%v', timeline := %d", function, session.List(paths),
		record.LSN(begin), record.LSN(last.end), w.Timeline)
}

// isGone reports whether a segment was removed since it was found.
func isGone(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func (o *Options) walCall(function string, run []task) string {
	call := o.callOf(function, run, run[0].index, run[0].begin) + ", filename := true"
	if o.Timezone != "" {
		call += ", timezone := " + session.Quote(o.Timezone)
	}
	if o.Threads > 0 {
		call += fmt.Sprintf(", threads := %d", o.Threads)
	}
	return call + ")"
}

// A segmentIndex has the paths of the segments that are in an output, by folder and place.
type segmentIndex map[segmentPlace][]string

type segmentPlace struct {
	folder    string
	high, low uint32 // of the segment's number
}

func placeOf(path string) (segmentPlace, bool) {
	n := wal.ParseFileName(filepath.Base(path))
	return segmentPlace{filepath.Dir(path), n.High, n.Low}, n.Kind == wal.SegmentFile
}

// segmentsOf returns the segments among entries.
func segmentsOf(known map[string]Entry) segmentIndex {
	x := segmentIndex{}
	for path := range known {
		if at, ok := placeOf(path); ok {
			x[at] = append(x[at], path)
		}
	}
	return x
}

// sameWAL returns the other files in the output that have the WAL of a segment. A segment
// is copied into one of the new timeline when a server is promoted, a .partial file loses
// that ending, and an archive compresses its files: the rows of the old file would come twice.
func (x segmentIndex) sameWAL(in *Input) (paths []string) {
	if in.wal == nil {
		return nil
	}
	at, ok := placeOf(in.Path)
	if !ok {
		return nil
	}
	for _, path := range x[at] {
		if path != in.Path {
			paths = append(paths, path)
		}
	}
	return paths
}
