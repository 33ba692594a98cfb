package batch

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// An Entry says of an input how it is in the output. It is a row of
// _walstats_inputs, or a line of that file in a folder.
type Entry struct {
	Path        string    `json:"path"`
	Size        int64     `json:"size"` // as it was read; -1 for a pipe
	Time        time.Time `json:"mtime"`
	Head        string    `json:"head_checksum"` // of the first MiB, XXH3
	Tail        string    `json:"tail_checksum"` // of the last MiB
	Records     int64     `json:"rows"`
	Rejects     int64     `json:"rejects"`
	FirstLSN    uint64    `json:"first_lsn"`
	LastLSN     uint64    `json:"last_lsn"`
	LastBegin   int64     `json:"last_offset"`  // where the last record begins; -1: the file has to be read anew if it grows
	TailRejects int64     `json:"tail_rejects"` // of the rejects, those behind the last record
	Waiting     bool      `json:"waiting"`      // what is behind the last record waits for the next run
	LastIsOut   bool      `json:"last_is_out"`  // and the last record does, too
	Converted   time.Time `json:"converted_at"`
	Version     string    `json:"version"`
	Settings    string    `json:"settings"`

	done result
}

// A result is what a run did for an input.
type result struct {
	how              how
	records, rejects int64
	reject           error // the first
	cutRecords       int64 // records with an image and no block reference
}

// how an input gets into the output.
type how int

const (
	fresh     how = iota // it was never there
	again                // what is there of it goes: it changed
	continued            // from its last record on: it grew
)

func (h how) String() string { return [...]string{"converted", "redone", "continued"}[h] }

// A task is an input that has to be converted.
type task struct {
	Input
	how    how
	before Entry // what is known of it, unless it is fresh
	print  fingerprint
}

// bytes is how much of the file has to be read.
func (t *task) bytes() int64 {
	if t.how == continued {
		return max(0, t.size-t.before.LastBegin)
	}
	if t.part || t.wal != nil && !t.packed {
		return t.end - t.begin
	}
	return t.size
}

// A plan is what a run has to do.
type plan struct {
	tasks   []task
	touched []Entry // the same as before, with a new time
	skipped int
}

// plan compares the inputs with what is in the output.
func (r *run) plan(known map[string]Entry) (p plan, err error) {
	settings := r.o.settings()
	for _, e := range known {
		if e.Settings != settings {
			return p, fmt.Errorf("%s was made with other options: %s; now they are: %s; give the same, or pass --replace to write it anew",
				r.o.Output, orNone(e.Settings), orNone(settings))
		}
	}
	for _, in := range r.o.Inputs {
		in.growing = r.o.Growing
		t := task{Input: in}
		e, found := known[in.Path]
		switch {
		case in.Pipe && found && !r.o.Append:
			return p, fmt.Errorf("%s has records of %s already, and a pipe cannot be told from another; pass --append to add what comes now, or --replace to write it anew", r.o.Output, in.Name)
		case in.Pipe:
		case found:
			t.before = e
			if t.how, err = changed(&t); err != nil {
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
		if !in.Pipe && t.print.head == "" {
			if t.print, err = fingerprintOf(in.Path, in.size); err != nil {
				return p, fmt.Errorf("%s: %w", in.Name, cause(err))
			}
		}
		p.tasks = append(p.tasks, t)
	}
	return p, nil
}

// same is how an input is treated that is in the output as it is.
const same how = -1

// changed says what to do with an input that is in the output.
func changed(t *task) (how, error) {
	e := &t.before
	unchanged := same
	if e.Waiting && !t.growing { // nothing more came
		unchanged = t.fromLast()
	}
	if e.Size == t.size && e.Time.Equal(t.time) {
		return unchanged, nil
	}
	if t.size < e.Size {
		return again, nil
	}
	print, err := fingerprintOf(t.Path, e.Size)
	if err != nil {
		return again, fmt.Errorf("%s: %w", t.Name, cause(err))
	}
	switch {
	case e.Head != print.head || e.Tail != print.tail:
		return again, nil
	case t.size == e.Size:
		return unchanged, nil
	}
	return t.fromLast(), nil
}

// fromLast is to take up the file at its last record, if that can be done.
func (t *task) fromLast() how {
	if t.before.LastBegin < 0 || !t.mayGrow() {
		return again
	}
	return continued
}

// groups puts small inputs together: a transaction takes some 20 ms, and several
// files keep all threads busy.
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
		if t.packed {
			bytes *= 10 // about as much text
		}
		// A pipe's group is its own: it cannot be read again if another one fails.
		alone := kind == Folder || t.Pipe || i > 0 && p.tasks[i-1].Pipe
		if n := len(groups); n == 0 || alone || size+bytes > enough || len(groups[n-1]) == most {
			groups, size = append(groups, nil), 0
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], t)
		size += bytes
	}
	return groups
}

// settings are the options that have to be the same in every run on an output.
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
	for i := range o.Inputs { // which is the only one
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

// paths are those of the inputs.
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

// entry is what there is to say of an input that was read.
func (o *Options) entry(t *task, seen *tally) (Entry, error) {
	e := Entry{
		Path: t.Path, Size: -1, Time: t.time, Records: seen.records, Rejects: seen.rejects, LastBegin: -1,
		FirstLSN: seen.firstLSN, LastLSN: seen.lastLSN, TailRejects: seen.tailRejects(),
		Converted: time.Now(), Version: o.Version, Settings: o.settings(),
	}
	e.done = result{t.how, seen.records, seen.rejects, seen.reject, seen.cutRecords}
	if seen.records == 0 && seen.rejects > 0 && !seen.cut && t.how != continued && !t.part {
		return e, &inputError{t.Name, fmt.Errorf("%s; no line is a record", t.words(seen.reject))}
	}
	if t.Pipe {
		e.Path = t.Name
		return e, nil
	}
	e.Size, e.Head, e.Tail = t.size, t.print.head, t.print.tail
	info, err := os.Stat(t.Path)
	if err != nil {
		return e, &inputError{t.Name, cause(err)}
	}
	switch grown := t.mayGrow() && seen.size > t.size; {
	case grown: // since we looked
		e.Size = seen.size
		print, err := fingerprintOf(t.Path, e.Size)
		if err != nil {
			return e, &inputError{t.Name, cause(err)}
		}
		e.Head, e.Tail, t.growing = print.head, print.tail, true
	case info.Size() > e.Size && t.mayGrow():
		t.growing = true
	case !changeOf(info).Equal(t.time): // written to while it was read: nobody knows what was read
		e.Head, e.Tail = "", ""
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
	// Of a file that grew since the last run, what its end lacks will come; but it may
	// be finished as well, so its last record is not held back.
	grew := t.before.Path != "" && t.size > t.before.Size
	if e.LastBegin >= 0 && (t.growing || grew && seen.cut) {
		e.Waiting = true
		e.Rejects -= e.TailRejects
		e.done.rejects -= e.TailRejects
	}
	return e, nil
}
