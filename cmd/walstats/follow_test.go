//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"walstats/test/postgres"
)

// TestFollow follows a server while it writes: each screen of top goes on where the one
// before ended and has names, and what convert has in the end is what pg_waldump prints.
func TestFollow(t *testing.T) {
	server := postgres.Start(t, "wal_keep_size=1GB\n", "--wal-segsize=1")
	server.SQL("postgres", "CREATE TABLE orders (id int PRIMARY KEY, note text); CHECKPOINT")
	folder := t.TempDir()
	begin := func(args ...string) (stop func() (stdout, stderr string)) {
		cmd := walstats(folder, args...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return func() (string, string) {
			_ = cmd.Process.Signal(os.Interrupt)
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 0 {
				t.Errorf("%v: exit code %d, %s", args, code, &stderr)
			}
			return stdout.String(), stderr.String()
		}
	}
	stopTop := begin("top", "--follow", "--every", "700ms", server.Data())
	stopConvert := begin("convert", "--follow", "--every", "300ms", server.Data(), "-o", "wal.duckdb")
	for i := range 40 {
		server.SQL("postgres", fmt.Sprintf("INSERT INTO orders SELECT i, repeat('x', 100) FROM generate_series(%d, %d) i", i*500, i*500+499))
		time.Sleep(50 * time.Millisecond)
	}
	end := server.LSN()
	time.Sleep(4 * time.Second)
	shown, _ := stopTop()
	said, _ := stopConvert()

	previous, bytesOf := "", regexp.MustCompile(`(?m) of WAL from (\S+) to (\S+), \S+ \w+/s; it took [0-9.]+ s of processor time, \S+ \w+ read$`)
	screens := bytesOf.FindAllStringSubmatch(shown, -1)
	for _, s := range screens {
		if previous != "" && s[1] != previous {
			t.Errorf("a screen begins at %s, not at %s", s[1], previous)
		}
		previous = s[2]
	}
	if len(screens) < 2 || !strings.Contains(shown, "public.orders") || !strings.Contains(shown, "no WAL; it took ") {
		t.Errorf("%d screens:\n%s", len(screens), shown)
	}
	if !strings.Contains(said, "wal.duckdb: ") || !strings.Contains(said, "It took ") {
		t.Errorf("convert says: %s", said)
	}

	segments, _ := filepath.Glob(filepath.Join(server.WAL(), strings.Repeat("[0-9A-F]", 24)))
	dump := filepath.Join(folder, "wal.dump")
	if err := os.WriteFile(dump, []byte(server.Dump(lsnOf(segments[0]), end)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, folder, "convert", dump, "-o", "text.duckdb")
	text := filepath.Join(folder, "text.duckdb")
	const sums = "SELECT count(*), sum(start_lsn), sum(prev_lsn), sum(record_length), sum(hash(description)) FROM wal"
	last := strings.TrimSpace(rowsOf(t, text, "SELECT max(start_lsn) FROM wal"))
	if got, want := rowsOf(t, filepath.Join(folder, "wal.duckdb"), sums+" WHERE start_lsn <= "+last), rowsOf(t, text, sums); got != want {
		t.Errorf("convert has %s, pg_waldump %s", got, want)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), ".walstats-top.*")); len(left) > 0 {
		t.Errorf("not removed: %v", left)
	}
}

// What cannot be followed is said before anything is read.
func TestFollowWhat(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "wal.dump"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wal, err := filepath.Abs("../../wal/testdata/15-1mb/wal")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"top", "--follow", "wal.dump"}, "--follow: name a data directory or its pg_wal"},
		{[]string{"top", "--every", "2s", wal}, "--every is for --follow"},
		{[]string{"top", "--follow", "--every", "1ms", wal}, "give 100ms or more"},
		{[]string{"top", "--follow", "--start", "0/1", wal}, "leave out --start and --end"},
		{[]string{"convert", "--follow", wal, "-o", "wal.csv"}, "wal.csv is one file"},
		{[]string{"convert", "--follow", "wal.dump", "-o", "wal.duckdb"}, "--follow: name a data directory or its pg_wal"},
		{[]string{"convert", "--start", "0/1", "wal.dump", "-o", "wal.duckdb"}, "--start, --end and --timeline are for WAL"},
	} {
		cmd := walstats(folder, step.args...)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(out), step.want) || strings.Count(string(out), "--help") != 1 {
			t.Errorf("%v: exit code %d, %s", step.args, code, out)
		}
	}
}
