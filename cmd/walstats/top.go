package main

import (
	"errors"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/term" // how wide the terminal is

	"walstats/cmd/walstats/report"
)

func topCommand() *cobra.Command {
	var flags reportFlags
	cmd := &cobra.Command{
		Use:   "top FILE...",
		Short: "Show in the terminal who makes the most WAL",
		Long: `Show in the terminal what walstats report says first: a summary in words, and the relations, record types and transactions
that make the most WAL. Of the bars, the full part are full-page images.

FILE is WAL (a data directory, pg_wal, an archive, segments), a database that walstats convert wrote, or dumps, as for
walstats report.`,
		Example: `  walstats top /var/lib/postgresql/15/main
  walstats top wal.dump
  walstats top wal.duckdb
  TZ=UTC pg_waldump 000000010000000000000001 | walstats top -`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, names []string) error {
			facts, err := flags.facts(cmd, names, os.TempDir())
			if err != nil {
				return err
			}
			return errors.Join(report.WriteTerminal(cmd.OutOrStdout(), facts, terminalWidth()), leftOut(facts))
		},
	}
	flags.add(cmd)
	return cmd
}

// terminalWidth is that of the terminal, or COLUMNS, or 80.
func terminalWidth() int {
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && width > 0 {
		return width
	}
	if width, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && width > 0 {
		return width
	}
	return 80
}
