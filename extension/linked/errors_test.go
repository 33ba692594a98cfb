package linked_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// recordSize is that of each line of the dumps below, with its line end.
var recordSize = len(record(0))

func record(i int) string {
	return fmt.Sprintf("rmgr: Standby     len (rec/tot):     50/    50, tx:          0, lsn: 0/%08X, prev 0/%08X, desc: LOCK \n", 0x1000+0x38*i, 0x1000+0x38*(i-1))
}

func dump(records int) string {
	var b strings.Builder
	for i := range records {
		b.WriteString(record(i))
	}
	return b.String()
}

// fails checks that the query has an error which says all of this.
func (s session) fails(query string, want ...string) {
	s.Helper()
	_, err := s.try(query)
	if err == nil {
		s.Errorf("%s: no error", query)
		return
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			s.Errorf("%s: error\n%v\ndoes not say\n%s", query, err, w)
		}
	}
}

// What names no file has its message when the statement is prepared.
func TestPathsThatAreNoFiles(t *testing.T) {
	s := open(t)
	dir, path := t.TempDir(), write(t, dump(3))
	for argument, want := range map[string]string{
		quote(filepath.Join(dir, "no.dump")): filepath.Join(dir, "no.dump") + ": no such file",
		quote(dir):                           dir + ": is a directory",
		"[" + quote(path) + ", " + quote(dir+"/x") + "]": dir + "/x: no such file",
		"NULL":                                  "the path is NULL",
		"NULL::VARCHAR":                         "the path is NULL",
		"NULL::VARCHAR[]":                       "the path is NULL",
		"42":                                    "path must be VARCHAR or VARCHAR[]",
		"true":                                  "path must be VARCHAR or VARCHAR[]",
		"{'a': 1}":                              "path must be VARCHAR or VARCHAR[]",
		"[]":                                    "the list of paths is empty",
		"[]::VARCHAR[]":                         "the list of paths is empty",
		"[" + quote(path) + ", NULL]":           "element 2 of the list of paths is NULL",
		"[NULL]":                                "element 1 of the list of paths is NULL",
		"[1, 2]":                                "element 1 of the list of paths must be VARCHAR",
		"[[" + quote(path) + "]]":               "element 1 of the list of paths must be VARCHAR",
		"''":                                    "no such file",
		quote(path) + ", ignore_errors := NULL": "ignore_errors is NULL",
		quote(path) + ", filename := NULL":      "filename is NULL",
		quote(path) + ", timezone := NULL":      "timezone is NULL",
		quote(path) + ", max_record_size := NULL":                          "max_record_size is NULL",
		quote(path) + ", timezone := 'Mars'":                               `"Mars" is no time zone`,
		quote(path) + ", timezone := ''":                                   `"" is no time zone`,
		quote(path) + ", timezone := 'Local'":                              `"Local" is no time zone`,
		quote(path) + ", timezone := '../etc'":                             `"../etc" is no time zone`,
		quote(path) + ", max_record_size := 0":                             "max_record_size: must be 1 to 1073741823 bytes, not 0",
		quote(path) + ", compression := 'bz2'":                             `"bz2" is not a compression`,
		quote(path) + ", max_record_size := 1073741824":                    "max_record_size: must be 1 to 1073741823 bytes, not 1073741824",
		quote(path) + ", compression := NULL":                              "compression is NULL",
		quote(path) + ", threads := 0":                                     "threads: must be at least 1",
		quote(path) + ", byte_range := [1]":                                "byte_range: must be [begin, end] with begin <= end",
		quote(path) + ", byte_range := [2, 1]":                             "byte_range: must be [begin, end] with begin <= end",
		quote(path) + ", byte_range := [1, NULL]":                          "byte_range: must be [begin, end] with begin <= end",
		quote(path) + ", byte_range := [1, 2, 3]":                          "byte_range: must be [begin, end] with begin <= end",
		quote(path) + ", byte_range := NULL":                               "byte_range is NULL",
		"[" + quote(path) + ", " + quote(path) + "], byte_range := [0, 1]": "byte_range needs exactly one file",
		quote(path) + ", no_such := 1":                                     "no_such",
		quote(path) + ", ignore_errors := 'maybe'":                         "maybe",
	} {
		s.fails("FROM read_waldump("+argument+")", want)
	}
	for argument, want := range map[string]int64{
		quote(path): 3,
		"[" + quote(path) + ", " + quote(path) + "]": 6,
		quote(path) + ", timezone := 'None'":         3,
		quote(path) + ", ignore_errors := 'true'":    3,
		quote(path) + ", byte_range := [0, 0]":       0,
	} {
		if n := s.value("SELECT count(*) FROM read_waldump(" + argument + ")"); n != want {
			t.Errorf("read_waldump(%s): %d rows, want %d", argument, n, want)
		}
	}
}

func TestEmptyFilesAndByteOrderMarks(t *testing.T) {
	s := open(t)
	for text, want := range map[string]string{
		"":                       "0|NULL|0",
		"\n":                     "0|NULL|0",
		"\r\n\r\n":               "0|NULL|0",
		"\xEF\xBB\xBF":           "0|NULL|0",
		"\xEF\xBB\xBF\n":         "0|NULL|0",
		"\xEF\xBB\xBF" + dump(2): "2|3|0",
		"\n\n" + dump(2):         "2|2|0",
		strings.ReplaceAll(dump(3), "\n", "\r\n"):                                               "3|0|0",
		"pg_waldump: error: could not find a valid record after 0/1000000\n":                    "0|NULL|1",
		"first record is after 0/1, at 0/1000, skipping over 4095 bytes\n" + dump(1):            "1|63|1",
		"pg_waldump: error: could not find a valid record after 0/1000000":                      "0|NULL|1",
		"\x1B[01mpg_waldump: \x1B[0m\x1B[01;31merror: \x1B[0mtoo many command-line arguments\n": "0|NULL|1",
	} {
		path := write(t, text)
		got := s.rows(`SELECT count(*), min(byte_offset), (SELECT count(*) FROM read_waldump_rejects(%s)) FROM read_waldump(%s, byte_offset := true)`, path, path)
		if got[0] != want {
			t.Errorf("%.80q: got %s, want %s", text, got[0], want)
		}
	}
}

// A file that ends within a line: the line is no record, the ones before it are.
func TestFilesThatEndInsideARecord(t *testing.T) {
	s := open(t)
	each(t, func(t *testing.T, c corpus) {
		for _, kind := range []string{"default", "bkp"} {
			text := c.text(t, kind)
			line := 1000 + bytes.Count(text[:bytes.LastIndexByte(text[:len(text)/2], '\n')], []byte("\n"))
			lines := bytes.SplitAfter(text, []byte("\n"))
			for !bytes.HasPrefix(lines[line-1], []byte("rmgr: ")) || len(lines[line-1]) > 500 {
				line++
			}
			before := bytes.Join(lines[:line-1], nil)
			for _, end := range []int{1, 50, 110, len(lines[line-1]) - 1} {
				path := write(t, string(before)+string(lines[line-1][:end]))
				place := fmt.Sprintf("%s:%d (byte %d): the file ends inside a record", path, line, len(before))
				s.both(func(int) {
					s.fails("SELECT count(*) FROM read_waldump("+quote(path)+")", place, "ignore_errors := true")
					s.fails("SELECT * FROM read_waldump("+quote(path)+")", place)
				})
				s.same("SELECT * FROM read_waldump("+quote(path)+", ignore_errors := true)", "SELECT * FROM read_waldump("+quote(write(t, string(before)))+")")
				if got := s.rows("SELECT line_number, byte_offset, kind, line FROM read_waldump_rejects(%s) WHERE kind = 'reject'", path); len(got) != 1 ||
					got[0] != fmt.Sprintf("%d|%d|reject|%s", line, len(before), lines[line-1][:end]) {
					t.Errorf("rejects: %q", got)
				}
			}
		}
	}, "records", "bkp", "default")
}

// With --bkp-details a record is whole only with its last detail line.
func TestFilesThatEndInsideDetails(t *testing.T) {
	s := open(t)
	head := dump(2) + strings.Replace(record(2), "LOCK ", "INSERT off: 1", 1)
	detail := "\tblkref #0: rel 1663/5/16384 fork main blk 7\n"
	s.fails("FROM read_waldump("+quote(write(t, head+detail+detail[:30]))+")", fmt.Sprintf("wal.dump:3 (byte %d): the file ends inside a record", 2*recordSize))
	path := write(t, head+detail+detail[:30])
	if n := s.value("SELECT count(*) FROM read_waldump(%s, ignore_errors := true)", path); n != 2 {
		t.Errorf("%d records", n)
	}
	if got := s.rows("SELECT line_number FROM read_waldump_rejects(%s)", path); !slices.Equal(got, []string{"3", "4", "5"}) {
		t.Errorf("rejects at lines %q", got)
	}
}

// A bad line deep in a large file has its place, whichever thread finds it, and of
// several it is the first.
func TestPlaceOfBadLines(t *testing.T) {
	s := open(t)
	each(t, func(t *testing.T, c corpus) {
		text := c.text(t, "bkp")
		for len(text) < 11<<20 {
			text = append(text, text...)
		}
		lines := bytes.SplitAfter(text, []byte("\n"))
		offset := 0
		at := make([]int, len(lines))
		for i, line := range lines {
			at[i] = offset
			offset += len(line)
		}
		for _, first := range []int{1, 2, len(lines) / 3, len(lines) * 9 / 10, len(lines) - 1} {
			for !bytes.HasPrefix(lines[first-1], []byte("rmgr: Btree ")) && first > 2 {
				first--
			}
			var broken []byte
			for i, line := range lines {
				if i+1 == first || i > first && i%(len(lines)/7) == 0 {
					line = append([]byte("rmgr: Bree"), line...)
				}
				broken = append(broken, line...)
			}
			path := write(t, string(broken))
			// Where the header of a name that is no word any more goes wrong.
			place := fmt.Sprintf("%s:%d (byte %d): expected ", path, first, at[first-1])
			for range 3 {
				s.both(func(int) {
					s.fails("SELECT count(*) FROM read_waldump("+quote(path)+")", "read_waldump: "+place, "ignore_errors := true")
					s.fails("SELECT max(description) FROM read_waldump_blocks("+quote(path)+")", "read_waldump_blocks: "+place)
					s.fails("FROM waldump_stats("+quote(path)+")", "waldump_stats: "+place)
				})
			}
			s.fails("CREATE TABLE never AS FROM read_waldump("+quote(path)+")", place)
			if got := s.rows("SELECT line_number, byte_offset FROM read_waldump_rejects(%s) WHERE kind = 'reject' ORDER BY ALL LIMIT 1", path); len(got) != 1 || got[0] != fmt.Sprintf("%d|%d", first, at[first-1]) {
				t.Errorf("rejects: %q, want line %d", got, first)
			}

			// A number that does not fit its column, at the same place, if the column is wanted.
			if first > 2 {
				long := regexp.MustCompile(`tx: +\d+`).ReplaceAll(lines[first-1], []byte("tx: 99999999999"))
				path := write(t, string(text[:at[first-1]])+string(long)+string(text[at[first-1]+len(lines[first-1]):]))
				s.both(func(int) {
					s.fails("SELECT sum(xid) FROM read_waldump("+quote(path)+")", fmt.Sprintf("%s:%d (byte %d): xid: expected a number of at most 32 bits", path, first, at[first-1]), "ignore_errors := true")
					s.fails("SELECT * FROM read_waldump("+quote(path)+")", fmt.Sprintf("%s:%d (byte %d): xid: ", path, first, at[first-1]))
				})
				records := s.value("SELECT count(*) FROM read_waldump(%s)", path)
				if n := s.value("SELECT count(xid) FROM read_waldump(%s, ignore_errors := true)", path); n != records-1 {
					t.Errorf("%d of %d records have a xid", n, records)
				}
			}
		}
	}, "records", "bkp")
}

// Values that do not fit: an error of their column, NULL with ignore_errors.
func TestValuesThatDoNotFit(t *testing.T) {
	s := open(t)
	bad := func(old, new string) string {
		line := strings.Replace(record(1), "LOCK ", "INSERT off: 1, blkref #0: rel 1663/5/16384 fork fsm blk 7 FPW", 1)
		return write(t, record(0)+strings.Replace(line, old, new, 1)+record(2))
	}
	for _, test := range []struct{ old, new, column, want string }{
		{"tx:          0", "tx: 4294967296", "xid", "a number of at most 32 bits"},
		{"50/    50", "50/ 5000000000", "record_length", "a number of at most 32 bits"},
		{"50/    50", "5000000000/    50", "fpi_length", "a number of at most 32 bits"},
		{"50/    50", "51/    50", "fpi_length", "rec (51) <= tot (50)"},
		{"1663/", "99999999999/", "reltablespace", "a number of at most 32 bits"},
		{"/5/", "/4294967296/", "reldatabase", "a number of at most 32 bits"},
		{"16384", "99999999999", "relfilenode", "a number of at most 32 bits"},
		{"blk 7", "blk 4294967296", "relblocknumber", "a number of at most 32 bits"},
	} {
		path := bad(test.old, test.new)
		s.fails("SELECT "+test.column+" FROM read_waldump("+quote(path)+")", fmt.Sprintf("%s:2 (byte %d): %s: expected %s", path, recordSize, test.column, test.want))
		for _, other := range recordColumns {
			if other != test.column && !(test.column == "record_length" && other == "fpi_length") {
				if n := len(s.rows("SELECT "+other+" FROM read_waldump(%s)", path)); n != 3 {
					t.Errorf("%s for %s: %d rows of %s", test.new, test.old, n, other)
				}
			}
		}
		if got := s.rows("SELECT "+test.column+" IS NULL FROM read_waldump(%s, ignore_errors := true)", path); len(got) != 3 || got[1] != "true" {
			t.Errorf("%s for %s: %s IS NULL: %q", test.new, test.old, test.column, got)
		}
	}
}

// Packed files that are broken say so, and what became of them.
func TestBrokenPackedFiles(t *testing.T) {
	s := open(t)
	var text []byte
	each(t, func(t *testing.T, c corpus) { text = c.text(t, "bkp") }, "records", "bkp")
	if text == nil {
		t.Fatal("no dump")
	}
	for name, pack := range packers {
		packed := pack(t, text)
		cut := write(t, string(packed[:len(packed)/2]))
		broken := slices.Clone(packed)
		for i := len(broken) / 2; i < len(broken)/2+200; i++ {
			broken[i] ^= 0x55
		}
		for _, path := range []string{cut, write(t, string(broken))} {
			for _, query := range []string{"SELECT count(*) FROM read_waldump(%s)", "SELECT * FROM read_waldump(%s)", "SELECT count(*) FROM read_waldump(%s, ignore_errors := true)", "FROM waldump_stats(%s)", "FROM read_waldump_rejects(%s)"} {
				s.both(func(int) { s.fails(fmt.Sprintf(query, quote(path)), path, name+" data") })
			}
		}
		// What is told to be packed, and is not.
		s.fails("FROM read_waldump("+quote(write(t, dump(3)))+", compression := "+quote(name)+")", name+" data")
		// And packed, told not to be: no line of a dump.
		s.fails("FROM read_waldump("+quote(write(t, string(packed)))+", compression := 'none')", ":1 (byte 0): expected \"rmgr: \"")
	}
}

var packers = map[string]func(t testing.TB, text []byte) []byte{
	"gzip": func(t testing.TB, text []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(text)
		w.Close()
		return b.Bytes()
	},
	"zstd": func(t testing.TB, text []byte) []byte {
		w, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		return w.EncodeAll(text, nil)
	},
	"lz4": func(t testing.TB, text []byte) []byte {
		var b bytes.Buffer
		w := lz4.NewWriter(&b)
		w.Write(text)
		w.Close()
		return b.Bytes()
	},
}

// A packed file has the rows of the plain one, also when its name does not tell, it
// is two compressed files one after the other, or the text is empty.
func TestPackedFilesHaveTheSameRows(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		s := open(t)
		plain := quote(c.path(t, "bkp"))
		text := c.text(t, "bkp")
		for name, pack := range packers {
			half := len(text) / 2
			two := append(pack(t, text[:half]), pack(t, text[half:])...)
			for _, path := range []string{quote(write(t, string(pack(t, text)))), quote(write(t, string(two)))} {
				s.both(func(int) {
					for _, option := range []string{"", ", compression := " + quote(name)} {
						s.same("SELECT row_number() OVER (), * FROM read_waldump("+path+option+", byte_offset := true)", "SELECT row_number() OVER (), * FROM read_waldump("+plain+", byte_offset := true)")
					}
					s.same("FROM waldump_stats("+path+")", "FROM waldump_stats("+plain+")")
				})
			}
			if n := s.value("SELECT count(*) FROM read_waldump(%s)", write(t, string(pack(t, nil)))); n != 0 {
				t.Errorf("%s of nothing: %d rows", name, n)
			}
		}
	}, "records", "bkp")
}

// A record longer than max_record_size is an error wherever it lies, and one that is
// not is none.
func TestMaxRecordSize(t *testing.T) {
	s := open(t)
	for _, before := range []int{0, 1, 300, 594, 595, 596, 10000} {
		long := strings.Replace(record(before), "LOCK ", "LOCK "+strings.Repeat("xid 1 db 2 rel 3 ", 6000), 1)
		path := write(t, dump(before)+long+dump(before))
		size := len(long) - len("\n")
		s.both(func(int) {
			from := "read_waldump(" + quote(path) + ", max_record_size := "
			s.fails(fmt.Sprintf("SELECT count(*) FROM %s%d)", from, size-1),
				fmt.Sprintf("read_waldump: %s:%d (byte %d): a record is longer than max_record_size, %d bytes", path, before+1, before*recordSize, size-1))
			if n := s.value(fmt.Sprintf("SELECT count(*) FROM %s%d)", from, size)); n != int64(2*before+1) {
				t.Errorf("%d records with a long one among them, want %d", n, 2*before+1)
			}
		})
	}
}

func TestVanishedFile(t *testing.T) {
	s := open(t)
	path := write(t, dump(5))
	s.exec("PREPARE count AS SELECT count(*) FROM read_waldump(" + quote(path) + ")")
	for _, n := range []int{5, 7} { // a prepared statement sees the file of today
		if err := os.WriteFile(path, []byte(dump(n)), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.rows("EXECUTE count"); got[0] != fmt.Sprint(n) {
			t.Errorf("got %q, want %d", got, n)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	s.fails("EXECUTE count", path+": no such file")
}

// A pipe has its bytes once. A second reader would wait for ever.
func TestPipeThatIsReadTwice(t *testing.T) {
	s := open(t)
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	link := path + "-link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	call := "read_waldump(" + quote(path) + ")"
	for _, from := range []string{
		"(FROM " + call + " UNION ALL FROM " + call + ")",
		"read_waldump([" + quote(path) + ", " + quote(path) + "])",
		"waldump_stats([" + quote(path) + ", " + quote(link) + "])",
	} {
		s.fails("SELECT count(*) FROM "+from, "is a pipe, which a statement can read only once; read it into a table first")
	}
}
