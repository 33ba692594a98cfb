// Walstats turns dumps of pg_waldump into DuckDB tables, with read_waldump linked
// in.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra" // sub-commands, flags and their help, as every Go tool's users know them

	"walstats/cmd/walstats/session"
)

// version is the project's; the build sets it from the file VERSION.
var version = "unknown"

// The exit codes.
const (
	exitFailed  = 1
	exitUsage   = 2
	exitRejects = 3
)

// errUsage marks an error of the command line.
var errUsage = errors.New("see walstats --help")

// A rejectsError says of work that is done that it left out what is no record.
type rejectsError string

func (e rejectsError) Error() string { return string(e) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use:           "walstats",
		Short:         "PostgreSQL's WAL, as pg_waldump prints it, in DuckDB tables",
		Example:       "  walstats convert wal.dump -o wal.duckdb\n  walstats stats wal.dump\n  walstats inspect wal.dump",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usage(cobra.NoArgs), // what is left is no command
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w; %w", err, errUsage) })
	session.AddFlags(root)
	root.AddCommand(convertCommand(), rangesCommand(), statsCommand(), inspectCommand(), versionCommand(), manCommand())
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "walstats:", message(err))
		switch {
		case errors.Is(err, errUsage):
			os.Exit(exitUsage)
		case errors.As(err, new(rejectsError)):
			os.Exit(exitRejects)
		}
		os.Exit(exitFailed)
	}
}

// message is what a person needs of an error.
func message(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted; nothing was written"
	}
	return session.Words(err)
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
