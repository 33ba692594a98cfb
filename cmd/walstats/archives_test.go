//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"walstats/cmd/walstats/session"
	"walstats/test/postgres"
)

// tool returns the path of a program of a Debian package, or skips the test.
func tool(t *testing.T, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s; on Debian: apt-get install %s", name, debian)
	}
	return path
}

// as runs a program as the server's user.
func as(s *postgres.Server, program string, args ...string) {
	s.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = filepath.Dir(s.Data()), append(s.Environment(), "HOME="+filepath.Dir(s.Data()))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.Credential}
	if out, err := cmd.CombinedOutput(); err != nil {
		s.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
}

// folderOf makes a folder beside the server's data that belongs to its user.
func folderOf(s *postgres.Server, name string) string {
	s.Helper()
	folder := filepath.Join(filepath.Dir(s.Data()), name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		s.Fatal(err)
	}
	if s.Credential != nil {
		if err := os.Chown(folder, int(s.Credential.Uid), int(s.Credential.Gid)); err != nil {
			s.Fatal(err)
		}
	}
	return folder
}

// work writes some segments, and waits until the last of them is in the archive, if there
// is one. It returns the LSNs before and after it.
func work(s *postgres.Server, archived bool) (start, end string) {
	s.Helper()
	start = s.LSN()
	s.SQL("postgres", "CREATE TABLE t AS SELECT i, repeat('x', i % 300) FROM generate_series(1, 20000) i; CHECKPOINT; UPDATE t SET i = -i WHERE i % 3 = 0")
	end = s.LSN()
	last := s.SQL("postgres", "SELECT pg_walfile_name(pg_switch_wal())")
	if archived {
		s.SQL("postgres", "DO $$ BEGIN FOR i IN 1..600 LOOP PERFORM pg_stat_clear_snapshot(); EXIT WHEN (SELECT last_archived_wal >= '"+last+"' FROM pg_stat_archiver); PERFORM pg_sleep(0.1); END LOOP; END $$")
		if got := s.SQL("postgres", "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver"); got < last {
			s.Fatalf("archived up to %q, not %q", got, last)
		}
	}
	return start, end
}

// readsArchive checks the records of an archive, as it lies, against pg_waldump of the
// server's own folder; and that convert, top and inspect take it.
func readsArchive(s *postgres.Server, archive, start, end string) {
	t := s.TB.(*testing.T)
	t.Helper()
	folder := t.TempDir()
	dump := filepath.Join(folder, "wal.dump")
	if err := os.WriteFile(dump, []byte(s.Dump(start, end)), 0o600); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("SELECT * FROM read_wal(%s, start_lsn := '%s', end_lsn := '%s')", session.Quote(archive), start, end)
	got = strings.Replace(got, "*", "* EXCLUDE (end_lsn, main_data_length, timeline)", 1)
	want := "SELECT * FROM read_waldump(" + session.Quote(dump) + ")"
	sameRows(t, "read_wal", "", got, want)
	if n, _ := rows(t, "", "SELECT count(*), NULL FROM ("+got+")"); n < 20000 {
		t.Errorf("%d rows", n)
	}
	program(t, folder, 0, "convert", archive, "-o", "wal.duckdb", "--quiet")
	n, _ := rows(t, filepath.Join(folder, "wal.duckdb"), fmt.Sprintf("SELECT count(*), NULL FROM wal WHERE start_lsn >= lsn('%s') AND start_lsn < lsn('%s')", start, end))
	if want, _ := rows(t, "", "SELECT count(*), NULL FROM ("+want+")"); n != want {
		t.Errorf("convert has %d rows, want %d", n, want)
	}
	if text := program(t, folder, 0, "top", archive, "--quiet"); !strings.Contains(text, "public.t ") {
		t.Errorf("top: %s", text)
	}
	if text := program(t, folder, 0, "inspect", archive); !strings.Contains(text, "PostgreSQL 15") {
		t.Errorf("inspect: %s", text)
	}
}

// pg_receivewal streams into a folder, plain and compressed; the segment that it is
// writing is a .partial file.
func TestArchiveOfReceivewal(t *testing.T) {
	for _, compression := range []string{"gzip", "lz4"} {
		t.Run(compression, func(t *testing.T) {
			s := postgres.Start(t, "wal_level=replica\nwal_keep_size=1GB\n", "--wal-segsize=1")
			s.SQL("postgres", "SELECT pg_create_physical_replication_slot('archive', true)")
			folder := folderOf(s, "archive")
			start, end := work(s, false)
			s.Run("", "pg_receivewal", "--directory", folder, "--slot", "archive", "--endpos", s.LSN(), "--no-loop", "--compress="+compression)
			readsArchive(s, folder, start, end)
		})
	}
}

// pgBackRest's archive has a folder a database, a folder for 4 GB, and files with a
// checksum in their names.
func TestArchiveOfPgBackRest(t *testing.T) {
	pgbackrest := tool(t, "pgbackrest", "pgbackrest")
	for _, compression := range []string{"gz", "zst"} {
		t.Run(compression, func(t *testing.T) {
			s := postgres.Start(t, "wal_level=replica\nwal_keep_size=1GB\narchive_mode=on\n", "--wal-segsize=1")
			repository, logs := folderOf(s, "repository"), folderOf(s, "logs")
			config := filepath.Join(logs, "pgbackrest.conf")
			settings := fmt.Sprintf("[global]\nrepo1-path=%s\nlog-path=%s\nlock-path=%s\ncompress-type=%s\n[main]\npg1-path=%s\npg1-port=%d\npg1-socket-path=%s\npg1-user=postgres\n",
				repository, logs, logs, compression, s.Data(), s.Port, filepath.Dir(s.Data()))
			if err := os.WriteFile(config, []byte(settings), 0o644); err != nil {
				t.Fatal(err)
			}
			as(s, pgbackrest, "--config="+config, "--stanza=main", "stanza-create")
			s.SQL("postgres", "ALTER SYSTEM SET archive_command = '"+pgbackrest+" --config="+config+" --stanza=main archive-push %p'")
			s.SQL("postgres", "SELECT pg_reload_conf()")
			start, end := work(s, true)
			readsArchive(s, repository, start, end)
		})
	}
}

// Barman's folder wals has a folder for 4 GB, and files that may be compressed without
// an ending that says so.
func TestArchiveOfBarman(t *testing.T) {
	barman := tool(t, "barman", "barman")
	for _, compression := range []string{"none", "gzip"} {
		t.Run(compression, func(t *testing.T) {
			s := postgres.Start(t, "wal_level=replica\nwal_keep_size=1GB\narchive_mode=on\n", "--wal-segsize=1")
			home := folderOf(s, "barman")
			incoming := folderOf(s, "barman/main/incoming")
			folderOf(s, "barman/main")
			settings := fmt.Sprintf("[barman]\nbarman_home = %s\nbarman_user = postgres\nlog_file = %s/log\nconfiguration_files_directory = %s\n"+
				"[main]\ndescription = main\nconninfo = host=127.0.0.1 port=%d user=postgres dbname=postgres\narchiver = on\nbackup_method = rsync\nssh_command = true\n", home, home, home, s.Port)
			if compression != "none" {
				settings += "compression = " + compression + "\n"
			}
			config := filepath.Join(home, "barman.conf")
			if err := os.WriteFile(config, []byte(settings), 0o644); err != nil {
				t.Fatal(err)
			}
			s.SQL("postgres", "ALTER SYSTEM SET archive_command = 'cp %p "+incoming+"/%f'")
			s.SQL("postgres", "SELECT pg_reload_conf()")
			start, end := work(s, true)
			as(s, barman, "--config", config, "archive-wal", "main")
			readsArchive(s, filepath.Join(home, "main", "wals"), start, end)
		})
	}
}
