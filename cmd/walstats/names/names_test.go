//go:build linux

package names_test

import (
	"bytes"
	"context"
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"walstats/cmd/walstats/answers"
	"walstats/cmd/walstats/names"
	"walstats/test/postgres"
)

// hostile are names that a person could give.
var hostile = []string{
	`<script>alert("1")</script>`, `quo"te's`, `a,b;c\d`, "new\nline", "שלום עולם", "\u202Ereversed", strings.Repeat("😀", 15) + "end", " ", "%s{{.}}",
}

// identifier is a name as SQL writes it.
func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func noWarning(t *testing.T) func(string) {
	return func(text string) { t.Errorf("warning: %s", text) }
}

// TestNames reads a server's names over its protocol and through psql.
func TestNames(t *testing.T) {
	server := postgres.Start(t, "")
	server.SQL("postgres", `CREATE DATABASE second; CREATE TABLESPACE fast LOCATION '`+tablespace(t, server)+`'`)
	server.SQL("second", `
		CREATE SCHEMA shop;
		CREATE TABLE shop.documents (id serial PRIMARY KEY, body text);
		CREATE TABLE shop.events (day date, what text, PRIMARY KEY (day)) PARTITION BY RANGE (day);
		CREATE TABLE shop.events_2025 PARTITION OF shop.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
		CREATE TABLE shop.events_2026 PARTITION OF shop.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY RANGE (day);
		CREATE TABLE shop.events_2026_q1 PARTITION OF shop.events_2026 FOR VALUES FROM ('2026-01-01') TO ('2026-04-01') TABLESPACE fast;
		CREATE TABLE shop.parent (a int); CREATE TABLE shop.child () INHERITS (shop.parent);
		CREATE MATERIALIZED VIEW shop.sums AS SELECT 1 AS a;
		CREATE VIEW shop.no_file AS SELECT 1;
		CREATE TEMP TABLE passing (a int);`)
	for _, name := range hostile {
		server.SQL("second", "CREATE TABLE "+identifier(name)+" (a int)")
	}

	relations, err := names.Read(context.Background(), server.URL("postgres"), noWarning(t))
	if err != nil {
		t.Fatal(err)
	}
	// As PostgreSQL knows them: every file of both databases, shared ones once.
	count := func(database string) string {
		return server.SQL(database, `SELECT count(*) FROM pg_class WHERE pg_relation_filenode(oid) IS NOT NULL AND relpersistence <> 't' AND NOT relisshared`)
	}
	for _, database := range []string{"postgres", "second", "template1"} {
		n := 0
		for _, r := range relations {
			if r[4] == database {
				n++
			}
		}
		if want := count(database); want != strconv.Itoa(n) {
			t.Errorf("%d names in %s, want %s", n, database, want)
		}
	}

	oid := server.SQL("postgres", "SELECT oid FROM pg_database WHERE datname = 'second'")
	file := func(name string) string { // ts/db/node, as in the WAL
		return server.SQL("second", `SELECT concat(CASE reltablespace WHEN 0 THEN 1663 ELSE reltablespace END, '/`+oid+`/', pg_relation_filenode(oid)) FROM pg_class WHERE oid = '`+name+`'::regclass`)
	}
	toast := server.SQL("second", "SELECT reltoastrelid::regclass FROM pg_class WHERE oid = 'shop.documents'::regclass")
	byFile := map[string][]string{}
	for _, r := range relations {
		byFile[strings.Join(r[:3], "/")] = r[4:]
	}
	for name, want := range map[string]string{
		"shop.documents":        "second|shop|documents|table|shop|documents||",
		"shop.documents_pkey":   "second|shop|documents_pkey|index|shop|documents||",
		"shop.documents_id_seq": "second|shop|documents_id_seq|sequence|shop|documents||",
		toast:                   "second|pg_toast|" + strings.TrimPrefix(toast, "pg_toast.") + "|toast|shop|documents||",
		toast + "_index":        "second|pg_toast|" + strings.TrimPrefix(toast, "pg_toast.") + "_index|index|shop|documents||",
		"shop.events_2025":      "second|shop|events_2025|table|shop|events_2025|shop|events",
		"shop.events_2025_pkey": "second|shop|events_2025_pkey|index|shop|events_2025|shop|events",
		"shop.events_2026_q1":   "second|shop|events_2026_q1|table|shop|events_2026_q1|shop|events",
		"shop.child":            "second|shop|child|table|shop|child||",
		"shop.sums":             "second|shop|sums|materialized view|shop|sums||",
		"pg_class":              "second|pg_catalog|pg_class|table|pg_catalog|pg_class||", // mapped: relfilenode 0
		"pg_class_oid_index":    "second|pg_catalog|pg_class_oid_index|index|pg_catalog|pg_class||",
	} {
		if got := strings.Join(byFile[file(name)], "|"); got != want {
			t.Errorf("%s (%s):\n%s\nwant\n%s", name, file(name), got, want)
		}
	}
	shared := server.SQL("postgres", "SELECT concat('1664/0/', pg_relation_filenode('pg_authid'::regclass))")
	if got, want := strings.Join(byFile[shared], "|"), "|pg_catalog|pg_authid|table|pg_catalog|pg_authid||"; got != want {
		t.Errorf("pg_authid (%s): %s, want %s", shared, got, want)
	}
	for _, name := range hostile {
		r := byFile[file(identifier(strings.ReplaceAll(name, "'", "''")))]
		if len(r) == 0 || r[2] != name || r[5] != name {
			t.Errorf("%q: %q", name, r)
		}
	}

	// The same through psql, by the commands that names.sql itself gives, and written and
	// read again.
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "names.sql"), []byte(names.Query), 0o600); err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for line := range strings.Lines(names.Query) {
		if command, found := strings.CutPrefix(line, "--   "); found {
			script.WriteString(command)
		}
	}
	shell := exec.Command("sh", "-eu", "-c", script.String())
	shell.Dir, shell.Env = folder, server.Environment()
	if out, err := shell.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%s\n%v\n%s", script.String(), err, out)
	}
	read := func(path string) []names.Relation {
		t.Helper()
		relations, err := names.Read(context.Background(), path, noWarning(t))
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(relations, slices.Compare)
		return relations
	}
	slices.SortFunc(relations, slices.Compare)
	if got := read(filepath.Join(folder, "names.csv")); !reflect.DeepEqual(got, relations) {
		t.Errorf("psql has %d names, the server %d", len(got), len(relations))
	}
	var written bytes.Buffer
	if err := names.Write(&written, relations); err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(folder, "again.csv")
	if err := os.WriteFile(again, written.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := read(again); !reflect.DeepEqual(got, relations) {
		t.Errorf("written and read again: %d names, want %d", len(got), len(relations))
	}

	// In DuckDB they are text, and what was read before stays.
	db := database(t)
	if err := names.Load(context.Background(), db, []string{again}, noWarning(t)); err != nil {
		t.Fatal(err)
	}
	server.SQL("second", "TRUNCATE shop.documents")
	for range 2 {
		if err := names.Load(context.Background(), db, []string{server.URL("second")}, noWarning(t)); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]int{
		"SELECT count(*) FROM wal_relations WHERE relation = 'shop.documents'":                      2,
		"SELECT count(*) FROM wal_relations WHERE kind = 'toast' AND table_name = 'shop.documents'": 2,
		"SELECT count(*) FROM wal_relations WHERE partition_of = 'shop.events' AND kind = 'table'":  2,
		"SELECT count(*) FROM relations WHERE database IS NULL AND reltablespace <> 1664":           0,
		"SELECT count(*) FROM relations WHERE kind IS NULL OR table_name IS NULL":                   0,
	} {
		var n int
		if err := db.QueryRow(query).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d, %v, want %d", query, n, err, want)
		}
	}
	for _, name := range hostile {
		var n int
		if err := db.QueryRow("SELECT count(*) FROM wal_relations WHERE relation = 'public.' || ? AND table_name = relation", name).Scan(&n); err != nil || n != 1 {
			t.Errorf("%q: %d times, %v", name, n, err)
		}
	}
	t.Run("errors", func(t *testing.T) { errorsOf(t, server, db) })
}

// tablespace is a folder that the server may write.
func tablespace(t *testing.T, server *postgres.Server) string {
	t.Helper()
	return strings.TrimSpace(server.Run("", "psql", "-XAtq", "-d", "postgres", "-c",
		`COPY (SELECT 1) TO PROGRAM 'mkdir "$PWD"/../fast'`, "-c", `SELECT regexp_replace(current_setting('data_directory'), 'data$', 'fast')`))
}

// errorsOf: each says what is wrong, and no password.
func errorsOf(t *testing.T, server *postgres.Server, db *sql.DB) {
	folder := t.TempDir()
	files := map[string]string{
		"empty.csv": "", "other.csv": "a,b\n1,2\n",
		"short.csv":  strings.Join(strings.Split(header(t), ",")[:5], ",") + "\n",
		"number.csv": header(t) + "\n1663,5,x,1,a,b,c,table,b,c,,\n",
		"quote.csv":  header(t) + "\n1663,5,\"1\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good, err := url.Parse(server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*url.URL)) string {
		u := *good
		change(&u)
		return u.String()
	}
	for source, want := range map[string]string{
		filepath.Join(folder, "none.csv"):   "no such file",
		filepath.Join(folder, "other.csv"):  "other.csv:1: these are not the columns",
		filepath.Join(folder, "short.csv"):  "short.csv:1: these are not the columns",
		filepath.Join(folder, "number.csv"): `number.csv:2: expected a number as relfilenode, found "x"`,
		filepath.Join(folder, "quote.csv"):  "quote.csv: ",
		with(func(u *url.URL) { u.User = url.UserPassword("postgres", "Wr0ng/"+postgres.Password) }): "password authentication failed",
		with(func(u *url.URL) { u.User = url.UserPassword("nobody", postgres.Password) }):            "password authentication failed",
		with(func(u *url.URL) { u.Path = "/nowhere" }):                                               `database "nowhere" does not exist`,
		with(func(u *url.URL) { u.Host = "127.0.0.1:1" }):                                            "refused",
		with(func(u *url.URL) { u.RawQuery = "sslmode=require" }):                                    "TLS",
		with(func(u *url.URL) { u.RawQuery = "sslmode=bogus" }):                                      "sslmode",
		with(func(u *url.URL) {
			u.User = url.User("postgres")
			u.RawQuery = url.Values{"password": {"Wr0ng" + postgres.Password}}.Encode()
		}): "password authentication failed",
		"postgres://postgres:" + postgres.Password + "@127.0.0.1/postgres": "the server's URL cannot be read",
		"postgres://postgres:Wr0ng/secret@127.0.0.1/postgres":              "the server's URL cannot be read",
		"postgres://postgres:Wr0ng%ZZ@127.0.0.1/postgres":                  "the server's URL cannot be read",
	} {
		_, err := names.Read(context.Background(), source, noWarning(t))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", source, err, want)
			continue
		}
		for _, secret := range []string{postgres.Password, url.QueryEscape(postgres.Password), "Wr0ng", "w:rd", "secret"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q is in %v", secret, err)
			}
		}
	}

	// A database that refuses is left out, and said.
	server.SQL("postgres", "CREATE DATABASE closed; ALTER DATABASE closed CONNECTION LIMIT 0; CREATE ROLE reader LOGIN PASSWORD 'Wr0ng'")
	var warnings []string
	reader := with(func(u *url.URL) { u.User = url.UserPassword("reader", "Wr0ng") })
	relations, err := names.Read(context.Background(), reader, func(text string) { warnings = append(warnings, text) })
	if err != nil || len(relations) == 0 || len(warnings) != 1 || !strings.Contains(warnings[0], `database "closed" is left out`) || strings.Contains(warnings[0], "Wr0ng") {
		t.Errorf("%d names, %v, %q", len(relations), err, warnings)
	}
	// The role has no database of its name, and may not connect to one that is open.
	server.SQL("postgres", "CREATE DATABASE secret; REVOKE CONNECT ON DATABASE secret FROM PUBLIC")
	warnings = nil
	bare := with(func(u *url.URL) { u.User, u.Path = url.UserPassword("reader", "Wr0ng"), "/" })
	relations, err = names.Read(context.Background(), bare, func(text string) { warnings = append(warnings, text) })
	if err != nil || len(relations) == 0 || len(warnings) != 2 || !strings.Contains(warnings[1], `database "secret" is left out: the role "reader" may not connect to it`) {
		t.Errorf("%d names, %v, %q", len(relations), err, warnings)
	}
	if _, err := names.Read(context.Background(), with(func(u *url.URL) { u.User, u.Path = url.UserPassword("reader", "Wr0ng"), "/none" }), noWarning(t)); err == nil || !strings.Contains(err.Error(), `database "none" does not exist`) {
		t.Errorf("a database that is not there: %v", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if err := names.Load(cancelled, db, []string{server.URL("postgres")}, noWarning(t)); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	// Nor is it in the database.
	dump := &strings.Builder{}
	rows, err := db.Query("SELECT COLUMNS(*)::VARCHAR FROM (SELECT relations FROM relations)")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		dump.WriteString(text)
	}
	if strings.Contains(dump.String(), postgres.Password) {
		t.Error("the password is in the table")
	}
}

func header(t *testing.T) string {
	t.Helper()
	var text bytes.Buffer
	if err := names.Write(&text, nil); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(text.String())
}

// database has the views and no WAL.
func database(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", filepath.Join(t.TempDir(), "wal.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, statement := range []string{`CREATE TABLE wal (start_lsn UBIGINT, prev_lsn UBIGINT, xid UINTEGER, resource_manager VARCHAR, record_type VARCHAR,
		record_length UINTEGER, fpi_length UINTEGER, description VARCHAR, xact_time TIMESTAMPTZ, reltablespace UINTEGER, reldatabase UINTEGER,
		relfilenode UINTEGER, relfork VARCHAR, relblocknumber UINTEGER, block_ref VARCHAR)`, answers.SQL} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	return db
}
