package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"walstats/cmd/walstats/session"
	"walstats/cmd/walstats/stats"
)

func statsCommand() *cobra.Command {
	var perRecord, asJSON, sums bool
	var part walPart
	cmd := &cobra.Command{
		Use:   "stats FILE...",
		Short: "Print the table of pg_waldump --stats, from WAL or from text",
		Long: `Print the table that pg_waldump --stats prints (PostgreSQL 10 to 18): from WAL (a data directory,
pg_wal, an archive, segments), or from the text of the records, with --bkp-details or without. It is
the same byte for byte, but for the line "WAL statistics between ... and ..." above it, whose second
LSN the text does not tell. Several files are added up; - is the standard input. What comes through
a pipe is copied to the folder for temporary files first.

Damaged WAL and lines that are no records are left out. The table is printed all the same, a word on the
standard error says so, and the exit code is 3.

With --sums, FILE is a table that walstats stats --json printed, on any machine.`,
		Example: `  walstats stats /var/lib/postgresql/15/main
  walstats stats wal.dump
  walstats stats --per-record 'dumps/*.waldump.zst'
  TZ=UTC pg_waldump 000000010000000000000001 000000010000000000000009 | walstats stats -
  walstats stats --json wal.dump | jq -r '.[] | [."resource_manager/record_type", .count] | @tsv'
  walstats stats --sums db1.json db2.json`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, names []string) error {
			write := stats.Write
			if asJSON {
				write = func(w io.Writer, rows []stats.Row) error { return writeJSON(w, rows) }
			}
			if sums {
				if perRecord || part != (walPart{}) {
					return fmt.Errorf("--sums adds up finished tables: leave --per-record, --start, --end and --timeline out; %w", errUsage)
				}
				rows, err := sumTables(names)
				if err != nil {
					return err
				}
				return write(cmd.OutOrStdout(), rows)
			}
			db, err := session.Open(cmd.Context(), session.Of(cmd))
			if err != nil {
				return err
			}
			defer db.Close()
			isWAL, err := wholeWAL(names)
			if err == nil {
				err = part.check(isWAL)
			}
			if err != nil {
				return err
			}
			s := statistics{perRecord: perRecord, isWAL: isWAL, paths: names, part: part.options()}
			var files seekableList
			if !isWAL {
				var remove func()
				if files, remove, err = seekableInputs(cmd.Context(), names); err != nil {
					return err
				}
				defer remove()
				s.paths = files.paths()
			}
			rows, left, err := s.of(cmd.Context(), db)
			if cmd.Context().Err() != nil {
				return context.Cause(cmd.Context())
			} else if err != nil {
				return files.namedError(err)
			}
			if err := write(cmd.OutOrStdout(), rows); err != nil || left == "" {
				return err
			}
			return rejectsError(files.named(left))
		},
	}
	cmd.Flags().BoolVar(&perRecord, "per-record", false, "a row a record type, as pg_waldump --stats=record")
	part.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "a list of objects with the column names of pg_get_wal_stats")
	cmd.Flags().BoolVar(&sums, "sums", false, "add up tables of walstats stats --json, instead of WAL or dumps")
	return cmd
}

// statistics tells what is added up.
type statistics struct {
	perRecord bool
	isWAL     bool
	paths     []string
	part      string // of WAL; see walPart.options
}

// of adds the files up. Where something had to be left out, left says what.
func (s *statistics) of(ctx context.Context, db *sql.DB) (rows []stats.Row, left string, err error) {
	rows, err = s.rows(ctx, db, false)
	if err == nil {
		return rows, "", nil
	}
	first, avoidable := session.Avoidable(err)
	if !avoidable {
		return nil, "", err
	}
	rows, lenientErr := s.rows(ctx, db, true)
	if lenientErr != nil {
		return nil, "", lenientErr
	}
	if !counted(rows) {
		return nil, "", fmt.Errorf("%s; no line is a record", first)
	}
	if s.isWAL {
		return rows, first + "; left out", nil
	}
	var rejects int64
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM read_waldump_rejects("+session.List(s.paths)+") WHERE kind = 'reject'").Scan(&rejects)
	switch rejects {
	case 0: // a number that does not fit
		return rows, first + "; counted as 0", err
	case 1:
		return rows, first + "; this line is left out", err
	}
	return rows, fmt.Sprintf("%s; left out, with %d more (walstats inspect shows them)", first, rejects-1), err
}

func (s *statistics) rows(ctx context.Context, db *sql.DB, ignoreErrors bool) ([]stats.Row, error) {
	all := []stats.Row{} // an empty list in JSON
	function, part := "waldump_stats", ""
	if s.isWAL {
		function, part = "wal_stats", s.part
	}
	found, err := db.QueryContext(ctx, fmt.Sprintf("FROM %s(%s, per_record := %t, ignore_errors := %t%s)",
		function, session.List(s.paths), s.perRecord, ignoreErrors, part))
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var r stats.Row
		if err := found.Scan(&r.Name, &r.Count, &r.CountPercentage, &r.RecordSize, &r.RecordSizePercentage,
			&r.FPISize, &r.FPISizePercentage, &r.CombinedSize, &r.CombinedSizePercentage); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, found.Err()
}

// counted says whether there was any record.
func counted(rows []stats.Row) bool {
	for _, r := range rows {
		if r.Count > 0 {
			return true
		}
	}
	return false
}
