//go:build linux

package answers_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"walstats/test/postgres"
)

// Each point that is offered brings back what was lost, in a real recovery; what rewrites a
// table is no point. The names are those that the WAL itself has.
func TestRecoveryPoints(t *testing.T) {
	ctx := context.Background()
	server := postgres.Start(t, "wal_keep_size=1GB\nmax_wal_size=1GB\nmax_wal_senders=4\n")
	server.SQL("postgres", `CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders SELECT i, 'x' FROM generate_series(1, 3000) i;
		CREATE TABLE events AS SELECT generate_series(1, 2000) a; CREATE TABLE kept (a int)`)
	server.SQL("postgres", "CREATE DATABASE shop")
	server.SQL("shop", "CREATE TABLE goods AS SELECT generate_series(1, 700) a")
	backup := filepath.Join(filepath.Dir(server.Data()), "backup")
	server.Run("", "pg_basebackup", "--pgdata", backup, "--checkpoint=fast", "--wal-method=none")
	for _, work := range []string{
		"VACUUM FULL orders", "CLUSTER orders USING orders_pkey", "REINDEX TABLE orders", "ALTER TABLE kept ALTER a TYPE bigint",
		"BEGIN; CREATE TABLE brief (a int); INSERT INTO brief VALUES (1); ROLLBACK",
		"DELETE FROM orders WHERE id <= 1500",
		"BEGIN; TRUNCATE events; INSERT INTO events VALUES (1); COMMIT",
		"SELECT pg_create_restore_point('before it''s gone')",
		"DROP TABLE orders",
		"DROP DATABASE shop",
		"INSERT INTO kept VALUES (1)",
	} {
		server.SQL("postgres", work)
	}
	server.SQL("postgres", "SELECT pg_switch_wal()")

	db := ofServer(t, server, "")
	rows, err := db.QueryContext(ctx, "SELECT kind, coalesce(target, ''), coalesce(rows, 0), settings FROM wal_recovery_points WHERE target NOT LIKE 'pg_%' OR target IS NULL")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	settings := map[string]string{}
	var all []string
	for rows.Next() {
		var kind, target, lines string
		var n int64
		if err := rows.Scan(&kind, &target, &n, &lines); err != nil {
			t.Fatal(err)
		}
		if n != 0 && n != 1500 {
			t.Errorf("%s %s: %d rows", kind, target, n)
		}
		all = append(all, kind+" "+target)
		settings[kind+" "+target] = lines
	}
	want := "delete public.orders, truncate public.events, restore point before it's gone, drop table public.orders, drop database shop"
	if got := strings.Join(all, ", "); got != want {
		t.Fatalf("points:\n%s\nwant\n%s", got, want)
	}

	server.Crash() // its place is taken by one recovery after the other
	for point, asked := range map[string]struct{ database, query, rows string }{
		"delete public.orders":           {"postgres", "SELECT count(*) FROM orders", "3000"},
		"truncate public.events":         {"postgres", "SELECT count(*) FROM events", "2000"},
		"restore point before it's gone": {"postgres", "SELECT count(*) FROM orders", "1500"},
		"drop table public.orders":       {"postgres", "SELECT count(*) FROM orders", "1500"},
		"drop database shop":             {"shop", "SELECT count(*) FROM goods", "700"},
	} {
		recovered := server.From(backup)
		recovered.Configure("restore_command = 'cp " + server.WAL() + "/%f %p'\nrecovery_target_action = promote\n" + settings[point] + "\n")
		if err := os.WriteFile(filepath.Join(recovered.Data(), "recovery.signal"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		recovered.Restart()
		if got := recovered.SQL(asked.database, asked.query); got != asked.rows {
			t.Errorf("%s: recovered with\n%s\n%s is %s, not %s", point, settings[point], asked.query, got, asked.rows)
		}
		recovered.Crash()
	}
}
