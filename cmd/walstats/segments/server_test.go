package segments_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"walstats/cmd/walstats/segments"
	"walstats/cmd/walstats/segments/servertest"
	"walstats/cmd/walstats/session"
)

// database is one that has read_waldump.
func database(t testing.TB) *sql.DB {
	t.Helper()
	db, err := session.Open(context.Background(), session.Options{Settings: map[string]string{"preserve_insertion_order": "false", "threads": "2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// plan is what there is to do for a part of a folder's WAL.
func plan(dir string, part segments.Part) (chain *segments.Chain, pieces []segments.Piece, program string, err error) {
	if chain, err = segments.Open(dir, part); err != nil {
		return nil, nil, "", err
	}
	version, err := chain.Version()
	if err != nil {
		return nil, nil, "", err
	}
	if program, err = segments.Find("", version); err != nil {
		return nil, nil, "", err
	}
	pieces, err = chain.Pieces()
	return chain, pieces, program, err
}

// read puts the records of a part of a folder's WAL into the table got: the dumps of
// so many segments at a time.
func read(t testing.TB, db *sql.DB, dir string, part segments.Part, workers, group int, details bool) error {
	t.Helper()
	chain, pieces, program, err := plan(dir, part)
	if err != nil {
		return err
	}
	m := segments.Maker{Chain: chain, Pieces: pieces, Program: program, Workers: workers, Details: details}
	if err := m.Start(context.Background(), pathsOf(pieces)); err != nil {
		return err
	}
	defer func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := db.Exec("CREATE OR REPLACE TABLE got AS FROM read_waldump('../../../test/data/pg14.waldump.gz') WITH NO DATA"); err != nil {
		t.Fatal(err)
	}
	for some := range slices.Chunk(pieces, group) {
		paths := pathsOf(some)
		dumps, errs := m.Wait(paths)
		if err := errors.Join(errs...); err != nil {
			return err
		}
		if _, err := db.Exec("INSERT INTO got FROM read_waldump(" + session.List(dumps) + ")"); err != nil {
			return err
		}
		m.Release(paths)
	}
	return nil
}

func pathsOf(pieces []segments.Piece) (paths []string) {
	for _, p := range pieces {
		paths = append(paths, p.Path)
	}
	return paths
}

// from is SQL for the records of a dump.
func from(dump string) string { return "FROM read_waldump(" + session.Quote(dump) + ")" }

// check fails unless the table got has the rows of a query, each as often.
func check(t testing.TB, db *sql.DB, want string) {
	t.Helper()
	for _, side := range []struct{ name, a, b string }{{"too much", "FROM got", want}, {"missing", want, "FROM got"}} {
		var n int64
		var first sql.NullString
		err := db.QueryRow("SELECT count(*), min(start_lsn)::VARCHAR FROM (("+side.a+") EXCEPT ALL ("+side.b+"))").Scan(&n, &first)
		if err != nil {
			t.Fatal(err)
		}
		if n != 0 {
			t.Errorf("%d records are %s, the first at %s", n, side.name, first.String)
		}
	}
	var n int64
	if err := db.QueryRow("SELECT count(*) FROM got").Scan(&n); err != nil || n == 0 {
		t.Errorf("%d records, %v", n, err)
	}
}

// Every record is there once, however the dumps are made, and as one pg_waldump prints it.
func TestServer(t *testing.T) {
	s := servertest.New(t)
	s.Work()
	names := s.Segments()
	begin := servertest.LSN(t, names[0])
	whole := s.Dump("-p", s.WAL(), "-s", begin)
	db := database(t)
	for _, p := range []struct{ workers, group int }{{1, 1000}, {2, 1}, {3, 7}} {
		t.Run(fmt.Sprintf("%d workers, %d of %d segments", p.workers, p.group, len(names)), func(t *testing.T) {
			if err := read(t, db, s.Data(), segments.Part{}, p.workers, p.group, false); err != nil {
				t.Fatal(err)
			}
			check(t, db, from(whole))
		})
	}
	t.Run("details", func(t *testing.T) {
		if err := read(t, db, s.WAL(), segments.Part{}, 2, 7, true); err != nil {
			t.Fatal(err)
		}
		check(t, db, from(s.Dump("-b", "-p", s.WAL(), "-s", begin)))
	})
	// Records begin and end anywhere near these; the third ends a segment.
	for _, p := range [][2]string{{"3/4", "half"}, {"1/4", "0"}, {"0", "40"}, {"middle", "3/4"}} {
		t.Run("from "+p[0]+" to "+p[1], func(t *testing.T) {
			offsets := map[string]segments.LSN{"0": 0, "40": 40, "1/4": 1<<18 + 8, "half": 1 << 19, "middle": 1<<19 + 24, "3/4": 3<<18 + 3}
			start, end := servertest.Parse(t, servertest.LSN(t, names[2]))+offsets[p[0]], servertest.Parse(t, servertest.LSN(t, names[len(names)-3]))+offsets[p[1]]
			if err := read(t, db, s.WAL(), segments.Part{Start: start, End: end}, 2, 7, false); err != nil {
				t.Fatal(err)
			}
			if p[1] == "40" { // there pg_waldump reads on, and fails
				check(t, db, from(s.Dump("-p", s.WAL(), "-s", start.String(), "-e", (end-40).String())))
			} else {
				check(t, db, from(s.Dump("-p", s.WAL(), "-s", start.String(), "-e", end.String())))
			}
		})
	}
	t.Run("one record", func(t *testing.T) {
		var at, next uint64
		if err := db.QueryRow("SELECT start_lsn::UBIGINT, start_lsn::UBIGINT + record_length FROM read_waldump(?) WHERE record_length > 3e6", whole).Scan(&at, &next); err != nil {
			t.Fatal(err)
		}
		// Where nothing starts for three segments.
		part := segments.Part{Start: segments.LSN(at), End: segments.LSN(next + 1<<20)}
		if err := read(t, db, s.WAL(), part, 2, 1, false); err != nil {
			t.Fatal(err)
		}
		check(t, db, from(s.Dump("-p", s.WAL(), "-s", part.Start.String(), "-e", part.End.String())))
		part = segments.Part{Start: segments.LSN(at + 1<<20), End: segments.LSN(at + 2<<20)}
		if err := read(t, db, s.WAL(), part, 2, 1, false); err != nil {
			t.Errorf("inside the record: %v", err)
		}
	})

	t.Run("what is ready for later", func(t *testing.T) {
		folder := s.CopyWAL(t)
		last := servertest.Parse(t, servertest.LSN(t, names[len(names)-1]))
		for i, text := range [][]byte{make([]byte, 1<<20), load(t, filepath.Join(folder, names[1])), nil} {
			servertest.Write(t, filepath.Join(folder, fmt.Sprintf("%08X%08X%08X", 1, 0, uint64(last)>>20+uint64(i)+1)), text)
		}
		if err := read(t, db, folder, segments.Part{}, 2, 7, false); err != nil {
			t.Fatal(err)
		}
		check(t, db, from(whole))
	})
	t.Run("the end of a used segment", func(t *testing.T) {
		// As a standby has it: what was streamed lies over older WAL.
		folder := s.CopyWAL(t)
		last := filepath.Join(folder, names[len(names)-1])
		text, old := load(t, last), load(t, filepath.Join(folder, names[1]))
		end := s.End - servertest.Parse(t, servertest.LSN(t, names[len(names)-1]))
		copy(text[end:], old[end:])
		servertest.Write(t, last, text)
		if err := read(t, db, folder, segments.Part{}, 2, 7, false); err != nil {
			t.Fatal(err)
		}
		check(t, db, from(whole))
	})
	t.Run("damage", func(t *testing.T) {
		folder := s.CopyWAL(t)
		path := filepath.Join(folder, names[2])
		text := load(t, path)
		for i := range 64 {
			text[len(text)/2+i] ^= 0xFF
		}
		servertest.Write(t, path, text)
		err := read(t, db, folder, segments.Part{}, 2, 7, false)
		if err == nil || !strings.Contains(err.Error(), path+": pg_waldump failed: \"pg_waldump: error: error in WAL record at 0/") {
			t.Errorf("error: %v", err)
		}
	})
	t.Run("a part that is not there", func(t *testing.T) {
		last := servertest.Parse(t, servertest.LSN(t, names[len(names)-1]))
		err := read(t, db, s.WAL(), segments.Part{End: last + 1<<20}, 2, 7, false)
		if err == nil || !strings.Contains(err.Error(), "invalid record length at") {
			t.Errorf("an end behind WAL's: %v", err)
		}
	})
	t.Run("a missing segment", func(t *testing.T) {
		folder := s.CopyWAL(t)
		if err := os.Remove(filepath.Join(folder, names[4])); err != nil {
			t.Fatal(err)
		}
		err := read(t, db, folder, segments.Part{}, 2, 7, false)
		if err == nil || !strings.Contains(err.Error(), "the segment "+names[4]+" is missing") {
			t.Errorf("error: %v", err)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		t.Setenv("TMPDIR", t.TempDir())
		chain, pieces, program, err := plan(s.WAL(), segments.Part{})
		if err != nil {
			t.Fatal(err)
		}
		m := segments.Maker{Chain: chain, Pieces: pieces, Program: program, Workers: 2}
		ctx, cancel := context.WithCancel(t.Context())
		if err := m.Start(ctx, pathsOf(pieces)); err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, errs := m.Wait(pathsOf(pieces)); !errors.Is(errors.Join(errs...), context.Canceled) {
			t.Errorf("errors: %v", errs)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})

	t.Run("a new timeline", func(t *testing.T) {
		s.Configure("restore_command=false\n")
		s.Write("recovery.signal")
		s.Exec("INSERT INTO t SELECT i, 'new' FROM generate_series(1, 20000) i")
		turn := servertest.LSN(t, names[len(names)-1]) // the new timeline has a copy of that segment
		if err := read(t, db, s.WAL(), segments.Part{}, 2, 7, false); err != nil {
			t.Fatal(err)
		}
		check(t, db, from(whole)+" WHERE start_lsn < "+session.Quote(turn)+"::pg_lsn UNION ALL "+from(s.Dump("-t", "2", "-p", s.WAL(), "-s", turn)))
		if err := read(t, db, s.WAL(), segments.Part{Timeline: 1}, 2, 7, false); err != nil {
			t.Fatal(err)
		}
		check(t, db, from(whole))
	})
}

func load(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
