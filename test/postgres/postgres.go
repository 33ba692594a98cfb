//go:build linux

// Package postgres starts a real PostgreSQL 15 server for a test, and takes it down with
// the test.
package postgres

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bin is where Debian's package postgresql-15 has its programs.
const bin = "/usr/lib/postgresql/15/bin"

// Password is the superuser's. It has all that a URL must escape, and it must never be
// seen in any output.
const Password = `p@ss/w:rd "%41'`

// A Server listens on a port of this machine. Its superuser is postgres; it has no
// autovacuum and no checkpoint of its own accord, so that the WAL is the test's own.
type Server struct {
	*Cluster
	Port    int
	process *exec.Cmd
}

// Start starts a server with the settings, lines of postgresql.conf, and options of
// initdb, or skips the test where none is installed. It ends with the test, and with the
// process, whatever happens.
func Start(t testing.TB, settings string, initdb ...string) *Server {
	t.Helper()
	if _, err := os.Stat(bin); err != nil {
		t.Skip("no PostgreSQL 15 in " + bin + "; on Debian: apt-get install postgresql-15")
	}
	s := &Server{Port: freePort(t)}
	s.Cluster = NewCluster(t, bin, func(folder string) []string {
		password := filepath.Join(folder, "password")
		if err := os.WriteFile(password, []byte(Password), 0o644); err != nil {
			t.Fatal(err)
		}
		return append([]string{"--username=postgres", "--auth=scram-sha-256", "--pwfile", password}, initdb...)
	})
	// What psql needs to find the server.
	s.environment = append(s.environment, "PATH="+bin+":"+os.Getenv("PATH"),
		"PGHOST=127.0.0.1", fmt.Sprintf("PGPORT=%d", s.Port), "PGUSER=postgres", "PGPASSWORD="+Password)
	s.Configure("fsync=off\nautovacuum=off\ncheckpoint_timeout=1d\nlisten_addresses='127.0.0.1'\n" +
		fmt.Sprintf("port=%d\nunix_socket_directories='%s'\n", s.Port, s.folder) + settings)
	s.begin()
	s.Cleanup(func() { s.end(syscall.SIGINT) }) // with a checkpoint, but waiting for no client
	return s
}

// Crash ends the server at once, as a power failure would, and Restart starts it again.
func (s *Server) Crash() { s.end(syscall.SIGQUIT) }

// Restart starts a server that has ended.
func (s *Server) Restart() {
	s.Helper()
	s.begin()
}

// Promote makes a standby the primary of a new timeline.
func (s *Server) Promote() {
	s.Helper()
	s.Run("", "pg_ctl", "promote", "--wait", "--pgdata", s.Data())
}

func (s *Server) end(signal os.Signal) {
	s.process.Process.Signal(signal)
	s.process.Wait()
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func (s *Server) begin() {
	s.Helper()
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", s.Data())
	cmd.Dir = s.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.Credential, Pdeathsig: syscall.SIGQUIT}
	log, err := os.Create(filepath.Join(s.folder, "log"))
	if err != nil {
		s.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	s.process = cmd
	for range 1200 {
		ready := exec.Command(filepath.Join(bin, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port))
		if ready.Run() == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	text, _ := os.ReadFile(log.Name())
	s.Fatalf("the server did not start:\n%s", text)
}

// URL returns the address of a database, password included.
func (s *Server) URL(database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", Password),
		Host: fmt.Sprintf("127.0.0.1:%d", s.Port), Path: "/" + database,
	}).String()
}

// SQL runs statements in a database, each committed by itself, and gives what psql
// prints: a line a row, | between its values.
func (s *Server) SQL(database, statements string) string {
	s.Helper()
	return strings.TrimSuffix(s.Run(statements, "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database), "\n")
}

// LSN returns the end of the WAL that is on disk.
func (s *Server) LSN() string {
	s.Helper()
	return s.SQL("postgres", "SELECT pg_current_wal_flush_lsn()")
}

// Dump returns what pg_waldump prints of the WAL from start to end.
func (s *Server) Dump(start, end string) string {
	s.Helper()
	return s.Run("", "pg_waldump", "--path", s.WAL(), "--start", start, "--end", end)
}

// From returns a server that is not started, with a copy of a base backup as its data
// directory and the settings of s.
func (s *Server) From(backup string) *Server {
	s.Helper()
	folder, err := os.MkdirTemp("", "walstats.postgres.")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { os.RemoveAll(folder) })
	if s.Credential != nil {
		if err := os.Chown(folder, int(s.Credential.Uid), int(s.Credential.Gid)); err != nil {
			s.Fatal(err)
		}
	}
	if out, err := exec.Command("cp", "-a", backup, filepath.Join(folder, "data")).CombinedOutput(); err != nil {
		s.Fatalf("cp: %v: %s", err, out)
	}
	cluster := *s.Cluster
	cluster.folder = folder
	return &Server{Cluster: &cluster, Port: s.Port}
}
