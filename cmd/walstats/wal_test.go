package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"walstats/cmd/walstats/session"
	"walstats/test/postgres/servertest"
)

// program runs walstats in a folder, and wants its exit code.
func program(t *testing.T, folder string, code int, args ...string) string {
	t.Helper()
	text, got := outcome(t, folder, args...)
	if got != code {
		t.Fatalf("walstats %q: exit code %d, want %d\n%s", args, got, code, text)
	}
	return text
}

// outcome runs walstats in a folder, and returns what it wrote and its exit code.
func outcome(t *testing.T, folder string, args ...string) (text string, code int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), "WALSTATS_TEST_MAIN=1")
	out, err := cmd.CombinedOutput()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// rows is what a query says of a database.
func rows(t *testing.T, database, query string) (n int64, text string) {
	t.Helper()
	db, err := session.Open(t.Context(), session.Options{Output: database})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var s sql.NullString
	if err := db.QueryRow(query).Scan(&n, &s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n, s.String
}

// sameRows checks that two queries have the same rows, as often, in a database; what names them.
func sameRows(t *testing.T, what, database, got, want string) {
	t.Helper()
	for difference, query := range map[string]string{"too much": got + " EXCEPT ALL " + want, "missing": want + " EXCEPT ALL " + got} {
		if n, first := rows(t, database, "SELECT count(*), min(start_lsn)::VARCHAR FROM ("+query+")"); n != 0 {
			t.Errorf("%s: %d rows are %s, the first at %s", what, n, difference, first)
		}
	}
}

// A folder of WAL that grows, as a server's or an archive does, is converted again and
// again; the tables are those of one dump of all of it.
func TestWAL(t *testing.T) {
	s := servertest.New(t)
	s.Work()
	folder := t.TempDir()
	archive, out := filepath.Join(folder, "archive"), filepath.Join(folder, "wal.duckdb")
	if err := os.Mkdir(archive, 0o700); err != nil {
		t.Fatal(err)
	}
	names := s.Segments()
	arrive := func(names ...string) {
		for _, name := range names {
			text, err := os.ReadFile(filepath.Join(s.WAL(), name))
			if err != nil {
				t.Fatal(err)
			}
			servertest.Write(t, filepath.Join(archive, name), text)
		}
	}
	same := func() {
		t.Helper()
		for table, function := range map[string]string{"wal": "read_waldump", "wal_blocks": "read_waldump_blocks"} {
			args := []string{"-p", archive, "-s", servertest.LSN(t, names[0])}
			if table == "wal_blocks" { // WAL has all that -b prints
				args = append(args, "-b")
			}
			dump := s.Dump(args...)
			got := "SELECT * EXCLUDE filename FROM " + table
			want := fmt.Sprintf("SELECT * REPLACE (start_lsn::UBIGINT AS start_lsn, prev_lsn::UBIGINT AS prev_lsn) FROM %s(%s)", function, session.Quote(dump))
			sameRows(t, table, out, got, want)
			// A record is of the segment that it starts in.
			n, _ := rows(t, out, "SELECT count(*), NULL FROM "+table+" WHERE filename != "+session.Quote(archive+"/")+" || format('{:08X}{:08X}{:08X}', 1, 0, start_lsn // 1048576)")
			if n != 0 {
				t.Errorf("%s: %d rows have another segment's name", table, n)
			}
		}
	}
	convert := []string{"convert", "archive", "-o", "wal.duckdb"}

	arrive(names[:8]...) // the last record goes on in what is to come
	if text := program(t, folder, 0, convert...); !strings.Contains(text, "7 files") || !strings.Contains(text, " for the next run") {
		t.Errorf("8 segments: %s", text)
	}
	same()
	arrive(names[8:]...)
	if text := program(t, folder, 0, convert...); !strings.Contains(text, " done before") {
		t.Errorf("all segments: %s", text)
	}
	same()
	s.Exec("INSERT INTO t SELECT i, 'more' FROM generate_series(1, 1000) i")
	arrive(s.Segments()...)
	program(t, folder, 0, convert...)
	same()
	if n, _ := rows(t, out, "SELECT count(*), NULL FROM _walstats_inputs WHERE rows > 0"); n < 20 {
		t.Errorf("%d inputs with rows", n)
	}
	program(t, folder, 0, append(convert, "--replace")...)
	same()

	// One file, of all segments or none.
	program(t, folder, 0, "convert", "archive", "-o", "wal.parquet")
	inParquet, _ := rows(t, out, "SELECT count(*), NULL FROM "+session.Quote(filepath.Join(folder, "wal.parquet")))
	if n, _ := rows(t, out, "SELECT count(*), NULL FROM wal"); n != inParquet {
		t.Errorf("%d records in Parquet, %d in the database", inParquet, n)
	}

	// A part; and what does not go.
	start, end := servertest.LSN(t, names[2]), servertest.LSN(t, names[4])
	program(t, folder, 0, "convert", "archive", "-o", "part.duckdb", "--start", start, "--end", end, "--no-blocks")
	n, _ := rows(t, filepath.Join(folder, "part.duckdb"), "SELECT count(*), NULL FROM wal")
	want, _ := rows(t, out, "SELECT count(*), NULL FROM wal WHERE start_lsn >= lsn("+session.Quote(start)+") AND start_lsn < lsn("+session.Quote(end)+")")
	if n == 0 || n != want {
		t.Errorf("%d records from %s to %s, want %d", n, start, end, want)
	}
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"convert none -o x.duckdb", 1, "none: no such file"},
		{"convert archive wal.dump -o x.duckdb", 2, "archive is WAL and wal.dump is not"},
		{"convert --wal archive -o x.duckdb", 2, "WAL is read without pg_waldump now; name its folder as an argument"},
		{"convert wal.dump --start 0/1 -o x.duckdb", 2, "--start, --end and --timeline are for WAL"},
		{"convert archive --start 1 -o x.duckdb", 2, `expected an LSN like "0/1953528", found "1"`},
		{"convert archive --timeline 7 -o x.duckdb", 1, "no segment of timeline 7"},
	} {
		if text := program(t, folder, test.code, strings.Fields(test.args)...); !strings.Contains(text, test.want) {
			t.Errorf("walstats %s: %s\nwant %s", test.args, text, test.want)
		}
	}
	bad := filepath.Join(archive, names[1])
	text, err := os.ReadFile(bad)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 64 {
		text[len(text)/2+i] ^= 0xFF
	}
	servertest.Write(t, bad, text)
	if text := program(t, folder, 1, "convert", "archive", "-o", "x.duckdb"); !strings.Contains(text, "xlp_magic should be D110 and is 2EEF (invalid magic number 2EEF in log segment ") || !strings.Contains(text, fmt.Sprintf("1 of %d inputs could not be converted", len(names))) {
		t.Errorf("a damaged segment: %s", text)
	}
	if err := os.Remove(bad); err != nil {
		t.Fatal(err)
	}
	if text := program(t, folder, 1, convert...); !strings.Contains(text, "segment "+names[1]+" is missing") {
		t.Errorf("a missing segment: %s", text)
	}
}

// A segment that gets another name in its folder is one input still: a .partial that is
// finished, a segment that the archive compresses.
func TestSegmentsGetOtherNames(t *testing.T) {
	demo, err := filepath.Glob("../../test/data/demo/0000*.zst")
	if err != nil || len(demo) < 3 {
		t.Fatalf("%v, %v", demo, err)
	}
	for _, output := range []string{"wal.duckdb", "wal.parquet/"} {
		folder := t.TempDir()
		archive := filepath.Join(folder, "archive")
		if err := os.Mkdir(archive, 0o700); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, path := range demo {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, filepath.Join(archive, filepath.Base(path)))
			servertest.Write(t, names[len(names)-1], text)
		}
		rename := func(from, to string) {
			t.Helper()
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
		}
		count := func() (n int64) {
			t.Helper()
			if output == "wal.duckdb" {
				n, _ = rows(t, filepath.Join(folder, output), "SELECT count(*), NULL FROM wal")
				return n
			}
			n, _ = rows(t, "", "SELECT count(*), NULL FROM "+session.Quote(filepath.Join(folder, output, "*.parquet")))
			return n
		}
		last := names[len(names)-1]
		rename(last, last+".partial")
		rename(names[0], strings.TrimSuffix(names[0], ".zst"))
		program(t, folder, 0, "convert", "archive", "-o", output)
		want := count()
		rename(last+".partial", last)
		rename(strings.TrimSuffix(names[0], ".zst"), names[0])
		text := program(t, folder, 0, "convert", "archive", "-o", output)
		if got := count(); got != want || want == 0 {
			t.Errorf("%s: %d rows, and %d with other names: %s", output, want, got, text)
		}
		if strings.Contains(text, "twice") || strings.Contains(text, "overlap") {
			t.Errorf("%s: %s", output, text)
		}
	}
}
