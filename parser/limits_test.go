package parser

import (
	"fmt"
	"strings"
	"testing"
)

// Guessed says of which record the end is uncertain, because the text ends there.
func TestGuessedEnds(t *testing.T) {
	for _, tt := range []struct {
		name    string
		parts   []part
		guessed int // the part whose end is uncertain; -1 if none
	}{
		{"plain records", []part{insert(1), commit(2)}, -1},
		{"a restore point at the end", []part{insert(1), restorePoint(2, "x")}, 1},
		{"a restore point before a record", []part{restorePoint(1, "x"), insert(2)}, -1},
		{"the longest restore point", []part{insert(1), restorePoint(2, strings.Repeat("x", 63))}, -1},
		{"a restore point and what pg_waldump says", []part{insert(1), restorePoint(2, "x"), said("pg_waldump: error: x")}, 1},
		{"a prepared transaction", []part{insert(1), insert(2), prepare(3, "a")}, 2},
		{"two at once", []part{prepare(1, "a"), restorePoint(2, "x")}, 0},
		{"a message", []part{insert(1), message(2, "a\nb", "x", 0)}, -1},
		{"the path of a tablespace, which an origin may lengthen", []part{insert(1), tablespace(2, "/a", 0)}, 1},
	} {
		text, want := "", -1
		for i, p := range tt.parts {
			if i == tt.guessed {
				want = len(text)
			}
			text += p.text
		}
		var x Index
		x.Scan([]byte(text), 0, len(text), true)
		if x.Guessed != (want >= 0) || x.Guessed && x.GuessedAt != want {
			t.Errorf("%s: guessed %v at %d; want %d", tt.name, x.Guessed, x.GuessedAt, want)
		}
	}
}

// A clock may show second 60, and PostgreSQL's years are five and six digits long, too.
func TestTheLimitsOfTimes(t *testing.T) {
	for _, tt := range []struct {
		time string
		want string // empty for none
	}{
		{"2016-12-31 23:59:59.999999 UTC", "2016-12-31 23:59:59.999999"},
		{"2016-12-31 23:59:60.000001 UTC", "2017-01-01 00:00:00.000001"},
		{"2016-12-31 23:59:61.000000 UTC", ""},
		{"2016-12-31 23:60:00.000000 UTC", ""},
		{"2016-12-31 24:00:00.000000 UTC", ""},
		{"2015-02-29 00:00:00.000000 UTC", ""},
		{"2016-02-29 00:00:00.000000 UTC", "2016-02-29 00:00:00"},
	} {
		us, ok, err := (*Zone)(nil).micros([]byte(tt.time))
		if ok != (tt.want != "") || err != nil || ok && us != utc(tt.want) {
			t.Errorf("%s: %d, %v, %v; want %q", tt.time, us, ok, err, tt.want)
		}
	}
	const lastYear = 294246 // the last whole one that microseconds in 64 bits reach
	for year, want := range map[int]bool{10000: true, lastYear: true, lastYear + 1: false, 294276: false, 999999: false} {
		us, ok, err := (*Zone)(nil).micros(fmt.Appendf(nil, "%d-12-31 23:59:59.999999 UTC", year))
		if ok != want || err != nil || ok && us <= 0 {
			t.Errorf("year %d: %d, %v, %v", year, us, ok, err)
		}
	}
}

// A note on what was skipped is a message however long its translation is, within
// reason.
func TestTheLengthOfSkippingNotes(t *testing.T) {
	for size, want := range map[int]bool{80: true, 121: true, 300: true, 512: true, 513: false, 5000: false} {
		note := "0/3000100 0/30001C0 192 "
		note += strings.Repeat("z", size-len(note))
		if got := isMessage([]byte(note)); got != want {
			t.Errorf("%d bytes: %v", size, got)
		}
	}
}

// A record with an image and no block reference was cut.
func TestCutRecordsAreCounted(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want int64
	}{
		"an image and its block":         {lengthLine(1, "Heap", 54, 3650, "INSERT off: 5, blkref #0: rel 1663/5/16384 blk 7 FPW"), 0},
		"cut in the description":         {lengthLine(1, "Heap", 54, 3650, "INSERT off: 5, flags: 0x"), 1},
		"cut after the identifier":       {lengthLine(1, "XLOG", 49, 8241, "FPI_FOR_HINT"), 1},
		"--bkp-details":                  {lengthLine(1, "Heap", 54, 166, "INSERT off 5") + image + second, 0},
		"--bkp-details, cut there":       {lengthLine(1, "Heap", 54, 166, "INSERT off 5") + image[:20], 0},
		"no image":                       {line(1, "Heap", "INSERT off: 5"), 0},
		"9.3":                            {old(1, "Heap", "1000", "insert: rel 1663/5/16384; tid 0/1"), 0},
		"9.6.3, rec is the main data":    {lengthLine(1, "Transaction", 20, 46, "COMMIT 2016-07-03 10:55:22.131313 UTC"), 0},
		"9.6.3, SWITCH has no main data": {lengthLine(1, "XLOG", 0, 24, "SWITCH "), 0},
	} {
		var x Index
		x.Scan([]byte(tt.text), 0, len(tt.text), true)
		if x.Counts.CutRecords != tt.want {
			t.Errorf("%s: %d", name, x.Counts.CutRecords)
		}
	}
}

// RejectsAfter counts only the rejects after the last record.
func TestRejectsAfter(t *testing.T) {
	const reject = "no record\n"
	a, b := insert(1).text, insert(2).text
	for _, tt := range []struct {
		name, text string
		want       int64
	}{
		{"no rejects", a + b, 0},
		{"after the last record", a + b + reject + reject, 2},
		{"before it", a + reject + reject + b, 0},
		{"before and after it", reject + a + reject + reject + b + reject, 1},
		{"with an empty line between them", a + reject + "\n" + reject, 2},
		{"no record", reject + reject, 2},
	} {
		var x Index
		x.Scan([]byte(tt.text), 0, len(tt.text), true)
		if got := x.RejectsAfter(); got != tt.want {
			t.Errorf("%s: %d, not %d", tt.name, got, tt.want)
		}
	}
}
