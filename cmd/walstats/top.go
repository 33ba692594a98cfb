package main

import (
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term" // how large the terminal is

	"walstats/cmd/walstats/report"
)

func topCommand() *cobra.Command {
	var flags reportFlags
	var all bool
	var again followFlags
	cmd := &cobra.Command{
		Use:   "top FILE...",
		Short: "Show in the terminal who makes the most WAL",
		Long: `Show in the terminal what walstats report says first: a summary in words, and the tables, record types and transactions
that make the most WAL. Of the bars, the full part are full-page images. It fits the terminal: a higher one shows more rows, a
wider one more columns. Into a pipe or a file all rows are written, as with --all.

FILE is WAL (a data directory, pg_wal, an archive, segments), a database that walstats convert wrote, or dumps, as for
walstats report.`,
		Example: `  walstats top /var/lib/postgresql/15/main
  walstats top --follow /var/lib/postgresql/15/main
  walstats top wal.dump
  walstats top wal.duckdb
  TZ=UTC pg_waldump 000000010000000000000001 | walstats top -`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := again.check(cmd, flags.part); err != nil {
				return err
			}
			if again.follow {
				if isWAL, err := wholeWAL(names); err != nil {
					return err
				} else if !isWAL {
					return errNotWAL
				}
				return flags.follow(cmd, names, &again)
			}
			began := time.Now()
			facts, err := flags.facts(cmd, names, os.TempDir(), true)
			if err != nil {
				return err
			}
			width, height := terminalSize()
			if height > 0 && !flags.quiet {
				height-- // for the closing line
			}
			if all {
				height = 0
			}
			if err := report.WriteTerminal(cmd.OutOrStdout(), facts, width, height); err != nil {
				return err
			}
			if term.IsTerminal(int(os.Stderr.Fd())) {
				flags.close(os.Stderr, "", facts, began)
			}
			return leftOut(facts)
		},
	}
	flags.add(cmd)
	again.add(cmd, "show every few seconds who made the WAL since the last time")
	cmd.Flags().BoolVarP(&all, "all", "a", false, "all rows, whatever the height of the terminal")
	return cmd
}

// terminalSize returns the width and height of the terminal on standard output. Without a
// terminal the width is COLUMNS, or 80, and there is no end to the height, which is 0.
func terminalSize() (width, height int) {
	if width, height, err := term.GetSize(int(os.Stdout.Fd())); err == nil && width > 0 {
		return width, height
	}
	if width, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && width > 0 {
		return width, 0
	}
	return 80, 0
}
