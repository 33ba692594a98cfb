package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript" // scripts of commands, with what they must print
)

// TestMain is walstats itself where a test starts this binary again.
func TestMain(m *testing.M) {
	if os.Getenv("WALSTATS_TEST_MAIN") != "" {
		main()
		os.Exit(0)
	}
	testscript.Main(m, map[string]func(){"walstats": main})
}

// TestScripts runs testdata/script: what a person types, and what comes of it. $DATA is
// test/data, with real dumps, $WAL is wal/testdata, with real segments; $EXTENSION is the built extension, where [extension] says
// that there is one.
func TestScripts(t *testing.T) {
	data, err := filepath.Abs("../../test/data")
	if err != nil {
		t.Fatal(err)
	}
	extension := os.Getenv("WALDUMP_EXTENSION")
	if extension == "" {
		extension = filepath.Join(data, "../../dist/waldump.duckdb_extension")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("DATA", data)
			env.Setenv("WAL", filepath.Join(data, "../../wal/testdata"))
			env.Setenv("EXTENSION", extension)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "extension" {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			_, err := os.Stat(extension)
			return err == nil, nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits,
			"sql":   query,
		},
	})
}

// exits runs a command that must end with an exit code: exits 3 walstats stats bad.dump
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// TestProgram types what a person types: the same commands, one after the other, in
// one folder.
func TestProgram(t *testing.T) {
	folder := t.TempDir()
	dump, err := os.ReadFile(unpacked(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"wal.dump": dump, "bad.dump": []byte("no record\n")} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		args, stdin    string
		code           int
		stdout, stderr string // a part; empty: all there is
	}{
		{"version", "", 0, "walstats unknown\nDuckDB v1.", ""},
		{"", "", 0, "Usage:\n  walstats", ""},
		{"--help", "", 0, "convert ", ""},
		{"ranges wal.dump --parts 2", "", 0, `"begin":0,`, ""},

		{"convert wal.dump", "", 2, "", "walstats: no output is given: add -o wal.duckdb; see walstats --help\n"},
		{"convert", "", 2, "", "walstats: no input is given: name WAL or a dump, or - for the standard input; see walstats --help\n"},
		{"convert wal.dump --bogus", "", 2, "", "walstats: unknown flag: --bogus; see walstats --help\n"},
		{"bogus", "", 2, "", `unknown command "bogus" for "walstats"; see walstats --help`},
		{"version now", "", 2, "", "; see walstats --help\n"},
		{"ranges wal.dump --parts 0", "", 2, "", "walstats: --parts 0: give at least 1; see walstats --help\n"},
	} {
		t.Run("walstats "+step.args, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], strings.Fields(step.args)...)
			cmd.Dir, cmd.Env = folder, append(os.Environ(), "WALSTATS_TEST_MAIN=1")
			cmd.Stdin = strings.NewReader(step.stdin)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
				t.Fatal(err)
			}
			if code := cmd.ProcessState.ExitCode(); code != step.code {
				t.Errorf("exit code %d, want %d", code, step.code)
			}
			for _, stream := range []struct{ name, got, want string }{
				{"stdout", stdout.String(), step.stdout}, {"stderr", stderr.String(), step.stderr},
			} {
				if !strings.Contains(stream.got, stream.want) || stream.want == "" && stream.got != "" {
					t.Errorf("%s: %q, want %q", stream.name, stream.got, stream.want)
				}
			}
		})
	}
	// What failed left no files.
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got, want := strings.Join(names, " "), "bad.dump wal.dump"; got != want {
		t.Errorf("in the folder: %s\nwant %s", got, want)
	}
}
