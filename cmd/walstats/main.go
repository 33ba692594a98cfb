// Walstats turns dumps of pg_waldump into DuckDB tables, with read_waldump linked
// in.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra" // sub-commands, flags and their help, as every Go tool's users know them

	"walstats/cmd/walstats/session"
)

// version is the project's; the build sets it from the file VERSION.
var version = "unknown"

// The exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
)

// errUsage marks an error of the command line.
var errUsage = errors.New("see walstats --help")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use:           "walstats",
		Short:         "PostgreSQL's WAL, as pg_waldump prints it, in DuckDB tables",
		Example:       "  walstats convert wal.dump -o wal.duckdb\n  walstats ranges wal.dump --parts 8",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usage(cobra.NoArgs), // what is left is no command
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w; %w", err, errUsage) })
	session.AddFlags(root)
	root.AddCommand(convertCommand(), rangesCommand(), &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  usage(cobra.NoArgs),
		Run:   func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "walstats", version) },
	})
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "walstats:", message(err))
		if errors.Is(err, errUsage) {
			os.Exit(exitUsage)
		}
		os.Exit(exitFailed)
	}
}

// message is what a person needs of an error: DuckDB says its kind before it, and
// shows a line of SQL behind it that is ours.
func message(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted; nothing was written"
	}
	text := err.Error()
	if _, ours, found := strings.Cut(text, "read_waldump: "); found {
		text, _, _ = strings.Cut(ours, "\n\nLINE ")
	}
	return text
}

// usage makes a check of arguments an error of the command line.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return fmt.Errorf("%w; %w", err, errUsage)
		}
		return nil
	}
}
