package parser

import (
	"testing"

	"walstats/record"
)

// parse reads a whole text at once: its records, and what Scan said of its lines.
func parse(t testing.TB, text []byte) ([]record.Record, *Index) {
	t.Helper()
	x := &Index{KeepNonRecords: true, CRLF: hasCRLF(text)}
	if next, done := x.Scan(text, 0, len(text), true); !done || next != len(text) {
		t.Fatalf("Scan = %d, %v; want %d, true", next, done, len(text))
	}
	return records(t, x, text), x
}

func hasCRLF(text []byte) bool {
	line := firstLine(text)
	return len(line) < len(text) && len(line) > 0 && line[len(line)-1] == '\r'
}

// everything is a batch for tests that read many small texts.
var everything = record.NewBatch()

func records(t testing.TB, x *Index, text []byte) []record.Record {
	t.Helper()
	b := everything
	f := Filler{IgnoreErrors: true}
	var all []record.Record
	for row := 0; row < x.Len(); {
		b.Reset()
		n, err := f.Fill(x, b, text, row, record.BatchRows)
		if err != nil || n == 0 {
			t.Fatalf("Fill at row %d = %d, %v", row, n, err)
		}
		for i := range n {
			all = append(all, b.Record(i))
		}
		row += n
	}
	return all
}

// appendBkpDetails appends the record as pg_waldump --bkp-details prints it. Its
// BlockRef must come from such a dump.
func appendBkpDetails(r *record.Record, dst []byte) []byte {
	dst = append(r.AppendHead(dst), '\n')
	var ref BlockRef
	for s := []byte(r.BlockRef); len(s) > 0; {
		n := ParseBlockRef(s, &ref)
		if n == 0 {
			n = len(s)
		}
		dst = append(dst, '\t')
		dst = append(dst, s[:n]...)
		dst = append(dst, '\n')
		s = s[min(len(s), n+len(", ")):]
	}
	return dst
}
