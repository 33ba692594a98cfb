package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"walstats/cmd/walstats/outfile"
	"walstats/cmd/walstats/progress"
	"walstats/cmd/walstats/report"
	"walstats/cmd/walstats/session"
	"walstats/record"
	"walstats/wal"
)

// followFlags say whether and how often a command looks at WAL again.
type followFlags struct {
	follow bool
	every  time.Duration
}

func (f *followFlags) add(cmd *cobra.Command, what string) {
	cmd.Flags().BoolVar(&f.follow, "follow", false, "of a live server's pg_wal: "+what+", until a signal ends it. It needs no\nconnection to the server, and says what it costs the machine")
	cmd.Flags().DurationVar(&f.every, "every", 5*time.Second, "with --follow, how often")
}

// errNotWAL is what to say to --follow of what is not WAL.
var errNotWAL = fmt.Errorf("--follow: name a data directory or its pg_wal; %w", errUsage)

// check returns an error if the flags do not go together.
func (f *followFlags) check(cmd *cobra.Command, part walPart) error {
	switch {
	case !f.follow && cmd.Flags().Changed("every"):
		return fmt.Errorf("--every is for --follow; %w", errUsage)
	case f.follow && (part.start != "" || part.end != ""):
		return fmt.Errorf("--follow: begins and ends with the command; leave out --start and --end; %w", errUsage)
	case f.follow && f.every < 100*time.Millisecond:
		return fmt.Errorf("--every %v: give 100ms or more; %w", f.every, errUsage)
	}
	return nil
}

// maxFailures is how often a step may fail before following ends: a server may remove a
// segment while it is read.
const maxFailures = 3

// run calls step again and again, until it fails three times in a row or a signal ends
// the command, which is no error.
func (f *followFlags) run(cmd *cobra.Command, step func() error) error {
	ctx := cmd.Context()
	failures := 0
	for {
		err := step()
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			failures = 0
		case errors.As(err, new(rejectsError)) || failures+1 == maxFailures:
			return err
		default:
			failures++
			fmt.Fprintf(cmd.ErrOrStderr(), "walstats: %s; trying again\n", session.Message(err))
		}
		if !f.wait(ctx) {
			return nil
		}
	}
}

// wait waits for the next step, and reports whether it is to be done.
func (f *followFlags) wait(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(f.every):
		return true
	}
}

// A cost is what this process has used of its machine so far.
type cost struct {
	processor time.Duration
	read      int64 // bytes, from files or their cache; 0 where the system does not tell
}

func costNow() (c cost) {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		c.processor = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	text, _ := os.ReadFile("/proc/self/io") // Linux
	for line := range bytes.Lines(text) {
		if n, ok := bytes.CutPrefix(line, []byte("rchar: ")); ok {
			c.read, _ = strconv.ParseInt(string(bytes.TrimSpace(n)), 10, 64)
		}
	}
	return c
}

// since says what was used since before.
func (c cost) since(before cost) string {
	text := fmt.Sprintf("%.2f s of processor time", (c.processor - before.processor).Seconds())
	if c.read > before.read {
		text += ", " + progress.Bytes(c.read-before.read) + " read"
	}
	return text
}

// A topFollower shows again and again who made the WAL since the last time.
type topFollower struct {
	flags *reportFlags
	names []string
	file  string // where names of relations are kept meanwhile
	from  wal.LSN
	began time.Time
	first bool
}

// follow is top --follow.
func (r *reportFlags) follow(cmd *cobra.Command, names []string, f *followFlags) (err error) {
	dir, err := outfile.OpenScratch(os.TempDir(), ".walstats-top.")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Remove()) }()
	t := &topFollower{flags: r, names: names, file: filepath.Join(dir.Path, "relations.parquet"), first: true}
	if t.from, err = r.part.endOf(names); err != nil {
		return err
	}
	t.began = time.Now()
	if !r.quiet {
		fmt.Fprintf(cmd.ErrOrStderr(), "From %v on, every %v; Ctrl-C ends it\n", record.LSN(t.from), f.every)
	}
	if !f.wait(cmd.Context()) {
		return nil
	}
	return f.run(cmd, func() error { return t.step(cmd) })
}

// step shows the WAL from t.from to where it ends now.
func (t *topFollower) step(cmd *cobra.Command) error {
	before, now := costNow(), time.Now()
	end, err := t.flags.part.endOf(t.names)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	seconds := now.Sub(t.began).Seconds()
	closing := "no WAL"
	width, height := terminalSize()
	if term.IsTerminal(int(os.Stdout.Fd())) {
		fmt.Fprint(os.Stdout, "\x1b[H\x1b[2J") // to the upper left corner, and clear
	}
	fmt.Fprintf(out, "%s, the last %.1f s\n", now.Format("15:04:05"), seconds)
	if end > t.from {
		facts, err := t.gather(cmd.Context(), cmd, end)
		if err != nil {
			t.from, t.began = end, now // what cannot be read will not be there later either
			return err
		}
		if height > 0 {
			height = max(height-3, 1) // for the lines above and below
		}
		if err := report.WriteTerminal(out, facts, width, height); err != nil {
			return err
		}
		t.first = false
		closing = fmt.Sprintf("%s of WAL from %v to %v, %s/s", progress.Bytes(int64(end-t.from)), record.LSN(t.from), record.LSN(end),
			progress.Bytes(int64(float64(end-t.from)/max(seconds, .001))))
	}
	if !t.flags.quiet {
		fmt.Fprintf(out, "%s; it took %s\n", closing, costNow().since(before))
	}
	t.from, t.began = end, now
	return nil
}

// gather reads the facts of the WAL up to end. The first time it reads the names that
// all WAL has, then those that are new.
func (t *topFollower) gather(ctx context.Context, cmd *cobra.Command, end wal.LSN) (*report.Facts, error) {
	part := t.flags.part
	part.start, part.end = record.LSN(t.from).String(), record.LSN(end).String()
	source := report.Source{
		WAL: true, Dumps: t.names, Part: part.options(), OwnNames: !t.first, Timezone: t.flags.timezone, Brief: true, NoCompression: true, Scratch: os.TempDir(), Relations: t.file,
		Warn: func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), "walstats:", text) },
	}
	if t.first {
		source.NamesPart, source.Names = t.flags.part.options(), t.flags.names
	}
	return gather(ctx, session.Of(cmd), source)
}
