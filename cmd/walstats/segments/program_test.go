package segments

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fake makes a program that prints a version.
func fake(t *testing.T, path, printed string) string {
	t.Helper()
	script := fmt.Sprintf("#!/bin/sh\necho '%s'\n", printed)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	defer func(old []string) { folders = old }(folders)
	folders = []string{filepath.Join(root, "*", "bin")}
	t.Setenv("PATH", filepath.Join(root, "path"))

	find := func(given, version string) string {
		path, err := Find(given, version)
		if err != nil {
			return "error: " + strings.ReplaceAll(err.Error(), root, "")
		}
		return strings.TrimPrefix(path, root)
	}
	check := func(given, version, want string) {
		t.Helper()
		if got := find(given, version); !strings.Contains(got, want) {
			t.Errorf("Find(%q, %s) = %s\nwant %s", given, version, got, want)
		}
	}
	check("", "15", "there is no pg_waldump, which reads the WAL of PostgreSQL 15; install that version's (on Debian: apt-get install postgresql-15), or name it with --pg-waldump FILE")
	fake(t, root+"/14/bin/pg_waldump", "pg_waldump (PostgreSQL) 14.24 (Debian 14.24-1)")
	check("", "15", "/14/bin/pg_waldump is of PostgreSQL 14, the WAL is of 15; install that version's")
	fake(t, root+"/15/bin/pg_waldump", "pg_waldump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)")
	fake(t, root+"/9.6/bin/pg_xlogdump", "pg_xlogdump (PostgreSQL) 9.6.24")
	fake(t, root+"/19/bin/pg_waldump", "pg_waldump (PostgreSQL) 19beta1")
	check("", "15", "/15/bin/pg_waldump")
	check("", "14", "/14/bin/pg_waldump")
	check("", "9.6", "/9.6/bin/pg_xlogdump")
	check("", "19", "/19/bin/pg_waldump")
	fake(t, root+"/path/pg_waldump", "pg_waldump (PostgreSQL) 15.1")
	check("", "15", "/path/pg_waldump")
	check("", "14", "/14/bin/pg_waldump")
	other := fake(t, root+"/mine", "pg_waldump (PostgreSQL) 16.2")
	check(other, "16", "/mine")
	check(other, "15", "/mine is of PostgreSQL 16, the WAL is of 15; install that version's (on Debian: apt-get install postgresql-15)")
	check(fake(t, root+"/echo", "hello"), "15", `/echo: is no pg_waldump: --version prints "hello\n"`)
	check(root+"/none", "15", "/none: is no pg_waldump that runs: ")
}

// The numbers in the pages of every version's WAL.
func TestVersion(t *testing.T) {
	for magic, want := range map[uint16]string{0xD087: "9.5", 0xD110: "15", 0xD118: "18", 0xD1FF: ""} {
		f := newFolder(t, 16*mib)
		f.file("000000010000000000000005", magic, 0x5000000, 1)
		c, err := Open(f.path, Part{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Version()
		if got != want || (err == nil) == (want == "") || err != nil && !strings.Contains(err.Error(), "unknown version of PostgreSQL (page magic D1FF)") {
			t.Errorf("%X: %q, %v", magic, got, err)
		}
	}
}
