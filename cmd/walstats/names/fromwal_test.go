//go:build linux

package names_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"walstats/cmd/walstats/names"
	"walstats/cmd/walstats/session"
	"walstats/test/postgres"
)

// What a server calls its files after each statement is what read_wal_relations reads
// from its WAL: of tables that get new files, that are dropped, of another database, and
// of catalogs that get new files themselves. All but 1 % of the WAL has a name.
func TestNamesFromWAL(t *testing.T) {
	ctx := context.Background()
	server := postgres.Start(t, "wal_keep_size=1GB\nmax_wal_size=1GB\nwal_level=replica\n")
	server.SQL("postgres", `CREATE SCHEMA shop; CREATE TABLE shop.orders (id bigint PRIMARY KEY, note text); CREATE INDEX orders_note ON shop.orders (note);
		CREATE TABLE shop.old (a int, b text); CREATE TABLE shop.untouched (a int); CREATE SEQUENCE shop.numbers;
		INSERT INTO shop.orders SELECT i, 'order ' || i FROM generate_series(1, 5000) i; CREATE MATERIALIZED VIEW shop.sums AS SELECT count(*) FROM shop.orders`)
	server.SQL("postgres", "CREATE DATABASE other STRATEGY file_copy")
	server.SQL("other", "CREATE TABLE there (a int PRIMARY KEY)")
	server.SQL("postgres", "CHECKPOINT")
	start := server.LSN()

	type file struct{ tablespace, database, number string }
	known := map[file]map[string]bool{} // what the server has called it
	learn := func() {
		all, err := names.Read(ctx, server.URL("postgres"), func(text string) { t.Error(text) })
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			at := file{r[0], r[1], r[2]}
			if known[at] == nil {
				known[at] = map[string]bool{}
			}
			table := r[8] + "." + r[9]
			if r[7] == "sequence" { // pg_depend is not read
				table = r[5] + "." + r[6]
			}
			known[at][strings.Join([]string{r[3], r[4], r[5] + "." + r[6], r[7], table}, "|")] = true
		}
	}
	for _, work := range []struct{ database, sql string }{
		{"postgres", "UPDATE shop.orders SET note = note || '!' WHERE id % 3 = 0; INSERT INTO shop.old SELECT i, repeat(md5(i::text), 2000) FROM generate_series(1, 200) i"},
		{"postgres", "VACUUM FULL shop.orders"},
		{"postgres", "REINDEX TABLE shop.orders"},
		{"postgres", "REINDEX INDEX CONCURRENTLY shop.orders_note"},
		{"postgres", "BEGIN; TRUNCATE shop.orders; INSERT INTO shop.orders SELECT i, 'new' FROM generate_series(1, 3000) i; COMMIT"},
		{"postgres", "CLUSTER shop.orders USING orders_pkey; SELECT nextval('shop.numbers'); REFRESH MATERIALIZED VIEW shop.sums"},
		{"postgres", "ALTER TABLE shop.orders ALTER id TYPE int"},
		{"postgres", "CREATE TABLE shop.brief AS SELECT generate_series(1, 1000) a"},
		{"postgres", "DROP TABLE shop.old; DROP TABLE shop.brief"},
		{"other", "INSERT INTO there SELECT generate_series(1, 3000); ANALYZE there; CREATE TABLE more AS SELECT 1 a"},
		{"postgres", "CREATE DATABASE third STRATEGY wal_log"},
		{"third", "CREATE SCHEMA s; CREATE TABLE s.t AS SELECT generate_series(1, 500) a"},
		{"postgres", "VACUUM FULL pg_class"},
		{"postgres", "VACUUM FULL pg_namespace; VACUUM FULL pg_index; CREATE TABLE shop.late AS SELECT generate_series(1, 2000) a"},
		{"postgres", "DROP DATABASE other"},
		{"postgres", "INSERT INTO shop.late SELECT 1; CREATE TABLE shop.last (a int)"},
	} {
		server.SQL(work.database, work.sql)
		learn()
	}
	end := server.LSN()

	db, err := session.Open(ctx, session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	part := fmt.Sprintf("%s, start_lsn := '%s', end_lsn := '%s'", session.Quote(server.WAL()), start, end)
	rows, err := db.QueryContext(ctx, `SELECT reltablespace::VARCHAR, reldatabase::VARCHAR, relfilenode::VARCHAR,
		concat_ws('|', oid::VARCHAR, coalesce(database, ''), schema || '.' || name, kind, coalesce(table_schema || '.' || table_name, '')) FROM read_wal_relations(`+part+`)`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	right := 0
	for rows.Next() {
		var at file
		var got string
		if err := rows.Scan(&at.tablespace, &at.database, &at.number, &got); err != nil {
			t.Fatal(err)
		}
		switch called := known[at]; {
		case called == nil: // of a database that learn cannot see, or that lived between two of its looks
		case called[got]:
			right++
		default:
			// A database's name and an index's table are in the WAL only if their rows are.
			words, ok := strings.Split(got, "|"), false
			for name := range called {
				w := strings.Split(name, "|")
				for _, i := range []int{1, 4} {
					if words[i] == "" {
						w[i] = ""
					}
				}
				ok = ok || strings.Join(w, "|") == got
			}
			if !ok {
				t.Errorf("%v is %s, not %v", at, got, called)
			}
			right++
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if right < 300 {
		t.Errorf("only %d names could be compared", right)
	}

	var unnamed float64
	var worst string
	if err := db.QueryRowContext(ctx, `WITH sums AS (SELECT reltablespace, reldatabase, relfilenode, sum(record_length) AS bytes FROM read_wal(`+part+`) GROUP BY ALL)
		SELECT coalesce(sum(bytes) FILTER (name IS NULL AND relfilenode IS NOT NULL), 0) / sum(bytes),
			coalesce(list(relfilenode || ': ' || bytes ORDER BY bytes DESC) FILTER (name IS NULL AND relfilenode IS NOT NULL), [])::VARCHAR
		FROM sums LEFT JOIN read_wal_relations(`+part+`) USING (reltablespace, reldatabase, relfilenode)`).Scan(&unnamed, &worst); err != nil {
		t.Fatal(err)
	}
	if unnamed > 0.01 {
		t.Errorf("%.2f %% of the WAL has no name: %s", 100*unnamed, worst)
	}

	// What is made, and dropped, and replaced, has its name by its bytes.
	var files string
	if err := db.QueryRowContext(ctx, `SELECT string_agg(name || ' ' || n, ', ' ORDER BY name) FROM (
		SELECT schema || '.' || name AS name, count(DISTINCT relfilenode) AS n FROM read_wal(`+part+`) JOIN read_wal_relations(`+part+`) USING (reltablespace, reldatabase, relfilenode)
		WHERE schema = 'shop' AND kind = 'table' GROUP BY ALL)`).Scan(&files); err != nil {
		t.Fatal(err)
	}
	// orders: at first, VACUUM FULL, TRUNCATE, CLUSTER, ALTER TABLE.
	if want := "shop.brief 1, shop.late 1, shop.old 1, shop.orders 5"; files != want {
		t.Errorf("files of tables: %s, not %s", files, want)
	}
}
