package linked_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write makes a file for one test.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wal.dump")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var recordColumns = strings.Fields(`start_lsn prev_lsn xid resource_manager record_type record_length fpi_length description xact_time
	reltablespace reldatabase relfilenode relfork relblocknumber block_ref`)

var blockColumns = strings.Fields(`start_lsn prev_lsn block_id reltablespace reldatabase relfilenode relfork relblocknumber xid
	resource_manager record_type record_length fpi block_fpi_length hole_offset hole_length compression_saved compression_method description`)

var rejectColumns = strings.Fields(`filename line_number byte_offset kind line error`)

// The images of a record are as long as tot - rec says: what -b tells of their
// holes and their compression was read right.
func TestImagesAreAsLongAsTheRecordSays(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		s := open(t)
		path := quote(c.path(t, "bkp"))
		s.same(`SELECT start_lsn, sum(8192 - hole_length - coalesce(compression_saved, 0))::BIGINT FROM read_waldump_blocks(`+path+`) WHERE fpi IS NOT NULL GROUP BY ALL`,
			`SELECT start_lsn, fpi_length::BIGINT FROM read_waldump(`+path+`) WHERE fpi_length > 0`)
		s.same(`SELECT start_lsn, sum(block_fpi_length)::BIGINT FROM read_waldump_blocks(`+path+`) GROUP BY ALL`,
			`SELECT start_lsn, fpi_length::BIGINT FROM read_waldump(`+path+`) WHERE block_ref IS NOT NULL`)
		if n := s.value("SELECT count(*) FROM read_waldump(" + path + ") WHERE fpi_length > 0 AND block_ref IS NULL"); n > 0 {
			t.Errorf("%d records have images and no block reference", n)
		}
	}, "bkp")
}

// A dump with --bkp-details has the rows of the one without, in the same order, but
// for what only the details tell.
func TestBothFormatsHaveTheSameRows(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		s := open(t)
		s.exec(macros)
		long, short := quote(c.path(t, "bkp")), quote(c.path(t, "default"))
		s.same(`SELECT row_number() OVER (), * REPLACE (short(block_ref) AS block_ref) FROM read_waldump(`+long+`)`,
			`SELECT row_number() OVER (), * FROM read_waldump(`+short+`)`)
		const block = `EXCLUDE (block_fpi_length, hole_offset, hole_length, compression_saved, compression_method)`
		s.same(`SELECT row_number() OVER (), * `+block+` FROM read_waldump_blocks(`+long+`)`,
			`SELECT row_number() OVER (), * `+block+` FROM read_waldump_blocks(`+short+`)`)
		for _, perRecord := range []string{"false", "true"} {
			s.same(`SELECT row_number() OVER (), * FROM waldump_stats(`+long+`, per_record := `+perRecord+`)`,
				`SELECT row_number() OVER (), * FROM waldump_stats(`+short+`, per_record := `+perRecord+`)`)
		}
	}, "bkp", "default")
}

// What a terminal makes of a dump, \r\n for \n, has the same rows and messages.
func TestTerminalsLineEnds(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		s := open(t)
		file, terminal := c.path(t, "mixed"), c.path(t, "mixed-pty")
		s.same("SELECT row_number() OVER (), * FROM read_waldump("+quote(terminal)+")", "SELECT row_number() OVER (), * FROM read_waldump("+quote(file)+")")
		const others = "SELECT * EXCLUDE (filename, byte_offset) FROM read_waldump_rejects(%s)"
		s.same(fmt.Sprintf(others, quote(terminal)), fmt.Sprintf(others, quote(file)))
	}, "mixed", "mixed-pty")
}

// A piece is a row of read_waldump or read_waldump_rejects, as text again.
type piece struct {
	offset int64
	line   int64 // a reject's, 0 for a record
	text   string
}

// pieces prints every row of the two tables as pg_waldump printed it, in file order.
func (s session) pieces(path string, bkp bool) (all []piece) {
	s.Helper()
	text := `printf('rmgr: %-11s len (rec/tot): %6d/%6d, tx: %10d, lsn: %s, prev %s, desc: %s %s', resource_manager, record_length - fpi_length, record_length,
		xid, start_lsn::VARCHAR, prev_lsn::VARCHAR, record_type, description)`
	if bkp {
		text += ` || coalesce(chr(10) || chr(9) || replace(block_ref, ', blkref #', chr(10) || chr(9) || 'blkref #'), '')`
	} else {
		text += ` || coalesce(', ' || block_ref, '')`
	}
	rows, err := s.QueryContext(context.Background(), `
		SELECT byte_offset::BIGINT, 0::BIGINT, `+text+` FROM read_waldump(`+quote(path)+`, byte_offset := true, ignore_errors := true)
		UNION ALL
		SELECT byte_offset::BIGINT, line_number::BIGINT, line FROM read_waldump_rejects(`+quote(path)+`)`)
	if err != nil {
		s.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var p piece
		if err := rows.Scan(&p.offset, &p.line, &p.text); err != nil {
			s.Fatal(err)
		}
		all = append(all, p)
	}
	if err := rows.Err(); err != nil {
		s.Fatal(err)
	}
	slices.SortFunc(all, func(a, b piece) int { return cmp.Compare(a.offset, b.offset) })
	return all
}

// Nothing disappears and nothing is invented: the rows of read_waldump and of
// read_waldump_rejects, printed one after the other in the order of byte_offset,
// are the file again, but for empty lines between them.
func TestRowsAndRejectsAreTheWholeFile(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		for _, kind := range []string{"default", "bkp", "mixed", "mixed-pty", "Asia_Kolkata"} {
			if c.has(kind) {
				checkWhole(open(t), c.path(t, kind), kind == "bkp")
			}
		}
	})
}

func checkWhole(s session, path string, bkp bool) {
	s.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	crlf := bytes.HasSuffix(first, []byte("\r"))
	all := s.pieces(path, bkp)
	if len(all) == 0 || all[0].offset != 0 {
		s.Fatalf("%s: the first row is not the first line's: %+v", path, all)
	}
	records, others, empty, more, lines := 0, 0, 0, 0, 0
	for i, p := range all {
		end := int64(len(text))
		if i+1 < len(all) {
			end = all[i+1].offset
		}
		chunk := text[p.offset:end]
		if crlf {
			chunk = bytes.ReplaceAll(chunk, []byte("\r\n"), []byte("\n"))
		}
		if p.line > 0 && p.line != int64(lines+1) {
			s.Errorf("%s: line_number %d of line %d: %.80q", path, p.line, lines+1, p.text)
		}
		rest, ok := strings.CutPrefix(string(repaired(chunk)), p.text)
		if !ok || strings.Trim(rest, "\n") != "" || rest == "" && i+1 < len(all) {
			s.Fatalf("%s (byte %d): got\n%.300q\nthe file has\n%.300q", path, p.offset, p.text, chunk)
		}
		lines += strings.Count(p.text, "\n") + max(1, len(rest))
		more += strings.Count(p.text, "\n")
		empty += max(0, len(rest)-1)
		if p.line > 0 {
			others++
		} else {
			records++
		}
	}
	want := bytes.Count(text, []byte("\n"))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		want++
	}
	if lines != want || records+more+empty+others != want {
		s.Errorf("%s: %d lines, but %d records, %d further lines of theirs, %d empty, %d others", path, want, records, more, empty, others)
	}
}

// damages are what happens to files on their way, each to a text of many lines.
var damages = map[string]func(text []byte, r *rand.Rand) []byte{
	"bits": func(text []byte, r *rand.Rand) []byte {
		for range len(text) / 3000 {
			text[r.IntN(len(text))] ^= 1 << r.IntN(8)
		}
		return text
	},
	"bytes lost": func(text []byte, r *rand.Rand) []byte {
		for range 200 {
			i := r.IntN(len(text) - 300)
			text = slices.Delete(text, i, i+r.IntN(300))
		}
		return text
	},
	"line ends lost": func(text []byte, r *rand.Rand) []byte {
		for range 500 {
			if i := r.IntN(len(text)); true {
				if n := bytes.IndexByte(text[i:], '\n'); n >= 0 {
					text[i+n] = ' '
				}
			}
		}
		return text
	},
	"line ends gained": func(text []byte, r *rand.Rand) []byte {
		for range 500 {
			text[r.IntN(len(text))] = '\n'
		}
		return text
	},
	"zeros": func(text []byte, r *rand.Rand) []byte {
		i := r.IntN(len(text) - 5000)
		clear(text[i : i+4096])
		return text
	},
	"lines shuffled": func(text []byte, r *rand.Rand) []byte {
		lines := bytes.SplitAfter(text, []byte("\n"))
		for range 2000 {
			i, j := r.IntN(len(lines)-1), r.IntN(len(lines)-1)
			lines[i], lines[j] = lines[j], lines[i]
		}
		return bytes.Join(lines, nil)
	},
	"cut": func(text []byte, r *rand.Rand) []byte {
		return text[:len(text)-r.IntN(len(text)/2)]
	},
	"digits": func(text []byte, r *rand.Rand) []byte {
		for range 2000 { // numbers grow over 32 bits, and rec over tot
			i := r.IntN(len(text))
			if c := text[i]; '0' <= c && c <= '9' || c == ' ' {
				text[i] = byte('0' + r.IntN(10))
			}
		}
		return text
	},
}

// On damaged dumps every query sees the same rows, whatever columns it asks for and
// with however many threads, and no line is lost.
func TestDamagedDumps(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		if !strings.HasPrefix(c.name, "slices/") && os.Getenv("WALDUMP_DATA") == "" {
			t.Skip("takes long; set WALDUMP_DATA")
		}
		for _, kind := range []string{"bkp", "default"} {
			for _, name := range slices.Sorted(maps.Keys(damages)) {
				t.Run(kind+" "+name, func(t *testing.T) {
					text := c.text(t, kind)
					if len(text) > 2<<20 {
						from := len(text) / 3
						from += bytes.IndexByte(text[from:], '\n') + 1
						text = text[from:min(len(text), from+2<<20)]
					}
					text = damages[name](text, rand.New(rand.NewPCG(1, uint64(len(text)))))
					path := write(t, string(text))
					s := open(t)
					checkColumns(s, "read_waldump("+quote(path)+", ignore_errors := true, filename := true, byte_offset := true)", append(recordColumns, "filename", "byte_offset"))
					checkColumns(s, "read_waldump_blocks("+quote(path)+", ignore_errors := true)", blockColumns)
					checkColumns(s, "read_waldump_rejects("+quote(path)+")", rejectColumns)
					checkLines(s, path, text)
				})
			}
		}
	}, "bkp", "default")
}

// checkColumns checks that every column has the rows and the values alone that it
// has among all.
func checkColumns(s session, from string, columns []string) {
	s.Helper()
	want := int64(-1)
	s.both(func(threads int) {
		s.exec("CREATE OR REPLACE TABLE copied AS FROM " + from)
		n := s.value("SELECT count(*) FROM copied")
		if want < 0 {
			want = n
		}
		if counted := s.value("SELECT count(*) FROM " + from); n != want || counted != want {
			s.Errorf("%s, %d threads: %d rows copied, %d counted, %d with one thread", from, threads, n, counted, want)
		}
		for _, column := range columns {
			digest := "SELECT count(hash(" + column + ")), sum(hash(" + column + ")) FROM "
			if alone, among := s.rows(digest + from)[0], s.rows(digest + "copied")[0]; alone != among {
				s.Errorf("%s, %d threads: %s alone is %s, with others %s", from, threads, column, alone, among)
			}
		}
	})
}

// checkLines checks that every line of the file is a record's, or empty, or in
// read_waldump_rejects with the place where it stands.
func checkLines(s session, path string, text []byte) {
	s.Helper()
	lines := bytes.Split(text, []byte("\n"))
	if len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	at, lineAt := make([]int, len(lines)), map[int]int{}
	for i := range lines {
		if i > 0 {
			at[i] = at[i-1] + len(lines[i-1]) + 1
		}
		lineAt[at[i]] = i
	}
	taken := make([]string, len(lines))
	take := func(i int, what string) {
		if i >= len(lines) || taken[i] != "" {
			s.Fatalf("line %d is %s and %s", i+1, taken[min(i, len(lines)-1)], what)
		}
		taken[i] = what
	}
	scan := func(query string, targets ...any) (each func(func())) {
		rows, err := s.QueryContext(context.Background(), query)
		if err != nil {
			s.Fatal(err)
		}
		return func(f func()) {
			defer rows.Close()
			for rows.Next() {
				if err := rows.Scan(targets...); err != nil {
					s.Fatal(err)
				}
				f()
			}
			if err := rows.Err(); err != nil {
				s.Fatal(err)
			}
		}
	}
	var line, offset int
	var kind, found, blockRef string
	scan("SELECT line_number, byte_offset, kind, line FROM read_waldump_rejects("+quote(path)+")", &line, &offset, &kind, &found)(func() {
		take(line-1, kind)
		if at[line-1] != offset || string(repaired(lines[line-1])) != found {
			s.Errorf("line %d (byte %d) is not %.100q", line, offset, found)
		}
	})
	scan("SELECT byte_offset, description, coalesce(block_ref, '') FROM read_waldump("+quote(path)+", ignore_errors := true, byte_offset := true)",
		&offset, &found, &blockRef)(func() {
		i, ok := lineAt[offset]
		if !ok {
			s.Fatalf("a record begins at byte %d, in the middle of a line", offset)
		}
		take(i, "a record")
		for range strings.Count(found, "\n") {
			i++
			take(i, "a description")
		}
		if blockRef == "" || strings.HasSuffix(strings.TrimRight(string(lines[i]), " \t\r"), blockRef) {
			return
		}
		for _, ref := range strings.Split(blockRef, ", blkref #") {
			for i++; i < len(lines) && (len(bytes.Trim(lines[i], " \r")) == 0 || taken[i] == "message"); {
				i++
			}
			take(i, "a block reference")
			if !strings.HasSuffix(strings.TrimRight(string(lines[i]), " \t\r"), ref) {
				s.Errorf("line %d is not the block reference %q", i+1, ref)
			}
		}
	})
	for i, what := range taken {
		if what == "" && len(bytes.Trim(lines[i], " \r")) > 0 {
			s.Errorf("line %d (byte %d) disappeared: %.100q", i+1, at[i], lines[i])
		}
	}
}

// The same rows, in the same order, for one and two threads and whether DuckDB has
// to keep the order or not.
func TestThreadsAndOrder(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		s := open(t)
		for _, kind := range []string{"bkp", "default", "mixed"} {
			if !c.has(kind) {
				continue
			}
			path := quote(c.path(t, kind))
			for _, from := range []string{
				"read_waldump(" + path + ", byte_offset := true, filename := true)", "read_waldump_blocks(" + path + ")", "read_waldump_rejects(" + path + ")",
			} {
				var digest, rows string
				for _, ordered := range []string{"true", "false"} {
					s.exec("SET preserve_insertion_order = " + ordered)
					s.both(func(threads int) {
						name := fmt.Sprintf("%s, %d threads, preserve_insertion_order %s", from, threads, ordered)
						d := fmt.Sprint(s.rows("SELECT count(*), sum(hash(t)::HUGEINT) FROM " + from + " AS t"))
						s.exec("CREATE OR REPLACE TABLE copied AS SELECT row_number() OVER () AS row, t.* FROM " + from + " AS t")
						if e := fmt.Sprint(s.rows("SELECT count(*), sum(hash(t)::HUGEINT) FROM (SELECT * EXCLUDE (row) FROM copied) AS t")); e != d {
							t.Errorf("%s: %s copied, %s aggregated", name, e, d)
						}
						r := fmt.Sprint(s.rows("SELECT sum(hash(t)::HUGEINT) FROM copied AS t"))
						if digest == "" {
							digest, rows = d, r
						}
						if d != digest {
							t.Errorf("%s: %s, first it was %s", name, d, digest)
						}
						if ordered == "true" && r != rows {
							t.Errorf("%s: not in the order of one thread", name)
						}
					})
				}
				s.exec("SET preserve_insertion_order = true")
			}
		}
	}, "default")
}
