package linked_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// A cluster is segments of a server, and pg_waldump's text of the records that begin in
// a range of them. See wal/testdata/README.md.
type cluster struct{ dir, start, end string }

// eachCluster runs the test for the clusters of wal/testdata and of the folder
// WAL_DATA: see build/oracle.sh.
func eachCluster(t *testing.T, test func(s session, c cluster)) {
	t.Helper()
	patterns := []string{"../../wal/testdata/*/range.txt"}
	if data := os.Getenv("WAL_DATA"); data != "" {
		patterns = append(patterns, filepath.Join(data, "*", "range.txt"))
	}
	for _, pattern := range patterns {
		ranges, _ := filepath.Glob(pattern)
		if len(ranges) == 0 {
			t.Fatalf("no files %s", pattern)
		}
		for _, path := range ranges {
			c := cluster{dir: filepath.Dir(path)}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Sscan(string(text), &c.start, &c.end); err != nil {
				t.Fatal(err)
			}
			t.Run(filepath.Base(filepath.Dir(c.dir))+"/"+filepath.Base(c.dir), func(t *testing.T) { test(open(t), c) })
		}
	}
}

// file returns the path of a file of the cluster, "" if it has none.
func (c cluster) file(name string) string {
	for _, path := range []string{filepath.Join(c.dir, name), filepath.Join(c.dir, name+".zst")} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// call returns a call of a function over the range.
func (c cluster) call(function, options string) string {
	return fmt.Sprintf("%s(%s, start_lsn := %s, end_lsn := %s%s)", function, quote(filepath.Join(c.dir, "wal")), quote(c.start), quote(c.end), options)
}

// sharedColumns are those that read_wal has of read_waldump.
const sharedColumns = `start_lsn, prev_lsn, xid, resource_manager, record_type, record_length, fpi_length,
	description, xact_time, reltablespace, reldatabase, relfilenode, relfork, relblocknumber, block_ref`

// The rows of read_wal are those of pg_waldump's text of the same records: all columns,
// whatever the number of threads; without an end, up to where pg_waldump stops.
func TestWALRowsAreThoseOfPgWaldump(t *testing.T) {
	const columns = sharedColumns
	eachCluster(t, func(s session, c cluster) {
		text := "SELECT " + columns + " FROM read_waldump(" + quote(c.file("default.txt")) + ")"
		s.exec("CREATE TABLE text AS " + text)
		for _, threads := range []int{1, 2, 7} {
			s.same("SELECT "+columns+" FROM "+c.call("read_wal", fmt.Sprint(", threads := ", threads)), "FROM text")
		}
		s.exec("CREATE TABLE wal AS FROM " + c.call("read_wal", ""))
		s.same("SELECT "+columns+" FROM wal", "FROM text")
		if got := s.rows("SELECT count(*) FROM (SELECT start_lsn >= lead(start_lsn) OVER (ORDER BY rowid) AS falls FROM wal) WHERE falls"); got[0] != "0" {
			s.Errorf("%s rows are not in order", got[0])
		}
		if tail := c.file("tail.txt"); tail != "" {
			s.same("SELECT "+columns+" FROM read_wal("+quote(filepath.Join(c.dir, "wal"))+", start_lsn := "+quote(c.start)+")",
				"SELECT "+columns+" FROM read_waldump("+quote(tail)+")")
		}
		if old := c.file("oldline.txt"); old != "" {
			segments, _ := filepath.Glob(filepath.Join(c.dir, "wal", "00000001*"))
			s.same("SELECT "+columns+" FROM read_wal("+quote(segments[0])+")",
				"SELECT "+columns+" FROM read_waldump("+quote(old)+")")
			s.same("SELECT "+columns+" FROM read_wal("+quote(filepath.Join(c.dir, "wal"))+", timeline := 1)",
				"SELECT "+columns+" FROM read_waldump("+quote(old)+")")
		}
	})
}

// The rows of read_wal_blocks are those of the text of pg_waldump -b. Before
// PostgreSQL 15 the text does not say that the compression is pglz: there was no other.
func TestWALBlocksAreThoseOfPgWaldump(t *testing.T) {
	const columns = `start_lsn, prev_lsn, block_id, reltablespace, reldatabase, relfilenode, relfork, relblocknumber, xid,
		resource_manager, record_type, record_length, fpi, block_fpi_length, hole_offset, hole_length,
		compression_saved, %s, description`
	eachCluster(t, func(s session, c cluster) {
		s.same(fmt.Sprintf("SELECT "+columns, "compression_method")+" FROM "+c.call("read_wal_blocks", ""),
			fmt.Sprintf("SELECT "+columns, "if(compression_saved IS NULL, NULL, coalesce(compression_method, 'pglz'))")+
				" FROM read_waldump_blocks("+quote(c.file("bkp.txt"))+")")
	})
}

// wal_stats is pg_waldump's table, and waldump_stats of its text.
func TestWALStatsAreThoseOfPgWaldump(t *testing.T) {
	eachCluster(t, func(s session, c cluster) {
		for name, perRecord := range map[string]string{"stats.txt": "false", "stats-record.txt": "true"} {
			option := ", per_record := " + perRecord
			s.same("FROM "+c.call("wal_stats", option)+" WHERE count > 0",
				"FROM waldump_stats("+quote(c.file("default.txt"))+option+") WHERE count > 0")
			path := c.file(name)
			if path == "" {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				s.Fatal(err)
			}
			want := string(text)
			if strings.HasPrefix(want, "WAL statistics between ") {
				_, want, _ = strings.Cut(want, "\n")
			}
			head, rows, tail := s.printed("FROM " + c.call("wal_stats", option))
			if filepath.Base(c.dir) == "9.5" {
				comparePg95(s, head, rows, tail, want)
			} else if got := head + strings.Join(rows, "") + tail; got != want {
				s.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
			}
		}
	})
}

// read_wal_rejects says where WAL ends and why, in pg_waldump's words, and wal_segments
// tells what is in each file.
func TestWALEndsAreSaid(t *testing.T) {
	eachCluster(t, func(s session, c cluster) {
		stderr := c.file("tail.stderr")
		if stderr == "" {
			return
		}
		text, err := os.ReadFile(stderr)
		if err != nil {
			s.Fatal(err)
		}
		folder := quote(filepath.Join(c.dir, "wal"))
		rejects := s.rows("SELECT kind, error FROM read_wal_rejects(" + folder + ", start_lsn := " + quote(c.start) + ")")
		last := rejects[len(rejects)-1]
		kind, message, _ := strings.Cut(last, "|")
		if kind != "end" && kind != "incomplete" || !strings.HasSuffix(strings.TrimSpace(string(text)), message) {
			s.Errorf("got %q, want the end of %s", last, text)
		}
		s.same("SELECT sum(records), sum(record_bytes), min(first_lsn), max(last_lsn) FROM wal_segments("+folder+")",
			"SELECT count(*), sum(record_length), min(start_lsn), max(start_lsn) FROM read_wal("+folder+", ignore_errors := true)")
		if got, want := len(s.rows("FROM wal_segments("+folder+")")), s.files(filepath.Join(c.dir, "wal")); got != want {
			s.Errorf("wal_segments has %d rows for %d files", got, want)
		}
	})
}

// files returns how many segments a folder has.
func (s session) files(folder string) int {
	paths, err := filepath.Glob(filepath.Join(folder, "0000*"))
	if err != nil {
		s.Fatal(err)
	}
	histories, _ := filepath.Glob(filepath.Join(folder, "*.history"))
	return len(paths) - len(histories)
}

// decompressed returns a folder with the segments of another one, decompressed.
func decompressed(t testing.TB, folder string) string {
	t.Helper()
	to := t.TempDir()
	files, _ := filepath.Glob(filepath.Join(folder, "*.zst"))
	if len(files) == 0 {
		t.Fatalf("%s has no segments", folder)
	}
	z, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, path := range files {
		packed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := z.DecodeAll(packed, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, strings.TrimSuffix(filepath.Base(path), ".zst")), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
