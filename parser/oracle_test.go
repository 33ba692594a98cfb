package parser

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"walstats/record"
)

// A dump is a real output of pg_waldump with pg_waldump's own statistics of the
// same range.
type dump struct {
	name               string
	text               []byte
	stats, statsRecord string // the files' texts
}

// dumps are those of test/data, and with WALDUMP_DATA=folder those of folder,
// unpacked: <version>/default.txt and bkp.txt beside stats.txt and
// stats-record.txt.
func dumps(t testing.TB) (all []dump) {
	t.Helper()
	paths, _ := filepath.Glob("../test/data/*.waldump.gz")
	if len(paths) == 0 {
		t.Fatal("no dumps in ../test/data")
	}
	for _, path := range paths {
		base := strings.TrimSuffix(path, ".waldump.gz")
		stats := strings.TrimSuffix(base, "-bkp")
		all = append(all, dump{filepath.Base(base), read(t, path), string(read(t, stats+".stats.txt")), string(read(t, stats+".stats-record.txt"))})
	}
	if dir := os.Getenv("WALDUMP_DATA"); dir != "" {
		more, _ := filepath.Glob(filepath.Join(dir, "*", "default.txt"))
		bkp, _ := filepath.Glob(filepath.Join(dir, "*", "bkp.txt"))
		if len(more) == 0 {
			t.Fatalf("WALDUMP_DATA=%s has no dumps", dir)
		}
		for _, path := range append(more, bkp...) {
			d := filepath.Dir(path)
			all = append(all, dump{
				filepath.Base(d) + "/" + filepath.Base(path), read(t, path),
				string(read(t, filepath.Join(d, "stats.txt"))), string(read(t, filepath.Join(d, "stats-record.txt"))),
			})
		}
	}
	return all
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A statsRow is a row of pg_waldump --stats: records, and bytes without images,
// of images, and together.
type statsRow struct{ count, record, fpi, combined uint64 }

func (r *statsRow) add(s statsRow) {
	r.count += s.count
	r.record += s.record
	r.fpi += s.fpi
	r.combined += s.combined
}

// The percentages are in brackets of either kind, numbers stand bare.
var statsLine = regexp.MustCompile(`^(.+?) +(\d+) \([^)]*\) +(\d+) \([^)]*\) +(\d+) \([^)]*\) +(\d+) \([^)]*\)$`)

// parseStats reads the rows of a statistics table that are not zero; names that
// 9.5 lists more than once are added up.
func parseStats(t testing.TB, text string) map[string]statsRow {
	t.Helper()
	rows := map[string]statsRow{}
	s := bufio.NewScanner(strings.NewReader(text))
	for s.Scan() {
		m := statsLine.FindStringSubmatch(s.Text())
		if m == nil {
			continue
		}
		var n [4]uint64
		for i := range n {
			n[i], _ = strconv.ParseUint(m[i+2], 10, 64)
		}
		if n[0] > 0 {
			row := rows[m[1]]
			row.add(statsRow{n[0], n[1], n[2], n[3]})
			rows[m[1]] = row
		}
	}
	if len(rows) < 5 {
		t.Fatalf("only %d rows in the statistics", len(rows))
	}
	return rows
}

func compareStats(t *testing.T, got, want map[string]statsRow) {
	t.Helper()
	for name, w := range want {
		if g := got[name]; g != w {
			t.Errorf("%s: got %+v, pg_waldump says %+v", name, g, w)
		}
	}
	for name, g := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: got %+v, pg_waldump has no such row", name, g)
		}
	}
}

// The sums by manager and by record type are those of pg_waldump --stats and
// --stats=record over the same range, to the byte.
func TestStatsAreThoseOfPgWaldump(t *testing.T) {
	for _, d := range dumps(t) {
		t.Run(d.name, func(t *testing.T) {
			byManager, byType := map[string]statsRow{}, map[string]statsRow{}
			all, x := parse(t, d.text)
			for _, r := range all {
				row := statsRow{1, uint64(r.RecordLength - r.FPILength), uint64(r.FPILength), uint64(r.RecordLength)}
				for _, s := range []struct {
					rows map[string]statsRow
					name string
				}{{byManager, r.ResourceManager}, {byType, r.ResourceManager + "/" + r.RecordType}} {
					sum := s.rows[s.name]
					sum.add(row)
					s.rows[s.name] = sum
				}
			}
			compareStats(t, byManager, parseStats(t, d.stats))
			compareStats(t, byType, parseStats(t, d.statsRecord))
			if x.Counts.Rejects != 0 || len(x.NonRecords) != int(x.Counts.Messages) {
				t.Errorf("rejects in a clean dump: %+v %+v", x.Counts, x.NonRecords)
			}
			checkCounts(t, d.text, x)
		})
	}
}

// checkCounts checks that no line was lost.
func checkCounts(t testing.TB, text []byte, x *Index) {
	t.Helper()
	lines := int64(bytes.Count(text, newline))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		lines++
	}
	c := x.Counts
	if c.Lines != lines || c.Records+c.Continuations+c.Empty+c.Messages+c.Rejects != lines || c.Records != int64(x.Len()) {
		t.Errorf("%d lines, counted %+v, %d records", lines, c, x.Len())
	}
}

// Every record printed again is the text it came from.
func TestPrintedDumpsAreTheSameText(t *testing.T) {
	for _, d := range dumps(t) {
		t.Run(d.name, func(t *testing.T) {
			all, _ := parse(t, d.text)
			print := (*record.Record).AppendText
			if strings.Contains(d.name, "bkp") {
				print = appendBkpDetails
			}
			var again []byte
			for i := range all {
				again = print(&all[i], again)
			}
			if line := firstDifference(again, repaired(d.text)); line != "" {
				t.Error(line)
			}
		})
	}
}

// repaired is text with its invalid UTF-8 as a Strings column has it.
func repaired(text []byte) []byte {
	c := record.Strings{Rows: make([]record.String, 1)}
	c.Set(0, text)
	return c.Rows[0].Text(c.Arena)
}

func firstDifference(got, want []byte) string {
	g, w := bytes.SplitAfter(got, newline), bytes.SplitAfter(want, newline)
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || !bytes.Equal(g[i], w[i]) {
			return fmt.Sprintf("line %d of %d and %d: got %.300q, want %.300q", i+1, len(g), len(w), at(g, i), at(w, i))
		}
	}
	return ""
}

func at(lines [][]byte, i int) []byte {
	if i < len(lines) {
		return lines[i]
	}
	return nil
}

// mixedOutputs are real outputs with 2>&1, that run past the end of the WAL.
func mixedOutputs(t testing.TB) map[string][]byte {
	t.Helper()
	paths, _ := filepath.Glob("../test/data/stderr-mixed/*.txt.gz")
	if len(paths) == 0 {
		t.Fatal("no dumps in ../test/data/stderr-mixed")
	}
	if dir := os.Getenv("WALDUMP_DATA"); dir != "" {
		more, _ := filepath.Glob(filepath.Join(dir, "*", "stderr-mixed*.txt"))
		paths = append(paths, more...)
	}
	texts := map[string][]byte{}
	for _, path := range paths {
		texts[filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path)] = read(t, path)
	}
	return texts
}

// What pg_waldump says between its records is no reject, and no line is lost.
func TestMixedOutputsHaveNoRejects(t *testing.T) {
	for name, text := range mixedOutputs(t) {
		t.Run(name, func(t *testing.T) {
			all, x := parse(t, text)
			checkCounts(t, text, x)
			if x.Counts.Rejects != 0 || x.Counts.Messages < 2 || len(all) == 0 {
				t.Errorf("%+v", x.Counts)
			}
			for _, o := range x.NonRecords {
				t.Logf("%d: %s", o.Line+1, text[o.Begin:o.End])
			}
			// Nothing was filtered, so each record names the one before.
			for i := 1; i < len(all); i++ {
				if all[i].PrevLSN != all[i-1].StartLSN {
					t.Fatalf("record %d at %v has %v before it, not %v", i, all[i].StartLSN, all[i].PrevLSN, all[i-1].StartLSN)
				}
			}
		})
	}
}

// The same dump typed under TZ=UTC and under others: the times are the same.
func TestTimesDoNotDependOnTheZoneOfThePrinter(t *testing.T) {
	const folder = "../test/data/slices/pg16"
	times := func(path string, zone *Zone) (all []int64) {
		text := read(t, path)
		x := &Index{}
		x.Scan(text, 0, len(text), true)
		b := record.NewBatch()
		b = &record.Batch{XactTime: b.XactTime}
		f := Filler{Zone: zone}
		for row := 0; row < x.Len(); {
			b.Reset()
			n, err := f.Fill(x, b, text, row, record.BatchRows)
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				if record.IsValid(b.XactTime.Valid, i) {
					all = append(all, b.XactTime.Values[i])
				}
			}
			row += n
		}
		return all
	}
	want := times(folder+".waldump.gz", nil)
	if len(want) < 50 {
		t.Fatalf("only %d times", len(want))
	}
	for _, name := range []string{"Asia/Kolkata", "America/New_York"} {
		zone, err := NewZone(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := times(folder+"-"+strings.ReplaceAll(name, "/", "_")+".waldump.gz", zone); !slices.Equal(got, want) {
			t.Errorf("%s: the times differ", name)
		}
	}
}
