//go:build linux

package answers_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"walstats/cmd/walstats/names"
	"walstats/test/postgres"
)

// work is done on the server between two LSNs. What it must look like is known.
const (
	before = `
		CREATE SCHEMA shop;
		CREATE TABLE shop.orders (id bigint, note text);
		CREATE INDEX orders_note ON shop.orders (note);
		CREATE TABLE shop.documents (id int, body text);
		ALTER TABLE shop.documents ALTER body SET STORAGE EXTERNAL;
		CREATE TABLE shop.events (day date, what text) PARTITION BY RANGE (day);
		CREATE TABLE shop.events_2025 PARTITION OF shop.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
		CREATE TABLE shop.events_2026 PARTITION OF shop.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
		CREATE TABLE shop.old (a int);
		CREATE TABLE shop.untouched (a int); CREATE TABLE shop.many (a int);
		CREATE TABLE shop."<script>alert('😀')</script>" (a int);
		CHECKPOINT;`
	work = `
		INSERT INTO shop.orders SELECT i, 'order ' || i FROM generate_series(1, 1000) i;
		UPDATE shop.orders SET note = 'changed' WHERE id <= 200;
		DELETE FROM shop.orders WHERE id > 900;
		BEGIN; INSERT INTO shop.orders SELECT i, 'rolled back' FROM generate_series(1, 70) i; ROLLBACK;
		BEGIN; INSERT INTO shop.old SELECT generate_series(1, 10); SAVEPOINT a; INSERT INTO shop.old SELECT generate_series(1, 20);
			SAVEPOINT b; INSERT INTO shop.old SELECT generate_series(1, 30); RELEASE b; RELEASE a; COMMIT;
		BEGIN; INSERT INTO shop.old SELECT 1; SAVEPOINT c; INSERT INTO shop.old SELECT generate_series(1, 7); ROLLBACK TO c; COMMIT;
		INSERT INTO shop.events SELECT date '2025-12-31' + i % 2, 'event' FROM generate_series(1, 100) i;
		INSERT INTO shop.documents SELECT i, repeat(md5(i::text), 625) FROM generate_series(1, 5) i;
		INSERT INTO shop."<script>alert('😀')</script>" SELECT generate_series(1, 12);
		BEGIN; INSERT INTO shop.old VALUES (1), (2); PREPARE TRANSACTION 'kept; subxacts: 1 2 3'; 
		BEGIN; INSERT INTO shop.old VALUES (1), (2), (3); PREPARE TRANSACTION 'done'; COMMIT PREPARED 'done';
		BEGIN; INSERT INTO shop.old VALUES (1), (2), (3), (4); PREPARE TRANSACTION 'undone'; ROLLBACK PREPARED 'undone';
		TRUNCATE shop.orders;
		INSERT INTO shop.orders SELECT i, 'after' FROM generate_series(1, 50) i;
		CREATE TABLE shop.brief (a int); DROP TABLE shop.brief;
		DO $$ BEGIN
			BEGIN INSERT INTO shop.many VALUES (0); EXCEPTION WHEN OTHERS THEN NULL; END;
			FOR i IN 1..100 LOOP
				BEGIN
					BEGIN INSERT INTO shop.many VALUES (i); EXCEPTION WHEN division_by_zero THEN NULL; END;
					RAISE 'the savepoint above is rolled back';
				EXCEPTION WHEN OTHERS THEN NULL; END;
			END LOOP;
		END $$;`
)

// TestServer: what was done on a real server comes out under its own names, and equal
// to what pg_walinspect reports of the same WAL.
func TestServer(t *testing.T) {
	ctx := context.Background()
	server := postgres.Start(t, "max_prepared_transactions=5\n")
	server.SQL("postgres", "CREATE EXTENSION pg_walinspect;"+before)
	start := server.LSN()
	warn := func(text string) { t.Error(text) }
	early, err := names.Read(ctx, server.URL("postgres"), warn) // TRUNCATE gives a table another file
	if err != nil {
		t.Fatal(err)
	}
	server.SQL("postgres", work)
	session, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close(ctx)
	var unfinished string
	if _, err := session.Exec(ctx, "BEGIN; INSERT INTO shop.old SELECT generate_series(1, 9)"); err != nil {
		t.Fatal(err)
	}
	if err := session.QueryRow(ctx, "SELECT pg_current_xact_id()::text").Scan(&unfinished); err != nil {
		t.Fatal(err)
	}
	server.SQL("postgres", "CHECKPOINT; CREATE TABLE shop.last (a int)") // a commit flushes what is open
	end := server.LSN()

	folder := t.TempDir()
	dump, file := filepath.Join(folder, "wal.dump"), filepath.Join(folder, "names.csv")
	if err := os.WriteFile(dump, []byte(server.Dump(start, end)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(names.Write(out, early), out.Close()); err != nil {
		t.Fatal(err)
	}
	db := openDump(t, dump, true)
	for _, source := range []string{file, server.URL("postgres")} {
		if err := names.Load(ctx, db.all, []string{source}, warn); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("work", func(t *testing.T) { knownWork(t, db, unfinished) })
	t.Run("pg_walinspect", func(t *testing.T) { walinspect(t, db, server, start, end) })
}

// knownWork looks for what the test itself did.
func knownWork(t *testing.T, db database, unfinished string) {
	ones := map[string]string{}
	for _, row := range db.rows(`SELECT CASE WHEN relfilenode = (SELECT min(relfilenode) FROM wal_relations o WHERE o.relation = r.relation) THEN relation ELSE relation || ' anew' END,
			resource_manager, regexp_replace(record_type, '\+INIT', ''), sum(records)
		FROM wal_by_relation_and_type r WHERE relation LIKE 'shop.%' AND resource_manager = 'Heap' AND record_type <> 'LOCK' GROUP BY ALL ORDER BY ALL`) {
		at := strings.LastIndex(row, "|")
		ones[row[:at]] = row[at+1:]
	}
	want := map[string]string{
		"shop.orders|Heap|INSERT": "1070", "shop.orders|Heap|UPDATE": "200", "shop.orders|Heap|DELETE": "100",
		"shop.orders anew|Heap|INSERT": "50",
		"shop.old|Heap|INSERT":         "86", // 10+20+30, 1+7, 2, 3, 4 and the 9 of the open one
		"shop.events_2025|Heap|INSERT": "50", "shop.events_2026|Heap|INSERT": "50",
		"shop.documents|Heap|INSERT": "5", "shop.many|Heap|INSERT": "101",
		"shop.<script>alert('😀')</script>|Heap|INSERT": "12",
	}
	if !maps.Equal(ones, want) {
		t.Errorf("records of the heaps:\n%v\nwant\n%v", ones, want)
	}
	for query, want := range map[string]string{
		// Each row is an entry of the index, inserted or brought in by a split.
		`SELECT sum(records) FROM wal_by_relation_and_type WHERE relation = 'shop.orders_note' AND record_type IN ('INSERT_LEAF', 'INSERT_POST', 'SPLIT_L', 'SPLIT_R')`: "1320",
		`SELECT DISTINCT kind, database, table_name FROM wal_by_relation WHERE relation = 'shop.orders_note'`:                                                           "index|postgres|shop.orders",
		// TOAST has pieces of 1,996 bytes, eleven in 20,000.
		`SELECT sum(records), count(DISTINCT relfilenode) FROM wal_by_relation_and_type WHERE kind = 'toast' AND table_name = 'shop.documents' AND record_type LIKE 'INSERT%'`: "55|1",
		`SELECT files, toast_bytes > 100000, index_bytes > 0 FROM wal_by_table WHERE table_name = 'shop.documents'`:                                                            "3|true|true",
		`SELECT files, records FROM wal_by_table WHERE table_name = 'shop.events'`:                                                                                             "2|100",
		// Heap and index, before and after TRUNCATE, and the new file of the index of its TOAST.
		`SELECT files FROM wal_by_table WHERE table_name = 'shop.orders'`:        "5",
		`SELECT count(*) FROM wal_by_relation WHERE relation = 'shop.untouched'`: "0",
		`SELECT count(*) FROM wal_relation('shop.events_2025')`:                  "50",
		`SELECT count(*) FROM wal_relation('events_2025')`:                       "50",
		`SELECT count(*) FROM wal_relation('vents_2025')`:                        "0",
		// Savepoints: two kept, one rolled back, which nothing in the WAL ties to its transaction.
		`SELECT status, records, subtransactions FROM wal_transactions WHERE subtransactions = 2`:                              "committed|61|2",
		`SELECT count(*) FROM wal_transaction((SELECT top_xid FROM wal_subtransactions GROUP BY top_xid HAVING count(*) = 2))`: "61",
		// 201 more, most of them rolled back. An ASSIGNMENT names each 64 new ones, and the 192nd is a
		// savepoint that was rolled back with one below it; of the last eight nothing says whose they are.
		`SELECT status, subtransactions, records FROM wal_transactions WHERE subtransactions > 2`:                 "committed|193|194",
		`SELECT count(*), min(status), max(status), max(records) FROM wal_transactions WHERE subtransactions = 1`: "4|aborted|aborted|2",
		`SELECT count(*) FROM wal_transactions WHERE status = 'aborted' AND records = 8`:                          "1",
		`SELECT max(records) > 140, count(*) FROM wal_transactions WHERE status = 'aborted'`:                      "true|7",
		// Prepared transactions: kept, done and undone.
		`SELECT xid > 0, records, xact_time IS NOT NULL FROM wal_transactions WHERE status = 'prepared'`:                               "true|3|true",
		`SELECT status, records FROM wal_transactions WHERE xid = (SELECT xid FROM wal_commits WHERE record_type = 'COMMIT_PREPARED')`: "committed|5",
		`SELECT status, records FROM wal_transactions WHERE xid = (SELECT xid FROM wal_commits WHERE record_type = 'ABORT_PREPARED')`:  "aborted|6",
		`SELECT status, records, xact_time FROM wal_transactions WHERE status = 'open'`:                                                "open|9|NULL",
		`SELECT xid FROM wal_transactions WHERE status = 'open'`:                                                                       unfinished,
		// TRUNCATE makes a new file and drops the old one, of the table and of its index.
		`SELECT string_agg(action || ' ' || relation, ', ' ORDER BY action, relation), count(DISTINCT xid), max(outcome) FROM wal_ddl WHERE relation LIKE 'shop.orders%'`: "create shop.orders, create shop.orders_note, drop shop.orders, drop shop.orders_note|1|committed",
		// A table that lived and went unseen keeps its numbers.
		`SELECT count(DISTINCT relation), min(relation) LIKE '1663/%/%' FROM (SELECT relation FROM wal_ddl WHERE kind IS NULL GROUP BY ALL HAVING count(DISTINCT action) = 2)`: "1|true",
		`SELECT count(*), min(type) FROM wal_checkpoints`: "1|online",
		`SELECT count(*) FROM wal_gaps`:                   "0",
	} {
		if got := strings.Join(db.rows(query), " and "); got != want {
			t.Errorf("%s:\n%s\nwant %s", query, got, want)
		}
	}
}

// walinspect compares with the server's own reading of the same WAL.
func walinspect(t *testing.T, db database, server *postgres.Server, start, end string) {
	span := fmt.Sprintf("('%s', '%s'", start, end)
	rows := func(query string) []string { return strings.Split(server.SQL("postgres", query), "\n") }
	for _, test := range []struct{ name, ours, theirs string }{
		{"types",
			`SELECT resource_manager || '/' || record_type, records, record_bytes, fpi_bytes, bytes FROM wal_by_record_type`,
			`SELECT "resource_manager/record_type", count, record_size, fpi_size, combined_size FROM pg_get_wal_stats` + span + `, true) WHERE count > 0`},
		{"relations",
			`SELECT coalesce(concat_ws('/', reltablespace, reldatabase, relfilenode), ''), records, bytes, fpi_bytes FROM wal_by_relation`,
			`SELECT concat_ws('/', r[1], r[2], r[3]), count(*), sum(record_length), sum(fpi_length)
				FROM (SELECT *, regexp_match(block_ref, 'rel (\d+)/(\d+)/(\d+)') AS r FROM pg_get_wal_records_info` + span + `)) w GROUP BY r`},
		{"names",
			`SELECT relation, sum(records), sum(bytes) FROM wal_by_relation WHERE database = 'postgres' AND relation NOT LIKE 'shop.orders%' GROUP BY ALL`,
			`SELECT n.nspname || '.' || c.relname, count(*), sum(record_length)
				FROM (SELECT *, regexp_match(block_ref, 'rel (\d+)/(\d+)/(\d+)') AS r FROM pg_get_wal_records_info` + span + `)) w
				JOIN pg_class c ON pg_relation_filenode(c.oid) = r[3]::oid JOIN pg_namespace n ON n.oid = c.relnamespace
				WHERE r[2]::oid = (SELECT oid FROM pg_database WHERE datname = 'postgres') AND n.nspname || '.' || c.relname NOT LIKE 'shop.orders%' GROUP BY 1`},
		{"transactions",
			`SELECT xid, records, bytes, fpi_bytes, lsn_text(first_lsn), lsn_text(last_lsn) FROM wal_transactions
				WHERE subtransactions = 0 AND xid NOT IN (SELECT xid FROM wal_commits WHERE record_type LIKE '%PREPARED')`,
			`SELECT xid, count(*), sum(record_length), sum(fpi_length),
					regexp_replace(min(start_lsn)::text, '/(.*)', '/' || lpad(split_part(min(start_lsn)::text, '/', 2), 8, '0')),
					regexp_replace(max(start_lsn)::text, '/(.*)', '/' || lpad(split_part(max(start_lsn)::text, '/', 2), 8, '0'))
				FROM pg_get_wal_records_info` + span + `) WHERE xid::text NOT IN (SELECT unnest(array[` + strings.Join(folded(db), ", ") + `])) AND xid::text <> '0' GROUP BY xid`},
	} {
		ours, theirs := db.rows(test.ours), rows(test.theirs)
		sort.Strings(ours)
		sort.Strings(theirs)
		if len(theirs) < 10 {
			t.Errorf("%s: only %d rows", test.name, len(theirs))
		}
		equal(t, test.name, ours, theirs)
	}
}

// folded are the transactions that have other xids or records than their own, as SQL.
func folded(db database) []string {
	return db.rows(`SELECT format('''{}''', unnest([xid, top_xid])) FROM wal_subtransactions
		UNION SELECT format('''{}''', xid) FROM wal_commits WHERE record_type LIKE '%PREPARED'`)
}
