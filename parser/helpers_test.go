package parser

import (
	"testing"
)

// parse reads a whole text at once: its records, and what Scan said of its lines.
func parse(t testing.TB, text []byte) ([]Record, *Index) {
	t.Helper()
	x := &Index{KeepOthers: true, CRLF: hasCRLF(text)}
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
var everything = NewBatch()

func records(t testing.TB, x *Index, text []byte) []Record {
	t.Helper()
	b := everything
	b.IgnoreErrors = true
	var all []Record
	for row := 0; row < x.Len(); {
		b.Reset()
		n, err := x.Fill(b, text, row, BatchRows)
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
