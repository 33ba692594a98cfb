//go:build unix

package postgres

import (
	"bytes"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A Cluster is a data directory that initdb has made for a test. It is removed with the
// test.
type Cluster struct {
	testing.TB
	Credential *syscall.Credential // whose it is; nil for our own: PostgreSQL refuses to run as root

	bin, folder string
	environment []string // of its programs, beside ours
}

// NewCluster makes one with the programs in the folder bin. begin is called with the
// folder that it will be in, before initdb, and says how to run that.
func NewCluster(t testing.TB, bin string, begin func(folder string) (initdb []string)) *Cluster {
	t.Helper()
	folder, err := os.MkdirTemp("", "walstats.postgres.") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	c := &Cluster{TB: t, bin: bin, folder: folder, environment: []string{"TZ=UTC", "LC_ALL=C"}}
	if os.Getuid() == 0 {
		c.becomePostgres()
	}
	c.Run("", "initdb", append([]string{"--pgdata", c.Data(), "--no-sync", "--encoding=UTF8", "--locale=C"}, begin(folder)...)...)
	return c
}

func (c *Cluster) becomePostgres() {
	c.Helper()
	postgres, err := user.Lookup("postgres")
	if err != nil {
		c.Skip("PostgreSQL does not run as root, and there is no user postgres")
	}
	uid, _ := strconv.Atoi(postgres.Uid)
	gid, _ := strconv.Atoi(postgres.Gid)
	c.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(c.folder, uid, gid); err != nil {
		c.Fatal(err)
	}
}

// Data returns the data directory.
func (c *Cluster) Data() string { return filepath.Join(c.folder, "data") }

// WAL returns the folder of its segments.
func (c *Cluster) WAL() string { return filepath.Join(c.Data(), "pg_wal") }

// Configure adds settings, lines of postgresql.conf.
func (c *Cluster) Configure(settings string) {
	c.Helper()
	file, err := os.OpenFile(filepath.Join(c.Data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		c.Fatal(err)
	}
	if _, err := file.WriteString(settings); err != nil {
		c.Fatal(err)
	}
	if err := file.Close(); err != nil {
		c.Fatal(err)
	}
}

// Environment returns the variables that its programs run with.
func (c *Cluster) Environment() []string { return append(os.Environ(), c.environment...) }

// Run runs one of its programs, which has to succeed: postgres --single does, it says,
// even where a statement had an error.
func (c *Cluster) Run(stdin, program string, args ...string) (stdout string) {
	c.Helper()
	cmd := exec.Command(filepath.Join(c.bin, program), args...)
	cmd.Dir, cmd.Env = c.folder, c.Environment()
	cmd.Stdin = strings.NewReader(stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.Credential}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil || strings.Contains(stderr.String(), "ERROR:") {
		c.Fatalf("%s %q: %v\n%s", program, args, err, stderr.Bytes())
	}
	return string(text)
}
