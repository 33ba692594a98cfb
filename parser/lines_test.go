package parser

import (
	"bytes"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"walstats/record"
)

// A textTest is a text and all that it holds. The tables of them, one a file,
// are the seeds of the fuzz targets, too.
type textTest struct {
	name   string
	text   string
	rows   []record.Record
	others []string // the lines that belong to no record: "2 message pg_waldump: ..."
}

func testTexts(t *testing.T, tests []textTest) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.check(t, tt.text, false)
			if t.Failed() {
				return
			}
			t.Run("crlf", func(t *testing.T) { tt.check(t, strings.ReplaceAll(tt.text, "\n", "\r\n"), true) })
			for _, n := range []int{2, 3, 7, 64} {
				got := readRanges(t, []byte(tt.text), false, n)
				compareRows(t, got.rows, tt.rows)
				compareTexts(t, got.others, tt.others)
			}
			for _, step := range []int{1, 50} {
				got := readGrowing(t, rand.New(rand.NewSource(1)), []byte(tt.text), false, step)
				compareRows(t, got.rows, tt.rows)
				compareTexts(t, got.others, tt.others)
			}
		})
	}
}

func (tt *textTest) check(t *testing.T, text string, crlf bool) {
	t.Helper()
	x := &Index{KeepNonRecords: true, CRLF: crlf}
	if next, done := x.Scan([]byte(text), 0, len(text), true); !done || next != len(text) {
		t.Fatalf("Scan = %d, %v; want %d, true", next, done, len(text))
	}
	compareRows(t, records(t, x, []byte(text)), tt.rows)
	compareTexts(t, others(x, []byte(text), 0), tt.others)
	checkCounts(t, []byte(text), x)
}

func compareRows(t testing.TB, got, want []record.Record) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("row %d is missing: %.1000s", i+1, fmt.Sprintf("%#v", want[i]))
		case i >= len(want):
			t.Errorf("row %d is too much: %.1000s", i+1, fmt.Sprintf("%#v", got[i]))
		case got[i] != want[i]:
			t.Errorf("row %d:\ngot  %.1000s\nwant %.1000s", i+1, fmt.Sprintf("%#v", got[i]), fmt.Sprintf("%#v", want[i]))
		default:
			continue
		}
		return
	}
}

func compareTexts(t testing.TB, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("lines of no record:\ngot  %q\nwant %q", got, want)
	}
}

// others says what x found that belongs to no record, as a textTest has it;
// lines are those before the text.
func others(x *Index, text []byte, lines int64) (all []string) {
	for _, o := range x.NonRecords {
		all = append(all, fmt.Sprintf("%d %v %s", lines+o.Line+1, o.Kind, text[o.Begin:o.End]))
	}
	return all
}

// The records of the tables have numbers, which say where in the WAL they are.
func lsn(n int) record.LSN { return record.LSN(0x0100_0000 + n*0x100) }

// head is the fixed part of a record line, in the words of pg_waldump's printf.
func head(manager string, rec, tot, xid uint32, start, prev record.LSN) string {
	return fmt.Sprintf("rmgr: %-11s len (rec/tot): %6d/%6d, tx: %10d, lsn: %X/%08X, prev %X/%08X, ",
		manager, rec, tot, xid, uint64(start>>32), uint32(start), uint64(prev>>32), uint32(prev))
}

// line is record n as pg_waldump prints it since 9.5, with no image, in
// transaction 731.
func line(n int, manager, desc string) string {
	return lengthLine(n, manager, 54, 54, desc)
}

func lengthLine(n int, manager string, rec, tot uint32, desc string) string {
	return head(manager, rec, tot, 731, lsn(n), lsn(n-1)) + "desc: " + desc + "\n"
}

// row is the row of line.
func row(n int, manager, recordType, description string) wanted {
	return wanted{record.Record{
		StartLSN: lsn(n), PrevLSN: lsn(n - 1), XID: 731,
		ResourceManager: manager, RecordType: recordType, RecordLength: 54, Description: description,
	}}
}

// wanted is a row that a test wants to read.
type wanted struct{ record.Record }

func (w wanted) lengths(rec, tot uint32) wanted {
	w.RecordLength, w.FPILength = tot, tot-rec
	return w
}

func (w wanted) tx(xid uint32) wanted {
	w.XID = xid
	return w
}

// block is w with its first block reference, and the text of all.
func (w wanted) block(tablespace, database, node uint32, fork string, block uint32, text string) wanted {
	w.HasBlock = true
	w.RelTablespace, w.RelDatabase, w.RelFileNode, w.RelFork, w.RelBlockNumber = tablespace, database, node, fork, block
	w.BlockRef = text
	return w
}

// at is w with the record's own time, in UTC.
func (w wanted) at(clock string) wanted {
	w.HasTime, w.XactTime = true, utc(clock)
	return w
}

// utc is the time of `2006-01-02 15:04:05.999999` in UTC, as XactTime has it.
func utc(clock string) int64 {
	t, err := time.Parse("2006-01-02 15:04:05.999999", clock)
	if err != nil {
		panic(err)
	}
	return t.UnixMicro()
}

// insert and commit are records for where any would do.
func insert(n int) part {
	return recorded(line(n, "Heap", "INSERT off 5 flags 0x00, blkref #0: rel 1663/5/16384 blk 7"),
		row(n, "Heap", "INSERT", "off 5 flags 0x00").block(1663, 5, 16384, "main", 7, "blkref #0: rel 1663/5/16384 blk 7"))
}

func commit(n int) part {
	return recorded(line(n, "Transaction", "COMMIT 2026-11-22 17:09:47.793095 UTC"),
		row(n, "Transaction", "COMMIT", "2026-11-22 17:09:47.793095 UTC").at("2026-11-22 17:09:47.793095"))
}

// userTextLength is tot of a record that has so many bytes of main data and no
// block references: record header 24, header of the main data 2 or 5, and more
// (3 for an origin, 5 for a top-level transaction id).
func userTextLength(mainData, more int) uint32 {
	header := 2
	if mainData > 255 {
		header = 5
	}
	return uint32(24 + header + mainData + more)
}

// message is LogicalMessage/MESSAGE of a prefix and a payload.
func message(n int, prefix, payload string, more int) part {
	tot := userTextLength(24+len(prefix)+1+len(payload), more)
	text := fmt.Sprintf(`transactional, prefix "%s"; payload (%d bytes): % X`, prefix, len(payload), payload)
	return recorded(lengthLine(n, "LogicalMessage", tot, tot, "MESSAGE "+text),
		row(n, "LogicalMessage", "MESSAGE", hexed(text)).lengths(tot, tot))
}

// tablespace is Tablespace/CREATE of a path.
func tablespace(n int, path string, more int) part {
	tot := userTextLength(4+len(path)+1, more)
	text := fmt.Sprintf(`16400 "%s"`, path)
	return recorded(lengthLine(n, "Tablespace", tot, tot, "CREATE "+text),
		row(n, "Tablespace", "CREATE", hexed(text)).lengths(tot, tot))
}

// hexed is s as valid UTF-8, its bad bytes as \xHH.
func hexed(s string) string {
	var b bytes.Buffer
	for i, r := range s {
		if size := len(string(r)); r == '\uFFFD' && !strings.HasPrefix(s[i:], "\uFFFD") {
			fmt.Fprintf(&b, `\x%02X`, s[i])
		} else {
			b.WriteString(s[i : i+size])
		}
	}
	return b.String()
}

// A part is a piece of a text with what it has to be read as.
type part struct {
	text string
	rows []record.Record
	kind Kind // of its lines, where it has no rows
}

func recorded(text string, w wanted) part { return part{text: text, rows: []record.Record{w.Record}} }
func reject(lines string) part            { return part{text: lines + "\n", kind: Reject} }
func said(line string) part               { return part{text: line + "\n", kind: Message} }
func empty() part                         { return part{text: "\n"} }

// cut is a part without its line end: the end of a text.
func cut(p part) part {
	p.text, p.rows, p.kind = strings.TrimSuffix(p.text, "\n"), nil, Reject
	return p
}

// made is the test of parts one after the other.
func made(name string, parts ...part) textTest {
	tt := textTest{name: name}
	for _, p := range parts {
		tt.rows = append(tt.rows, p.rows...)
		if p.rows == nil {
			n := strings.Count(tt.text, "\n")
			for line := range strings.Lines(p.text) {
				if n++; line != "\n" {
					tt.others = append(tt.others, fmt.Sprintf("%d %v %s", n, p.kind, strings.TrimSuffix(line, "\n")))
				}
			}
		}
		tt.text += p.text
	}
	return tt
}
