// Package batch converts dumps to a table in a DuckDB database, or to Parquet or CSV
// files.
//
// DuckDB moves the rows, with INSERT ... SELECT FROM read_waldump or with COPY; no row
// passes through Go. This package keeps the list of the inputs that are complete in
// the output, so that a run may be interrupted at any moment and repeated:
//
//	_walstats_inputs   an entry for each input that is in the output: see [Entry]
//
// An input and its entry are written in one transaction; small inputs share one. An
// input that changed is converted again. An input that only grew is continued at its
// last record.
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

	"walstats/cmd/walstats/overlap"
	"walstats/cmd/walstats/progress"
	"walstats/cmd/walstats/session"
)

// Options hold the inputs, the output and how to convert them.
type Options struct {
	Inputs []Input
	Output string // its ending decides the kind: see [KindOf]

	Table     string   // the name of the table in a database
	Blocks    bool     // also write a table of block references
	LSN       string   // number, text or pg_lsn
	Columns   []string // read_waldump's columns to keep; empty for all
	Where     string   // an SQL expression over read_waldump's columns
	Timezone  string   // the time zone of the dumps; empty to use what they print
	Partition string   // input or hour: how a folder of Parquet files is divided
	Names     []string // the sources of relation names, for names.Load
	Rejects   string   // a file or a table for the rejects; empty to drop them

	Append  bool // allow a table that walstats did not make
	Replace bool // overwrite an existing output
	Growing bool // the inputs are still being written: hold back their last records

	Threads     int    // 0 for all
	MemoryLimit string // in DuckDB's syntax; empty for DuckDB's default
	Version     string // the version of walstats
	Session     session.Options
	Progress    progress.Reporter
	Warn        func(string) // receives warnings
}

// A Summary counts what a run did.
type Summary struct {
	Files    int // converted in this run
	Skipped  int // in the output already
	Failed   int
	Waiting  int // converted, but with their ends held back for the next run
	Records  int64
	Rejects  int64
	Cut      int64 // records that have an image and no block reference: their lines were cut
	Jumps    int64 // records of a dump that do not name the one before them in it
	Reject   error // the first
	BytesIn  int64 // bytes of the inputs on disk
	BytesOut int64 // the size of the output
	Elapsed  time.Duration
	// Spans are the inputs that are in the output, those of earlier runs too.
	Spans []overlap.Input
}

// A Kind is a kind of output.
type Kind int

const (
	Database Kind = iota
	Parquet
	CSV
	Folder // of Parquet files
)

// KindOf returns the kind of output that a name asks for by its ending.
// The standard output takes CSV.
func KindOf(output, partition string) (Kind, error) {
	if IsStdout(output) {
		return CSV, nil
	}
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
	return 0, fmt.Errorf("%s: the output must end in .duckdb, .parquet or .csv", output)
}

// IsStdout reports whether an output is the standard output.
func IsStdout(output string) bool { return output == "-" || output == "/dev/stdout" }

// A target is an output during a run. Inputs that were converted stay in it, also if
// the run fails later.
type target interface {
	// entries returns the entries of the inputs that are in the output, by path.
	entries() (map[string]Entry, error)
	// convert adds the inputs to the output, all or none, and returns their entries.
	convert(ctx context.Context, group []task) ([]Entry, error)
	// touch stores entries of inputs whose time changed and whose content did not.
	touch(ctx context.Context, entries []Entry) error
	// finish completes the output. A new output without finish is removed by close.
	finish(ctx context.Context) error
	// close is called last, after errors too.
	close() error
}

// Run converts the inputs. The summary is valid also with an error. The error is nil
// if all inputs are in the output.
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

// A run is one call of Run.
type run struct {
	o       *Options
	target  target
	summary *Summary
	kind    Kind
	single  bool // the output is one file, with all inputs or none
}

// all plans the work, converts the groups and finishes the output.
func (r *run) all(ctx context.Context) (err error) {
	known, err := r.target.entries()
	if err != nil {
		return err
	}
	plan, err := r.plan(ctx, known)
	if err != nil {
		return err
	}
	if err := r.target.touch(ctx, plan.touched); err != nil {
		return err
	}
	r.summary.Skipped = plan.skipped
	for path, e := range known {
		if !slices.ContainsFunc(plan.tasks, func(t task) bool { return t.Path == path || slices.Contains(t.others, path) }) {
			r.summary.Spans = append(r.summary.Spans, e.span(path))
		}
	}
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
	for _, in := range plan.failed {
		if r.single {
			return in.err
		}
		r.failed(in.Name, in.err)
	}
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

// errFailed is returned after the errors of inputs were reported one by one.
var errFailed = errors.New("some inputs could not be converted")

// IsReported reports whether an error stands for errors that progress has reported.
func IsReported(err error) bool { return errors.Is(err, errFailed) }

// convert converts a group. If an input cannot be read, the inputs of the group are
// converted one by one, so that only this one fails.
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
		r.failed(group[0].Name, bad)
		return nil
	}
	for i := range group {
		if err := r.convert(ctx, group[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// failed reports an input that could not be converted.
func (r *run) failed(name string, err error) {
	r.summary.Failed++
	r.o.Progress.Failed(name, err)
}

// converted adds a group to the summary.
func (r *run) converted(group []task, entries []Entry) {
	for i, e := range entries {
		t := group[i]
		records, rejects := e.done.records, e.done.rejects
		r.summary.Files++
		r.summary.Records += records
		r.summary.Rejects += rejects
		r.summary.Cut += e.done.cutRecords
		r.summary.Jumps += e.done.jumps
		r.summary.BytesIn += t.bytes()
		r.summary.Spans = append(r.summary.Spans, e.span(t.Name))
		if r.summary.Reject == nil && rejects > 0 {
			r.summary.Reject = errors.New(t.message(e.done.reject))
		}
		if e.Waiting {
			r.summary.Waiting++
		}
		r.o.Progress.Input(progress.Input{
			Path: t.Name, How: e.done.how.String(), Records: records, Rejects: rejects, Bytes: t.bytes(), Waiting: e.Waiting,
		})
	}
}

// sizeOf returns the size of a file, or of all files in a folder.
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
