//go:build linux

package answers_test

import (
	"context"
	"fmt"
	"testing"

	"walstats/cmd/walstats/answers"
	"walstats/cmd/walstats/names"
	"walstats/cmd/walstats/session"
	"walstats/test/postgres"
)

// Who changed how many rows of what is what the statements did, savepoints included.
func TestRowChanges(t *testing.T) {
	ctx := context.Background()
	server := postgres.Start(t, "wal_keep_size=1GB\n")
	server.SQL("postgres", `CREATE TABLE orders (id int PRIMARY KEY, customer int, note text) WITH (fillfactor = 40); CREATE INDEX ON orders (customer);
		CREATE TABLE log (what text); CHECKPOINT`)
	start := server.LSN()
	xid := server.SQL("postgres", `BEGIN; INSERT INTO orders SELECT i, i, 'x' FROM generate_series(1, 100) i;
		SAVEPOINT a; UPDATE orders SET note = 'y' WHERE id <= 60; RELEASE a;
		SAVEPOINT b; UPDATE orders SET customer = -id WHERE id > 60; DELETE FROM orders WHERE id <= 10; RELEASE b;
		SELECT pg_current_xact_id(); COMMIT`)
	copied := server.SQL("postgres", `BEGIN; SELECT pg_current_xact_id(); COPY log FROM PROGRAM 'seq 1 2500'; COMMIT`)
	end := server.LSN()
	db, err := session.Open(ctx, session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	from := session.Quote(server.WAL())
	if _, err := db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE wal AS FROM read_wal(%s, start_lsn := '%s', end_lsn := '%s')", from, start, end)); err != nil {
		t.Fatal(err)
	}
	if err := answers.Create(ctx, db); err != nil {
		t.Fatal(err)
	}
	if err := names.FromWAL(ctx, db, "read_wal_relations("+from+")"); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"SELECT inserted || ' ' || copied || ' ' || updated || ' ' || hot_updated || ' ' || deleted FROM wal_row_changes WHERE relation = 'public.orders' AND xid = " + xid: "100 0 100 60 10",
		"SELECT inserted || ' ' || copied || ' ' || updated || ' ' || deleted FROM wal_row_changes WHERE relation = 'public.log' AND xid = " + copied:                       "0 2500 0 0",
		"SELECT count(*)::VARCHAR FROM wal_row_changes WHERE relation = 'public.orders'":                                                                                    "1",
		"SELECT updates || ' ' || hot_updates || ' ' || hot_share || ' ' || (index_bytes > 0) FROM wal_updates WHERE relation = 'public.orders'":                            "100 60 0.6 true",
	} {
		var got string
		if err := db.QueryRowContext(ctx, query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", query, got, err, want)
		}
	}
}
