package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// walstats is the program, in a folder.
func walstats(folder string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), "WALSTATS_TEST_MAIN=1")
	return cmd
}

func run(t *testing.T, folder string, args ...string) {
	t.Helper()
	if out, err := walstats(folder, args...).CombinedOutput(); err != nil {
		t.Fatalf("walstats %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// kill runs walstats and kills it after a time. It returns false if it had ended by then.
func kill(t *testing.T, folder string, after time.Duration, args ...string) bool {
	t.Helper()
	cmd := walstats(folder, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill()
	return cmd.Wait() != nil
}

func rowsOf(t *testing.T, source, query string) string {
	t.Helper()
	rows, err := printed(source, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return rows
}

// An output of each kind that resumes, and what is in it.
var resumed = []struct {
	output, source   string // of the queries
	contents, broken string
	kills            int
	flags            []string
}{
	{"wal.duckdb", "wal.duckdb", `SELECT count(*), sum(hash(wal)::HUGEINT), (SELECT count(*) || ' ' || sum(hash(wal_blocks)::HUGEINT) FROM wal_blocks), (SELECT list((path, rows) ORDER BY path)::VARCHAR FROM _walstats_inputs) FROM wal`,
		`SELECT filename, count(*), any_value(rows) FROM wal FULL JOIN _walstats_inputs ON path = filename GROUP BY 1 HAVING NOT coalesce(count(*) = any_value(rows), false)`, 20, nil},
	{"input.parquet", "", `SELECT count(*), sum(hash(wal)::HUGEINT) FROM 'input.parquet/*.parquet' AS wal`,
		`SELECT path, rows FROM 'input.parquet/_walstats_inputs.json' EXCEPT SELECT filename, count(*) FROM 'input.parquet/*.parquet' GROUP BY 1`, 5, []string{"--partition", "input"}},
	{"hour.parquet", "", `SELECT count(*), sum(hash(wal)::HUGEINT) FROM 'hour.parquet/*/*.parquet' AS wal`,
		`SELECT path, rows FROM 'hour.parquet/_walstats_inputs.json' EXCEPT SELECT filename, count(*) FROM 'hour.parquet/*/*.parquet' GROUP BY 1`, 5, []string{"--partition", "hour"}},
}

// A run that is killed at any moment leaves whole inputs only, and the next run ends
// with what an undisturbed one has. Half of the runs begin on an output whose inputs
// have changed since.
func TestKilled(t *testing.T) {
	data, err := filepath.Abs("../../test/data")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, kind := range resumed {
		t.Run(kind.output, func(t *testing.T) {
			folder := t.TempDir()
			t.Chdir(folder)
			inputs := []string{"a.waldump.gz", "b.waldump.gz", "c.waldump.gz"}
			put := func(versions ...string) {
				t.Helper()
				for i, version := range versions {
					from, err := os.ReadFile(version)
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(inputs[i], from, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			before := []string{data + "/slices/pg16-bkp.waldump.gz", data + "/slices/pg16.waldump.gz", data + "/slices/pg16-Asia_Kolkata.waldump.gz"}
			after := []string{data + "/slices/pg16.waldump.gz", data + "/slices/pg16-bkp.waldump.gz", data + "/slices/pg16-America_New_York.waldump.gz"}
			convert := append([]string{"convert", "-o", kind.output, "--timezone", "America/New_York", "--quiet"}, append(kind.flags, inputs...)...)

			put(after...)
			began := time.Now()
			run(t, folder, convert...)
			whole := time.Since(began)
			want := rowsOf(t, kind.source, kind.contents)

			killed := 0
			for i := 0; i < 3*kind.kills && killed < kind.kills; i++ { // some are too fast
				if err := os.RemoveAll(kind.output); err != nil {
					t.Fatal(err)
				}
				os.Remove(kind.output + ".wal")
				if i%2 == 1 {
					put(before...)
					run(t, folder, convert...)
					put(after...)
				}
				if kill(t, folder, time.Duration((0.3+0.8*random.Float64())*float64(whole)), convert...) {
					killed++
				}
				where := fmt.Sprintf("run %d, killed", i+1)
				if hasInputs(kind.output) {
					if got, err := printed(kind.source, kind.broken); err != nil && !strings.Contains(err.Error(), "No files found") || got != "" {
						t.Errorf("%s: not whole: %s%v", where, got, err)
					}
				}
				began := time.Now()
				run(t, folder, convert...)
				whole = min(whole, time.Since(began))
				if got := rowsOf(t, kind.source, kind.contents); got != want {
					t.Errorf("%s, and run again: %s\nwant %s", where, got, want)
				}
				left, _ := filepath.Glob(".*.walstats*")
				if more, _ := filepath.Glob(kind.output + "/.walstats*"); len(left)+len(more) > 0 {
					t.Errorf("%s: left over: %v %v", where, left, more)
				}
			}
			if killed < kind.kills/2 {
				t.Errorf("only %d of %d runs could be killed", killed, kind.kills)
			}
		})
	}
}

// Of WAL, too: an archive that grew by a segment since the run before. An output that was
// broken off has whole segments only.
func TestKilledOnWAL(t *testing.T) {
	demo, err := filepath.Abs("../../test/data/demo")
	if err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(demo + "/0000*.zst")
	if err != nil || len(segments) < 3 {
		t.Fatalf("%v, %v", segments, err)
	}
	kind := resumed[0]
	folder := t.TempDir()
	t.Chdir(folder)
	archive := func(n int) {
		t.Helper()
		if err := os.RemoveAll("archive"); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir("archive", 0o700); err != nil {
			t.Fatal(err)
		}
		for _, segment := range segments[:n] {
			if err := os.Symlink(segment, filepath.Join("archive", filepath.Base(segment))); err != nil {
				t.Fatal(err)
			}
		}
	}
	convert := []string{"convert", "-o", kind.output, "--quiet", "archive"}
	archive(len(segments))
	began := time.Now()
	run(t, folder, convert...)
	whole := time.Since(began)
	want := rowsOf(t, kind.source, kind.contents)
	random := rand.New(rand.NewPCG(3, 4))
	killed := 0
	for i := 0; i < 3*kind.kills && killed < kind.kills; i++ {
		os.Remove(kind.output)
		os.Remove(kind.output + ".wal")
		if i%2 == 1 {
			archive(len(segments) - 1)
			run(t, folder, convert...)
			archive(len(segments))
		}
		if kill(t, folder, time.Duration((0.2+0.8*random.Float64())*float64(whole)), convert...) {
			killed++
		}
		if hasInputs(kind.output) {
			if got, err := printed(kind.source, kind.broken); err != nil || got != "" {
				t.Errorf("run %d, killed: not whole: %s%v", i+1, got, err)
			}
		}
		run(t, folder, convert...)
		if got := rowsOf(t, kind.source, kind.contents); got != want {
			t.Errorf("run %d, killed, and run again: %s\nwant %s", i+1, got, want)
		}
	}
	if killed < kind.kills/2 {
		t.Errorf("only %d of %d runs could be killed", killed, kind.kills)
	}
}

// hasInputs says whether an output has a list of its inputs.
func hasInputs(output string) bool {
	if info, err := os.Stat(filepath.Join(output, "_walstats_inputs.json")); err == nil {
		return info.Size() > 0
	}
	if info, err := os.Stat(output); err != nil || info.IsDir() {
		return false // DuckDB would make it
	}
	rows, err := printed(output, "SELECT count(*) FROM duckdb_tables() WHERE table_name = '_walstats_inputs'")
	return err == nil && rows == "1\n"
}
