//go:build linux

package answers_test

import (
	"database/sql"
	"fmt"
	"testing"

	"walstats/test/postgres"
)

// ofServer returns a database with the tables wal and wal_blocks of a server's WAL, the views,
// and the names that the WAL has. part is more arguments of read_wal, each after a comma.
func ofServer(t *testing.T, server *postgres.Server, part string) *sql.DB {
	t.Helper()
	return ofWAL(t, server.WAL(), part, "")
}

// between are the arguments of read_wal for the records from one LSN on and before another.
func between(start, end string) string {
	return fmt.Sprintf(", start_lsn := '%s', end_lsn := '%s'", start, end)
}
