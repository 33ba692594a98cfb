//go:build linux

// Package postgres starts a real PostgreSQL 15 server for a test, and takes it down with
// the test.
package postgres

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
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
	testing.TB
	Port       int
	folder     string
	credential *syscall.Credential // of the user postgres: the server refuses to run as root
}

// Start starts a server with the settings, lines of postgresql.conf, or skips the test
// where none is installed. It ends with the test, and with the process, whatever happens.
func Start(t testing.TB, settings string) *Server {
	t.Helper()
	if _, err := os.Stat(bin); err != nil {
		t.Skip("no PostgreSQL 15 in " + bin + "; on Debian: apt-get install postgresql-15")
	}
	folder, err := os.MkdirTemp("", "walstats.postgres.") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	s := &Server{TB: t, Port: freePort(t), folder: folder}
	if os.Getuid() == 0 {
		s.becomePostgres()
	}
	password := filepath.Join(folder, "password")
	if err := os.WriteFile(password, []byte(Password), 0o644); err != nil {
		t.Fatal(err)
	}
	s.Run("", "initdb", "--pgdata", s.data(), "--username=postgres", "--auth=scram-sha-256", "--pwfile", password, "--no-sync", "--encoding=UTF8", "--locale=C")
	s.configure("fsync=off\nautovacuum=off\ncheckpoint_timeout=1d\nlisten_addresses='127.0.0.1'\n" +
		fmt.Sprintf("port=%d\nunix_socket_directories='%s'\n", s.Port, folder) + settings)
	s.start()
	return s
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

func (s *Server) becomePostgres() {
	s.Helper()
	postgres, err := user.Lookup("postgres")
	if err != nil {
		s.Skip("PostgreSQL does not run as root, and there is no user postgres")
	}
	uid, _ := strconv.Atoi(postgres.Uid)
	gid, _ := strconv.Atoi(postgres.Gid)
	s.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(s.folder, uid, gid); err != nil {
		s.Fatal(err)
	}
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

func (s *Server) configure(settings string) {
	s.Helper()
	file, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		s.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(settings); err != nil {
		s.Fatal(err)
	}
}

func (s *Server) start() {
	s.Helper()
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", s.data())
	cmd.Dir = s.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.credential, Pdeathsig: syscall.SIGQUIT}
	log, err := os.Create(filepath.Join(s.folder, "log"))
	if err != nil {
		s.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGINT) // with a checkpoint, but waiting for no client
		cmd.Wait()
	})
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

// URL is that of a database, password included.
func (s *Server) URL(database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", Password),
		Host: fmt.Sprintf("127.0.0.1:%d", s.Port), Path: "/" + database,
	}).String()
}

// Environment is what psql needs to find the server.
func (s *Server) Environment() []string {
	return append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "TZ=UTC", "LC_ALL=C",
		"PGHOST=127.0.0.1", fmt.Sprintf("PGPORT=%d", s.Port), "PGUSER=postgres", "PGPASSWORD="+Password)
}

// Run runs one of the server's programs, which has to succeed.
func (s *Server) Run(stdin, program string, args ...string) (stdout string) {
	s.Helper()
	cmd := exec.Command(filepath.Join(bin, program), args...)
	cmd.Dir, cmd.Env = s.folder, s.Environment()
	cmd.Stdin = strings.NewReader(stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.credential}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		s.Fatalf("%s %q: %v\n%s", program, args, err, stderr.Bytes())
	}
	return string(text)
}

// SQL runs statements in a database, each committed by itself, and gives what psql
// prints: a line a row, | between its values.
func (s *Server) SQL(database, statements string) string {
	s.Helper()
	return strings.TrimSuffix(s.Run(statements, "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database), "\n")
}

// LSN is the end of what is written so far.
func (s *Server) LSN() string {
	s.Helper()
	return s.SQL("postgres", "SELECT pg_current_wal_flush_lsn()")
}

// Dump is what pg_waldump prints of the WAL from start to end.
func (s *Server) Dump(start, end string) string {
	s.Helper()
	return s.Run("", "pg_waldump", "--path", filepath.Join(s.data(), "pg_wal"), "--start", start, "--end", end)
}
