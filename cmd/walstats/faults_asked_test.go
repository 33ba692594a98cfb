//go:build linux

package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"walstats/cmd/walstats/report"
	"walstats/record"
)

// 1: VACUUM FULL, TRUNCATE, REINDEX, DROP TABLE and DROP DATABASE leave no WAL without a name,
// and no table without the WAL of its former files.
func (f *faults) names() {
	truth := map[string]int64{}
	var all int64
	for line := range strings.Lines(f.inspected(`SELECT coalesce(concat_ws('/', r[1], r[2], r[3]), ''), sum(record_length)
		FROM (SELECT record_length, regexp_match(block_ref, 'rel (\d+)/(\d+)/(\d+)') AS r FROM w) x GROUP BY 1`)) {
		file, text, _ := strings.Cut(strings.TrimSpace(line), "|")
		bytes := int64(f.number(text))
		all += bytes
		if table := f.owners[file]; table != "" {
			truth[table] += bytes
		}
	}
	if math.Abs(float64(all)-f.walBytes) > .001*f.walBytes || f.facts.Bytes != all {
		f.Errorf("%d bytes are reported, pg_walinspect has %d, pg_stat_wal %.0f", f.facts.Bytes, all, f.walBytes)
	}
	said := map[string]int64{}
	for _, table := range f.facts.Tables {
		said[table.Database+" "+table.Name] = table.Bytes
	}
	for _, table := range []string{"postgres shop.orders", "postgres shop.old", "postgres shop.events", "postgres public.same", "second public.same"} {
		if truth[table] < 20_000 || said[table] != truth[table] {
			f.Errorf("%s: %d bytes, really %d", table, said[table], truth[table])
		}
	}
	if share := f.number(f.query("SELECT coalesce(sum(share), 0)::DOUBLE FROM wal_by_relation WHERE relfilenode IS NOT NULL AND kind IS NULL")); share > .01 {
		f.Errorf("%.2f %% of the WAL has no name: %s", 100*share, f.query("SELECT relation, bytes FROM wal_by_relation WHERE kind IS NULL AND relfilenode IS NOT NULL"))
	}
}

// 2: what fewer checkpoints would save is counted, and not said where no page has two images.
func (f *faults) fewerCheckpoints() {
	want := f.inspected(fmt.Sprintf(`SELECT count(*) FROM (
		SELECT block[4] IS NOT NULL AS image, record_type, lag(1) OVER (PARTITION BY block[1], block[2], block[3] ORDER BY start_lsn) AS before
		FROM (SELECT start_lsn, record_type, regexp_matches(block_ref, 'rel (\d+/\d+/\d+) fork (\w+) blk (\d+)( \(FPW)?', 'g') AS block FROM w WHERE start_lsn >= '%s') x
		WHERE block[4] IS NOT NULL OR record_type LIKE '%%+INIT') y WHERE image AND record_type <> 'FPI' AND before = 1`, f.redos[0]))
	if got := f.query("SELECT saved_images FROM wal_what_if_checkpoints WHERE times IS NULL"); got != want || f.number(want) < 100 {
		f.Errorf("without checkpoints %s images less, really %s", got, want)
	}
	if f.finding("with half as many checkpoints") == "" {
		f.Errorf("it is not said what half as many checkpoints save: %q", f.facts.Findings)
	}
	once := f.report(f.server.WAL(), "--start", f.step("CHECKPOINT").to.String(), "--end", f.step("REINDEX").to.String())
	if once.FPIBytes < once.Bytes/4 || strings.Contains(fmt.Sprint(once.Findings), "checkpoints") {
		f.Errorf("of WAL with one cycle, %d of %d bytes are images: %q", once.FPIBytes, once.Bytes, once.Findings)
	}
}

// 3: whole new pages, as of VACUUM FULL, are not images that a checkpoint asked for.
func (f *faults) causes() {
	got := fmt.Sprintf("%d|%d|%d", f.facts.Causes.NewPage, f.facts.Causes.Hint, f.facts.Causes.FirstTouch)
	want := f.inspected(`SELECT sum(fpi_length) FILTER (WHERE record_type = 'FPI'), coalesce(sum(fpi_length) FILTER (WHERE record_type = 'FPI_FOR_HINT'), 0),
		sum(fpi_length) FILTER (WHERE record_type NOT LIKE 'FPI%') FROM w`)
	if got != want {
		f.Errorf("images of new pages, hint bits and changes: %s, really %s", got, want)
	}
}

// 4: the WAL of a statement that writes evenly is spread evenly.
func (f *faults) longStatement() {
	if len(f.moments) < 15 {
		f.Fatalf("only %d moments", len(f.moments))
	}
	first, last := f.moments[0], f.moments[len(f.moments)-1]
	took := last.time.Sub(first.time)
	var sum time.Duration
	for _, m := range f.moments {
		micros := int64(f.number(f.query(fmt.Sprintf("SELECT epoch_us(max_by(estimate, start_lsn)) FROM wal_record_times WHERE start_lsn < %d", m.lsn))))
		off := time.UnixMicro(micros).Sub(m.time).Abs()
		if sum += off; off > took/2 { // the machine may be busy with something else
			f.Errorf("what was written at %v is said to be of %v; all took %v", m.time, time.UnixMicro(micros), took)
		}
	}
	if off := sum / time.Duration(len(f.moments)); off > took/4 {
		f.Errorf("times are wrong by %v; all took %v", off, took)
	}
	// Of the quarters of a second that lie in the statement, none has much more than its part.
	rate := float64(last.lsn-first.lsn) / took.Seconds() / 4
	most := f.number(f.query(fmt.Sprintf(`SELECT max(bytes)::DOUBLE FROM (
		SELECT sum(bytes) AS bytes FROM wal_over_time(0.25) WHERE epoch_us(start_time) BETWEEN %d AND %d GROUP BY start_time)`, first.time.UnixMicro(), last.time.UnixMicro()-250_000)))
	if most > 3*rate {
		f.Errorf("%.0f bytes in a quarter of a second, really %.0f", most, rate)
	}
}

// 5: a dump in a zone that could be several says so, in every command; with the zone named, its
// times are right.
func (f *faults) zones() {
	dump := filepath.Join(f.folder, "ist.dump")
	cmd := exec.Command("sh", "-c", `exec pg_waldump --path "$1" --start "$2" --end "$3" >"$4"`, "sh", f.server.WAL(), f.start, f.end, dump)
	cmd.Env = append(f.server.Environment(), "TZ=Asia/Kolkata")
	if out, err := cmd.CombinedOutput(); err != nil {
		f.Fatalf("pg_waldump: %v: %s", err, out)
	}
	for _, command := range [][]string{{"top", dump}, {"report", dump, "-o", "-"}, {"inspect", dump}} {
		text := strings.Join(strings.Fields(program(f.T, f.folder, 0, command...)), " ")
		if !strings.Contains(text, "IST may be Asia/Kolkata, Asia/Jerusalem or Europe/Dublin") {
			f.Errorf("walstats %s does not say which zones IST may be", command[0])
		}
	}
	out := filepath.Join(f.folder, "ist.duckdb")
	program(f.T, f.folder, 0, "convert", dump, "--timezone", "Asia/Kolkata", "-o", out)
	times := "SELECT min(epoch_us(xact_time)), max(epoch_us(xact_time)), count(xact_time) FROM wal"
	if got, err := printed(out+"?access_mode=read_only", times); err != nil || strings.TrimSpace(got) != f.query(times) {
		f.Errorf("times of the dump: %s, %v; of the WAL: %s", got, err, f.query(times))
	}
}

// 6: the pages of REINDEX are whole new ones, and no sign of random keys.
func (f *faults) reindex() {
	s := f.step("REINDEX")
	facts := f.report(f.server.WAL(), "--start", s.from.String(), "--end", s.to.String())
	text := strings.ReplaceAll(strings.Join(facts.Findings, " "), "\u00a0", " ")
	if !strings.Contains(text, "of the images are for whole new pages (index builds and copies log them)") || strings.Contains(text, "random") {
		f.Errorf("of REINDEX is said: %s", text)
	}
	if facts.Causes.NewPage < facts.FPIBytes*9/10 || facts.FPIBytes == 0 {
		f.Errorf("of REINDEX's images %d of %d bytes are new pages", facts.Causes.NewPage, facts.FPIBytes)
	}
}

// 7: checkpoints stand at their redo points, and are as far apart as these.
func (f *faults) checkpoints() {
	if len(f.redos) != 5 || len(f.facts.Points) != len(f.redos) {
		f.Fatalf("%d checkpoints are said, really %d", len(f.facts.Points), len(f.redos))
	}
	var apart []float64
	for i, c := range f.facts.Points {
		redo := f.lsn(f.redos[i])
		at := slices.IndexFunc(f.steps, func(s step) bool { return s.from <= redo && redo <= s.to && !strings.HasPrefix(s.statement, "UPDATE") })
		if c.Redo != redo || at < 0 {
			f.Errorf("checkpoint %d began at %v, really at %v", i, c.Redo, redo)
			continue
		}
		// Its time is estimated from the commits of the statements before and after.
		if before, after := f.steps[at-1], f.steps[at+1]; c.RedoTime == nil || c.RedoTime.Before(before.began) || c.RedoTime.After(after.ended) {
			f.Errorf("checkpoint %d began at %v, really after %v and before %v", i, c.RedoTime, before.began, after.ended)
			continue
		}
		if i > 0 {
			apart = append(apart, c.RedoTime.Sub(*f.facts.Points[i-1].RedoTime).Seconds())
			if want := int64(redo - f.lsn(f.redos[i-1])); c.Distance != want {
				f.Errorf("checkpoint %d: %d bytes after the one before, really %d", i, c.Distance, want)
			}
		}
	}
	sort.Float64s(apart)
	if median := (apart[(len(apart)-1)/2] + apart[len(apart)/2]) / 2; math.Abs(median-f.facts.Seconds) > .01 {
		f.Errorf("the median is %v s, of the records %v", f.facts.Seconds, median)
	}
}

// 8: what was lost has a point before it, and what was only rewritten has none.
func (f *faults) recovery() {
	want := []struct{ point, statement string }{
		{"truncate shop.events", "TRUNCATE"}, {"delete shop.orders", "DELETE"},
		{"drop table shop.old", "DROP TABLE"}, {"drop database other", "DROP DATABASE"}, {"update shop.orders", longUpdate},
	}
	text := f.query("SELECT kind || ' ' || target, stop_lsn, epoch_us(xact_time), settings FROM wal_recovery_points ORDER BY stop_lsn")
	points := 0
	for line := range strings.Lines(text) {
		columns := strings.Split(strings.TrimSpace(line), "|")
		if len(columns) < 4 { // the second line of settings
			if columns[0] != "recovery_target_inclusive = false" {
				f.Errorf("settings: %q", line)
			}
			continue
		}
		points++
		at := slices.IndexFunc(want, func(w struct{ point, statement string }) bool { return w.point == columns[0] })
		if at < 0 {
			f.Errorf("nothing was lost at the point %s", columns[0])
			continue
		}
		s := f.step(want[at].statement)
		lsn, micros := record.LSN(f.number(columns[1])), time.UnixMicro(int64(f.number(columns[2])))
		if lsn < s.from || lsn >= s.to || micros.Before(s.began) || micros.After(s.ended) || columns[3] != fmt.Sprintf("recovery_target_lsn = '%X/%X'", uint64(lsn)>>32, uint64(lsn)&math.MaxUint32) {
			f.Errorf("%s: %v at %v, %q; really from %v at %v to %v at %v", columns[0], lsn, micros, columns[3], s.from, s.began, s.to, s.ended)
		}
	}
	if points != len(want) {
		f.Errorf("%d points, want %d:\n%s", points, len(want), text)
	}
}

// 9: who changed how many rows of which table is what the statements did, and what the server counted.
func (f *faults) rows() {
	for statement, want := range map[string]string{
		"UPDATE shop.orders SET note": "postgres|shop.orders|0|0|500|0",
		longUpdate:                    "postgres|shop.orders|0|0|20000|0",
		"COPY":                        "postgres|shop.events|0|4000|0|0",
		"DELETE":                      "postgres|shop.orders|0|0|0|2000",
		"INSERT INTO shop.old":        "postgres|shop.old|3000|0|0|0",
	} {
		s := f.step(statement)
		if got := f.query(fmt.Sprintf(`SELECT database, relation, inserted, copied, updated, deleted FROM wal_row_changes
			WHERE relation LIKE 'shop.%%' AND xid IN (SELECT xid FROM wal WHERE xid <> 0 AND start_lsn >= %d AND start_lsn < %d)`, s.from, s.to)); got != want {
			f.Errorf("%s: %s, want %s", statement, got, want)
		}
	}
	if got, want := f.query("SELECT sum(updates), sum(hot_updates) FROM wal_updates WHERE relation = 'shop.orders'"),
		f.server.SQL("postgres", "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relid = 'shop.orders'::regclass"); got != want {
		f.Errorf("updates, and HOT ones: %s, really %s", got, want)
	}
}

// 10: a role that has no database of its name, and may not connect to one, gets the names of the
// others, and is told; of several files of names each is read.
func (f *faults) namesOfServers() {
	reader := fmt.Sprintf("postgres://reader:reader@127.0.0.1:%d/", f.server.Port)
	file := filepath.Join(f.folder, "late.csv")
	if text := program(f.T, f.folder, 0, "names", reader, "-o", file); !strings.Contains(text, `database "closed" is left out: the role "reader" may not connect to it`) {
		f.Errorf("of a database that it may not read, names says: %s", text)
	}
	early := filepath.Join(f.folder, "early.csv")
	lines, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	head, _, _ := strings.Cut(string(lines), "\n")
	dropped := "" // the file that shop.old had
	for numbers, table := range f.owners {
		if table == "postgres shop.old" && (dropped == "" || numbers < dropped) {
			dropped = numbers
		}
	}
	number := strings.Split(dropped, "/")
	if err := os.WriteFile(early, fmt.Appendf(nil, "%s\n%s,%s,postgres,shop,told,table,shop,told,,\n", head, strings.Join(number, ","), number[2]), 0o600); err != nil {
		f.Fatal(err)
	}
	facts := f.report("ist.dump", "--timezone", "Asia/Kolkata", "--names", early, "--names", file)
	for _, name := range []string{"postgres shop.told", "postgres shop.orders", "postgres public.same", "second public.same"} {
		if !slices.ContainsFunc(facts.Tables, func(t report.Table) bool { return t.Database+" "+t.Name == name }) {
			f.Errorf("no table is %s", name)
		}
	}
}

// 11: the first findings have the largest table with its true share, and top fits its width.
func (f *faults) firstScreen() {
	orders := f.facts.Tables[slices.IndexFunc(f.facts.Tables, func(t report.Table) bool { return t.Name == "shop.orders" })]
	want := fmt.Sprintf("%.0f %% is of the table shop.orders with its indexes and TOAST", 100*float64(orders.Bytes)/float64(f.facts.Bytes))
	if found := f.finding("is of the table"); !strings.HasPrefix(found, want) || !strings.Contains(strings.ReplaceAll(strings.Join(f.facts.Findings[:4], " "), "\u00a0", " "), want) {
		f.Errorf("found: %s; want %s; of %q", found, want, f.facts.Findings)
	}
	for line := range strings.Lines(program(f.T, f.folder, 0, "top", f.server.WAL(), "--start", f.start, "--end", f.end)) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			f.Errorf("%d columns: %s", n, line)
		}
	}
}

// 12: a record in two dumps is an error that names the range; a report has a closing line, and
// leaves nothing beside it.
func (f *faults) doubleInput() {
	middle, later := f.step("VACUUM").from.String(), f.step("REINDEX").to.String()
	for name, span := range map[string][2]string{"a.dump": {f.start, later}, "b.dump": {middle, f.end}} {
		if err := os.WriteFile(filepath.Join(f.folder, name), []byte(f.server.Dump(span[0], span[1])), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	for _, command := range [][]string{{"top"}, {"report", "-o", "two.html"}} {
		if text := program(f.T, f.folder, 1, append(command, "a.dump", "b.dump")...); !strings.Contains(text, "records are in both a.dump and b.dump (0/") {
			f.Errorf("walstats %s says of overlapping dumps: %s", command[0], text)
		}
	}
	whole := f.report("--allow-overlap", "a.dump", "b.dump")
	if whole.Bytes != f.facts.Bytes {
		f.Errorf("two overlapping dumps have %d bytes, the WAL %d", whole.Bytes, f.facts.Bytes)
	}
	if text := program(f.T, f.folder, 0, "report", f.server.WAL(), "-o", "page.html"); !strings.Contains(text, "page.html: 1 input, ") || !strings.Contains(text, " of WAL in ") {
		f.Errorf("the closing line is %q", text)
	}
	if left, _ := filepath.Glob(filepath.Join(f.folder, ".walstats*")); len(left) > 0 {
		f.Errorf("left over: %v", left)
	}
}

// 13: what wal_compression would have saved is said, and counted from all images that there are.
func (f *faults) compression() {
	images := f.number(f.inspected(`SELECT count(*) FROM w, regexp_matches(block_ref, '\(FPW', 'g')`))
	methods := ""
	for _, c := range f.facts.Compression {
		methods += c.Method + " "
		if float64(c.Images) != images || c.SavedBytes <= 0 || c.SavedBytes >= f.facts.FPIBytes || math.Abs(c.Share-float64(c.SavedBytes)/float64(f.facts.Bytes)) > 1e-9 {
			f.Errorf("%+v; really %.0f images of %d bytes", c, images, f.facts.FPIBytes)
		}
	}
	if methods != "pglz lz4 zstd " || f.finding("with wal_compression = lz4") == "" {
		f.Errorf("methods: %s; findings: %q", methods, f.facts.Findings)
	}
}

// 14: names without their schema, comments of views, and flags that people type.
func (f *faults) small() {
	if got, want := f.query("SELECT count(*) FROM wal_relation('orders')"), f.query("SELECT count(*) FROM wal_relation('shop.orders')"); got != want || got == "0" {
		f.Errorf("wal_relation('orders') has %s records, with its schema %s", got, want)
	}
	if got := f.query("SELECT count(*) FROM duckdb_views() WHERE NOT internal AND view_name LIKE 'wal%' AND comment IS NULL"); got != "0" {
		f.Errorf("%s views have no comment", got)
	}
	if text := program(f.T, f.folder, 0, "--version"); !strings.HasPrefix(text, "walstats ") {
		f.Errorf("walstats --version: %s", text)
	}
	if text := program(f.T, f.folder, 0, "report", "-q", f.database, "-o", "quiet.html"); text != "" {
		f.Errorf("walstats report -q: %s", text)
	}
	if text := program(f.T, f.folder, 2, "report", f.database, "-o", "x.txt"); !strings.Contains(text, "x.txt: the output must end in .html") {
		f.Errorf("walstats report -o x.txt: %s", text)
	}
}
