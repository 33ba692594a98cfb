package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"walstats/cmd/walstats/outfile"
	"walstats/cmd/walstats/overlap"
	"walstats/record"
)

// An Entry describes an input that is in the output. It is a row of the table
// _walstats_inputs, or a line of that file in a folder.
type Entry struct {
	Path        string    `json:"path"`
	Size        int64     `json:"size"` // as it was read; -1 for a pipe
	Time        time.Time `json:"mtime"`
	Checksum    string    `json:"checksum"` // XXH3 of its bytes; empty if it changed while it was read
	Records     int64     `json:"rows"`
	Rejects     int64     `json:"rejects"`
	FirstLSN    uint64    `json:"first_lsn"`
	LastLSN     uint64    `json:"last_lsn"`
	LastBegin   int64     `json:"last_offset"`  // of the last record; -1 if the input cannot be continued
	TailRejects int64     `json:"tail_rejects"` // of the rejects, those after the last record
	Waiting     bool      `json:"waiting"`      // the text after the last record is held back for the next run
	LastIsOut   bool      `json:"last_is_out"`  // and so is the last record
	Converted   time.Time `json:"converted_at"`
	Version     string    `json:"version"`
	Settings    string    `json:"settings"`

	done result
}

// span returns where the records of the input begin and end. Messages call it name.
func (e *Entry) span(name string) overlap.Input {
	return overlap.Input{Name: name, Path: e.Path, First: record.LSN(e.FirstLSN), Last: record.LSN(e.LastLSN)}
}

// A result tells what one run did with an input.
type result struct {
	how              how
	records, rejects int64
	reject           error // the first
	cutRecords       int64 // records with an image and no block reference
	jumps            int64 // records that do not name the one before them
}

// how says how an input gets into the output.
type how int

const (
	fresh     how = iota // it is new
	again                // it changed: its rows are replaced
	continued            // it grew: it is read from its last record on
)

func (h how) String() string { return [...]string{"converted", "redone", "continued"}[h] }

// A task is an input to convert.
type task struct {
	Input
	how    how
	before Entry    // of the last run, unless the input is fresh
	others []string // files in the output whose WAL the input has: see sameWAL
	sum    *checksum
}

// readTo returns the offset at which reading ends.
func (t *task) readTo() int64 {
	if t.part {
		return t.end
	}
	return t.size
}

// bytes returns how many bytes of the file have to be read.
func (t *task) bytes() int64 {
	if t.how == continued {
		return max(0, t.size-t.before.LastBegin)
	}
	if t.part || t.wal != nil && !t.compressed {
		return t.end - t.begin
	}
	return t.size
}

// A plan has the work of a run.
type plan struct {
	tasks   []task
	failed  []Input // they cannot be read
	touched []Entry // their time changed, their content did not
	skipped int
}

// plan compares the inputs with the entries of the output.
func (r *run) plan(ctx context.Context, known map[string]Entry) (p plan, err error) {
	settings := r.o.settings()
	for _, e := range known {
		if e.Settings != settings {
			return p, fmt.Errorf("%s was made with other options: %s; now they are: %s; give the same options, or pass --replace to convert again",
				r.o.Output, orNone(e.Settings), orNone(settings))
		}
	}
	segments := segmentsOf(known)
	for _, in := range r.o.Inputs {
		in.growing = r.o.Growing
		if in.err != nil {
			p.failed = append(p.failed, in)
			continue
		}
		t := task{Input: in, sum: &checksum{}}
		e, found := known[in.Path]
		switch {
		case in.Pipe && found && !r.o.Append:
			return p, fmt.Errorf("%s has records of %s already, and the contents of a pipe cannot be compared; pass --append to add them, or --replace to start again", r.o.Output, in.Name)
		case in.Pipe:
		case found:
			t.before = e
			if t.how, err = t.changed(ctx); err != nil {
				return p, err
			}
			if t.how == same {
				p.skipped++
				if !e.Time.Equal(in.time) {
					e.Time = in.time
					p.touched = append(p.touched, e)
				}
				continue
			}
		}
		t.others = segments.sameWAL(&in)
		p.tasks = append(p.tasks, t)
	}
	return p, nil
}

// same says that the input is in the output and did not change.
const same how = -1

// changed returns what to do with an input that is in the output. An input of the same
// size and time did not change. Of any other, all bytes that were read before are
// compared by their checksum.
func (t *task) changed(ctx context.Context) (how, error) {
	e := &t.before
	unchanged := same
	if e.Waiting && !t.growing { // it is finished now
		unchanged = t.fromLast()
	}
	if e.Size == t.size && e.Time.Equal(t.time) {
		return unchanged, nil
	}
	if t.size < e.Size {
		return again, nil
	}
	end := e.Size
	if t.part {
		end = t.end
	}
	if err := t.sum.advance(ctx, &t.Input, end); err != nil {
		return again, fmt.Errorf("%s: %w", t.Name, outfile.Cause(err))
	}
	switch {
	case e.Checksum != t.sum.String():
		return again, nil
	case t.part || t.size == e.Size:
		return unchanged, nil
	}
	return t.fromLast(), nil
}

// fromLast returns continued, or again if the input cannot be continued.
func (t *task) fromLast() how {
	if t.before.LastBegin < 0 || !t.mayGrow() {
		return again
	}
	return continued
}

// groups divides the work into groups. A group is converted in one transaction. Small
// inputs share a group: a transaction takes 20 ms, and several files keep all threads
// busy.
func (p *plan) groups(kind Kind) (groups [][]task) {
	if kind != Database && kind != Folder {
		if len(p.tasks) == 0 {
			return nil
		}
		return [][]task{p.tasks}
	}
	const enough, most = 512 << 20, 1000
	size := int64(0)
	for i, t := range p.tasks {
		bytes := t.bytes()
		if t.compressed {
			bytes *= 10 // an estimate of the text
		}
		// A pipe is a group of its own: it could not be read again if another input failed.
		alone := kind == Folder || t.Pipe || i > 0 && p.tasks[i-1].Pipe
		if n := len(groups); n == 0 || alone || size+bytes > enough || len(groups[n-1]) == most {
			groups, size = append(groups, nil), 0
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], t)
		size += bytes
	}
	return groups
}

// settings returns the options that must be the same in every run on an output.
func (o *Options) settings() string {
	var s []string
	add := func(flag, value, standard string) {
		if value != standard {
			s = append(s, flag+" "+value)
		}
	}
	add("--lsn", o.LSN, "number")
	add("--columns", strings.Join(o.Columns, ","), "")
	add("--where", o.Where, "")
	add("--timezone", o.Timezone, "")
	for i := range o.Inputs { // a range is the only input
		if in := &o.Inputs[i]; in.part {
			add("--range", fmt.Sprintf("%s:%d:%d", in.Path, in.begin, in.end), "")
		}
	}
	if o.Partition == "hour" {
		s = append(s, "--partition hour")
	}
	if !o.Blocks {
		s = append(s, "--no-blocks")
	}
	return strings.Join(s, " ")
}

// paths returns the paths of the inputs.
func paths(entries []Entry) []string {
	list := make([]string, len(entries))
	for i := range entries {
		list[i] = entries[i].Path
	}
	return list
}

func orNone(settings string) string {
	if settings == "" {
		return "none"
	}
	return settings
}

// entry returns the entry of an input that was read.
func (o *Options) entry(t *task, seen *tally) (Entry, error) {
	e := Entry{
		Path: t.Path, Size: -1, Time: t.time, Records: seen.records, Rejects: seen.rejects, LastBegin: -1,
		FirstLSN: seen.firstLSN, LastLSN: seen.lastLSN, TailRejects: seen.tailRejects(),
		Converted: time.Now(), Version: o.Version, Settings: o.settings(),
	}
	e.done = result{t.how, seen.records, seen.rejects, seen.reject, seen.cutRecords, seen.chainJumps()}
	if seen.records == 0 && seen.rejects > 0 && !seen.cut && t.how != continued && !t.part {
		return e, &inputError{t.Name, fmt.Errorf("%s; no WAL records found", t.message(seen.reject))}
	}
	if t.Pipe {
		e.Path = t.Name
		return e, nil
	}
	e.Size = t.size
	info, err := os.Stat(t.Path)
	removed := t.wal != nil && errors.Is(err, fs.ErrNotExist) // by the server, after it was opened
	if err != nil && !removed {
		return e, &inputError{t.Name, fmt.Errorf("%s: %w", t.Name, outfile.Cause(err))}
	}
	stable := !removed
	switch grown := t.mayGrow() && seen.size > t.size; {
	case grown: // since the plan was made
		e.Size, t.growing = seen.size, true
	case removed:
	case info.Size() > e.Size && t.mayGrow():
		t.growing = true
	case !changeOf(info).Equal(t.time): // it is not known which content was read
		stable = false
	}
	if stable {
		end := e.Size
		if t.part {
			end = t.end
		}
		if err := t.sum.advance(context.Background(), &t.Input, end); err != nil {
			return e, &inputError{t.Name, fmt.Errorf("%s: %w", t.Name, outfile.Cause(err))}
		}
		e.Checksum = t.sum.String()
	}
	if seen.lastBegin >= 0 && t.mayGrow() && !(seen.guessed >= 0 && seen.guessed < seen.lastBegin) {
		e.LastBegin = seen.lastBegin
	}
	if t.how == continued {
		e.FirstLSN = t.before.FirstLSN
		e.Rejects += t.before.Rejects
		if !t.before.Waiting {
			e.Rejects -= t.before.TailRejects
		}
	}
	e.Waiting = t.unfinished
	// A file that grew since the last run and ends inside a record will grow on. It may
	// also be finished, so its last record is kept.
	grew := t.before.Path != "" && t.size > t.before.Size
	if e.LastBegin >= 0 && (t.growing || grew && seen.cut) {
		e.Waiting = true
		e.Rejects -= e.TailRejects
		e.done.rejects -= e.TailRejects
	}
	return e, nil
}

func pathsOf(group []task) []string {
	paths := make([]string, len(group))
	for i := range group {
		paths[i] = group[i].Path
	}
	return paths
}
