package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"walstats/record"
	"walstats/test/postgres"
)

// A waldump is a server's WAL, and the programs that print it.
type waldump struct {
	*postgres.Cluster
	bin      string
	segments []string
	replaced *strings.Replacer // of names in the arguments
}

// newWaldump makes a server whose WAL has every fork, images of both kinds and records
// longer than a segment, in segments of 1 MiB.
func newWaldump(t *testing.T) *waldump {
	const bin = "/usr/lib/postgresql/15/bin"
	if _, err := os.Stat(filepath.Join(bin, "pg_waldump")); err != nil {
		t.Skip("PostgreSQL 15 is not installed (on Debian: apt-get install postgresql-15)")
	}
	w := &waldump{bin: bin}
	w.Cluster = postgres.NewCluster(t, bin, func(string) []string { return []string{"--wal-segsize=1", "--auth=trust", "--data-checksums"} })
	w.Configure("wal_level=logical\nfsync=off\nmax_wal_size=1GB\nwal_keep_size=1GB\nwal_consistency_checking='btree,gin'\nwal_compression=lz4\n")
	w.Run(strings.Join([]string{
		"CREATE TABLE t (a int PRIMARY KEY, b text, c int[])",
		"INSERT INTO t SELECT i, repeat('x', 100), ARRAY[i, i % 7] FROM generate_series(1, 6000) i",
		"CREATE UNLOGGED TABLE u (a int PRIMARY KEY)",
		"CREATE INDEX ON t USING gin (c)",
		"CREATE SEQUENCE s; SELECT count(nextval('s')) FROM generate_series(1, 100)",
		"CHECKPOINT",
		"SELECT pg_logical_emit_message(false, 'long', repeat('y', 3500000)) IS NULL",
		"UPDATE t SET b = 'z' WHERE a % 3 = 0",
		"DELETE FROM t WHERE a % 5 = 0",
		"VACUUM t",
		"SELECT pg_logical_emit_message(true, E'line\\nfeed, blkref #0: rel 1/2/3 blk 4', repeat('y', 1100000)) IS NULL",
		"SELECT pg_switch_wal()",
		"CHECKPOINT",
		"INSERT INTO t SELECT i, repeat('v', 50), ARRAY[i] FROM generate_series(30001, 32000) i",
	}, "\n")+"\n", "postgres", "--single", "-D", w.Data(), "postgres")
	found, _ := filepath.Glob(filepath.Join(w.WAL(), strings.Repeat("[0-9A-F]", 24)))
	w.segments = found
	w.name()
	return w
}

// name chooses records, and says what the arguments' names mean: {A} and {B} are records
// that begin a quarter and three quarters into WAL.
func (w *waldump) name() {
	text := w.program("-p", w.WAL(), "-s", lsnOf(w.segments[0])).stdout
	lines := regexp.MustCompile(`(?m)^rmgr: (\S+) +len \(rec/tot\): +(\d+)/ *(\d+), tx: +(\d+), lsn: (\S+), prev`).FindAllSubmatch(text, -1)
	at := func(i, more int) string {
		lsn, err := record.ParseLSN(lines[i][5])
		if err != nil {
			w.Fatal(err)
		}
		return (lsn + record.LSN(more)).String()
	}
	total := func(i int) (n int) {
		_, _ = fmt.Sscan(string(lines[i][3]), &n)
		return n
	}
	a, b := len(lines)/4, len(lines)*3/4
	if a < 100 {
		w.Fatalf("%d records", len(lines))
	}
	deleted := regexp.MustCompile(`tx: +(\d+), .* desc: DELETE .*, blkref #0: rel (\S+) blk (\d+)`).FindSubmatch(text)
	if deleted == nil {
		w.Fatal("no DELETE")
	}
	last := len(w.segments) - 1
	page := func(segment, offset int) string {
		lsn, _ := record.ParseLSN([]byte(lsnOf(w.segments[segment])))
		return (lsn + record.LSN(offset)).String()
	}
	w.replaced = strings.NewReplacer(
		"{WAL}", w.WAL(), "{DATA}", w.Data(), "{BEGIN}", lsnOf(w.segments[0]),
		"{A}", at(a, 0), "{A+3}", at(a, 3), "{B}", at(b, 0), "{B-5}", at(b, -5),
		"{B+whole}", at(b, total(b)), "{B+almost}", at(b, total(b)-1),
		"{PAGE}", page(2, 8192*3), "{PAGE+10}", page(2, 8192*3+10), "{PAGE+24}", page(2, 8192*3+24),
		"{BEYOND}", page(last, 8<<20),
		"{SEG0}", w.segments[0], "{SEG1}", w.segments[1], "{SEG2}", w.segments[2], "{SEG5}", w.segments[5], "{NAME1}", filepath.Base(w.segments[1]),
		"{IN1}", page(1, 8192*20+24), "{LAST}", w.segments[last],
		"{XID}", string(deleted[1]), "{REL}", string(deleted[2]), "{BLOCK}", string(deleted[3]),
		"{EMPTY}", w.TempDir(),
	)
}

func lsnOf(segment string) string {
	var high, low uint64
	_, _ = fmt.Sscanf(filepath.Base(segment)[8:], "%8X%8X", &high, &low)
	return record.LSN((high<<12 + low) << 20).String()
}

// A dumped is what a program printed.
type dumped struct {
	stdout, stderr []byte
	code           int
}

func (w *waldump) exec(name string, zone string, args ...string) (p dumped) {
	w.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(w.Environment(), "WALSTATS_TEST_MAIN=1", "TZ="+zone)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		w.Fatal(err)
	}
	return dumped{stdout.Bytes(), stderr.Bytes(), cmd.ProcessState.ExitCode()}
}

func (w *waldump) program(args ...string) dumped {
	return w.exec(filepath.Join(w.bin, "pg_waldump"), "UTC", args...)
}

// check fails unless both programs print the same for the arguments.
func (w *waldump) check(t *testing.T, line, zone string) {
	t.Helper()
	args := strings.Fields(w.replaced.Replace(line))
	want := w.exec(filepath.Join(w.bin, "pg_waldump"), zone, args...)
	want.stderr = bytes.ReplaceAll(want.stderr, []byte("pg_waldump"), []byte("walstats dump"))
	for _, threads := range []string{"1", "3"} {
		got := w.exec(os.Args[0], zone, append([]string{"dump", "--threads", threads}, args...)...)
		if got.code != want.code {
			t.Errorf("%s threads: exit code %d, not %d", threads, got.code, want.code)
		}
		if !bytes.Equal(got.stderr, want.stderr) {
			t.Errorf("%s threads: stderr\n%s\nnot\n%s", threads, got.stderr, want.stderr)
		}
		if !bytes.Equal(got.stdout, want.stdout) {
			g, w := bytes.SplitAfter(got.stdout, []byte("\n")), bytes.SplitAfter(want.stdout, []byte("\n"))
			i := 0
			for i < min(len(g), len(w))-1 && bytes.Equal(g[i], w[i]) {
				i++
			}
			t.Errorf("%s threads: line %d of %d, %d:\n%s\nnot\n%s", threads, i+1, len(g), len(w), g[i], w[i])
		}
	}
}

// walstats dump and the pg_waldump of the server print the same text, say the same and
// exit with the same code, whatever the options.
func TestDumpIsPgWaldump(t *testing.T) {
	w := newWaldump(t)
	for _, line := range []string{
		"-p {WAL} -s {BEGIN}", "-p {DATA} -s {BEGIN}", "--path={WAL} --start={BEGIN} --bkp-details",
		"-p {WAL} -s {BEGIN} -z", "-p {WAL} -s {BEGIN} --stats=record", "-p {WAL} -s {BEGIN} --stats=rmgr -e {B}",
		"-p {WAL} -s {BEGIN} -n 10", "-p {WAL} -s {A} -n 1 -b", "-p {WAL} -s {A} -n 0 -e {B}", "-p {WAL} -s {A} --limit=-1 -e {B}",
		"-p {WAL} -s {BEGIN} -n 1000 -z", "-p {WAL} -s {BEGIN} -q", "-p {WAL} -s {BEGIN} -e {B} -q -z",
		// Filters.
		"-p {WAL} -s {BEGIN} -r Heap", "-p {WAL} -s {BEGIN} -r heap -r BTREE -b", "-p {WAL} -s {BEGIN} -r XLOG --rmgr=Transaction -z",
		"-p {WAL} -s {BEGIN} -r LogicalMessage", "-p {WAL} -s {BEGIN} -e {B} -r custom137", "-p {WAL} -s {BEGIN} -e {B} -r custom137 -z",
		"-p {WAL} -s {BEGIN} -x {XID}", "-p {WAL} -s {BEGIN} -x 0 -n 100", "-p {WAL} -s {BEGIN} -x {XID} --stats=record",
		"-p {WAL} -s {BEGIN} -R {REL}", "-p {WAL} -s {BEGIN} -R {REL} -F main", "-p {WAL} -s {BEGIN} -R {REL} -F fsm",
		"-p {WAL} -s {BEGIN} -R {REL} -B {BLOCK}", "-p {WAL} -s {BEGIN} -R {REL} -B {BLOCK} -F main -w -b",
		"-p {WAL} -s {BEGIN} -R {REL} -B 4294967294", "-p {WAL} -s {BEGIN} -R 1664/0/1260",
		"-p {WAL} -s {BEGIN} -F fsm", "-p {WAL} -s {BEGIN} -F vm -b", "-p {WAL} -s {BEGIN} -F init", "-p {WAL} -s {BEGIN} --fork=main -n 500",
		"-p {WAL} -s {BEGIN} -w", "-p {WAL} -s {BEGIN} -w -r Heap -b", "-p {WAL} -s {BEGIN} -w --stats=record", "-p {WAL} -s {BEGIN} -w -r Btree -x {XID}",
		"-p {WAL} -s {BEGIN} -R {REL} -z -e {B}", "-p {WAL} -s {A} -e {B} -r Heap -x {XID} -R {REL} -n 3",
		"-p {WAL} -s {BEGIN} -R {REL} -x {XID} -r Heap -F main -w -n 7 -b",
		// Places.
		"-p {WAL} -s {A} -e {B}", "-p {WAL} -s {A+3} -e {B-5}", "-p {WAL} -s {A} -e {B+whole}", "-p {WAL} -s {A} -e {B+almost}",
		"-p {WAL} -s {A} -e {A}", "-p {WAL} -s {A+3} -e {A+3}", "-p {WAL} -s {A+3} -e {B} -z",
		"-p {WAL} -s {A} -e {PAGE}", "-p {WAL} -s {BEGIN} -e {PAGE}", "-p {WAL} -s {BEGIN} -e {PAGE+10}", "-p {WAL} -s {BEGIN} -e {PAGE+24}",
		"-p {WAL} -s {PAGE} -n 20", "-p {WAL} -s {PAGE+10} -n 20", "-p {WAL} -s {PAGE+24} -n 20", "-p {WAL} -s {BEGIN} -t 1 -e {PAGE}",
		// Segments. Each loses the record that goes on in the next one.
		"{SEG0}", "{SEG1}", "{SEG2}", "{SEG0} {SEG5}", "{SEG1} {SEG2} -b", "{SEG1} -s {IN1}", "{SEG0} {SEG1} -e {IN1}", "-p {WAL} {NAME1}", "{LAST}", "{SEG0} {LAST} -z",
		// Usage.
		"-p {WAL} -s x", "-p {WAL} -s {BEGIN} -e 1-2", "-p {WAL} -s {BEGIN} -B 3", "-p {WAL} -s {BEGIN} -B x -R {REL}", "-p {WAL} -s {BEGIN} -F none",
		"-p {WAL} -s {BEGIN} -R 1663/5", "-p {WAL} -s {BEGIN} -R 0/5/5", "-p {WAL} -s {BEGIN} -r nope", "-p {WAL} -s {BEGIN} -r custom99", "-p {WAL} -s {BEGIN} -x y",
		"-p {WAL} -s {BEGIN} -n y", "-p {WAL} -s {BEGIN} -t x", "-p {WAL} -s {BEGIN} --stats=x", "-p {EMPTY} -s {BEGIN}", "-p {EMPTY}/none -s {BEGIN}",
		"{EMPTY}/none/000000010000000000000001", "{EMPTY}/000000010000000000000001", "-p {WAL} 000000010000000000000FFF", "{SEG2} {SEG1}", "{SEG0} 000000010000000000000FFF",
		"{SEG0} {SEG1} {SEG2}", "{SEG1} -s {BEGIN}", "{SEG1} -e {BEYOND}", "{SEG1} {SEG2} -e {BEYOND}",
	} {
		t.Run(line, func(t *testing.T) { w.check(t, line, "UTC") })
	}
	for _, zone := range []string{"Asia/Kolkata", "America/New_York", "CET-1CEST,M3.5.0,M10.5.0/3", "bogus", ""} {
		t.Run("TZ="+zone, func(t *testing.T) { w.check(t, "-p {WAL} -s {BEGIN} -r Transaction", zone) })
	}

	t.Run("broken", w.testBroken)
	t.Run("folder", w.testFolder)
	t.Run("timelines", w.testTimelines)
}

// Where WAL is broken, both end at the same record, with the same words.
func (w *waldump) testBroken(t *testing.T) {
	folder := t.TempDir()
	copied := make([]string, len(w.segments))
	for i, path := range w.segments {
		copied[i] = filepath.Join(folder, filepath.Base(path))
	}
	broken := func(name string, change func()) {
		for i, path := range w.segments {
			text, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(copied[i], text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		change()
		t.Run(name, func(t *testing.T) {
			w.check(t, "-p "+folder+" -s {BEGIN}", "UTC")
			if name == "a segment cut" { // no table of --stats is printed then
				w.check(t, "-p "+folder+" -s {BEGIN} -z", "UTC")
			}
		})
	}
	at := len(w.segments) / 2
	write := func(offset int, text ...byte) {
		file, err := os.OpenFile(copied[at], os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteAt(text, int64(offset)); err != nil {
			t.Fatal(err)
		}
	}
	for _, offset := range []int{0, 2, 8192 * 30, 8192*30 + 2, 8192*30 + 8, 8192*30 + 16, 8192*30 + 100, 8192*30 + 500, 8192*30 + 1100} {
		broken(fmt.Sprintf("damage at %d", offset), func() { write(offset, 0xA5, 0x5A, 0xA5, 0x5A) })
	}
	broken("zeros", func() { write(8192*30, make([]byte, 8192*20)...) })
	broken("a segment cut", func() {
		if err := os.Truncate(copied[at], 300001); err != nil {
			t.Fatal(err)
		}
	})
	broken("a segment missing", func() {
		if err := os.Remove(copied[at]); err != nil {
			t.Fatal(err)
		}
	})
}

// A folder is read from its first segment on.
func (w *waldump) testFolder(t *testing.T) {
	want := w.program("-p", w.WAL(), "-s", lsnOf(w.segments[0]))
	for _, args := range [][]string{{"-p", w.WAL()}, {w.WAL()}, {w.Data()}, {"-p", w.Data(), "--threads=2"}} {
		got := w.exec(os.Args[0], "UTC", slices.Concat([]string{"dump"}, args)...)
		if !bytes.Equal(got.stdout, want.stdout) || got.code != 1 || !bytes.Contains(got.stderr, []byte("invalid record length at ")) {
			t.Errorf("%v: exit code %d, %d bytes, not %d: %s", args, got.code, len(got.stdout), len(want.stdout), got.stderr)
		}
	}
}

// After a promotion, a folder has the old timeline's records up to the segment in which the
// new one begins, and then the new one's, whose first segment has a copy of what was before.
func (w *waldump) testTimelines(t *testing.T) {
	w.Configure("restore_command=false\n")
	signal := filepath.Join(w.Data(), "recovery.signal")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if w.Credential != nil {
		if err := os.Chown(signal, int(w.Credential.Uid), int(w.Credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	w.Run("INSERT INTO t SELECT i, 'new', ARRAY[i] FROM generate_series(50000, 70000) i\n", "postgres", "--single", "-D", w.Data(), "postgres")
	turn := lsnOf(w.segments[len(w.segments)-1])
	want := w.program("-p", w.WAL(), "-s", lsnOf(w.segments[0])).stdout
	first := w.program("-p", w.WAL(), "-s", turn, "-n", "1").stdout
	at := bytes.Index(want, first)
	if len(first) == 0 || at < 0 {
		t.Fatalf("%s is not in the old timeline", first)
	}
	rest := w.program("-p", w.WAL(), "-t", "2", "-s", turn)
	if !bytes.HasPrefix(rest.stdout, first) {
		t.Fatalf("the new timeline begins with %.200s, not %s", rest.stdout, first)
	}
	want = append(want[:at:at], rest.stdout...)
	for _, args := range [][]string{{w.WAL()}, {"-p", w.WAL(), "-t", "2", "-s", lsnOf(w.segments[0])}} {
		got := w.exec(os.Args[0], "UTC", slices.Concat([]string{"dump"}, args)...)
		if !bytes.Equal(got.stdout, want) || got.code != 1 {
			t.Errorf("%v: exit code %d, %d bytes, not %d: %s", args, got.code, len(got.stdout), len(want), got.stderr)
		}
	}
	// One timeline alone is what pg_waldump reads.
	w.check(t, "-p {WAL} -s {BEGIN}", "UTC")
	w.check(t, "-p {WAL} -t 2 -s "+turn, "UTC")
}
