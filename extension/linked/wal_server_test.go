//go:build linux

package linked_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"walstats/test/postgres"
)

// textOf writes what pg_waldump prints of a part of a server's WAL into a file.
func textOf(t testing.TB, server *postgres.Server, start, end string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wal.dump")
	if err := os.WriteFile(path, []byte(server.Dump(start, end)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sameAsText checks read_wal of the server's folder against its own pg_waldump.
func (s session) sameAsText(server *postgres.Server, start, end string) {
	s.Helper()
	s.same(fmt.Sprintf("SELECT %s FROM read_wal(%s, start_lsn := '%s', end_lsn := '%s')", sharedColumns, quote(server.WAL()), start, end),
		fmt.Sprintf("SELECT %s FROM read_waldump(%s)", sharedColumns, quote(textOf(s, server, start, end))))
}

// read_wal, read_wal_blocks and wal_stats on WAL of a server of this test, with every
// compression, are its pg_waldump's and pg_walinspect's.
func TestWALOfAServer(t *testing.T) {
	for _, segment := range []string{"1", "16"} {
		t.Run(segment+" MB", func(t *testing.T) {
			server := postgres.Start(t, "wal_level=logical\nwal_keep_size=1GB\nmax_wal_size=1GB\nmax_prepared_transactions=5\n", "--data-checksums", "--wal-segsize="+segment)
			server.SQL("postgres", "CREATE EXTENSION pg_walinspect; CREATE TABLE t (a int PRIMARY KEY, b text); INSERT INTO t SELECT i, repeat('b', i % 300) FROM generate_series(1, 5000) i")
			start := server.LSN()
			for _, method := range []string{"off", "pglz", "lz4", "zstd"} {
				server.SQL("postgres", "ALTER SYSTEM SET wal_compression = "+method+"; SELECT pg_reload_conf()")
				server.SQL("postgres", `SELECT pg_sleep(0.2); CHECKPOINT; UPDATE t SET b = b || 'x' WHERE a % 7 = 0; DELETE FROM t WHERE a % 11 = 0;
					INSERT INTO t SELECT i, 'new' FROM generate_series((SELECT max(a) + 1 FROM t), (SELECT max(a) + 500 FROM t)) i; VACUUM t;`)
			}
			server.SQL("postgres", `BEGIN; INSERT INTO t VALUES (-1, 'p'); PREPARE TRANSACTION 'x'; COMMIT PREPARED 'x';
				SELECT pg_logical_emit_message(true, 'long', repeat('y', 3000000)); SELECT pg_switch_wal();
				CREATE INDEX ON t (b); TRUNCATE t; DROP TABLE t; SELECT pg_create_restore_point('before')`)
			end := server.LSN()

			s := open(t)
			s.sameAsText(server, start, end)
			s.csv("records", server, "SELECT start_lsn, end_lsn, prev_lsn, xid, resource_manager, record_type, record_length, main_data_length, fpi_length FROM pg_get_wal_records_info('"+start+"', '"+end+"')")
			s.same(fmt.Sprintf(`SELECT start_lsn, end_lsn, prev_lsn, xid, resource_manager, record_type, record_length, main_data_length, fpi_length
				FROM read_wal(%s, start_lsn := '%s', end_lsn := '%s')`, quote(server.WAL()), start, end),
				`SELECT start_lsn::pg_lsn, end_lsn::pg_lsn, prev_lsn::pg_lsn, xid, resource_manager, record_type, record_length, main_data_length, fpi_length FROM records`)
			s.csv("stats", server, `SELECT "resource_manager/record_type" AS name, count, record_size, fpi_size, combined_size FROM pg_get_wal_stats('`+start+"', '"+end+"', true) WHERE count > 0")
			s.same(fmt.Sprintf(`SELECT "resource_manager/record_type", count, record_size, fpi_size, combined_size FROM wal_stats(%s, per_record := true, start_lsn := '%s', end_lsn := '%s')`, quote(server.WAL()), start, end),
				"FROM stats")
			methods := s.rows("SELECT DISTINCT compression_method FROM read_wal_blocks(" + quote(server.WAL()) + ", start_lsn := '" + start + "') WHERE fpi IS NOT NULL ORDER BY ALL")
			if got := strings.Join(methods, " "); got != "lz4 pglz zstd NULL" {
				t.Errorf("images are compressed with %s", got)
			}
			// A restored page has its size and layout, 2004 in hexadecimal, at byte 18.
			if got := s.rows("SELECT count(*) > 0, bool_and(hex(block_fpi_data)[37:40] = '0420') FROM read_wal_blocks(" + quote(server.WAL()) + ", start_lsn := '" + start +
				"', data := true) WHERE compression_method IS NOT NULL AND relfork = 'main'"); got[0] != "true|true" {
				t.Errorf("restored pages: %s", got[0])
			}
		})
	}
}

// csv makes a table of a query's rows at the server.
func (s session) csv(name string, server *postgres.Server, query string) {
	s.Helper()
	path := filepath.Join(s.TempDir(), name+".csv")
	text := server.SQL("postgres", "COPY ("+query+") TO STDOUT (FORMAT csv, HEADER)")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		s.Fatal(err)
	}
	s.exec("CREATE OR REPLACE TABLE " + name + " AS FROM read_csv(" + quote(path) + ")")
}

// A crash in the middle of a record that goes on in the next segment, which is lost:
// the server begins that segment with OVERWRITE_CONTRECORD. The dead record is no row,
// and no error. Then the server becomes the primary of a new timeline.
func TestWALAfterACrashAndAPromotion(t *testing.T) {
	server := postgres.Start(t, "wal_level=logical\nwal_keep_size=1GB\n", "--wal-segsize=1")
	start := server.LSN()
	server.SQL("postgres", "CREATE TABLE t AS SELECT repeat('x', 100) FROM generate_series(1, 3000); CHECKPOINT")
	before := server.SQL("postgres", "SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
	server.SQL("postgres", "SELECT pg_logical_emit_message(true, 'broken off', repeat('z', 1500000))")
	after := server.SQL("postgres", "SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
	if before == after {
		t.Fatal("the message lies in one segment")
	}
	server.Crash()
	if err := os.Remove(filepath.Join(server.WAL(), after)); err != nil {
		t.Fatal(err)
	}
	server.Restart()
	server.SQL("postgres", "INSERT INTO t SELECT 'after' FROM generate_series(1, 3000)")
	end := server.LSN()

	s := open(t)
	s.sameAsText(server, start, end)
	if got := s.rows("SELECT count(*) FROM read_wal(" + quote(server.WAL()) + ", start_lsn := '" + start + "') WHERE record_type = 'OVERWRITE_CONTRECORD'"); got[0] != "1" {
		t.Fatalf("%s records OVERWRITE_CONTRECORD", got[0])
	}

	server.Crash()
	if err := os.WriteFile(filepath.Join(server.Data(), "standby.signal"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	server.Configure("hot_standby=on\n")
	server.Restart()
	server.Promote()
	server.SQL("postgres", "INSERT INTO t SELECT 'new timeline' FROM generate_series(1, 3000)")
	end = server.LSN()
	// pg_waldump reads one timeline at a time.
	turn := s.rows("SELECT min(start_lsn)::VARCHAR FROM read_wal(" + quote(server.WAL()) + ") WHERE timeline = 2")[0]
	path := filepath.Join(t.TempDir(), "new.dump")
	if err := os.WriteFile(path, []byte(server.Run("", "pg_waldump", "--path", server.WAL(), "--timeline", "2", "--start", turn, "--end", end)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.same(fmt.Sprintf("SELECT %s FROM read_wal(%s, start_lsn := '%s', end_lsn := '%s')", sharedColumns, quote(server.WAL()), turn, end),
		fmt.Sprintf("SELECT %s FROM read_waldump(%s)", sharedColumns, quote(path)))
	if got := s.rows("SELECT DISTINCT timeline FROM read_wal(" + quote(server.WAL()) + ", start_lsn := '" + start + "') ORDER BY ALL"); strings.Join(got, " ") != "1 2" {
		t.Errorf("timelines %q", got)
	}
	if got := s.rows("SELECT DISTINCT timeline FROM read_wal(" + quote(server.WAL()) + ", timeline := 1)"); strings.Join(got, " ") != "1" {
		t.Errorf("timelines %q", got)
	}
}

// While a server writes and recycles, read_wal finds rows up to an end, and no damage.
func TestWALOfALiveServer(t *testing.T) {
	server := postgres.Start(t, "wal_level=replica\nmax_wal_size=8MB\nmin_wal_size=8MB\nwal_keep_size=4MB\n", "--wal-segsize=1")
	server.SQL("postgres", "CREATE TABLE t (a int, b text)")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 25 {
			server.SQL("postgres", "INSERT INTO t SELECT i, repeat('x', i % 200) FROM generate_series(1, 6000) i; CHECKPOINT")
		}
	}()
	s := open(t)
	folder := quote(server.WAL())
	scans, last := 0, uint64(0)
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-time.After(5 * time.Millisecond):
		}
		var end uint64
		if err := s.QueryRowContext(t.Context(), "SELECT coalesce(max(end_lsn)::UBIGINT, 0) FROM read_wal("+folder+")").Scan(&end); err != nil {
			t.Fatalf("scan %d: %v", scans, err)
		}
		if end < last {
			t.Errorf("WAL ended at %X, and then at %X", last, end)
		}
		last = end
		scans++
	}
	if scans < 2 { // the server wrote meanwhile
		t.Errorf("only %d scans", scans)
	}
	if got, want := s.rows("SELECT max(end_lsn)::UBIGINT FROM read_wal(" + folder + ")")[0], server.SQL("postgres", "SELECT pg_current_wal_flush_lsn() - '0/0'"); got != want {
		t.Errorf("WAL ends at %s, not %s", got, want)
	}
}
