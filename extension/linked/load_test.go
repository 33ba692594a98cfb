package linked_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A stock DuckDB that LOADs the extension and a Go program that has it linked write
// the same rows, in the same order. It needs what make extension and make test put
// in their places, or WALDUMP_EXTENSION and DUCKDB to say where they are.
func TestLinkedAndLoadedHaveTheSameRows(t *testing.T) {
	find := func(variable string, places ...string) string {
		for _, place := range append([]string{os.Getenv(variable)}, places...) {
			if path, err := exec.LookPath(place); err == nil && place != "" {
				return path
			} else if _, err := os.Stat(place); err == nil {
				return place
			}
		}
		t.Skipf("none of %v is there, nor does %s say what is", places, variable)
		return ""
	}
	extension := find("WALDUMP_EXTENSION", "../../dist/waldump.duckdb_extension")
	shell := find("DUCKDB", "../../.cache/python/bin/duckdb", "duckdb")
	each(t, func(t *testing.T, c corpus) {
		path := c.path(t, "bkp")
		text := c.text(t, "default")
		broken := write(t, "broken\n"+string(text[:len(text)/2]))
		statements := func(dir string) (all []string) {
			for file, table := range map[string]string{
				"records.csv":  "read_waldump(" + quote(path) + ", byte_offset := true)",
				"blocks.csv":   "read_waldump_blocks(" + quote(path) + ")",
				"rejects.csv":  "read_waldump_rejects(" + quote(broken) + ")",
				"managers.csv": "waldump_stats(" + quote(path) + ")",
				"types.csv":    "waldump_stats(" + quote(path) + ", per_record := true)",
				"refs.csv":     "(SELECT start_lsn - prev_lsn, unnest(block_refs(block_ref)) FROM read_waldump(" + quote(path) + "))",
			} {
				all = append(all, "COPY (FROM "+table+") TO "+quote(filepath.Join(dir, file))+" (FORMAT csv)")
			}
			return all
		}

		linked := t.TempDir()
		s := open(t)
		for _, statement := range statements(linked) {
			s.exec(statement)
		}
		loaded := t.TempDir()
		script := "SET TimeZone = 'UTC';\nLOAD " + quote(extension) + ";\n" + strings.Join(statements(loaded), ";\n") + ";\n"
		cmd := exec.Command(shell, "-unsigned", "-bail")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("%s: %v\n%s", shell, err, out)
		}

		for _, file := range list(t, linked) {
			a, err := os.ReadFile(filepath.Join(linked, file))
			if err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(filepath.Join(loaded, file))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(a, b) {
				t.Errorf("%s: %d bytes linked, %d bytes loaded, or not the same; is %s up to date (make extension)?", file, len(a), len(b), extension)
			}
			if len(a) < 100 {
				t.Errorf("%s: only %q", file, a)
			}
		}
	}, "bkp", "default")
}
