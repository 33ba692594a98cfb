package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"walstats/cmd/walstats/batch"
	"walstats/cmd/walstats/overlap"
	"walstats/cmd/walstats/progress"
	"walstats/cmd/walstats/session"
)

// convertFlags are what batch.Options do not have as they are typed.
type convertFlags struct {
	batch.Options
	inputs  []string // --input
	byRange string   // --range
	part    walPart
	isWAL   bool
	old     struct { // flags of before read_wal
		wal, program string
		details      bool
	}
	again    followFlags
	noBlocks bool
	quiet    bool
	json     bool
}

func convertCommand() *cobra.Command {
	var f convertFlags
	cmd := &cobra.Command{
		Use:   "convert FILE... -o OUT",
		Short: "Turn WAL or dumps into a table of a DuckDB database, or into Parquet or CSV",
		Long: `Turn WAL or dumps into a table of a DuckDB database, or into Parquet or CSV.

FILE is WAL (a data directory, pg_wal, an archive, segments), or a dump, compressed or not, a
pattern, a folder with dumps in it or below it, or - for the standard input. OUT says by its
ending what to write:

  wal.duckdb     a database: table wal, a row a record, and wal_blocks, a row a block reference;
                 and views that answer: wal_by_relation, wal_transactions, wal_by_minute, ...
  wal.parquet    one file; with --partition, or a / at its end, a folder of files
  wal.csv        one file

A database and a folder remember their inputs (_walstats_inputs): run the same command again,
and what is done is skipped, what changed is done again, and what grew is taken up where it
ended. Of WAL each segment is an input; the one that WAL ends in is done again. So a run may be broken off at any moment. A single file is there whole or not at all.

Exit codes: 0 done, 1 failed, 2 usage, 3 done, but some lines are no records (see --rejects),
130 interrupted: what was finished is kept.`,
		Example: `  walstats convert 'dumps/*.waldump.zst' -o wal.duckdb
  walstats convert /var/lib/postgresql/15/main -o wal.duckdb
  walstats convert dumps -o wal.parquet --partition hour
  pg_waldump -p wal -s 0/5000000 | walstats convert - -o wal.duckdb
  walstats convert wal.dump -o commits.csv --columns xid,xact_time --where "record_type = 'COMMIT'"
  walstats convert wal.dump -o wal.duckdb --rejects rejects.csv --quiet || echo "exit code $?"
  walstats convert --range wal.dump:0:1000000 -o part.parquet`,
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := f.check(cmd, files); errors.Is(err, errUsage) || errors.Is(err, fs.ErrPermission) {
				return err
			} else if err != nil {
				return fmt.Errorf("%w; %w", err, errUsage)
			}
			if f.again.follow {
				return f.follow(cmd)
			}
			return f.run(cmd)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.Output, "output", "o", "", "what to write")
	flags.StringArrayVar(&f.inputs, "input", nil, "a dump, like an argument")
	flags.StringVar(&f.byRange, "range", "", "only the records that start in these bytes of a file, FILE:BEGIN:END, or in a range of WAL, as walstats ranges --null\nprints them")
	f.part.add(cmd)
	flags.StringVar(&f.old.wal, "wal", "", "")
	flags.StringVar(&f.old.program, "pg-waldump", "", "")
	flags.BoolVar(&f.old.details, "bkp-details", false, "")
	for _, name := range []string{"wal", "pg-waldump", "bkp-details"} {
		_ = flags.MarkHidden(name)
	}
	flags.StringVar(&f.Table, "table", "wal", "the table's name")
	flags.BoolVar(&f.Append, "append", false, "add to a table that walstats did not make")
	flags.BoolVar(&f.Replace, "replace", false, "overwrite what is there")
	flags.BoolVar(&f.noBlocks, "no-blocks", false, "no table of block references")
	flags.StringVar(&f.LSN, "lsn", "number", "how LSNs are kept: number (the macros lsn and lsn_text read and print them), text, or\npg_lsn, which needs the extension")
	flags.StringSliceVar(&f.Columns, "columns", nil, "only these columns of read_waldump, and filename")
	flags.StringVar(&f.Where, "where", "", "only records for which this SQL is true")
	flags.StringVar(&f.Timezone, "timezone", "", "the time zone pg_waldump ran in, or none to read no other times than UTC")
	flags.StringVar(&f.Partition, "partition", "", "write a folder of Parquet files: one an input, or by hour of xact_time (input or hour)")
	flags.StringArrayVar(&f.Names, "names", nil, "name the relations: the `URL` of their server, postgres://user@host/database, or a file of walstats\nnames; of several, the oldest first")
	flags.StringVar(&f.Rejects, "rejects", "", "keep the lines that are no records, in a file (.csv, .parquet, .json) or a table of the database")
	flags.BoolVar(&f.Growing, "growing", false, "the dumps are still being written: their last record waits for the next run")
	f.again.add(cmd, "convert what is new every few seconds")
	flags.IntVar(&f.Threads, "threads", 0, "how many threads may work (default all)")
	flags.IntVar(&f.Threads, "workers", 0, "the same as --threads")
	flags.StringVar(&f.MemoryLimit, "memory-limit", "", "how much memory DuckDB may use, for example 2GB")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing but what went wrong")
	flags.BoolVar(&f.json, "json", false, "say everything as JSON, a line an event, on the standard output")
	_ = flags.MarkHidden("workers")
	_ = flags.MarkHidden("input")
	return cmd
}

// check completes the options, or says what is wrong with the command line.
func (f *convertFlags) check(cmd *cobra.Command, files []string) (err error) {
	f.inputs = append(files, f.inputs...)
	f.Blocks = !f.noBlocks
	f.Version, f.Session = version, session.Of(cmd)
	if f.isWAL, err = wholeWAL(f.inputs); err != nil {
		return err
	}
	switch {
	case f.old.wal != "" || f.old.program != "" || f.old.details:
		return errOldFlags
	case f.byRange != "" && len(f.inputs) > 0:
		return errors.New("--range: is the only input; leave the others out")
	case f.byRange != "" && f.Growing:
		return errors.New("--range and --growing: a range ends where it says; give one of them")
	case len(f.inputs) == 0 && f.byRange == "":
		return errors.New("no input is given: name WAL or a dump, or - for the standard input")
	case f.Output == "":
		return errors.New("no output is given: add -o wal.duckdb")
	case f.Append && f.Replace:
		return errors.New("--append and --replace: give one of them")
	case f.Threads < 0 || f.Threads == 0 && (cmd.Flags().Changed("threads") || cmd.Flags().Changed("workers")):
		return fmt.Errorf("--threads %d: give at least 1", f.Threads)
	case !slices.Contains([]string{"number", "text", "pg_lsn"}, f.LSN):
		return fmt.Errorf("--lsn %s: give number, text or pg_lsn", f.LSN)
	case !slices.Contains([]string{"", "input", "hour"}, f.Partition):
		return fmt.Errorf("--partition %s: give input or hour", f.Partition)
	}
	if err := batch.CheckColumns(f.Columns); err != nil {
		return fmt.Errorf("--columns: %w", err)
	}
	kind, err := batch.KindOf(f.Output, f.Partition)
	if err != nil {
		return err
	}
	if err := f.part.check(f.isWAL); err != nil {
		return err
	}
	if err := f.again.check(cmd, f.part); err != nil {
		return err
	}
	isOneFile := kind != batch.Database && kind != batch.Folder
	const oneFile = "%s: %s is one file, which is written once; name a .duckdb, or a folder with --partition"
	switch {
	case f.again.follow && !f.isWAL:
		return errNotWAL
	case f.again.follow && isOneFile:
		return fmt.Errorf(oneFile, "--follow", f.Output)
	case f.byRange != "" && kind == batch.Folder:
		return fmt.Errorf("--range: is one part, and %s a folder of them; name a file in it", f.Output)
	case f.Partition != "" && kind != batch.Folder:
		return fmt.Errorf("--partition: %s is no folder of Parquet files; name it .parquet", f.Output)
	case f.LSN == "pg_lsn" && kind != batch.Database && kind != batch.CSV:
		return errors.New("--lsn pg_lsn: Parquet has no such type; give number or text")
	case f.Append && isOneFile:
		return fmt.Errorf(oneFile, "--append", f.Output)
	case len(f.Names) > 0 && (kind != batch.Database || f.Table != "wal" || len(f.Columns) > 0):
		return errors.New("--names: only a database has a table of them, beside the table wal with all its columns")
	case f.Rejects != "" && kind != batch.Database && !batch.IsFile(f.Rejects):
		return fmt.Errorf("--rejects %s: only a database has tables; name a file, for example %s.csv", f.Rejects, f.Rejects)
	}
	return nil
}

func (f *convertFlags) run(cmd *cobra.Command) (err error) {
	if batch.IsFile(f.Rejects) {
		if _, err := f.CheckRejects(); err != nil {
			return err
		}
	}
	switch {
	case f.isWAL:
		f.Inputs, err = walInputs(f.inputs, f.part)
	case strings.HasPrefix(f.byRange, "{"):
		f.Inputs, err = inWALRange(f.byRange)
	case f.byRange != "":
		f.Inputs = make([]batch.Input, 1)
		if f.Inputs[0], err = batch.InRange(f.byRange); err != nil {
			err = fmt.Errorf("--range: %w", err)
		}
		if errors.Is(err, batch.ErrNoRange) {
			err = fmt.Errorf("%w; %w", err, errUsage)
		}
	default:
		f.Inputs, err = batch.Expand(f.inputs)
	}
	if err != nil {
		return err
	}
	if pipe := slices.IndexFunc(f.Inputs, func(in batch.Input) bool { return in.Pipe }); pipe >= 0 && f.Rejects != "" {
		return fmt.Errorf("--rejects: %s is a pipe, which can be read only once; write it to a file first, and convert that; %w", f.Inputs[pipe].Name, errUsage)
	}
	f.Warn = func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), "walstats:", text) }
	out := cmd.OutOrStdout()
	var events *progress.Events
	switch {
	case f.json:
		events = progress.JSON(out)
		f.Progress = events
	case f.quiet:
		f.Progress = progress.Quiet(os.Stderr)
	default:
		f.Progress = progress.For(os.Stderr)
	}
	s, err := f.untilStopped(cmd.Context())
	left := errors.Is(err, errLeft)
	if cause := context.Cause(cmd.Context()); err != nil && cause != nil && !left {
		err = cause
	}
	var pairs []overlap.Pair
	if err == nil {
		pairs, err = sharedRecords(cmd, s.Spans)
	}
	if events != nil {
		events.Write("end", fieldsOf(s, pairs, err))
	} else if !f.quiet && (err == nil || s.Files > 0) {
		fmt.Fprintf(out, "%s: %s\n", f.Output, summary(s))
	}
	for _, p := range pairs {
		f.Warn(p.String() + ": sums count them twice")
	}
	switch {
	case left:
		return err
	case errors.As(err, new(interrupt)) && s.Files+s.Skipped == 0:
		return fmt.Errorf("%w; nothing was written", err)
	case errors.As(err, new(interrupt)):
		return fmt.Errorf("%w; %d of %d inputs are in %s: run the same command again for the others", err, s.Files+s.Skipped, len(f.Inputs), f.Output)
	case batch.IsReported(err) && len(f.Inputs) == 1:
		return errSaid
	case batch.IsReported(err) && s.Files+s.Skipped == 0:
		return fmt.Errorf("none of %d inputs could be converted, see above", len(f.Inputs))
	case batch.IsReported(err):
		return fmt.Errorf("%d of %d inputs could not be converted, see above; all others are in %s", s.Failed, len(f.Inputs), f.Output)
	case err != nil:
		return err
	case s.Rejects > 0:
		return f.rejected(s)
	}
	return nil
}

// follow is convert --follow.
func (f *convertFlags) follow(cmd *cobra.Command) error {
	return f.again.run(cmd, func() error {
		before := costNow()
		err := f.run(cmd)
		if err == nil && !f.quiet && !f.json {
			fmt.Fprintf(cmd.OutOrStdout(), "It took %s\n", costNow().since(before))
		}
		return err
	})
}

// untilStopped runs the batch. A pipe that nobody writes to cannot be called off; then
// the batch is left behind, as if it were killed.
func (f *convertFlags) untilStopped(ctx context.Context) (s batch.Summary, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s, err = batch.Run(ctx, f.Options)
	}()
	select {
	case <-done:
		return s, err
	case <-ctx.Done():
	}
	select {
	case <-done:
		return s, err
	case <-time.After(patience):
		return batch.Summary{}, fmt.Errorf("%w %w; what was finished is in %s", context.Cause(ctx), errLeft, f.Output)
	}
}

var errLeft = errors.New("while it waited for a pipe")

// patience is how long a run that is called off may take to end.
const patience = 3 * time.Second

// sharedRecords finds the records that several inputs have.
func sharedRecords(cmd *cobra.Command, inputs []overlap.Input) ([]overlap.Pair, error) {
	if len(inputs) < 2 {
		return nil, nil
	}
	db, err := session.Open(cmd.Context(), session.Of(cmd))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return overlap.Find(cmd.Context(), db, inputs)
}

// rejected is what to say of lines that are no records.
func (f *convertFlags) rejected(s batch.Summary) error {
	text := fmt.Sprintf("%s no record", count(int(s.Rejects), "line is", "lines are"))
	if s.Reject != nil {
		text += ", the first: " + s.Reject.Error()
	}
	if f.Rejects == "" {
		text += "; pass --rejects FILE to keep them"
	} else {
		text += "; they are in " + f.Rejects
	}
	return rejectsError(text)
}

// summary is the last line for people.
func summary(s batch.Summary) string {
	text := fmt.Sprintf("%s, %s, %s in %.1f s", count(s.Files, "file"), count(int(s.Records), "record"), count(int(s.Rejects), "reject"), s.Elapsed.Seconds())
	if s.BytesIn > 0 {
		text += fmt.Sprintf(", %s/s; %s in, %s out", progress.Bytes(int64(float64(s.BytesIn)/s.Elapsed.Seconds())), progress.Bytes(s.BytesIn), progress.Bytes(s.BytesOut))
	}
	if s.Cut > 0 {
		text += fmt.Sprintf("; %s an image and no block reference: lines were cut", count(int(s.Cut), "record has", "records have"))
	}
	if s.Jumps > 0 {
		text += fmt.Sprintf("; %s name the record before: records are missing there, or another dump begins (walstats inspect says where)",
			count(int(s.Jumps), "record does not", "records do not"))
	}
	if s.Skipped > 0 {
		text += fmt.Sprintf("; %d done before", s.Skipped)
	}
	if s.Waiting > 0 {
		text += fmt.Sprintf("; the end of %d waits for the next run: still being written", s.Waiting)
	}
	return text
}

// fieldsOf is the last event for programs.
func fieldsOf(s batch.Summary, pairs []overlap.Pair, err error) map[string]any {
	fields := map[string]any{
		"files": s.Files, "skipped": s.Skipped, "failed": s.Failed, "waiting": s.Waiting, "records": s.Records, "rejects": s.Rejects,
		"seconds": s.Elapsed.Seconds(), "bytes_in": s.BytesIn, "bytes_out": s.BytesOut,
	}
	if s.Cut > 0 {
		fields["cut_records"] = s.Cut
	}
	if s.Jumps > 0 {
		fields["chain_jumps"] = s.Jumps
	}
	if len(pairs) > 0 {
		fields["overlaps"] = pairs
	}
	if err != nil {
		fields["error"] = session.Message(err)
	}
	return fields
}

// count is a number and its noun: "1 file", "2 files".
func count(n int, noun ...string) string {
	switch {
	case n == 1:
		return "1 " + noun[0]
	case len(noun) > 1:
		return fmt.Sprintf("%d %s", n, noun[1])
	}
	return fmt.Sprintf("%d %ss", n, noun[0])
}
