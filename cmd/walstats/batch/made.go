package batch

import (
	"context"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// A Maker makes the dumps of inputs that are none themselves, ahead of the run that
// reads them: those of WAL's segments, which pg_waldump prints.
type Maker interface {
	// Start is told which inputs Wait will be asked for, in that order.
	Start(ctx context.Context, paths []string) error
	// Wait waits for the inputs' dumps, and says where they are, until Release: in one
	// folder, behind whose name comes the input's path.
	Wait(paths []string) (dumps []string, errs []error)
	Release(paths []string)
	// PathSQL is an expression of SQL over a record's start_lsn: the path of the input,
	// one of these, that it is of. The names of dumps would say the same, but texts of
	// that length take a tenth of all the time.
	PathSQL(paths []string) string
	Close() error
}

// Made is an input whose dump the run's Maker makes. What is unfinished may have more
// rows another time; then it is done again.
func Made(path string, unfinished bool) (Input, error) {
	in, err := look(path)
	in.made, in.unfinished = true, unfinished
	in.packed = true // its dump is not what the file holds
	return in, err
}

// text is the file that read_waldump reads.
func (in *Input) text() string {
	if in.made {
		return in.dump
	}
	return in.Path
}

// start has the dumps of inputs made, if somebody makes them.
func (r *run) start(ctx context.Context, tasks []task) (stop func() error, err error) {
	if r.o.Maker == nil {
		return func() error { return nil }, nil
	}
	return r.o.Maker.Close, r.o.Maker.Start(ctx, pathsOf(tasks))
}

func pathsOf(group []task) []string {
	all := make([]string, len(group))
	for i := range group {
		all[i] = group[i].Path
	}
	return all
}

// make waits for the dumps of a group, and returns those inputs that have one.
func (r *run) make(ctx context.Context, group []task) (made []task, err error) {
	if r.o.Maker == nil {
		return group, nil
	}
	dumps, errs := r.o.Maker.Wait(pathsOf(group))
	for i, t := range group {
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errs[i] != nil:
			r.summary.Failed++
			r.o.Progress.Failed(t.Name, errs[i])
			continue
		}
		t.dump = dumps[i]
		info, err := os.Stat(t.dump)
		if err != nil {
			return nil, err
		}
		t.dumpSize = info.Size()
		made = append(made, t)
	}
	return made, nil
}

// release gives the dumps of a group back.
func (r *run) release(group []task) {
	if r.o.Maker != nil {
		r.o.Maker.Release(pathsOf(group))
	}
}

// inputName is SQL for the input that a row of a made dump is of.
func inputName(t *task) string {
	folder := strings.TrimSuffix(t.dump, t.Path)
	return fmt.Sprintf("substring(filename, %d)", utf8.RuneCountInString(folder)+1)
}
