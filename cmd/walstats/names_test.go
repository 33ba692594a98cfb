//go:build linux

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"walstats/cmd/walstats/names"
	"walstats/test/postgres"
)

// TestNamesCommand types walstats names against a real server.
func TestNamesCommand(t *testing.T) {
	server := postgres.Start(t, "")
	folder := t.TempDir()
	file := filepath.Join(folder, "names.csv")
	wrong := strings.Replace(server.URL("postgres"), "postgres:p", "postgres:Wr0ngp", 1)
	for _, step := range []struct {
		args           []string
		code           int
		stdout, stderr string // a part; empty: all there is
	}{
		{[]string{"--sql"}, 0, "pg_relation_filenode", ""},
		{[]string{server.URL("postgres")}, 0, "\n1664,0,1260,1260,,pg_catalog,pg_authid,table,pg_catalog,pg_authid,,\n", ""},
		{[]string{server.URL("postgres"), "-o", file}, 0, "", ""},
		{[]string{wrong, "-o", filepath.Join(folder, "none.csv")}, 1, "", "password authentication failed"},
		{[]string{server.URL("postgres"), "-o", filepath.Join(folder, "none", "names.csv")}, 1, "", "no such folder; make it first"},
		{nil, 2, "", "give the server's URL, postgres://user@host/database, or --sql alone; see walstats --help"},
		{[]string{"--sql", server.URL("postgres")}, 2, "", "give the server's URL"},
	} {
		cmd := exec.Command(os.Args[0], append([]string{"names"}, step.args...)...)
		cmd.Env = append(os.Environ(), "WALSTATS_TEST_MAIN=1")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != step.code {
			t.Errorf("%q: exit code %d, want %d", step.args, code, step.code)
		}
		for _, stream := range []struct{ name, got, want string }{
			{"stdout", stdout.String(), step.stdout}, {"stderr", stderr.String(), step.stderr},
		} {
			if !strings.Contains(stream.got, stream.want) || stream.want == "" && stream.got != "" {
				t.Errorf("%q: %s: %q, want %q", step.args, stream.name, stream.got, stream.want)
			}
			if strings.Contains(stream.got, postgres.Password) || strings.Contains(stream.got, "Wr0ng") {
				t.Errorf("%q: the password is in %s: %q", step.args, stream.name, stream.got)
			}
		}
	}
	if relations, err := names.Read(t.Context(), file, func(string) {}); err != nil || len(relations) < 100 {
		t.Errorf("%d names, %v", len(relations), err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*")); len(left) != 1 {
		t.Errorf("left over: %v", left)
	}
}
