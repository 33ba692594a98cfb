//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"walstats/cmd/walstats/session"
	"walstats/test/postgres"
)

// liveServer starts a server that keeps its segments of 1 MB, and a table t in it.
func liveServer(t *testing.T, settings string) *postgres.Server {
	t.Helper()
	s := postgres.Start(t, "wal_level=replica\nhot_standby=on\nwal_keep_size=1GB\n"+settings, "--wal-segsize=1")
	s.SQL("postgres", "CREATE TABLE t (a int, b text)")
	return s
}

// writing has the server write until the returned function is called.
func writing(s *postgres.Server) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			default:
				s.SQL("postgres", "INSERT INTO t SELECT i, repeat('x', i % 200) FROM generate_series(1, 2000) i; UPDATE t SET b = 'y' WHERE a = 7; CHECKPOINT")
			}
		}
	}()
	return func() {
		close(done)
		<-stopped
	}
}

// sameAsDump compares the records of a database from start on with those that pg_waldump
// prints up to end, on one timeline.
func sameAsDump(t *testing.T, database string, s *postgres.Server, timeline int, start, end string) {
	t.Helper()
	text := s.Run("", "pg_waldump", "--path", s.WAL(), "--timeline", fmt.Sprint(timeline), "--start", start, "--end", end)
	dump := filepath.Join(t.TempDir(), "wal.dump")
	if err := os.WriteFile(dump, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("SELECT * EXCLUDE filename FROM wal WHERE start_lsn >= lsn('%s') AND start_lsn < lsn('%s')", start, end)
	want := "SELECT * REPLACE (start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT AS prev_lsn) FROM read_waldump(" + session.Quote(dump) + ")"
	sameRows(t, fmt.Sprint("timeline ", timeline), database, got, want)
	if n, _ := rows(t, database, "SELECT count(*), NULL FROM ("+got+")"); n == 0 {
		t.Errorf("timeline %d: no rows", timeline)
	}
}

// The data directory of a server is converted again and again while it writes, crashes,
// and is promoted. In the end the rows are those of its pg_waldump, each once.
func TestConvertWhileAServerWrites(t *testing.T) {
	s := liveServer(t, "")
	start := s.LSN()
	folder := t.TempDir()
	database := filepath.Join(folder, "wal.duckdb")
	convert := []string{"convert", s.Data(), "-o", database, "--start", start, "--quiet"}
	rounds := func(n int) {
		t.Helper()
		stop := writing(s)
		defer stop()
		for range n {
			program(t, folder, 0, convert...)
		}
	}
	rounds(6)
	s.Crash()
	if err := os.WriteFile(filepath.Join(s.Data(), "standby.signal"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s.Restart()
	program(t, folder, 0, convert...)
	s.Promote()
	rounds(6)
	s.SQL("postgres", "INSERT INTO t VALUES (0, 'the end')")
	end := s.LSN()
	program(t, folder, 0, convert...)

	_, turn := rows(t, database, "SELECT 0, lsn_text(min(start_lsn)) FROM wal WHERE resource_manager = 'XLOG' AND record_type = 'END_OF_RECOVERY'")
	if turn == "" {
		t.Fatal("no promotion is in the WAL")
	}
	sameAsDump(t, database, s, 1, start, turn)
	sameAsDump(t, database, s, 2, turn, end)
	if n, first := rows(t, database, "SELECT count(*), min(lsn_text(start_lsn)) FROM (SELECT start_lsn FROM wal GROUP BY 1 HAVING count(*) > 1)"); n != 0 {
		t.Errorf("%d records are there twice, the first at %s", n, first)
	}
	if n, _ := rows(t, database, "SELECT count(*), NULL FROM wal_gaps"); n != 0 {
		t.Errorf("%d gaps", n)
	}
}

// A server removes segments while they are converted, and gives their files the names of
// later ones: the rows are those of WAL of its place, and what was removed is said.
func TestConvertWhileAServerRecycles(t *testing.T) {
	s := liveServer(t, "")
	s.Configure("wal_keep_size=6MB\nmax_wal_size=4MB\nmin_wal_size=4MB\n")
	s.SQL("postgres", "SELECT pg_reload_conf()")
	folder := t.TempDir()
	stop := writing(s)
	defer stop()
	whole := 0
	for i := range 10 {
		database := filepath.Join(folder, fmt.Sprintf("%d.duckdb", i))
		text, code := outcome(t, folder, "convert", s.WAL(), "-o", database, "--quiet", "--no-blocks")
		const removed = "the server removed this segment before it was read; convert its archive, too"
		if code != 0 && !strings.Contains(text, removed) {
			t.Errorf("run %d: exit code %d: %s", i, code, text)
		}
		if _, err := os.Stat(database); err != nil {
			continue // all segments were removed
		}
		gaps, first := rows(t, database, "SELECT count(*), min(lsn_text(last_lsn)) FROM wal_gaps")
		if gaps > int64(strings.Count(text, removed)) {
			t.Errorf("run %d: %d gaps, the first at %s: %s", i, gaps, first, text)
		}
		if n, _ := rows(t, database, "SELECT count(*), NULL FROM wal WHERE prev_lsn >= start_lsn"); n != 0 {
			t.Errorf("run %d: %d rows of old WAL", i, n)
		}
		if code == 0 {
			whole++
		}
	}
	t.Logf("%d runs had all segments", whole)
}
