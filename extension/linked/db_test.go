package linked_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"

	"walstats/extension/linked"
)

// A session is one connection to a database of its own that has the extension.
type session struct {
	testing.TB
	*sql.Conn
}

func open(t testing.TB) session {
	t.Helper()
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := linked.Register(connector); err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	s := session{t, c}
	s.exec("SET TimeZone = 'UTC'")
	return s
}

// exec runs SQL in which %s stands for the texts, quoted.
func (s session) exec(query string, texts ...any) {
	s.Helper()
	query = quoted(query, texts)
	if _, err := s.ExecContext(context.Background(), query); err != nil {
		s.Fatalf("%s\n%v", query, err)
	}
}

// quoted puts texts into query, as SQL strings.
func quoted(query string, texts []any) string {
	if len(texts) == 0 {
		return query
	}
	for i, text := range texts {
		texts[i] = quote(fmt.Sprint(text))
	}
	return fmt.Sprintf(query, texts...)
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// try is the query's rows, each a text with | between its values, and its error.
func (s session) try(query string, texts ...any) (lines []string, err error) {
	s.Helper()
	rows, err := s.QueryContext(context.Background(), quoted(query, texts))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return lines, err
		}
		var line strings.Builder
		for i, v := range values {
			if i > 0 {
				line.WriteByte('|')
			}
			if v == nil {
				line.WriteString("NULL")
			} else {
				fmt.Fprint(&line, v)
			}
		}
		lines = append(lines, line.String())
	}
	return lines, rows.Err()
}

// rows is try for a query that has to succeed.
func (s session) rows(query string, texts ...any) []string {
	s.Helper()
	lines, err := s.try(query, texts...)
	if err != nil {
		s.Fatalf("%s\n%v", quoted(query, texts), err)
	}
	return lines
}

// value is the one number that the query returns.
func (s session) value(query string, texts ...any) (v int64) {
	s.Helper()
	if err := s.QueryRowContext(context.Background(), quoted(query, texts)).Scan(&v); err != nil {
		s.Fatalf("%s\n%v", quoted(query, texts), err)
	}
	return v
}

// same fails unless two queries have the same rows, each as often; and, so that
// nothing is compared with nothing, at least one.
func (s session) same(got, want string) {
	s.Helper()
	for _, query := range []string{
		"SELECT 'only got' AS side, * FROM ((" + got + ") EXCEPT ALL (" + want + ")) LIMIT 5",
		"SELECT 'only want' AS side, * FROM ((" + want + ") EXCEPT ALL (" + got + ")) LIMIT 5",
	} {
		for _, row := range s.rows(query) {
			s.Errorf("%.1000q", row)
		}
	}
	if s.value("SELECT count(*) FROM ("+want+")") == 0 {
		s.Errorf("no rows to compare with: %s", want)
	}
}

// table makes a table of texts.
func (s session) table(name string, columns []string, rows [][]any) {
	s.Helper()
	s.exec("CREATE OR REPLACE TABLE " + name + " (" + strings.Join(columns, " VARCHAR, ") + " VARCHAR)")
	err := s.Raw(func(c any) error {
		a, err := duckdb.NewAppenderFromConn(c.(driver.Conn), "", name)
		if err != nil {
			return err
		}
		defer a.Close()
		values := make([]driver.Value, len(columns))
		for _, row := range rows {
			for i, v := range row {
				if text, ok := v.(string); ok {
					v = string(repaired([]byte(text)))
				}
				values[i] = v
			}
			if err := a.AppendRow(values...); err != nil {
				return err
			}
		}
		return a.Close()
	})
	if err != nil && !strings.Contains(err.Error(), "already closed") {
		s.Fatal(err)
	}
}

// both runs f with one and with two of DuckDB's threads.
func (s session) both(f func(threads int)) {
	s.Helper()
	for _, threads := range []int{1, 2} {
		s.exec(fmt.Sprintf("SET threads = %d", threads))
		f(threads)
	}
}
