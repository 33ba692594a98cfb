//go:build linux

package answers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"walstats/test/postgres"
)

// TestServerTimes: one transaction on a real server writes for a while, and says between its
// statements where the WAL is and what time it is. The record before was not written later
// than that, and the one after not earlier. A checkpoint began after what was done before it.
func TestServerTimes(t *testing.T) {
	server := postgres.Start(t, "autovacuum=off\n")
	server.SQL("postgres", "CREATE TABLE filled (a int, b text)")
	start := server.LSN()
	const statements = 10
	said := server.SQL("postgres", "INSERT INTO filled VALUES (0, 'first'); BEGIN;"+strings.Repeat(`
		INSERT INTO filled SELECT i, repeat('x', 100) FROM generate_series(1, 5000) i;
		SELECT 'at', pg_current_wal_insert_lsn() - '0/0', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;`, statements)+`
		COMMIT;
		SELECT 'before', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
		CHECKPOINT;
		INSERT INTO filled VALUES (0, 'last');
		SELECT 'after', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;`)
	path := filepath.Join(t.TempDir(), "times.dump")
	if err := os.WriteFile(path, []byte(server.Dump(start, server.LSN())), 0o600); err != nil {
		t.Fatal(err)
	}
	db := openDump(t, path, true)
	found := 0
	var before, after string
	for _, line := range strings.Fields(said) {
		said := strings.Split(line, "|")
		switch said[0] {
		case "at":
			found++
			in := db.one(fmt.Sprintf(`SELECT (SELECT epoch_us(max_by(from_time, start_lsn)) FROM wal_record_times WHERE start_lsn < %[1]s) <= %[2]s
				AND %[2]s <= (SELECT epoch_us(min_by(to_time, start_lsn)) FROM wal_record_times WHERE start_lsn >= %[1]s)`, said[1], said[2]))
			if in != "true" {
				t.Errorf("at %s it was %s: between the times of the records there: %s", said[1], said[2], in)
			}
		case "before":
			before = said[1]
		case "after":
			after = said[1]
		}
	}
	if found != statements {
		t.Errorf("%d of %d statements said where they are:\n%s", found, statements, said)
	}
	if got := db.one("SELECT count(*) || ' ' || bool_and(epoch_us(redo_time) BETWEEN " + before + " AND " + after + ") FROM wal_checkpoints"); got != "1 true" {
		t.Errorf("checkpoints after %s and before %s: %s", before, after, got)
	}
}
