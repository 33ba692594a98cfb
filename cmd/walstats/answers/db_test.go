package answers_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"

	"walstats/cmd/walstats/answers"
	"walstats/extension/linked"
)

const data = "../../../test/data/"

var dumps = []string{"pg9.5", "pg14", "pg16", "pg18"}

// A database is a DuckDB without the extension, and one connection to it.
type database struct {
	testing.TB
	*sql.Conn
	all *sql.DB
}

// open is the bundled dump of that name in a database with tables and views. LSNs are
// numbers where numbers is set, as walstats convert writes them, else pg_lsn.
func open(t testing.TB, dump string, numbers bool) database {
	t.Helper()
	return openDump(t, filepath.Join(data, dump+".waldump.gz"), numbers)
}

func openDump(t testing.TB, dump string, numbers bool) database {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wal.duckdb")
	made, err := os.ReadFile(converted(t, dump, numbers))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, made, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := answers.Create(context.Background(), db); err != nil {
		t.Fatal(err)
	}
	return inSession(t, db)
}

// inSession returns the database with a session of its own, whose times are UTC.
func inSession(t testing.TB, db *sql.DB) database {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	d := database{t, conn, db}
	d.exec("SET TimeZone = 'UTC'")
	return d
}

// folder holds the databases that were made of dumps, for all tests; made is which.
var (
	folder string
	made   = map[string]bool{}
)

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "walstats.answers."); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

// converted is a database with the tables of a dump.
func converted(t testing.TB, dump string, numbers bool) string {
	t.Helper()
	path := filepath.Join(folder, fmt.Sprintf("%s.%t.duckdb", filepath.Base(dump), numbers))
	if !made[path] {
		convert(t, dump, path, numbers)
		made[path] = true
	}
	return path
}

// convert makes the tables of a dump.
func convert(t testing.TB, dump, path string, numbers bool) {
	t.Helper()
	connector, err := duckdb.NewConnector(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if err := linked.Register(connector); err != nil {
		t.Fatal(err)
	}
	columns := "*"
	if numbers {
		columns = "* REPLACE (start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT AS prev_lsn)"
	}
	for table, function := range map[string]string{"wal": "read_waldump", "wal_blocks": "read_waldump_blocks"} {
		query := fmt.Sprintf("CREATE TABLE %s AS SELECT %s FROM %s('%s', filename := %t)", table, columns, function, dump, numbers)
		if _, err := db.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
}

func (d database) exec(query string, args ...any) {
	d.Helper()
	if _, err := d.ExecContext(context.Background(), query, args...); err != nil {
		d.Fatalf("%s\n%v", query, err)
	}
}

// rows are the query's rows, each a text with | between its values, as DuckDB writes
// them.
func (d database) rows(query string, args ...any) []string {
	d.Helper()
	rows, err := d.QueryContext(context.Background(), "SELECT COLUMNS(*)::VARCHAR FROM ("+query+")", args...)
	if err != nil {
		d.Fatalf("%s\n%v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		d.Fatal(err)
	}
	values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	var lines []string
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			d.Fatal(err)
		}
		texts := make([]string, len(values))
		for i, value := range values {
			texts[i] = "NULL"
			if value.Valid {
				texts[i] = value.String
			}
		}
		lines = append(lines, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		d.Fatalf("%s\n%v", query, err)
	}
	return lines
}

// one is the query's one row.
func (d database) one(query string, args ...any) string {
	d.Helper()
	rows := d.rows(query, args...)
	if len(rows) != 1 {
		d.Fatalf("%s\n%d rows", query, len(rows))
	}
	return rows[0]
}

// equal compares rows and shows the first that differ.
func equal(t testing.TB, name string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "no more rows", "no more rows"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%s, row %d of %d, want %d rows:\n%s\nwant\n%s", name, i+1, len(got), len(want), g, w)
			return
		}
	}
}

// Every view that is not private says what it is.
func TestViewsHaveComments(t *testing.T) {
	db := open(t, "pg16", true)
	for _, c := range []struct{ query, want string }{
		{"SELECT string_agg(view_name) FROM duckdb_views() WHERE NOT internal AND view_name LIKE 'wal%' AND comment IS NULL", "<nil>"},
		{"SELECT count(*) > 20 FROM duckdb_views() WHERE comment IS NOT NULL", "true"},
	} {
		var got any
		if err := db.QueryRowContext(t.Context(), c.query).Scan(&got); err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, %v", c.query, got, err)
		}
	}
}

// Who stores only what wal_events reads stores what it does read.
func TestEventManagers(t *testing.T) {
	if view := "CREATE OR REPLACE VIEW wal_events AS\nFROM wal WHERE resource_manager IN (" + answers.EventManagers + ");"; !strings.Contains(answers.SQL, view) {
		t.Errorf("the views have no %q", view)
	}
}
