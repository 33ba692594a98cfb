package cshim_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"

	"walstats/cshim"
	"walstats/extension/linked"
)

var (
	boolean = cshim.Type{ID: cshim.Boolean}
	bigint  = cshim.Type{ID: cshim.BigInt}
	ubigint = cshim.Type{ID: cshim.UBigInt}
	varchar = cshim.Type{ID: cshim.Varchar}
	anyType = cshim.Type{ID: cshim.Any}
)

// open returns a database in memory with what register registers.
func open(t *testing.T, register func(*cshim.Conn) error) *sql.DB {
	t.Helper()
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	if err := linked.RegisterWith(connector, register); err != nil {
		t.Fatal(err)
	}
	return db
}

// query returns the result as text: columns by a blank, rows by a newline, NULL as NULL.
func query(t *testing.T, db *sql.DB, q string, args ...any) string {
	t.Helper()
	got, err := result(db, q, args...)
	if err != nil {
		t.Fatalf("%s\n%v", q, err)
	}
	return got
}

func result(db *sql.DB, q string, args ...any) (string, error) {
	rows, err := db.Query("SELECT COLUMNS(*)::VARCHAR FROM ("+q+")", args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	values := make([]sql.NullString, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	var lines []string
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return "", err
		}
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = v.String
			if !v.Valid {
				cells[i] = "NULL"
			}
		}
		lines = append(lines, strings.Join(cells, " "))
	}
	return strings.Join(lines, "\n"), rows.Err()
}

func expect(t *testing.T, db *sql.DB, want, q string, args ...any) {
	t.Helper()
	if got := query(t, db, q, args...); got != want {
		t.Errorf("%s\ngot:  %s\nwant: %s", q, got, want)
	}
}

// expectError wants the query to fail with a message that has all the parts.
func expectError(t *testing.T, db *sql.DB, q string, parts ...string) {
	t.Helper()
	got, err := result(db, q)
	if err == nil {
		t.Errorf("%s\ngot:  %s\nwant an error", q, got)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%s\ngot error: %v\nwant: %s", q, err, p)
		}
	}
}

// table returns a table function with one scan on one thread that calls fill for its one chunk.
func table(name string, columns []cshim.Field, fill func(c *cshim.Chunk) error) cshim.TableFunction {
	return cshim.TableFunction{
		Name: name,
		Bind: func(b *cshim.Bind) (any, error) {
			for _, f := range columns {
				b.AddColumn(f.Name, f.Type)
			}
			return nil, nil
		},
		Init: func(any, []int) (any, int, error) { return new(bool), 1, nil },
		Scan: func(global, _ any, c *cshim.Chunk) error {
			if done := global.(*bool); !*done {
				*done = true
				return fill(c)
			}
			c.SetSize(0)
			return nil
		},
	}
}
