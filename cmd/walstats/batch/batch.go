// Package batch turns dumps into a table: of a DuckDB database, or of Parquet or CSV
// files.
//
// DuckDB does the work, with INSERT ... SELECT FROM read_waldump, or COPY; no row
// passes through Go. What this package knows is which inputs are in the output
// already, wholly, so that a batch can be broken off at any moment and run again:
//
//	_walstats_inputs   an entry for each input that is in the output: see [Entry]
//
// An input and its entry arrive in one transaction; small inputs share one. An input
// that changed is done again. One that only grew is taken up at its last record.
package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"walstats/cmd/walstats/progress"
	"walstats/cmd/walstats/session"
)

// Options say what to convert, and to what.
type Options struct {
	Inputs []Input
	Output string // its ending says what it is: see [KindOf]

	Table     string   // of a database
	Blocks    bool     // a table of block references, too
	LSN       string   // number, text or pg_lsn
	Columns   []string // of read_waldump; none for all
	Where     string   // an expression of SQL over read_waldump's columns
	Timezone  string   // the dumps'; empty: what they say
	Partition string   // of a folder of Parquet files: input or hour
	Names     string   // where the names of relation files come from, as names.Load takes it; empty: none
	Rejects   string   // a file or a table for the lines that are no records; empty for none

	Append  bool // to a table that walstats did not make
	Replace bool // what is there
	Growing bool // the inputs are still being written: their last records wait for the next run

	Threads     int    // 0: all
	MemoryLimit string // as DuckDB writes it; empty: DuckDB's own
	Version     string // of walstats
	Session     session.Options
	Progress    progress.Reporter
	Warn        func(string) // hears of what a person should know, but is no error
}

// A Summary says what a run did.
type Summary struct {
	Files    int // converted in this run
	Skipped  int // in the output already
	Failed   int
	Waiting  int // converted, but their ends wait for the next run
	Records  int64
	Rejects  int64
	Cut      int64 // records that have an image and no block reference: their lines were cut
	Reject   error // the first
	BytesIn  int64 // read, as they lie on disk
	BytesOut int64 // the size of the output
	Elapsed  time.Duration
}

// A Kind of output.
type Kind int

const (
	Database Kind = iota
	Parquet
	CSV
	Folder // of Parquet files
)

// KindOf is what the name of an output says that it is.
func KindOf(output, partition string) (Kind, error) {
	name := strings.TrimRight(output, "/")
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return CSV, nil
	case ".parquet":
		info, err := os.Stat(name)
		if partition != "" || name != output || err == nil && info.IsDir() {
			return Folder, nil
		}
		return Parquet, nil
	case ".duckdb", ".db", ".ddb":
		return Database, nil
	}
	return 0, fmt.Errorf("%s: its ending does not say what to write; name it .duckdb, .parquet or .csv", output)
}

// A target is an output as a run writes it. What it has converted stays there
// whatever happens behind.
type target interface {
	// entries are those of the inputs that are in the output.
	entries() (map[string]Entry, error)
	// convert puts the inputs into the output, wholly or not at all, and returns
	// their entries.
	convert(ctx context.Context, group []task) ([]Entry, error)
	// touch notes that inputs have new times, but what they had.
	touch(ctx context.Context, entries []Entry) error
	// finish makes the output whole; nothing was converted if it is not called, and
	// the output is new.
	finish(ctx context.Context) error
	// close is called last in any case.
	close() error
}

// Run converts the inputs. The summary holds in any case; the error is nil if all
// inputs are in the output.
func Run(ctx context.Context, o Options) (s Summary, err error) {
	began := time.Now()
	defer func() { s.Elapsed = time.Since(began) }()
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if o.Progress == nil {
		o.Progress = progress.Silent{}
	}
	kind, err := KindOf(o.Output, o.Partition)
	if err != nil {
		return s, err
	}
	r := run{o: &o, summary: &s, kind: kind, single: kind == Parquet || kind == CSV}
	if r.target, err = r.open(ctx, kind); err != nil {
		return s, err
	}
	err = r.all(ctx)
	err = errors.Join(err, r.target.close())
	s.BytesOut = sizeOf(strings.TrimRight(o.Output, "/"))
	return s, err
}

func (r *run) open(ctx context.Context, kind Kind) (target, error) {
	switch kind {
	case Database:
		return openDatabase(ctx, r.o)
	case Folder:
		return openFolder(ctx, r.o)
	}
	return openFile(ctx, r.o, kind)
}

// A run is one call of [Run].
type run struct {
	o       *Options
	target  target
	summary *Summary
	kind    Kind
	single  bool // the output is one file: all inputs or none
}

// all plans the work, does it and finishes the output.
func (r *run) all(ctx context.Context) (err error) {
	known, err := r.target.entries()
	if err != nil {
		return err
	}
	plan, err := r.plan(known)
	if err != nil {
		return err
	}
	if err := r.target.touch(ctx, plan.touched); err != nil {
		return err
	}
	r.summary.Skipped = plan.skipped
	groups := plan.groups(r.kind)
	bytes, unknown := int64(0), false
	for _, t := range plan.tasks {
		bytes += t.bytes()
		unknown = unknown || t.Pipe
	}
	if unknown {
		bytes = -1
	}
	r.o.Progress.Begin(progress.Plan{Inputs: len(plan.tasks), Skipped: plan.skipped, Bytes: bytes, Output: r.o.Output})
	defer r.o.Progress.End()
	for _, group := range groups {
		if err := r.convert(ctx, group); err != nil {
			return err
		}
	}
	if err := r.target.finish(ctx); err != nil {
		return err
	}
	if r.summary.Failed > 0 {
		return errFailed
	}
	return nil
}

// errFailed stands for the errors of inputs, which were reported one by one.
var errFailed = errors.New("some inputs could not be converted")

// IsReported says that an error consists of errors that progress has reported.
func IsReported(err error) bool { return errors.Is(err, errFailed) }

// convert does a group. An input that cannot be read does not keep the others of its
// group from the output: then each is a group of its own.
func (r *run) convert(ctx context.Context, group []task) error {
	entries, err := r.target.convert(ctx, slices.Clone(group))
	var bad *inputError
	switch {
	case err == nil:
		r.converted(group, entries)
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !errors.As(err, &bad):
		return err
	case r.single:
		return err
	case len(group) == 1:
		r.summary.Failed++
		r.o.Progress.Failed(group[0].Name, bad)
		return nil
	}
	for i := range group {
		if err := r.convert(ctx, group[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) converted(group []task, entries []Entry) {
	for i, e := range entries {
		t := group[i]
		records, rejects := e.done.records, e.done.rejects
		r.summary.Files++
		r.summary.Records += records
		r.summary.Rejects += rejects
		r.summary.Cut += e.done.cutRecords
		r.summary.BytesIn += t.bytes()
		if r.summary.Reject == nil && rejects > 0 {
			r.summary.Reject = errors.New(t.words(e.done.reject))
		}
		if e.Waiting {
			r.summary.Waiting++
		}
		r.o.Progress.Input(progress.Input{
			Path: t.Name, How: e.done.how.String(), Records: records, Rejects: rejects, Bytes: t.bytes(), Waiting: e.Waiting,
		})
	}
}

// sizeOf is the size of a file, or of all in a folder.
func sizeOf(path string) (total int64) {
	_ = filepath.WalkDir(path, func(_ string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return total
}
