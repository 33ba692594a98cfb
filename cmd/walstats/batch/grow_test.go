package batch

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var everyCut = flag.Bool("every-cut", false, "try a file's growth from each of its bytes")

// linesOf are lines of a bundled dump, counted from 1: from a to b, c to d, ...
func linesOf(t *testing.T, dump string, ranges ...int) string {
	t.Helper()
	file, err := os.Open("../../../test/data/" + dump + ".waldump.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	lines := bufio.NewReader(text)
	for n := 1; len(ranges) > 0; n++ {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if n >= ranges[0] {
			out.WriteString(line)
		}
		if n == ranges[1] {
			ranges = ranges[2:]
		}
	}
	return out.String()
}

// tricky has what makes ends hard to tell: --bkp-details, a gid, a message and a
// restore point with line ends, and a message with a record in it. One line is bad.
func tricky(t *testing.T) string {
	text := linesOf(t, "pg18-bkp", 52592, 52600, 62621, 62628, 62687, 62692)
	text = strings.Replace(text, "\nrmgr: Btree", "\nno record\nrmgr: Btree", 1)
	// Where it is cut after its second line, this message is two records, as far as
	// one can see.
	prefix := "x\n" + recordLine("Heap", 54, "07C00080", "07C00000", "INSERT off: 1") + "y"
	text += recordLine("LogicalMessage", 24+2+24+len(prefix)+1+1, "07C00000", "07B50B00", `MESSAGE transactional, prefix "`+prefix+`"; payload (1 bytes): 61`)
	return text + recordLine("Heap", 54, "07C000F0", "07C00000", "INSERT off: 2")
}

// recordLine is one as pg_waldump prints it.
func recordLine(manager string, size int, lsn, prev, desc string) string {
	return fmt.Sprintf("rmgr: %-11s len (rec/tot): %6d/%6d, tx: %10d, lsn: 0/%s, prev 0/%s, desc: %s\n", manager, size, size, 7, lsn, prev, desc)
}

func options(output string, inputs ...string) Options {
	expanded, err := Expand(inputs)
	if err != nil {
		panic(err)
	}
	return Options{Inputs: expanded, Output: output, Table: "wal", Blocks: true, LSN: "number", Threads: 1, Rejects: "bad"}
}

// contents is what an output holds, but for the time and the way it came there.
func contents(t *testing.T, output string) string {
	t.Helper()
	db, err := sql.Open("duckdb", output+"?access_mode=read_only")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all strings.Builder
	for _, query := range []string{
		"SELECT count(*) || ' records ' || coalesce(sum(hash(wal)::HUGEINT)::VARCHAR, '') FROM wal",
		"SELECT count(*) || ' blocks ' || coalesce(sum(hash(wal_blocks)::HUGEINT)::VARCHAR, '') FROM wal_blocks",
		"SELECT count(*) || ' rejects ' || coalesce(sum(hash(bad)::HUGEINT)::VARCHAR, '') FROM bad",
		"SELECT string_agg(format('{} {} {} {} {} {}', parse_filename(path), size, rows, rejects, first_lsn, last_lsn), ', ' ORDER BY path) FROM _walstats_inputs",
	} {
		var text sql.NullString
		if err := db.QueryRow(query).Scan(&text); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		fmt.Fprintln(&all, text.String)
	}
	return all.String()
}

func convert(t *testing.T, o Options) Summary {
	t.Helper()
	s, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A file that grew, from wherever it was cut, is in the end what it is when it is read
// once. So is one that grows a little at every run.
func TestGrow(t *testing.T) {
	text := tricky(t)
	dir := t.TempDir()
	dump := filepath.Join(dir, "wal.dump")
	put := func(size int) {
		t.Helper()
		if err := os.WriteFile(dump, []byte(text[:size]), 0o600); err != nil {
			t.Fatal(err)
		}
		// Times may be as coarse as a clock tick.
		changed := time.Unix(1700000000+int64(size), 0)
		if err := os.Chtimes(dump, changed, changed); err != nil {
			t.Fatal(err)
		}
	}
	put(len(text))
	once := filepath.Join(dir, "once.duckdb")
	s := convert(t, options(once, dump))
	want := contents(t, once)
	if s.Records != 19 || s.Rejects != 1 {
		t.Fatalf("%d records, %d rejects: %v", s.Records, s.Rejects, s.Reject)
	}

	var cuts []int
	for i := range text {
		if *everyCut || i%331 == 0 || i > 0 && text[i-1] == '\n' {
			cuts = append(cuts, i)
		}
	}
	for _, growing := range []bool{false, true} {
		for i, cut := range cuts {
			if growing && i%5 > 0 && !*everyCut {
				continue
			}
			output := filepath.Join(dir, "cut.duckdb")
			put(cut)
			o := options(output, dump)
			o.Growing = growing
			convert(t, o)
			put(len(text))
			convert(t, options(output, dump))
			if got := contents(t, output); got != want {
				t.Fatalf("cut at byte %d of %d, growing %t:\n%s\nwant\n%s", cut, len(text), growing, got, want)
			}
			os.Remove(output)
		}
	}

	random := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		output := filepath.Join(dir, "steps.duckdb")
		for size := 0; size < len(text); size += 1 + random.IntN(len(text)/8) {
			put(size)
			o := options(output, dump)
			o.Growing = random.IntN(2) == 0
			convert(t, o)
		}
		put(len(text))
		convert(t, options(output, dump))
		convert(t, options(output, dump))
		if got := contents(t, output); got != want {
			t.Fatalf("in steps:\n%s\nwant\n%s", got, want)
		}
		os.Remove(output)
	}
}
