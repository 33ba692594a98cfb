package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"walstats/cmd/walstats/outfile"
	"walstats/cmd/walstats/progress"
	"walstats/cmd/walstats/report"
	"walstats/cmd/walstats/session"
	"walstats/parser"
)

// reportFlags has the flags with which report and top read their facts.
type reportFlags struct {
	table, timezone     string
	names               []string
	allowOverlap, quiet bool
	part                walPart
}

func (r *reportFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.table, "table", "wal", "the table of records in a .duckdb")
	cmd.Flags().StringArrayVar(&r.names, "names", nil, "a server's `URL`, or a file of walstats names, that gives relations their names; of several, the\noldest first")
	cmd.Flags().StringVar(&r.timezone, "timezone", "", "the time zone of the times shown, such as Europe/Berlin (default UTC); of a dump it is also\nthe one that pg_waldump ran in, where the dump does not say so itself")
	cmd.Flags().BoolVarP(&r.quiet, "quiet", "q", false, "no progress and no closing line")
	cmd.Flags().BoolVar(&r.allowOverlap, "allow-overlap", false, "count a record once that several dumps have; without this it is an error")
	r.part.add(cmd)
}

func reportCommand() *cobra.Command {
	var flags reportFlags
	var out string
	var asJSON, replace bool
	cmd := &cobra.Command{
		Use:   "report FILE... -o REPORT.html",
		Short: "Write a page about WAL: who makes it, when, and why",
		Long: `Write a page about WAL that needs nothing but a browser. Its first screen has four findings and the five largest tables. Then
come the WAL over time with its checkpoints, all tables with their indexes and TOAST, points to recover to, why there are full-page
images, transactions, record types, hot blocks, and what is missing.

FILE is WAL itself (a data directory, pg_wal, an archive, segments), a database that walstats convert wrote, which is only
read, dumps of pg_waldump (compressed or not, - is the standard input), or CSV or Parquet files with rows of
pg_walinspect's pg_get_wal_records_info, of managed servers whose files cannot be read. The records of WAL and of dumps are kept in a
temporary database meanwhile, beside the output. Damaged WAL and lines that are no records are left out: the report says
which, and the exit code is 3.`,
		Example: `  walstats report /var/lib/postgresql/15/main -o report.html
  walstats report wal.dump -o report.html
  walstats report wal.duckdb --names postgres://reader@db.example.org/ -o report.html
  walstats report --json 'dumps/*.waldump.zst' | jq -r '.tables[] | [.table, .bytes] | @tsv'`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, names []string) error {
			if out == "" && !asJSON {
				return fmt.Errorf("no output is given: add -o report.html; %w", errUsage)
			}
			if out == "" {
				out = "-"
			}
			target, err := reportTarget(out, names, asJSON, replace)
			if err != nil {
				return err
			}
			scratch := os.TempDir()
			if !target.Stream {
				scratch = filepath.Dir(target.Path)
			}
			began := time.Now()
			facts, err := flags.facts(cmd, names, scratch, false)
			if err != nil && outfile.IsFull(err) {
				return outfile.Explain(scratch, err)
			} else if err != nil {
				return err
			}
			write := func(w io.Writer) error {
				if !asJSON {
					return report.WritePage(w, facts)
				}
				encoder := json.NewEncoder(w)
				encoder.SetIndent("", "  ")
				return encoder.Encode(facts)
			}
			if err := target.Write(write); err != nil {
				return err
			}
			if !target.Stream {
				flags.close(cmd.OutOrStdout(), out+": ", facts, began)
			} else if term.IsTerminal(int(os.Stderr.Fd())) {
				flags.close(os.Stderr, "", facts, began)
			}
			return leftOut(facts)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "", "the page to write; - is the standard output")
	cmd.Flags().BoolVar(&asJSON, "json", false, "the same facts as JSON, to the standard output if there is no -o")
	cmd.Flags().BoolVar(&replace, "replace", false, "overwrite the output even if it is not a report")
	return cmd
}

// reportTarget returns where a report goes. It refuses the inputs, names that are not
// those of a page, and files that are not reports.
func reportTarget(out string, names []string, asJSON, replace bool) (outfile.Target, error) {
	mark, ending, other := report.IsPage, ".html", ".htm"
	if asJSON {
		mark, ending, other = report.IsFacts, ".json", ".json"
	}
	target, _, err := outfile.Find(out)
	if err != nil {
		return target, err
	}
	for _, name := range names {
		if !target.Stream && target.Is(name) {
			return target, fmt.Errorf("%s is the input; name another output", out)
		}
	}
	if end := strings.ToLower(filepath.Ext(out)); !target.Stream && end != ending && end != other {
		return target, fmt.Errorf("%s: the output must end in %s; %w", out, ending, errUsage)
	}
	return outfile.Resolve(out, mark, replace)
}

// close writes the closing line: where the output is, what was read and how long it took.
func (r *reportFlags) close(w io.Writer, where string, facts *report.Facts, began time.Time) {
	if r.quiet {
		return
	}
	if facts.InputCount > 0 { // a database need not know them
		where += count(int(facts.InputCount), "input") + ", "
	}
	fmt.Fprintf(w, "%s%s, %s of WAL in %.1f s\n", where, count(int(facts.Records), "record"), progress.Bytes(facts.Bytes), time.Since(began).Seconds())
}

// facts reads what there is to tell of a database or of dumps. A database of the
// dumps' records is made in the folder scratch meanwhile.
func (r *reportFlags) facts(cmd *cobra.Command, names []string, scratch string, brief bool) (_ *report.Facts, err error) {
	ctx := cmd.Context()
	source := report.Source{
		Table: r.table, Timezone: r.timezone, Scratch: scratch, Names: r.names, AllowOverlap: r.allowOverlap, Brief: brief,
		Warn: func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), "walstats:", text) },
	}
	if !r.quiet {
		source.Progress = progress.For(os.Stderr)
	}
	if _, err := parser.NewZone(cmp.Or(r.timezone, "UTC")); err != nil {
		return nil, fmt.Errorf("--timezone: %w; give an IANA name such as Europe/Berlin; %w", err, errUsage)
	}
	files := seekableList{{names[0], names[0]}}
	if source.WAL, err = wholeWAL(names); err != nil {
		return nil, err
	} else if err := r.part.check(source.WAL); err != nil {
		return nil, err
	}
	switch {
	case source.WAL:
		part := r.part
		if part.end == "" { // a server may be writing more while it is read several times
			end, err := part.endOf(names)
			if err != nil {
				return nil, err
			}
			if start, _ := part.lsns(); end > start {
				part.end = end.String()
			}
		}
		source.Dumps, source.Part, source.NamesPart = names, part.options(), (&walPart{timeline: part.timeline}).options()
		source.OwnNames = r.part.start == "" && r.part.end == ""
	case len(names) == 1 && report.IsDatabase(names[0]):
		source.Database = names[0]
	case report.IsWalinspect(names[0]):
		for _, name := range names {
			if !report.IsWalinspect(name) {
				return nil, fmt.Errorf("%s has rows of pg_walinspect and %s has not; give them to a command each", names[0], name)
			}
		}
		source.Dumps = names
	default:
		var remove func()
		if files, remove, err = seekableInputs(ctx, names); err != nil {
			return nil, err
		}
		defer remove()
		source.Dumps = files.paths()
	}
	facts, err := gather(ctx, session.Of(cmd), source)
	if err != nil {
		return nil, files.namedError(err)
	}
	facts.Rename(files.named)
	if facts.Records == 0 && len(facts.Rejects) > 0 {
		return nil, fmt.Errorf("%s; no line is a record", reject(facts))
	}
	return facts, nil
}

func gather(ctx context.Context, options session.Options, source report.Source) (_ *report.Facts, err error) {
	db, done, err := report.Open(ctx, options, source)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	return report.Gather(ctx, db, source, version)
}

// leftOut returns the error that says that lines of a dump are no records.
func leftOut(facts *report.Facts) error {
	if len(facts.Rejects) == 0 { // of a database, convert has said so
		return nil
	}
	text := reject(facts) + "; left out"
	if facts.RejectCount > 1 {
		text += fmt.Sprintf(", with %d more", facts.RejectCount-1)
	}
	return rejectsError(text)
}

// reject returns the first line that is no record, and what was expected there.
func reject(facts *report.Facts) string {
	first := facts.Rejects[0]
	if first.Line == 0 { // of WAL
		return fmt.Sprintf("%s: %s: %s", first.Input, first.Text, first.Error)
	}
	return fmt.Sprintf("%s:%d: %s", first.Input, first.Line, first.Error)
}
