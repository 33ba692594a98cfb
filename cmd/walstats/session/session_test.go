package session_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"walstats/cmd/walstats/session"
)

const dump = "../../../test/data/pg14.waldump.gz"

func open(t *testing.T, o session.Options) *sql.DB {
	t.Helper()
	db, err := session.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func scan[T any](t *testing.T, db *sql.DB, query string) (value T) {
	t.Helper()
	if err := db.QueryRow(query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// Whatever a file is called, it holds what is written, for every connection.
func TestOutput(t *testing.T) {
	for _, name := range []string{"wal.duckdb", "memory.duckdb", "output.duckdb", "a b#c?d=%zz.duckdb", "pg:it's.db", "Größe.duckdb"} {
		path := filepath.Join(t.TempDir(), name)
		db := open(t, session.Options{Output: path})
		if _, err := db.Exec("CREATE TABLE wal AS FROM read_waldump(" + session.Quote(dump) + ")"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// A second connection while the first is busy.
		rows, err := db.Query("FROM wal")
		if err != nil {
			t.Fatal(err)
		}
		if n := scan[int64](t, db, "SELECT count(*) FROM wal"); n != 38399 { // test/data/pg14.stats.txt
			t.Errorf("%s: %d rows", name, n)
		}
		rows.Close()
		db.Close()
		again := open(t, session.Options{Output: path})
		if n := scan[int64](t, again, "SELECT sum(record_length)::BIGINT FROM wal"); n != 22690211 {
			t.Errorf("%s, opened again: %d bytes", name, n)
		}
	}
}

func TestSettings(t *testing.T) {
	db := open(t, session.Options{Settings: map[string]string{"threads": "1", "memory_limit": "200MiB"}})
	if got := scan[string](t, db, "SELECT current_setting('threads') || ' ' || current_setting('memory_limit')"); got != "1 200.0 MiB" {
		t.Errorf("settings: %s", got)
	}
	if _, err := session.Open(context.Background(), session.Options{Settings: map[string]string{"memory_limit": "much"}}); err == nil {
		t.Error("a memory_limit of much is taken")
	}
}

// What a session spills is removed, and nothing is written where it is started.
func TestSpill(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Chdir(t.TempDir())
	db := open(t, session.Options{Settings: map[string]string{"memory_limit": "60MB", "threads": "1"}})
	if n := scan[int64](t, db, "SELECT count(*) FROM (SELECT range r, md5(range::VARCHAR) m FROM range(2000000) ORDER BY m)"); n != 2000000 {
		t.Errorf("%d rows", n)
	}
	db.Close()
	for _, dir := range []string{os.TempDir(), "."} {
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("left in %s: %v", dir, left)
		}
	}
}

func TestExtensionThatIsNone(t *testing.T) {
	if _, err := session.Open(context.Background(), session.Options{Extension: "none.duckdb_extension"}); err == nil ||
		!strings.Contains(err.Error(), "none.duckdb_extension: no such file; build one with: make extension") {
		t.Errorf("no file: %v", err)
	}
	if _, err := session.Open(context.Background(), session.Options{Extension: "session.go"}); err == nil ||
		!strings.Contains(err.Error(), "session.go: is no .duckdb_extension") {
		t.Errorf("a file of another name: %v", err)
	}
	text := filepath.Join(t.TempDir(), "text.duckdb_extension")
	if err := os.WriteFile(text, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := session.Open(context.Background(), session.Options{Extension: text}); err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("a file that is no extension: %v", err)
	}
}

// An error of any function is said without its name.
func TestMessageOfEachFunction(t *testing.T) {
	db := open(t, session.Options{})
	rows, err := db.Query("SELECT DISTINCT function_name FROM duckdb_functions() WHERE regexp_matches(function_name, '^(read_)?wal')")
	if err != nil {
		t.Fatal(err)
	}
	var functions []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		functions = append(functions, name)
	}
	if len(functions) < 10 {
		t.Errorf("only %q", functions)
	}
	for _, name := range functions {
		_, err := db.Query("FROM " + name + "('none')")
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if text := session.Message(err); !strings.HasPrefix(text, "none: ") {
			t.Errorf("%s: %q", name, text)
		}
	}
}
