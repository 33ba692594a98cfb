package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"walstats/cmd/walstats/inspect"
	"walstats/cmd/walstats/overlap"
	"walstats/cmd/walstats/session"
)

func inspectCommand() *cobra.Command {
	var asJSON bool
	var timezone, memory string
	var part walPart
	cmd := &cobra.Command{
		Use:   "inspect FILE...",
		Short: "Say what WAL or a dump is: versions, LSNs, timelines, gaps, damage, where it ends",
		Long: `Say what WAL is (a data directory, pg_wal, an archive, segments): version, system identifier,
timelines, whether the chain of records and their checksums are whole, where it ends and why. With
--start and --end, also whether a recovery between the two has all that it needs. The exit code is 3
where something is damaged or missing, for cron.

Or say what a dump is, as far as its text shows it: which versions of PostgreSQL can have written
it, how block references are written, the span of LSNs and of times, where the chain of records
breaks, and which lines are no records. - is the standard input. What comes through a pipe is
copied to the folder for temporary files first.

The exit code is 3 where lines are no records; what pg_waldump itself says does not count.`,
		Example: `  walstats inspect /var/lib/postgresql/15/main
  walstats inspect --start 0/3000028 --end 0/7000000 archive/
  walstats inspect wal.dump
  walstats inspect 'dumps/*.waldump.zst'
  walstats inspect --json wal.dump | jq '.[].chain'`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, names []string) error {
			o := session.Of(cmd)
			if memory != "" {
				o.Settings = map[string]string{"memory_limit": memory}
			}
			db, err := session.Open(cmd.Context(), o)
			if err != nil {
				return err
			}
			defer db.Close()
			isWAL, err := wholeWAL(names)
			if err == nil {
				err = part.check(isWAL)
			}
			switch {
			case err != nil:
				return err
			case isWAL:
				return inspectWAL(cmd, db, names, part, asJSON)
			}
			files, remove, err := seekableInputs(cmd.Context(), names)
			if err != nil {
				return err
			}
			defer remove()
			reports := []*inspect.Report{}
			var failed []error
			var rejects int64
			var spans []overlap.Input
			for i, file := range files {
				report, err := inspect.File(cmd.Context(), db, file.path, inspect.Options{Name: file.name, Timezone: timezone})
				if cmd.Context().Err() != nil {
					return context.Cause(cmd.Context())
				} else if err != nil {
					failed = append(failed, files.namedError(err))
					continue
				}
				rejects += report.Rejects
				reports = append(reports, report)
				if report.LSN != nil {
					spans = append(spans, overlap.Input{Name: file.name, Path: file.path, First: report.LSN.First, Last: report.LSN.Last})
				}
				if asJSON {
					continue
				}
				page := report.Page()
				if i > 0 {
					page = "\n" + page
				}
				if _, err := fmt.Fprint(cmd.OutOrStdout(), page); err != nil {
					return err
				}
			}
			pairs, err := overlap.Find(cmd.Context(), db, spans)
			switch {
			case err != nil:
				return files.namedError(err)
			case asJSON:
				err = writeJSON(cmd.OutOrStdout(), inspect.WithShared(reports, pairs))
			case len(pairs) > 0:
				_, err = fmt.Fprint(cmd.OutOrStdout(), "\n"+overlap.Lines(pairs))
			}
			if err != nil {
				return err
			}
			if len(failed) > 0 {
				return errors.Join(failed...)
			}
			if rejects > 0 {
				return rejectsError(fmt.Sprintf("lines that are no records: %d", rejects))
			}
			return nil
		},
	}
	part.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "a list of objects, one a file")
	cmd.Flags().StringVar(&timezone, "timezone", "", "the time `ZONE` that pg_waldump ran in, such as Asia/Kolkata, where the abbreviation does not tell")
	cmd.Flags().StringVar(&memory, "memory-limit", "", "how much memory DuckDB may take, such as `500MB`")
	return cmd
}

// inspectWAL prints what the WAL is that names mean.
func inspectWAL(cmd *cobra.Command, db *sql.DB, names []string, part walPart, asJSON bool) error {
	start, end := part.lsns()
	report, err := inspect.ReadWAL(cmd.Context(), db, names, inspect.Part{Start: start, End: end, Options: part.options()})
	switch {
	case cmd.Context().Err() != nil:
		return context.Cause(cmd.Context())
	case err != nil:
		return errors.New(session.Message(err))
	case asJSON:
		err = writeJSON(cmd.OutOrStdout(), report)
	default:
		_, err = fmt.Fprint(cmd.OutOrStdout(), report.Page())
	}
	switch {
	case err != nil || report.Whole():
		return err
	case report.DamageCount > 0:
		return rejectsError(fmt.Sprintf("places where WAL is damaged or missing: %d", report.DamageCount))
	}
	return rejectsError(fmt.Sprintf("WAL from %s to %s is missing", report.Missing.From, report.Missing.To))
}
