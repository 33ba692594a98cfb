//go:build linux

package report_test

import (
	"fmt"
	"strconv"
	"testing"

	"walstats/cmd/walstats/report"
	"walstats/test/postgres"
)

// What the largest transaction did, what indexes wrote and which updates were HOT is what the
// statements did, as pg_stat_user_tables and pg_walinspect count it. The peak is of the table
// that they changed.
func TestWho(t *testing.T) {
	server := postgres.Start(t, "wal_keep_size=1GB\nmax_wal_size=1GB\n")
	server.SQL("postgres", `CREATE EXTENSION pg_walinspect;
		CREATE TABLE orders (id int PRIMARY KEY, customer int, note text) WITH (fillfactor = 60); CREATE INDEX orders_customer ON orders (customer);
		CREATE TABLE log (what text); CHECKPOINT`)
	start := server.LSN()
	server.SQL("postgres", "INSERT INTO log VALUES ('begin')")
	xid := server.SQL("postgres", `BEGIN; INSERT INTO orders SELECT i, i, 'x' FROM generate_series(1, 5000) i;
		SAVEPOINT a; UPDATE orders SET note = 'y' WHERE id <= 1000; RELEASE a;
		UPDATE orders SET customer = -id WHERE id > 3000; DELETE FROM orders WHERE id <= 10; SELECT pg_current_xact_id(); COMMIT`)
	server.SQL("postgres", "SELECT pg_sleep(1); INSERT INTO log VALUES ('end')")
	end := server.LSN()
	f := gatherFrom(t, report.Source{Dumps: []string{server.WAL()}, WAL: true, Part: fmt.Sprintf(", start_lsn := '%s', end_lsn := '%s'", start, end), Scratch: t.TempDir()})

	stats := server.SQL("postgres", "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'orders'")
	first := f.Transactions[0]
	if strconv.Itoa(int(first.XID)) != xid || len(first.Changes) != 1 {
		t.Fatalf("%+v, want transaction %s", first, xid)
	}
	change := first.Changes[0]
	if got := fmt.Sprintf("%d|%d", change.Updated, change.HOTUpdated); got != stats {
		t.Errorf("updates, HOT ones: %s, pg_stat_user_tables has %s", got, stats)
	}
	if change.Relation != "public.orders" || change.Inserted != 5000 || change.Updated != 3000 || change.Deleted != 10 || change.Copies != 0 {
		t.Errorf("%+v", change)
	}

	sizes := server.SQL("postgres", fmt.Sprintf(`WITH sums AS (
			SELECT (regexp_match(block_ref, 'rel \d+/\d+/(\d+)'))[1]::oid AS file, sum(record_length) AS bytes FROM pg_get_wal_records_info('%s', '%s') GROUP BY 1)
		SELECT sum(bytes), max(bytes), (array_agg('public.' || relname ORDER BY bytes DESC))[1] FROM sums JOIN pg_class ON relfilenode = file WHERE relkind = 'i' AND relname LIKE 'orders%%'`, start, end))
	if len(f.Indexed) == 0 {
		t.Fatal("no table with indexes")
	}
	x := f.Indexed[0]
	if got := fmt.Sprintf("%d|%d|%s", x.Bytes, x.MostBytes, x.Largest); x.Table != "public.orders" || got != sizes {
		t.Errorf("indexes of %s: %s, pg_walinspect has %s", x.Table, got, sizes)
	}
	if got := fmt.Sprintf("%d|%d", x.Updates, x.HOTUpdates); got != stats {
		t.Errorf("updates, HOT ones: %s, pg_stat_user_tables has %s", got, stats)
	}
	if p := f.Over.Peak; p == nil || p.Table != "public.orders" || p.Bytes*10 < p.Whole*9 {
		t.Errorf("the peak: %+v", p)
	}
}
