package dump

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// An oracle is segments with what their version's pg_waldump prints of them.
type oracle struct {
	dir, wal             string // folders: the texts, the segments
	start, end, timeline string
}

// eachOracle runs the test for the segments of wal/testdata and, if it is set, of each
// folder in WAL_DATA: see build/oracle.sh.
func eachOracle(t *testing.T, test func(t *testing.T, o *oracle)) {
	t.Helper()
	folders := []string{"../../../wal/testdata"}
	if data := os.Getenv("WAL_DATA"); data != "" {
		folders = append(folders, data)
	}
	for _, folder := range folders {
		ranges, _ := filepath.Glob(filepath.Join(folder, "*", "range.txt"))
		if len(ranges) == 0 {
			t.Fatalf("%s has no segments", folder)
		}
		for _, path := range ranges {
			o := &oracle{dir: filepath.Dir(path)}
			o.wal = filepath.Join(o.dir, "wal") // compressed
			if _, err := fmt.Sscan(string(o.text(t, "range.txt")), &o.start, &o.end, &o.timeline); err != nil {
				t.Fatal(err)
			}
			t.Run(filepath.Base(folder)+"/"+filepath.Base(o.dir), func(t *testing.T) { test(t, o) })
		}
	}
}

// text returns the content of a file, which may be compressed; nil if there is none.
func (o *oracle) text(t testing.TB, name string) []byte {
	t.Helper()
	path := filepath.Join(o.dir, name)
	if b, err := os.ReadFile(path); err == nil {
		return b
	}
	return unpack(t, path+".zst")
}

func unpack(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil
	} else if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := zstd.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// plain unpacks the segments into a folder.
func (o *oracle) plain(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	paths, _ := filepath.Glob(filepath.Join(o.wal, "*"))
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, packed := strings.CutSuffix(filepath.Base(path), ".zst")
		if packed {
			b = unpack(t, path)
		}
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// A run is what the command printed.
type run struct {
	stdout, stderr []byte
	code           int
}

// dump runs the command.
func (f Flags) dump(t testing.TB, args ...string) run {
	t.Helper()
	return f.dumpIn(t, time.UTC, args...)
}

func (f Flags) dumpIn(t testing.TB, zone *time.Location, args ...string) (r run) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err := f.Run(context.Background(), args, zone, &stdout, &stderr)
	if e := (*Error)(nil); errors.As(err, &e) {
		stderr.WriteString(e.Message())
		r.code = 1
	} else if err != nil {
		t.Fatal(err)
	}
	r.stdout, r.stderr = stdout.Bytes(), stderr.Bytes()
	return r
}

// compare reports the first line that differs.
func compare(t testing.TB, what string, got, want []byte) (same bool) {
	t.Helper()
	if bytes.Equal(got, want) {
		return true
	}
	g, w := strings.SplitAfter(string(got), "\n"), strings.SplitAfter(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Errorf("%s: line %d of %d, %d:\ngot  %.400s\nwant %.400s", what, i+1, len(g), len(w), g[i], w[i])
			return false
		}
	}
	t.Errorf("%s: %d lines, not %d", what, len(g), len(w))
	return false
}

// message puts our name in the place of pg_waldump's.
func message(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("pg_xlogdump: "))
	text = bytes.TrimPrefix(text, []byte("pg_waldump: "))
	if len(text) == 0 {
		return nil
	}
	return append([]byte("walstats dump: "), text...)
}

// The text, the message and the exit code are pg_waldump's, with every option that the
// oracle has, of plain and of compressed segments, with any number of threads.
func TestDumpIsPgWaldumps(t *testing.T) {
	var lines []string
	eachOracle(t, func(t *testing.T, o *oracle) {
		plain := o.plain(t)
		differences, compared := 0, []string{}
		check := func(what string, got, want []byte) {
			t.Helper()
			if !compare(t, what, got, want) {
				differences++
			}
		}
		// each compares the outputs of the options, over the range or without its end.
		each := func(file string, f Flags, sets ...func(f *Flags)) {
			t.Helper()
			want := o.text(t, file)
			if want == nil {
				return
			}
			compared = append(compared, file)
			var stderr []byte
			code := 0
			f.Start, f.End, f.Timeline = o.start, o.end, o.timeline
			if file == "tail.txt" {
				f.End, stderr, code = "", message(o.text(t, "tail.stderr")), 1
			}
			for _, folder := range []string{plain, o.wal} {
				for threads := 1; threads <= 3; threads++ {
					f.Path, f.Threads = folder, threads
					r := f.dump(t)
					what := fmt.Sprintf("%s of %s, %d threads", file, filepath.Base(folder), threads)
					check(what, r.stdout, want)
					check(what+", stderr", r.stderr, stderr)
					if r.code != code {
						differences++
						t.Errorf("%s: exit code %d, not %d", what, r.code, code)
					}
				}
			}
		}
		each("default.txt", Flags{})
		each("bkp.txt", Flags{Details: true})
		each("stats.txt", Flags{Stats: "rmgr"})
		each("stats-record.txt", Flags{Stats: "record"})
		each("tail.txt", Flags{})
		if want := o.text(t, "oldline.txt"); want != nil {
			compared = append(compared, "oldline.txt")
			for _, folder := range []string{plain, o.wal} {
				old, _ := filepath.Glob(filepath.Join(folder, "00000001[0-9A-F]*"))
				if len(old) != 1 {
					t.Fatalf("%d segments of timeline 1", len(old))
				}
				r := Flags{}.dump(t, old[0])
				check("oldline.txt", r.stdout, want)
				check("oldline.stderr", r.stderr, message(o.text(t, "oldline.stderr")))
				if r.code != 1 {
					t.Errorf("oldline: exit code %d", r.code)
				}
			}
		}
		if want := o.text(t, "fullpage-md5.txt"); want != nil {
			compared = append(compared, "fullpage-md5.txt")
			folder := filepath.Join(t.TempDir(), "images")
			r := Flags{Path: plain, Start: o.start, End: o.end, Timeline: o.timeline, SaveFullPage: folder, Quiet: true}.dump(t)
			check("--save-fullpage, stdout", r.stdout, nil)
			check("--save-fullpage, stderr", r.stderr, nil)
			check("--save-fullpage", sums(t, folder), want)
		}
		if data := os.Getenv("WAL_DATA"); data != "" && filepath.Dir(o.dir) == filepath.Clean(data) {
			lines = append(lines, supportLine(t, o, compared, differences))
		}
	})
	if page := os.Getenv("WAL_TABLE"); page != "" {
		writeTable(t, page, lines)
	}
}

// sums returns a line for each file: its name and its MD5.
func sums(t testing.TB, folder string) (text []byte) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		b, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		text = fmt.Appendf(text, "%s %x\n", entry.Name(), md5.Sum(b))
	}
	return text
}

// supportLine returns the line of a folder in docs/testing.md: what pg_waldump's own statistics
// count, and how many comparisons failed.
func supportLine(t testing.TB, o *oracle, compared []string, differences int) string {
	t.Helper()
	total := regexp.MustCompile(`(?m)^Total +(\d+) `).FindSubmatch(o.text(t, "stats-record.txt"))
	if total == nil {
		t.Fatalf("%s: no Total in stats-record.txt", o.dir)
	}
	kinds := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^(\S+/\S+(?: \([0-9a-f]+\))?) +\d+ `).FindAllSubmatch(o.text(t, "stats-record.txt"), -1) {
		kinds[string(row[1])] = true
	}
	for i := range compared {
		compared[i] = strings.TrimSuffix(compared[i], ".txt")
	}
	version := strings.Fields(strings.ReplaceAll(string(o.text(t, "version.txt")), "(PostgreSQL)", ""))
	number := filepath.Base(o.dir)
	if i := slices.IndexFunc(version, func(word string) bool { return strings.HasPrefix(word, strings.Split(number, "-")[0]) }); i >= 0 {
		number = version[i]
	}
	if _, size, found := strings.Cut(filepath.Base(o.dir), "-"); found {
		number += ", segments of " + strings.Replace(size, "mb", " MB", 1)
	}
	return fmt.Sprintf("| %s | %s | %d | %s | %d |", number, total[1], len(kinds), strings.Join(compared, ", "), differences)
}

// writeTable puts the lines into the page, between its marks.
func writeTable(t *testing.T, page string, lines []string) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- dump -->\n", "<!-- /dump -->"
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no %q", page, begin)
	}
	slices.SortFunc(lines, func(a, b string) int { return cmp.Or(cmp.Compare(version(a), version(b)), strings.Compare(a, b)) })
	table := "| pg_waldump of | records | kinds of record | compared | differences |\n|---|---|---|---|---|\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(page, []byte(before+begin+table+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// version returns the number that the line begins with.
func version(line string) (v float64) {
	_, _ = fmt.Sscanf(line, "| %f", &v)
	return v
}

// A start inside a record skips to the next one and says so: up to 16 on stdout, later on
// stderr.
func TestSkippedStart(t *testing.T) {
	first := regexp.MustCompile(`first record is after (\S+), at `)
	eachOracle(t, func(t *testing.T, o *oracle) {
		want := o.text(t, "stderr-mixed.txt")
		if want == nil {
			t.Skip("no stderr-mixed.txt")
		}
		found := first.FindSubmatch(want)
		if found == nil {
			t.Fatalf("no skipped start in %.100q", want)
		}
		f := Flags{Path: o.wal, Start: string(found[1]), Timeline: o.timeline}
		var both bytes.Buffer
		err := f.Run(context.Background(), nil, time.UTC, &both, &both)
		if e := (*Error)(nil); errors.As(err, &e) {
			both.WriteString(e.Message())
		}
		// There, stdout may have been written in the middle of a line.
		for _, name := range []string{"pg_waldump: ", "pg_xlogdump: "} {
			want = bytes.ReplaceAll(want, []byte(name), []byte("walstats dump: "))
		}
		compare(t, "stderr-mixed.txt", both.Bytes(), want)
	})
}

// Times are in the zone that is given.
func TestZones(t *testing.T) {
	stamp := regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC`)
	for _, name := range []string{"Asia/Kolkata", "America/New_York"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			eachOracle(t, func(t *testing.T, o *oracle) {
				want := stamp.ReplaceAllFunc(o.text(t, "default.txt"), func(text []byte) []byte {
					at, err := time.Parse("2006-01-02 15:04:05.000000 UTC", string(text))
					if err != nil {
						t.Fatal(err)
					}
					return at.In(zone).AppendFormat(nil, "2006-01-02 15:04:05.000000 MST")
				})
				r := Flags{Path: o.wal, Start: o.start, End: o.end, Timeline: o.timeline}.dumpIn(t, zone)
				compare(t, "default.txt", r.stdout, want)
			})
		})
	}
}
