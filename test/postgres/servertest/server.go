// Package servertest runs a real PostgreSQL server for tests of its WAL.
package servertest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"walstats/record"
	"walstats/test/postgres"
)

// A Server is a real PostgreSQL with WAL segments of 1 MiB, so that many records cross
// their ends. It runs only while it executes SQL: postgres --single has no port and
// ends with its input.
type Server struct {
	*postgres.Cluster
	bin string
	End record.LSN // of WAL, as the last dump that reached it said
}

func New(t testing.TB) *Server {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Skip("no PostgreSQL server is installed in /usr/lib/postgresql (on Debian: apt-get install postgresql-15)")
	}
	s := &Server{bin: filepath.Dir(found[len(found)-1])}
	s.Cluster = postgres.NewCluster(t, s.bin, func(string) []string { return []string{"--wal-segsize=1", "--auth=trust"} })
	s.Configure("wal_level=logical\nfsync=off\nmax_prepared_transactions=5\nmax_wal_size=1GB\nwal_keep_size=1GB\n")
	return s
}

// Write makes an empty file in the data directory, the server's own.
func (s *Server) Write(name string) {
	s.Helper()
	path := filepath.Join(s.Data(), name)
	Write(s, path, nil)
	if s.Credential != nil {
		if err := os.Chown(path, int(s.Credential.Uid), int(s.Credential.Gid)); err != nil {
			s.Fatal(err)
		}
	}
}

// Exec executes SQL, a statement a line.
func (s *Server) Exec(statements ...string) {
	s.Helper()
	s.Run(strings.Join(statements, "\n")+"\n", "postgres", "--single", "-D", s.Data(), "postgres")
}

// Work makes some 30 segments: rows, images, and messages longer than a segment.
func (s *Server) Work() {
	s.Helper()
	s.Exec(
		"CREATE TABLE t (a int, b text)",
		"INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 40000) i",
		"SELECT pg_logical_emit_message(false, 'long', repeat('y', 3500000)) IS NULL",
		"CREATE INDEX ON t (a)",
		"CHECKPOINT",
		"UPDATE t SET b = 'z' WHERE a % 3 = 0",
		"SELECT pg_switch_wal()",
		"SELECT pg_logical_emit_message(true, E'line\\nfeed, blkref #0: rel 1/2/3 blk 4', repeat('y', 1100000)) IS NULL",
		"INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i",
	)
}

// Segments returns the names of the segments in pg_wal.
func (s *Server) Segments() (names []string) {
	s.Helper()
	found, err := filepath.Glob(filepath.Join(s.WAL(), strings.Repeat("[0-9A-F]", 24)))
	if err != nil || len(found) == 0 {
		s.Fatalf("%v: %v", found, err)
	}
	for _, path := range found {
		names = append(names, filepath.Base(path))
	}
	return names
}

// Dump runs pg_waldump and returns the file of what it prints. pg_waldump fails at the end
// of WAL, as it should; Dump then sets End.
func (s *Server) Dump(args ...string) string {
	s.Helper()
	cmd := exec.Command(filepath.Join(s.bin, "pg_waldump"), args...)
	cmd.Env = s.Environment()
	text, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		_, reason, found := strings.Cut(string(exit.Stderr), "invalid record length at ")
		if found {
			s.End = Parse(s, strings.Split(reason, ":")[0])
		} else if !strings.Contains(string(exit.Stderr), "could not find file") {
			s.Fatalf("pg_waldump %q: %s", args, exit.Stderr)
		}
	} else if err != nil {
		s.Fatal(err)
	}
	path := filepath.Join(s.TempDir(), "wal.dump")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

// CopyWAL copies the segments into a folder of the test's.
func (s *Server) CopyWAL(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range s.Segments() {
		text, err := os.ReadFile(filepath.Join(s.WAL(), name))
		if err != nil {
			t.Fatal(err)
		}
		Write(t, filepath.Join(folder, name), text)
	}
	return folder
}

func Write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// LSN returns where a segment of 1 MiB begins.
func LSN(t testing.TB, name string) string {
	t.Helper()
	low, err := strconv.ParseUint(name[16:], 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("0/%08X", low<<20)
}

func Parse(t testing.TB, text string) record.LSN {
	t.Helper()
	at, err := record.ParseLSN([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return at
}
