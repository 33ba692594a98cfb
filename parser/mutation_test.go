package parser

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"walstats/record"
)

// strict reads text as a query without ignore_errors does: the rows before the first
// reject, if there is one.
func strict(t testing.TB, text []byte) (rows []record.Record, failed bool) {
	t.Helper()
	x := &Index{KeepNonRecords: true, CRLF: hasCRLF(text)}
	x.Scan(text, 0, len(text), true)
	rows = records(t, x, text)
	for i := range x.NonRecords {
		o := &x.NonRecords[i]
		if o.Kind != Reject {
			continue
		}
		n := o.Row
		if text[o.Begin] == '\t' { // a block reference of the record before
			n = max(0, n-1)
		}
		return rows[:n], true
	}
	return rows, false
}

// byLSN are rows by where they start.
func byLSN(rows []record.Record) map[record.LSN]record.Record {
	all := make(map[record.LSN]record.Record, len(rows))
	for _, r := range rows {
		all[r.StartLSN] = r
	}
	return all
}

// sameButText reports whether got is want, but for what no rule can check: the names of
// the manager and the record type, and the description. What the text says of blocks is
// checked: a reference is there or not, with as many blocks, forks and images.
func sameButText(got, want record.Record) bool {
	got.ResourceManager = want.ResourceManager
	got.Description, got.RecordType, got.HasTime, got.XactTime = want.Description, want.RecordType, want.HasTime, want.XactTime
	return got == want
}

// pieces are parts of the real dumps of test/data, of n records each.
func pieces(t testing.TB, r *rand.Rand, n int, each func(name string, text []byte)) {
	for _, d := range dumps(t) {
		for range 3 {
			text := d.text[r.Intn(len(d.text)/2):]
			begin := FirstRecord(text, bytes.IndexByte(text, '\n')+1, len(text))
			text = text[begin:]
			x := &Index{}
			x.Scan(text[:min(len(text), n*2000)], 0, len(text), true)
			if x.Len() > n {
				each(d.name, text[:x.Begin(n)])
			}
		}
	}
}

// A dump that was cut anywhere and glued to the next one is an error, if a record was
// lost: no row differs from that of the undamaged dumps, but in its text.
func TestGluedDumps(t *testing.T) {
	r := seeded(t)
	pieces(t, r, 40, func(name string, first []byte) {
		pieces(t, r, 3, func(_ string, second []byte) {
			wantFirst, _ := strict(t, first)
			wantSecond, _ := strict(t, second)
			inFirst, inSecond := byLSN(wantFirst), byLSN(wantSecond)
			for cut := len(first) - 1; cut > max(0, len(first)-300); cut-- {
				got, failed := strict(t, append(bytes.Clone(first[:cut]), second...))
				whole := first[cut-1] == '\n'
				if !failed && !whole && len(got) < len(wantFirst)+len(wantSecond) && !gluedPrepare(first[:cut]) {
					t.Errorf("%s: no error after %q, which %.60q follows", name, first[max(0, cut-200):cut], second)
				}
				for _, row := range got {
					want, ok := inFirst[row.StartLSN]
					if !ok || row == inSecond[row.StartLSN] || row == want {
						continue
					}
					if !gluedPrepare(first[:cut]) && !cutBeforeReferences(row, want) {
						t.Errorf("%s: cut after %q:\ngot  %+v\nwant %+v", name, first[max(0, cut-200):cut], row, want)
					}
				}
				if t.Failed() {
					t.FailNow()
				}
			}
		})
	})
}

// gluedPrepare reports whether text ends inside the gid of a prepared transaction: its
// length is nowhere in the line, so a record with a time that is glued to it may be the
// rest of it. It also is true inside the name of a restore point.
func gluedPrepare(text []byte) bool {
	last := text[max(0, LastRecord(text)):]
	return bytes.Contains(last, []byte("desc: PREPARE gid ")) || bytes.Contains(last, []byte("desc: RESTORE_POINT "))
}

// damagesOfLines are what hands, tools and disks do to the lines of a dump. A text
// has no NUL, so none stands for a byte that was lost.
var damagesOfLines = map[string]func(r *rand.Rand, line string) string{
	"a blank at the end":              func(_ *rand.Rand, s string) string { return s + " " },
	"two blanks at the end":           func(_ *rand.Rand, s string) string { return s + "  " },
	"a tab at the end":                func(_ *rand.Rand, s string) string { return s + "\t" },
	"a carriage return at the end":    func(_ *rand.Rand, s string) string { return s + "\r" },
	"two carriage returns at the end": func(_ *rand.Rand, s string) string { return s + "\r\r" },
	"a no-break space at the end":     func(_ *rand.Rand, s string) string { return s + "\u00a0" },
	"a comment at the end":            func(_ *rand.Rand, s string) string { return s + " # look here" },
	"another comment at the end":      func(_ *rand.Rand, s string) string { return s + " -- look here" },
	"a backslash at the end":          func(_ *rand.Rand, s string) string { return s + `\` },
	"the end of colours at the end":   func(_ *rand.Rand, s string) string { return s + "\x1b[0m" },
	"NUL at the end":                  func(_ *rand.Rand, s string) string { return s + "\x00" },
	"a comma at the end":              func(_ *rand.Rand, s string) string { return s + "," },
	"half a reference at the end":     func(_ *rand.Rand, s string) string { return s + ", blkref #9: rel 1663/" },
	"cut":                             func(r *rand.Rand, s string) string { return s[:r.Intn(len(s))] },
	"cut at 120":                      func(_ *rand.Rand, s string) string { return s[:min(len(s), 120)] },
	"cut at 150":                      func(_ *rand.Rand, s string) string { return s[:min(len(s), 150)] },
	"cut at 160":                      func(_ *rand.Rand, s string) string { return s[:min(len(s), 160)] },
	"wrapped at 80":                   func(_ *rand.Rand, s string) string { return s[:min(len(s), 80)] + "\n" + s[min(len(s), 80):] },
	"wrapped at 132":                  func(_ *rand.Rand, s string) string { return s[:min(len(s), 132)] + "\n" + s[min(len(s), 132):] },
	"a prefix":                        func(_ *rand.Rand, s string) string { return "812:" + s },
	"a blank before":                  func(_ *rand.Rand, s string) string { return " " + s },
	"colours": func(_ *rand.Rand, s string) string {
		return strings.ReplaceAll(s, "rel ", "\x1b[01;31m\x1b[Krel\x1b[m\x1b[K ")
	},
	"colours of numbers":                func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, " blk ", " blk \x1b[1m") },
	"no-break spaces":                   func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, " ", "\u00a0") },
	"no-break spaces in the references": func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, " blk ", "\u00a0blk ") },
	"one blank of several":              func(_ *rand.Rand, s string) string { return strings.Join(strings.Fields(s), " ") },
	"tabs for blanks":                   func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, " ", "\t") },
	"lower case":                        func(_ *rand.Rand, s string) string { return strings.ToLower(s) },
	"no #":                              func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, "#", "") },
	"no commas":                         func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, ",", "") },
	"the second reference only":         func(_ *rand.Rand, s string) string { return strings.Replace(s, "blkref #0", "blkref ?0", 1) },
	"a byte of a reference": func(r *rand.Rand, s string) string {
		from := strings.Index(s, ", blkref #0")
		if from < 0 {
			return s
		}
		at := from + r.Intn(len(", blkref #0: rel "))
		return s[:at] + string("x!~\x01"[r.Intn(4)]) + s[at+1:]
	},
	"a piece twice": func(r *rand.Rand, s string) string {
		at := r.Intn(len(s))
		end := at + r.Intn(min(40, len(s)-at))
		return s[:end] + s[at:]
	},
	"two lines in one": func(r *rand.Rand, s string) string { return s[:len(s)-r.Intn(len(s))] + s },
	"a message within": func(r *rand.Rand, s string) string {
		at := r.Intn(len(s))
		return s[:at] + "pg_waldump: error: error in WAL record at 0/A0000A0: invalid record length at 0/A0000C8: expected at least 24, got 0\n" + s[at:]
	},
	"a forged record after": func(r *rand.Rand, s string) string { return s + "\n" + forged(1) },
}

// Whatever happens to a line, strict reading gives no row that differs from the
// undamaged record's of the same LSN, unless the damage stays inside a description, a
// record type or a number, or a line was cut before its block references: those no rule
// can check.
func TestStrictReadingGivesNoWrongRow(t *testing.T) {
	r := seeded(t)
	times := 3
	if testing.Short() {
		times = 1
	}
	if n, err := strconv.Atoi(os.Getenv("MUTATIONS")); err == nil { // make check-all asks for more
		times = n
	}
	for range times {
		pieces(t, r, 60, func(name string, text []byte) {
			if strings.Contains(name, "bkp") && bytes.Contains(text, []byte("\n\t")) {
				text = bytes.ReplaceAll(text, []byte("\n\t"), []byte(", ")) // below, lines are records
			}
			rows, failed := strict(t, text)
			if failed {
				return
			}
			want := byLSN(rows)
			for _, kind := range sortedKeys(damagesOfLines) {
				var damaged strings.Builder
				for line := range strings.Lines(string(text)) {
					line = strings.TrimSuffix(line, "\n")
					if r.Intn(8) == 0 && line != "" {
						line = damagesOfLines[kind](r, line)
					}
					damaged.WriteString(line + "\n")
				}
				got, _ := strict(t, []byte(damaged.String()))
				for _, row := range got {
					undamaged, known := want[row.StartLSN]
					if known && !sameButText(row, undamaged) && !numbersOnly(row, undamaged) && !cutBeforeReferences(row, undamaged) {
						t.Errorf("%s, %s:\ngot  %+v\nwant %+v", name, kind, row, undamaged)
						break
					}
				}
			}
		})
	}
}

// cutBeforeReferences reports whether got is what is left of want after a cut before
// its block references or between two of their words, at the end of a line: what is left is a
// line that pg_waldump might print.
func cutBeforeReferences(got, want record.Record) bool {
	text := func(r record.Record) string { return strings.TrimRight(r.RecordType+" "+r.Description, " ") }
	if got.HasBlock {
		return text(got) == text(want) && strings.HasPrefix(want.BlockRef, got.BlockRef)
	}
	return strings.HasPrefix(text(want), text(got))
}

// numbersOnly reports whether got differs from want in numbers only, which no rule can
// check: those of the header, of a relation or of a block.
func numbersOnly(got, want record.Record) bool {
	shape := func(r record.Record) string {
		digits := false
		return strings.Map(func(c rune) rune {
			if '0' <= c && c <= '9' {
				if digits {
					return -1
				}
				digits = true
				return '0'
			}
			digits = false
			return c
		}, fmt.Sprint(r.ResourceManager, r.HasBlock, r.RelFork, r.BlockRef))
	}
	return shape(got) == shape(want)
}

func sortedKeys[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
