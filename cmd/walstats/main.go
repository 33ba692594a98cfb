// Walstats turns dumps of pg_waldump into DuckDB tables, with read_waldump linked
// in.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra" // sub-commands, flags and their help, as every Go tool's users know them

	"walstats/cmd/walstats/session"
	"walstats/cmd/walstats/terminal"
)

// version is the project's version; the build sets it from the file VERSION.
var version = "unknown"

// The exit codes.
const (
	exitFailed  = 1
	exitUsage   = 2
	exitRejects = 3
	exitSignal  = 128 // and the signal's number: 130 after an interrupt
)

var (
	// errUsage marks an error of the command line.
	errUsage = errors.New("see walstats --help")
	// errSaid marks an error that a person has been told of already.
	errSaid = errors.New("failed")
)

// A rejectsError says of work that is done that it left out what is no record.
type rejectsError string

func (e rejectsError) Error() string { return string(e) }

// An interrupt names the signal that ended the work.
type interrupt struct{ syscall.Signal }

func (i interrupt) Error() string { return "interrupted" }

func main() {
	root := &cobra.Command{
		Use:           "walstats",
		Version:       version,
		Short:         "PostgreSQL's WAL, as pg_waldump prints it, in DuckDB tables",
		Example:       "  walstats convert wal.dump -o wal.duckdb\n  walstats stats wal.dump\n  walstats inspect wal.dump",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usage(cobra.NoArgs), // what is left is no command
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w; %w", err, errUsage) })
	root.SetOut(terminal.Writer(os.Stdout))
	root.SetErr(terminal.Writer(os.Stderr))
	session.AddFlags(root)
	root.AddCommand(
		convertCommand(),
		dumpCommand(),
		inspectCommand(),
		manCommand(),
		namesCommand(),
		rangesCommand(),
		reportCommand(),
		statsCommand(),
		topCommand(),
		versionCommand(),
	)
	root.SetArgs(longFlags(os.Args[1:]))
	ctx := untilSignal()
	err := root.ExecuteContext(ctx)
	if errors.Is(err, context.Canceled) {
		err = context.Cause(ctx)
	}
	os.Exit(exitCode(root.ErrOrStderr(), err))
}

// untilSignal returns a context that the first signal cancels; the second one ends the
// process at once.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		s := <-signals
		signal.Stop(signals)
		cancel(interrupt{s.(syscall.Signal)})
	}()
	return ctx
}

// exitCode says what went wrong, and is what the process ends with.
func exitCode(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, syscall.EPIPE) { // the reader of the output has ended
		return exitSignal + int(syscall.SIGPIPE)
	}
	code := exitFailed
	var stopped interrupt
	switch {
	case errors.As(err, &stopped):
		code = exitSignal + int(stopped.Signal)
	case errors.Is(err, errUsage):
		code = exitUsage
	case errors.As(err, new(rejectsError)):
		code = exitRejects
	}
	if !errors.Is(err, errSaid) {
		fmt.Fprintln(stderr, "walstats:", session.Message(err))
	}
	return code
}

// longFlags takes the flags of the tool that was here before as it wrote them, with
// one dash, and without a command.
func longFlags(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		name, _, _ := strings.Cut(arg, "=")
		if !slices.Contains([]string{"-input", "-output", "-workers"}, name) {
			continue
		}
		if args[i] = "-" + arg; i == 0 {
			return append([]string{"convert"}, longFlags(args)...)
		}
	}
	return args
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
