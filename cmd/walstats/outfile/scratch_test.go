package outfile_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"walstats/cmd/walstats/outfile"
)

// A folder that a killed run left is removed; that of a run which is at work is not, nor
// what others made.
func TestScratch(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{".walstats-report.123/wal.duckdb", ".walstats-report.mine/file", ".walstats-report.7x/file", "other.5/file"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first, removeFirst, err := outfile.Scratch(folder, ".walstats-report.")
	if err != nil {
		t.Fatal(err)
	}
	second, removeSecond, err := outfile.Scratch(folder, ".walstats-report.")
	if err != nil {
		t.Fatal(err)
	}
	check := func(want ...string) {
		t.Helper()
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		want = append(want, ".walstats-report.7x", ".walstats-report.mine", "other.5")
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("there are %q, want %q", got, want)
		}
	}
	check(filepath.Base(first), filepath.Base(second))
	if err := removeFirst(); err != nil {
		t.Error(err)
	}
	check(filepath.Base(second))
	if err := removeSecond(); err != nil {
		t.Error(err)
	}
	check()
}
