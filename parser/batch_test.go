package parser

import (
	"bytes"
	"strings"
	"testing"

	"walstats/record"
)

// A batch has at most 2,048 rows or 4 MiB of text, but at least one row.
func TestBatchesAreBounded(t *testing.T) {
	big := func(n, size int) string { return line(n, "Heap", "INSERT "+strings.Repeat("x", size)) }
	for _, tt := range []struct {
		name string
		text string
		rows int // asked for
		want []int
	}{
		{"few", strings.Repeat(insert(1).text, 10), record.BatchRows, []int{10}},
		{"many", strings.Repeat(insert(1).text, 5000), record.BatchRows, []int{2048, 2048, 904}},
		{"asked for fewer", strings.Repeat(insert(1).text, 10), 4, []int{4, 4, 2}},
		{"large", strings.Repeat(big(1, 1_500_000), 5), record.BatchRows, []int{2, 2, 1}},
		{"larger than a batch", insert(1).text + big(2, 5_000_000) + big(3, 5_000_000) + insert(4).text, record.BatchRows, []int{1, 1, 1, 1}},
		{"details count", strings.Repeat(line(1, "Heap", "INSERT ")+strings.Repeat(image, 20_000), 5), record.BatchRows, []int{2, 2, 1}},
	} {
		text := []byte(tt.text)
		var x Index
		var f Filler
		x.Scan(text, 0, len(text), true)
		b := &record.Batch{StartLSN: make([]uint64, record.BatchRows)}
		row := 0
		for _, want := range tt.want {
			n, err := f.Fill(&x, b, text, row, tt.rows)
			if n != want || err != nil {
				t.Errorf("%s: %d rows at %d, %v; want %d", tt.name, n, row, err, want)
			}
			row += n
		}
		if row != x.Len() {
			t.Errorf("%s: %d rows of %d", tt.name, row, x.Len())
		}
	}
}

// A record's offset is that of its first byte, counted from Base.
func TestByteOffsets(t *testing.T) {
	text := []byte("x\n" + insert(1).text + "\n" + message(2, "a\n"+forged(3), "b", 0).text + insert(4).text)
	var x Index
	x.Scan(text, 0, len(text), true)
	b := &record.Batch{ByteOffset: make([]uint64, record.BatchRows)}
	f := Filler{Base: 1 << 40}
	if n, err := f.Fill(&x, b, text, 0, record.BatchRows); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	for i, n := range []int{1, 2, 4} {
		want := bytes.Index(text, []byte("lsn: "+lsn(n).String()))
		want = bytes.LastIndexByte(text[:want], '\n') + 1
		if got := b.ByteOffset[i]; got != 1<<40+uint64(want) || x.Begin(i) != want {
			t.Errorf("row %d: %d and %d, not %d", i, got, x.Begin(i), want)
		}
	}
}
