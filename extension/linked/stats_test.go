package linked_test

import (
	"bytes"
	"context"
	"fmt"
	"sort"
	"strings"
	"testing"
)

// printed is waldump_stats as pg_waldump prints its table: XLogDumpDisplayStats and
// XLogDumpStatsRow, src/bin/pg_waldump/pg_waldump.c. Its rows are a slice of lines.
func (s session) printed(query string) (head string, rows []string, tail string) {
	s.Helper()
	result, err := s.QueryContext(context.Background(), query)
	if err != nil {
		s.Fatal(err)
	}
	defer result.Close()
	var count, record, fpi, combined int64
	for result.Next() {
		var name string
		var n, r, f, c int64
		var np, rp, fp, cp float64
		if err := result.Scan(&name, &n, &np, &r, &rp, &f, &fp, &c, &cp); err != nil {
			s.Fatal(err)
		}
		rows = append(rows, fmt.Sprintf("%-27s %20d (%6.02f) %20d (%6.02f) %20d (%6.02f) %20d (%6.02f)\n", name, n, np, r, rp, f, fp, c, cp))
		count, record, fpi, combined = count+n, record+r, fpi+f, combined+c
	}
	if err := result.Err(); err != nil {
		s.Fatal(err)
	}
	const line = "%-27s %20s %8s %20s %8s %20s %8s %20s %8s\n"
	head = fmt.Sprintf(line, "Type", "N", "(%)", "Record size", "(%)", "FPI size", "(%)", "Combined size", "(%)") +
		fmt.Sprintf(line, "----", "-", "---", "-----------", "---", "--------", "---", "-------------", "---")
	percent := func(part int64) string {
		if combined == 0 {
			return "[0.00%]"
		}
		return fmt.Sprintf("[%.02f%%]", 100*float64(part)/float64(combined))
	}
	tail = fmt.Sprintf("%-27s %20s %8s %20s %8s %20s %8s %20s\n", "", "--------", "", "--------", "", "--------", "", "--------") +
		fmt.Sprintf("%-27s %20d %-9s%20d %-9s%20d %-9s%20d %-6s\n", "Total", count, "", record, percent(record), fpi, percent(fpi), combined, "[100%]")
	return head, rows, tail
}

// waldump_stats is the table of pg_waldump --stats and --stats=record over the same
// range, to the last byte.
func TestStatsPrintedAreThoseOfPgWaldump(t *testing.T) {
	each(t, func(t *testing.T, c corpus) {
		inEveryMode(t, func(t *testing.T) session { return open(t) }, func(s session, m mode) {
			for _, test := range []struct{ oracle, perRecord string }{{"stats", "false"}, {"stats-record", "true"}} {
				want := c.text(s, test.oracle)
				if bytes.HasPrefix(want, []byte("WAL statistics between ")) { // the title, since PostgreSQL 15
					_, want, _ = bytes.Cut(want, []byte("\n"))
				}
				for _, kind := range []string{"default", "bkp"} {
					if !c.has(kind) {
						continue
					}
					argument, _ := m.paths(s, c, kind)
					head, rows, tail := s.printed("FROM waldump_stats(" + argument + ", per_record := " + test.perRecord + ")")
					got := head + strings.Join(rows, "") + tail
					if strings.HasSuffix(c.name, "9.5") {
						comparePg95(s, head, rows, tail, string(want))
					} else if got != string(want) {
						s.Errorf("%s, per_record %s: got\n%s\nwant\n%s", kind, test.perRecord, got, want)
					}
				}
			}
		})
	}, "stats", "stats-record", "default")
}

// PostgreSQL 9.5 prints some names twice, its rows of Transaction in another order,
// and has not all the managers of later ones: the rows that are not zero agree,
// equal names added up.
func comparePg95(t testing.TB, head string, rows []string, tail, want string) {
	t.Helper()
	sums := func(table string) string {
		all := map[string][4]int64{}
		for line := range strings.Lines(table) {
			var n [4]int64
			var p float64
			name, values, _ := strings.Cut(strings.NewReplacer("(", " ", ")", " ").Replace(line), " ")
			if _, err := fmt.Sscan(values, &n[0], &p, &n[1], &p, &n[2], &p, &n[3], &p); err == nil && n[0] > 0 {
				sum := all[name]
				for i := range n {
					sum[i] += n[i]
				}
				all[name] = sum
			}
		}
		if len(all) < 10 {
			t.Fatalf("only %d rows in\n%s", len(all), table)
		}
		var lines []string
		for name, n := range all {
			lines = append(lines, fmt.Sprintln(name, n))
		}
		sort.Strings(lines)
		return strings.Join(lines, "")
	}
	if got, want := sums(strings.Join(rows, "")), sums(want); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !strings.HasPrefix(want, head) || !strings.HasSuffix(want, tail) {
		t.Errorf("got\n%s%s\nwant\n%s", head, tail, want)
	}
}

// pg_waldump's rule for an empty range: no division by zero.
func TestStatsOfNoRecords(t *testing.T) {
	s := open(t)
	path := write(t, "")
	_, rows, tail := s.printed("FROM waldump_stats(" + quote(path) + ")")
	if len(rows) != 22 || !strings.HasPrefix(rows[0], "XLOG  ") || !strings.HasPrefix(rows[21], "LogicalMessage  ") {
		t.Errorf("got %d rows: %q", len(rows), rows)
	}
	for _, row := range rows {
		if !strings.HasSuffix(row, strings.Repeat("                    0 (  0.00)", 4)[1:]+"\n") {
			t.Errorf("got %q", row)
		}
	}
	if want := "Total                                          0                             0 [0.00%]                     0 [0.00%]                     0 [100%]\n"; !strings.HasSuffix(tail, want) {
		t.Errorf("got %q", tail)
	}
	if rows := s.rows("FROM waldump_stats(%s, per_record := true)", path); len(rows) != 0 {
		t.Errorf("per_record: got %q", rows)
	}
}
