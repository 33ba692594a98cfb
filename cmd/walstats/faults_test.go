//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"walstats/cmd/walstats/report"
	"walstats/record"
	"walstats/test/postgres"
)

// TestFaults asks what a DBA asks, of a real server whose true answers are known: from what the
// test did, from pg_stat_wal, pg_walinspect, pg_control_checkpoint and pg_stat_user_tables.
// Fourteen answers were wrong once. Each is asked here, by a subtest of its number; what else is
// tested of it is elsewhere:
//
//	 1  names through time                    names/fromwal_test.go, wal/names_test.go
//	 2  what fewer checkpoints would save     answers/whatif_test.go: the work done again with half as many
//	 3  what images are for                   answers/sums_test.go
//	 4  a long statement is not a peak        answers/server_times_test.go, report/time_test.go
//	 5  zones                                 testdata/script/report.txt, inspect.txt
//	 6  REINDEX makes whole new pages         report/findings_test.go
//	 7  checkpoints, by their redo points     report/time_test.go, answers/server_times_test.go
//	 8  points to recover to                  answers/recovery_test.go: recoveries to each of them
//	 9  who: rows by table and verb           answers/changes_test.go
//	10  names from servers                    names/names_test.go
//	11  the first screen                      report/terminal_test.go, chromium_test.go
//	12  progress, closing line, double input  report/watch_test.go, outfile/scratch_test.go, testdata/script/overlap.txt
//	13  what wal_compression would save       answers/compression_test.go: the work done again with each method
//	14  small things                          testdata/script/version.txt, report.txt
func TestFaults(t *testing.T) {
	f := &faults{T: t, server: postgres.Start(t, "wal_keep_size=1GB\nmax_wal_size=1GB\nwal_compression=off\n"), folder: t.TempDir(), owners: map[string]string{}}
	f.work()
	f.tell()
	for i, ask := range []func(*faults){
		(*faults).names, (*faults).fewerCheckpoints, (*faults).causes, (*faults).longStatement, (*faults).zones, (*faults).reindex, (*faults).checkpoints,
		(*faults).recovery, (*faults).rows, (*faults).namesOfServers, (*faults).firstScreen, (*faults).doubleInput, (*faults).compression, (*faults).small,
	} {
		t.Run(strconv.Itoa(i+1), func(t *testing.T) {
			own := *f
			own.T = t
			ask(&own)
		})
	}
}

// A faults is a server with what was done on it, and what walstats says of it.
type faults struct {
	*testing.T
	server     *postgres.Server
	folder     string
	start, end string // LSNs of the work
	steps      []step
	owners     map[string]string // of relation files, by their numbers: the table that each belongs to
	redos      []string          // of checkpoints, as the control file has them
	moments    []moment          // in the long statement

	walBytes float64 // that pg_stat_wal has
	database string  // that walstats convert wrote
	facts    reported
}

// A step is a statement that was done alone, between two LSNs and two times.
type step struct {
	database, statement string
	from, to            record.LSN
	began, ended        time.Time
}

// A moment is when the WAL ended where.
type moment struct {
	lsn  uint64
	time time.Time
}

// reported is what the test reads of walstats report --json.
type reported struct {
	Findings []string
	Bytes    int64
	FPIBytes int64               `json:"fpi_bytes"`
	Causes   report.ImageCauses  `json:"image_causes"`
	Tables   []report.Table      `json:"tables"`
	Seconds  float64             `json:"checkpoint_seconds_apart"`
	Points   []report.Checkpoint `json:"checkpoints"`

	Compression []report.Compression `json:"what_if_compression"`
}

// longUpdate changes all orders in about two seconds, and says twenty times where the WAL is.
const longUpdate = "UPDATE shop.orders SET n = n + shop.slowly(id)"

// work does the statements, and learns after each what the server knows.
func (f *faults) work() {
	s := f.server
	s.SQL("postgres", "CREATE EXTENSION pg_walinspect")
	for _, database := range []string{"other", "second", "closed"} {
		s.SQL("postgres", "CREATE DATABASE "+database)
	}
	s.SQL("postgres", `REVOKE CONNECT ON DATABASE closed FROM PUBLIC; CREATE ROLE reader LOGIN PASSWORD 'reader';
		CREATE SCHEMA shop; CREATE TABLE shop.orders (id bigint PRIMARY KEY, n int, note text) WITH (fillfactor = 85); CREATE INDEX orders_note ON shop.orders (note);
		INSERT INTO shop.orders SELECT i, 0, 'order ' || i FROM generate_series(1, 20000) i;
		CREATE TABLE shop.events (what text); INSERT INTO shop.events SELECT repeat('x', 50) FROM generate_series(1, 5000);
		CREATE TABLE shop.old (a int, body text); CREATE TABLE same (a int);
		CREATE FUNCTION shop.slowly(id bigint) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
			IF id % 1000 = 0 THEN
				PERFORM pg_sleep(0.1);
				RAISE NOTICE '% %', pg_current_wal_insert_lsn() - '0/0', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
			END IF;
			RETURN 1; END $$`)
	s.SQL("second", "CREATE TABLE same (a int)")
	s.SQL("other", "CREATE TABLE there (a int PRIMARY KEY)")
	s.SQL("postgres", "CHECKPOINT; SELECT pg_stat_reset(); SELECT pg_stat_reset_shared('wal')")
	f.start = s.LSN()
	f.learn("postgres")
	for _, w := range []struct{ database, statement string }{
		{"postgres", "UPDATE shop.orders SET n = n + 1 WHERE id % 40 = 0"},
		{"postgres", "INSERT INTO shop.old SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 3000) i"},
		{"postgres", "CHECKPOINT"},
		{"postgres", "UPDATE shop.orders SET n = n + 1 WHERE id % 40 = 1"},
		{"postgres", "VACUUM FULL shop.orders"},
		{"postgres", "REINDEX TABLE shop.orders"},
		{"postgres", "CHECKPOINT"},
		{"postgres", longUpdate},
		{"postgres", "CHECKPOINT"},
		{"postgres", "UPDATE shop.orders SET note = note || '!' WHERE id % 40 = 2"},
		{"postgres", "COPY shop.events FROM PROGRAM 'seq 1 4000'"},
		{"postgres", "TRUNCATE shop.events"},
		{"postgres", "CHECKPOINT"},
		{"postgres", "UPDATE shop.orders SET n = n + 1 WHERE id % 40 = 3"},
		{"postgres", "DELETE FROM shop.orders WHERE id > 18000"},
		{"postgres", "DROP TABLE shop.old"},
		{"other", "INSERT INTO there SELECT generate_series(1, 2000)"},
		{"second", "INSERT INTO same SELECT generate_series(1, 9000)"},
		{"postgres", "INSERT INTO same SELECT generate_series(1, 9000)"},
		{"postgres", "DROP DATABASE other"},
		{"postgres", "INSERT INTO shop.events VALUES ('last')"},
	} {
		f.do(w.database, w.statement)
	}
	f.end = s.LSN()
	bytes, err := strconv.ParseFloat(s.SQL("postgres", "SELECT wal_bytes FROM pg_stat_wal"), 64)
	if err != nil {
		f.Fatal(err)
	}
	f.walBytes = bytes
}

// do does one statement.
func (f *faults) do(database, statement string) {
	f.Helper()
	done := step{database: database, statement: statement, from: f.lsn(f.server.LSN()), began: time.Now()}
	if statement == longUpdate {
		f.slowly()
	} else {
		f.server.SQL(database, statement)
	}
	done.to, done.ended = f.lsn(f.server.LSN()), time.Now()
	f.steps = append(f.steps, done)
	if strings.HasPrefix(statement, "DROP DATABASE") {
		database = "postgres"
	}
	f.learn(database)
	if redo := f.server.SQL("postgres", "SELECT redo_lsn FROM pg_control_checkpoint()"); f.lsn(redo) > f.lsn(f.start) && !slices.Contains(f.redos, redo) {
		f.redos = append(f.redos, redo)
	}
}

// slowly does the long statement, and notes where it was when.
func (f *faults) slowly() {
	f.Helper()
	config, err := pgx.ParseConfig(f.server.URL("postgres"))
	if err != nil {
		f.Fatal(err)
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		var m moment
		var micros int64
		if _, err := fmt.Sscan(n.Message, &m.lsn, &micros); err != nil {
			f.Errorf("%s: %v", n.Message, err)
		}
		m.time = time.UnixMicro(micros)
		f.moments = append(f.moments, m)
	}
	connection, err := pgx.ConnectConfig(f.Context(), config)
	if err != nil {
		f.Fatal(err)
	}
	defer connection.Close(f.Context())
	if _, err := connection.Exec(f.Context(), longUpdate); err != nil {
		f.Fatal(err)
	}
}

// learn notes which files the tables of a database have now, their indexes' and TOAST's included.
func (f *faults) learn(database string) {
	f.Helper()
	for file := range strings.Lines(f.server.SQL(database, `SELECT '1663/' || d.oid || '/' || pg_relation_filenode(c.oid), n.nspname || '.' || t.relname
		FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_database d ON datname = current_database()
			JOIN pg_class t ON t.oid = coalesce((SELECT m.oid FROM pg_class m WHERE m.reltoastrelid = coalesce(i.indrelid, c.oid)), i.indrelid, c.oid)
			JOIN pg_namespace n ON n.oid = t.relnamespace
		WHERE pg_relation_filenode(c.oid) IS NOT NULL AND c.oid >= 16384`)) {
		numbers, table, _ := strings.Cut(strings.TrimSpace(file), "|")
		f.owners[numbers] = database + " " + table
	}
}

// tell lets walstats tell what it knows.
func (f *faults) tell() {
	f.database = filepath.Join(f.folder, "wal.duckdb")
	part := []string{f.server.WAL(), "--start", f.start, "--end", f.end}
	program(f.T, f.folder, 0, append([]string{"convert", "-o", f.database}, part...)...)
	f.facts = f.report(part...)
}

// report is what walstats report says, with such arguments.
func (f *faults) report(args ...string) (facts reported) {
	f.Helper()
	text := program(f.T, f.folder, 0, append([]string{"report", "--json", "-q"}, args...)...)
	if err := json.Unmarshal([]byte(text[strings.Index(text, "{\n"):]), &facts); err != nil {
		f.Fatal(err)
	}
	return facts
}

// query asks the database that walstats convert wrote.
func (f *faults) query(query string) string {
	f.Helper()
	text, err := printed(f.database+"?access_mode=read_only", query)
	if err != nil {
		f.Fatalf("%s: %v", query, err)
	}
	return strings.TrimSuffix(text, "\n")
}

// number is a query's answer as a number.
func (f *faults) number(answer string) float64 {
	f.Helper()
	n, err := strconv.ParseFloat(answer, 64)
	if err != nil {
		f.Fatal(err)
	}
	return n
}

func (f *faults) lsn(text string) record.LSN {
	f.Helper()
	var high, low uint64
	if _, err := fmt.Sscanf(text, "%X/%X", &high, &low); err != nil {
		f.Fatal(err)
	}
	return record.LSN(high<<32 | low)
}

// step is the only one that begins so.
func (f *faults) step(statement string) step {
	f.Helper()
	i := slices.IndexFunc(f.steps, func(s step) bool { return strings.HasPrefix(s.statement, statement) })
	if i < 0 {
		f.Fatalf("no statement begins with %s", statement)
	}
	return f.steps[i]
}

// inspected asks pg_walinspect: its records are the table w.
func (f *faults) inspected(query string) string {
	f.Helper()
	return f.server.SQL("postgres", fmt.Sprintf("WITH w AS (SELECT * FROM pg_get_wal_records_info('%s', '%s')) ", f.start, f.end)+query)
}

// finding is the one that has the words.
func (f *faults) finding(words string) string {
	for _, text := range f.facts.Findings {
		if strings.Contains(text, words) {
			return strings.ReplaceAll(text, "\u00a0", " ")
		}
	}
	return ""
}
