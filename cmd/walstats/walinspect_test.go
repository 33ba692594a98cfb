//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dustin/go-humanize"

	"walstats/test/postgres"
)

// TestRowsOfWalinspect saves what a server's pg_walinspect prints, as docs/functions.md says:
// report and top read it as they read the WAL itself. The others, and what psql shows without
// \copy, say what works.
func TestRowsOfWalinspect(t *testing.T) {
	server := postgres.Start(t, "")
	server.SQL("postgres", "CREATE EXTENSION pg_walinspect; CREATE TABLE orders (id int PRIMARY KEY, note text)")
	start := server.LSN()
	server.SQL("postgres", "INSERT INTO orders SELECT i, repeat('x', 100) FROM generate_series(1, 2000) i; UPDATE orders SET note = 'y,\"z' WHERE id < 100")
	end := server.LSN()
	rows := fmt.Sprintf("SELECT * FROM pg_get_wal_records_info('%s', '%s')", start, end)
	folder := t.TempDir()
	for name, text := range map[string]string{
		"rows.csv":  server.SQL("postgres", `\copy (`+rows+`) TO STDOUT CSV HEADER`) + "\n",
		"rows.txt":  server.Run(rows, "psql", "-X", "-d", "postgres"),
		"lines.txt": server.Run(rows, "psql", "-Xx", "-d", "postgres"),
		"table.txt": server.Run(rows, "psql", "-X", "-P", "border=2", "-d", "postgres"),
		"plain.txt": server.Run(rows, "psql", "-XA", "-d", "postgres"),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (string, error) {
		cmd := walstats(folder, args...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	type facts struct {
		Records, Bytes int64
		Tables         []struct{ Bytes, Records int64 }
	}
	report := func(args ...string) (f facts) {
		t.Helper()
		out, err := run(append([]string{"report", "--json", "--quiet"}, args...)...)
		if err == nil {
			err = json.Unmarshal([]byte(out), &f)
		}
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return f
	}
	fromRows, fromWAL := report("rows.csv"), report("--start", start, "--end", end, server.Data())
	if fromRows.Records < 4000 || fromRows.Records != fromWAL.Records || fromRows.Bytes != fromWAL.Bytes {
		t.Errorf("rows: %d records, %d bytes; WAL: %d records, %d bytes", fromRows.Records, fromRows.Bytes, fromWAL.Records, fromWAL.Bytes)
	}
	if out, err := run("top", "rows.csv"); err != nil || !strings.Contains(out, "WAL in "+humanize.Comma(fromRows.Records)+" records") {
		t.Errorf("top: %v: %s", err, out)
	}
	if _, err := run("convert", "rows.csv", "-o", "wal.duckdb"); err == nil {
		t.Error("convert takes rows.csv; say so in docs/functions.md")
	}
	for file, want := range map[string]string{
		"rows.csv":  "these are rows of pg_walinspect; walstats top and walstats report read them",
		"rows.txt":  "as psql shows them; write them as CSV: \\copy",
		"lines.txt": "as psql shows them; write them as CSV: \\copy",
		"table.txt": "as psql shows them; write them as CSV: \\copy",
		"plain.txt": "as psql shows them; write them as CSV: \\copy",
	} {
		for _, command := range []string{"convert -o wal.duckdb", "stats", "inspect"} {
			if out, err := run(append(strings.Fields(command), file)...); err == nil || !strings.Contains(out, want) {
				t.Errorf("%s %s: %v: %s", command, file, err, out)
			}
		}
	}
}
