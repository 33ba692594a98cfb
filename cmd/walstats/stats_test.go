package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"walstats/cmd/walstats/session"
	"walstats/cmd/walstats/stats"
)

const data = "../../test/data/"

// The table is that of pg_waldump, to the byte.
func TestStats(t *testing.T) {
	db, err := session.Open(context.Background(), session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for dump, version := range map[string]string{"pg14": "pg14", "pg14-bkp": "pg14", "pg16": "pg16", "pg18": "pg18", "pg18-bkp": "pg18"} {
		for table, perRecord := range map[string]bool{".stats.txt": false, ".stats-record.txt": true} {
			text, err := os.ReadFile(data + version + table)
			if err != nil {
				t.Fatal(err)
			}
			want := string(text)
			if title, rest, _ := strings.Cut(want, "\n"); strings.HasPrefix(title, "WAL statistics between ") {
				want = rest
			}
			rows, left, err := (&statistics{perRecord: perRecord, paths: []string{data + dump + ".waldump.gz"}}).of(context.Background(), db)
			if err != nil || left != "" {
				t.Fatalf("%s: %v, left out %q", dump, err, left)
			}
			var got bytes.Buffer
			if err := stats.Write(&got, rows); err != nil || got.String() != want {
				t.Errorf("%s, per record %t: %v\n%s\nwant\n%s", dump, perRecord, err, got.String(), want)
			}
		}
	}
}

func TestStatsOfNothing(t *testing.T) {
	db, err := session.Open(context.Background(), session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	empty := filepath.Join(t.TempDir(), "empty.dump")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	rows, _, err := (&statistics{perRecord: false, paths: []string{empty}}).of(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := stats.Write(&got, rows); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(got.String(), "\n")
	// What PostgreSQL 14 prints of an empty range.
	want := "Total                                          0                             0 [0.00%]                     0 [0.00%]                     0 [100%]"
	if last := strings.TrimRight(lines[len(lines)-2], " "); last != want {
		t.Errorf("%q, want %q", last, want)
	}
}
