package answers_test

import (
	"context"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// A record is what the tests' own reading of the history needs.
type record struct {
	start, prev                uint64
	xid                        uint32
	manager, kind, description string
	bytes, images              int64
	micros                     int64 // of xact_time, -1 without one
}

// records are those of the table wal, in the order of the WAL.
func (d database) records() []record {
	d.Helper()
	rows, err := d.QueryContext(context.Background(), `SELECT start_lsn, prev_lsn, xid, resource_manager, record_type, description,
		record_length, fpi_length, coalesce(epoch_us(xact_time), -1) FROM wal ORDER BY start_lsn`)
	if err != nil {
		d.Fatal(err)
	}
	defer rows.Close()
	var all []record
	for rows.Next() {
		var r record
		if err := rows.Scan(&r.start, &r.prev, &r.xid, &r.manager, &r.kind, &r.description, &r.bytes, &r.images, &r.micros); err != nil {
			d.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func number(text string) uint32 {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		panic(err)
	}
	return uint32(n)
}

// A transaction as the tests reckon it, record by record.
type transaction struct {
	status           string
	first, last      uint64
	records, bytes   int64
	images, finished int64
	subs             map[uint32]bool
}

// reckon folds the history by hand: the top of each xid first, then the sums.
func reckon(records []record) []string {
	above := map[uint32]uint32{}
	strong := map[uint32]bool{}
	subject := func(r record) uint32 {
		if strings.HasSuffix(r.kind, "_PREPARED") {
			id, _, _ := strings.Cut(r.description, ":")
			return number(id)
		}
		return r.xid
	}
	for _, r := range records {
		if r.manager != "Transaction" {
			continue
		}
		top, text := subject(r), r.description
		switch r.kind {
		case "ASSIGNMENT":
			fields := strings.Fields(text)
			top = number(strings.TrimSuffix(fields[1], ":"))
		case "PREPARE":
			text = text[strings.LastIndex(text, " UTC")+1:]
		case "COMMIT", "ABORT", "COMMIT_PREPARED", "ABORT_PREPARED":
		default:
			continue
		}
		_, list, found := strings.Cut(text, "subxacts: ")
		if !found {
			continue
		}
		list, _, _ = strings.Cut(list, ";")
		for _, id := range strings.Fields(list) {
			if !strong[number(id)] {
				above[number(id)] = top
			}
			strong[number(id)] = strong[number(id)] || r.kind == "ASSIGNMENT"
		}
	}
	root := func(xid uint32) uint32 {
		for above[xid] != 0 {
			xid = above[xid]
		}
		return xid
	}
	all, stopped := map[uint32]*transaction{}, uint64(0)
	for _, r := range records {
		if r.kind == "CHECKPOINT_SHUTDOWN" || r.kind == "END_OF_RECOVERY" {
			stopped = r.start
		}
		own := subject(r)
		if own == 0 {
			continue
		}
		t := all[root(own)]
		if t == nil {
			t = &transaction{status: "open", first: r.start, finished: -1, subs: map[uint32]bool{}}
			all[root(own)] = t
		}
		t.last, t.records, t.bytes, t.images = r.start, t.records+1, t.bytes+r.bytes, t.images+r.images
		if root(own) != own {
			t.subs[own] = true
		} else if r.manager == "Transaction" {
			switch r.kind {
			case "COMMIT", "COMMIT_PREPARED":
				t.status, t.finished = "committed", r.micros
			case "ABORT", "ABORT_PREPARED":
				t.status, t.finished = "aborted", r.micros
			case "PREPARE":
				t.status, t.finished = "prepared", r.micros
			}
		}
	}
	var lines []string
	for xid, t := range all {
		if t.status == "open" && t.last < stopped {
			t.status = "aborted"
		}
		lines = append(lines, fmt.Sprintf("%d|%s|%d|%d|%d|%d|%d|%d|%d", xid, t.status, t.first, t.last, t.finished, t.records, t.bytes, t.images, len(t.subs)))
	}
	sort.Strings(lines)
	return lines
}

const transactions = `SELECT xid, status, first_lsn, last_lsn, coalesce(epoch_us(xact_time), -1), records, bytes, fpi_bytes, subtransactions FROM wal_transactions`

func TestTransactions(t *testing.T) {
	for _, dump := range dumps {
		t.Run(dump, func(t *testing.T) {
			db := open(t, dump, true)
			got := db.rows(transactions)
			sort.Strings(got)
			equal(t, "wal_transactions", got, reckon(db.records()))
			// Nothing is lost: every record with a transaction, and the ends of prepared ones.
			if sum, want := db.one("SELECT sum(records) FROM wal_transactions"),
				db.one("SELECT count(*) FROM wal WHERE xid > 0 OR record_type IN ('COMMIT_PREPARED', 'ABORT_PREPARED')"); sum != want {
				t.Errorf("%s records, want %s", sum, want)
			}
			for _, row := range db.rows("SELECT xid, records FROM wal_transactions ORDER BY subtransactions DESC, records DESC LIMIT 5") {
				xid, records, _ := strings.Cut(row, "|")
				if got := db.one("SELECT count(*) FROM wal_transaction(" + xid + ")"); got != records {
					t.Errorf("wal_transaction(%s): %s records, want %s", xid, got, records)
				}
			}
			// Without some of the ends: open, or lost with the server.
			db.exec("DELETE FROM wal WHERE record_type = 'COMMIT' AND xid % 7 = 0")
			got = db.rows(transactions)
			sort.Strings(got)
			want := reckon(db.records())
			equal(t, "without some commits", got, want)
			if !strings.Contains(strings.Join(want, " "), "|-1|") {
				t.Error("none is without an end")
			}
		})
	}
}

// TestWrap: xids come again after 2^32 of them.
func TestWrap(t *testing.T) {
	db := open(t, "pg16", true)
	lsns := regexp.MustCompile(`^(\d+\|\w+)\|\d+\|\d+`)
	want := db.rows(transactions)
	for i := range want {
		want[i] = lsns.ReplaceAllString(want[i], "$1")
	}

	// A transaction may be very long: all that follows the middle is 100 GB further on.
	db.exec("CREATE TABLE kept AS FROM wal")
	db.exec("UPDATE wal SET start_lsn = start_lsn + 100 * 1024**3 WHERE start_lsn > lsn('0/073D8000')") // in the one with 70 savepoints
	got := db.rows(transactions)
	spread := 0
	for i := range got {
		fields := strings.Split(got[i], "|")
		first, _ := strconv.ParseUint(fields[2], 10, 64)
		last, _ := strconv.ParseUint(fields[3], 10, 64)
		if last-first > 1<<34 {
			spread++
		}
		got[i] = lsns.ReplaceAllString(got[i], "$1")
	}
	if spread == 0 {
		t.Error("no transaction lies on both sides")
	}
	sort.Strings(got)
	sort.Strings(want)
	equal(t, "long transactions", got, want)

	// The same xids once more, a wrap later: each is two transactions, but for those that
	// the first time were open at the end.
	db.exec("DELETE FROM wal")
	db.exec("INSERT INTO wal FROM kept")
	db.exec("INSERT INTO wal SELECT * REPLACE (start_lsn + 1024**4 AS start_lsn) FROM kept")
	var twice []string
	for _, line := range want {
		if fields := strings.Split(line, "|"); fields[1] == "committed" {
			twice = append(twice, line, line)
		}
	}
	got = slices.DeleteFunc(db.rows(transactions), func(line string) bool { return strings.Split(line, "|")[1] != "committed" })
	for i := range got {
		got[i] = lsns.ReplaceAllString(got[i], "$1")
	}
	sort.Strings(got)
	equal(t, "a wrap", got, twice)

	// The second time, one has no end.
	xid, _, _ := strings.Cut(twice[0], "|")
	db.exec("DELETE FROM wal WHERE start_lsn > 1024**4 AND record_type = 'COMMIT' AND xid = " + xid)
	equal(t, "without an end", db.rows("SELECT xid, status FROM wal_transactions WHERE xid = "+xid+" ORDER BY first_lsn"), []string{xid + "|committed", xid + "|aborted"})
}

// TestOverTime: WAL between two times is spread evenly over the time between them, if it is
// 64 kB or more. Less belongs to the later time, or to the only one.
func TestOverTime(t *testing.T) {
	const piece = 65536
	for _, step := range []int64{60_000_000, 1_000_000, 1_000} {
		db := open(t, "pg14", true)
		records := db.records()
		type known struct{ lsn, micros int64 }
		times := []known{{int64(records[0].start), -1}}
		for _, r := range records {
			if r.micros >= 0 {
				times = append(times, known{int64(r.start), r.micros})
			}
		}
		times = append(times, known{int64(records[len(records)-1].start) + 1, -1})
		counts, to := map[string][3]int64{}, 1
		for _, r := range records {
			lsn := int64(r.start)
			for times[to].lsn < lsn {
				to++
			}
			from, to := times[to-1], times[to]
			at, distance := to.micros, to.lsn-from.lsn
			switch {
			case distance < piece:
				at = max(from.micros, to.micros)
				if to.micros >= 0 {
					at = to.micros
				}
			case from.micros < 0 || to.micros < 0:
				t.Fatalf("%d bytes at the end have no time", distance)
			case to.micros > from.micros && (to.micros/step-from.micros/step)*24 < distance:
				passed := new(big.Int).Mul(big.NewInt(to.micros-from.micros), big.NewInt(lsn-from.lsn))
				at = from.micros + passed.Div(passed, big.NewInt(distance)).Int64()
			}
			key := fmt.Sprintf("%d|%s", at/step, r.manager)
			c := counts[key]
			if r.manager == "Transaction" && strings.HasPrefix(r.kind, "COMMIT") {
				c[2]++
			}
			counts[key] = [3]int64{c[0] + 1, c[1] + r.bytes, c[2]}
		}
		var want []string
		for key, c := range counts {
			want = append(want, fmt.Sprintf("%s|%d|%d|%d", key, c[0], c[1], c[2]))
		}
		sort.Strings(want)
		got := db.rows(fmt.Sprintf("SELECT epoch_us(start_time) // %d, resource_manager, records, bytes, commits FROM wal_over_time(%d / 1000000)", step, step))
		sort.Strings(got)
		equal(t, fmt.Sprintf("steps of %d us", step), got, want)
	}
}

// TestNoTimes: a WAL without any time is one step.
func TestNoTimes(t *testing.T) {
	db := open(t, "pg16", true)
	db.exec("UPDATE wal SET xact_time = NULL")
	equal(t, "wal_by_minute", db.rows("SELECT minute, records, commits FROM wal_by_minute"), []string{"NULL|39880|864"})
}

func TestGaps(t *testing.T) {
	gaps := "SELECT last_lsn, missing_lsn, next_lsn, bytes FROM wal_gaps"
	db := open(t, "pg16", true)
	records := db.records()
	equal(t, "a whole dump", db.rows(gaps), nil)
	remove := func(from, to int) string { // and the row that says so
		db.exec("DELETE FROM wal WHERE start_lsn BETWEEN ? AND ?", records[from].start, records[to].start)
		before, after := records[from-1].start, records[to+1].start
		return fmt.Sprintf("%d|%d|%d|%d", before, records[to].start, after, after-before)
	}
	db.exec("CREATE TABLE kept AS FROM wal")
	want := []string{remove(100, 100), remove(5000, 9999), remove(20000, 20001), remove(39878, 39878)}
	equal(t, "four gaps", db.rows(gaps), want)
	// Every record at the border of a MiB.
	db.exec("DELETE FROM wal")
	db.exec("INSERT INTO wal FROM kept")
	want = nil
	for i := 1; i < len(records)-1; i++ {
		if records[i-1].start>>20 != records[i].start>>20 && records[i].start>>20 == records[i+1].start>>20 {
			want = append(want, remove(i, i))
		}
	}
	if len(want) < 10 {
		t.Fatalf("%d borders", len(want))
	}
	equal(t, "first records of a MiB", db.rows(gaps), want)
	// What is at the ends is no gap, nor what was read two or three times.
	db.exec("DELETE FROM wal")
	db.exec("INSERT INTO wal FROM kept WHERE start_lsn BETWEEN ? AND ?", records[10].start, records[30000].start)
	equal(t, "a part", db.rows(gaps), nil)
	for range 2 {
		db.exec("INSERT INTO wal FROM kept WHERE start_lsn >= ?", records[20000].start)
		equal(t, "overlapping dumps", db.rows(gaps), nil)
	}
	want = []string{remove(25000, 25000)}
	equal(t, "a gap in overlapping dumps", db.rows(gaps), want)
	// Two timelines part at a record, and their records lie between each other.
	db.exec("DELETE FROM wal")
	db.exec("INSERT INTO wal FROM kept")
	db.exec(`INSERT INTO wal SELECT * REPLACE (start_lsn + 1 AS start_lsn, CASE WHEN prev_lsn = $1 THEN prev_lsn ELSE prev_lsn + 1 END AS prev_lsn)
		FROM kept WHERE start_lsn > $1`, records[30000].start)
	equal(t, "two timelines", db.rows(gaps), nil)
	db.exec("DELETE FROM wal")
	db.exec("INSERT INTO wal FROM kept")
	// With a filter, each break in the chain.
	db.exec("DELETE FROM wal WHERE resource_manager <> 'Heap'")
	broken, last := 0, uint64(0)
	for _, r := range records {
		if r.manager != "Heap" {
			continue
		}
		if last != 0 && r.prev != last {
			broken++
		}
		last = r.start
	}
	if got := db.one("SELECT count(*) FROM wal_gaps"); got != fmt.Sprint(broken) {
		t.Errorf("filtered: %s gaps, want %d", got, broken)
	}
}

// TestDDL: the files that come and go, as the text lists them.
func TestDDL(t *testing.T) {
	for _, dump := range dumps {
		db := open(t, dump, true)
		var want []string
		for _, r := range db.records() {
			switch {
			case r.manager == "Storage":
				want = append(want, fmt.Sprintf("%d|%s|%s", r.start, strings.ToLower(r.kind), strings.Fields(r.description)[0]))
			case r.manager == "Transaction" && r.kind != "PREPARE":
				for part := range strings.SplitSeq(r.description, "; ") {
					if list, found := strings.CutPrefix(part, "rels: "); found {
						for _, path := range strings.Fields(list) {
							want = append(want, fmt.Sprintf("%d|drop|%s", r.start, path))
						}
					}
				}
			}
		}
		got := db.rows("SELECT start_lsn, action, target FROM wal_ddl WHERE action IN ('create', 'drop', 'truncate')")
		sort.Strings(got)
		sort.Strings(want)
		equal(t, dump, got, want)
		if got := db.one("SELECT count(*) FROM wal_ddl WHERE action IN ('create', 'drop', 'truncate') AND (relfilenode IS NULL OR relfork IS NULL)"); got != "0" {
			t.Errorf("%s: %s paths were not understood", dump, got)
		}
		if got, want := db.one("SELECT sum(dropped_files) FROM wal_commits WHERE outcome <> 'prepared'"), db.one("SELECT count(*) FROM wal_ddl WHERE action = 'drop'"); got != want {
			t.Errorf("%s: wal_commits drops %s files, wal_ddl %s", dump, got, want)
		}
	}
	db := open(t, "pg16", true)
	equal(t, "kinds of paths", db.rows(`SELECT DISTINCT ON (split_part(target, '/', 1)) reltablespace, reldatabase, relfilenode, relfork FROM wal_ddl
		WHERE target IN ('pg_tblspc/18262/PG_16_202307071/5/18264', 'base/5/18226', 'global/1260_fsm') AND action <> 'truncate' ORDER BY 1`),
		[]string{"1663|5|18226|main", "18262|5|18264|main"})
}

// TestTOASTIsNoPoint: a TOAST table goes with its table, also where only its index has a name.
func TestTOASTIsNoPoint(t *testing.T) {
	db := open(t, "pg16", true)
	name := func(schema, name string) {
		db.exec(`INSERT OR REPLACE INTO relations BY NAME SELECT reltablespace, reldatabase, relfilenode, 1 AS oid, $1 AS schema, $2 AS name, 'index' AS kind
			FROM wal_ddl WHERE action = 'drop' AND outcome = 'committed' AND relation LIKE '%/18055' OR relation LIKE '%.%' AND relfilenode = 18055 LIMIT 1`, schema, name)
	}
	const dropped = "SELECT target FROM wal_recovery_points WHERE kind = 'drop index'"
	name("public", "orders_idx")
	equal(t, "an index", db.rows(dropped), []string{"public.orders_idx"})
	name("pg_toast", "pg_toast_18052_index")
	equal(t, "an index of TOAST", db.rows(dropped), nil)
}

func TestCheckpoints(t *testing.T) {
	for _, dump := range dumps {
		db := open(t, dump, true)
		var want []string
		last := uint64(0)
		for _, r := range db.records() {
			if r.kind != "CHECKPOINT_ONLINE" && r.kind != "CHECKPOINT_SHUTDOWN" {
				continue
			}
			var high, low, timeline uint64
			if _, err := fmt.Sscanf(r.description, "redo %X/%X; tli %d;", &high, &low, &timeline); err != nil {
				t.Fatal(err)
			}
			distance := "NULL"
			if last != 0 {
				distance = fmt.Sprint(high<<32 + low - last)
			}
			last = high<<32 + low
			want = append(want, fmt.Sprintf("%d|%d|%s|%s|%d", r.start, last, r.description[strings.LastIndex(r.description, " ")+1:], distance, timeline))
		}
		equal(t, dump, db.rows("SELECT start_lsn, redo_lsn, type, distance, timeline FROM wal_checkpoints"), want)
		if got := db.one("SELECT count(*) FROM wal_fpi_since_checkpoint WHERE mib_after < 0"); got != "0" {
			t.Errorf("%s: %s pieces lie before their checkpoint", dump, got)
		}
	}
}
