package answers_test

import (
	"database/sql"
	"fmt"
	"testing"

	"walstats/cmd/walstats/answers"
	"walstats/cmd/walstats/names"
	"walstats/cmd/walstats/session"
)

// ofWAL returns a database with the tables wal and wal_blocks of WAL, the views, and the names
// that the WAL has. part is more arguments of read_wal, each after a comma; columns is a SELECT
// before its FROM, or empty.
func ofWAL(t *testing.T, path, part, columns string) *sql.DB {
	t.Helper()
	db, err := session.Open(t.Context(), session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	from := session.Quote(path)
	for table, function := range map[string]string{"wal": "read_wal", "wal_blocks": "read_wal_blocks"} {
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf("CREATE TABLE %s AS %s FROM %s(%s%s)", table, columns, function, from, part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := answers.Create(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if err := names.FromWAL(t.Context(), db, "read_wal_relations("+from+")"); err != nil {
		t.Fatal(err)
	}
	return db
}
