//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Every command says of a data directory that its user may not read what to do: of the
// directory, of its pg_wal, and of the segments in it.
func TestWithoutRights(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	const other = 65534
	folder := t.TempDir()
	program, data := filepath.Join(folder, "walstats"), filepath.Join(folder, "main")
	segment := filepath.Join(data, "pg_wal", "00000001000000000000000D.zst")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile("../../test/data/demo/" + filepath.Base(segment))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(segment), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(segment, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(self, program); err != nil { // go test's own folder is root's
		t.Skip(err)
	}
	run := func(command string) (string, error) {
		arguments := append(strings.Fields(command), data)
		cmd := exec.Command(program, arguments...)
		cmd.Env = []string{"WALSTATS_TEST_MAIN=1", "HOME=/tmp", "TMPDIR=/tmp"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: other, Gid: other}}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for path := filepath.Dir(folder); path != "/tmp" && path != "/"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := run("top"); err != nil || !strings.Contains(out, "of WAL in") {
		t.Fatalf("with all rights: %v: %s", err, out)
	}
	for _, path := range []string{segment, filepath.Dir(segment), data} {
		if err := os.Chmod(path, 0o700); err != nil {
			t.Fatal(err)
		}
		want := "walstats: " + path + ": permission denied; run this as a user who may read it, as with sudo -u postgres, or give a copy\n"
		for _, command := range []string{"top", "report -o " + folder + "/r.html", "stats", "inspect", "convert -o " + folder + "/wal.duckdb", "ranges"} {
			if out, err := run(command); err == nil || !strings.HasPrefix(out, want) {
				t.Errorf("%s: %v: %q, want %q", command, err, out, want)
			}
		}
	}
}
