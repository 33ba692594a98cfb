//go:build linux

package answers_test

import (
	"database/sql"
	"fmt"
	"testing"

	"walstats/cmd/walstats/answers"
	"walstats/cmd/walstats/names"
	"walstats/cmd/walstats/session"
	"walstats/test/postgres"
)

// ofServer returns a database with the tables wal and wal_blocks of a server's WAL, the views,
// and the names that the WAL has. part is more arguments of read_wal, each after a comma.
func ofServer(t *testing.T, server *postgres.Server, part string) *sql.DB {
	t.Helper()
	db, err := session.Open(t.Context(), session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	from := session.Quote(server.WAL())
	for table, function := range map[string]string{"wal": "read_wal", "wal_blocks": "read_wal_blocks"} {
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf("CREATE TABLE %s AS FROM %s(%s%s)", table, function, from, part)); err != nil {
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

// between are the arguments of read_wal for the records from one LSN on and before another.
func between(start, end string) string {
	return fmt.Sprintf(", start_lsn := '%s', end_lsn := '%s'", start, end)
}
