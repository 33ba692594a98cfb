package parser

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unsafe"
)

// A String is laid out as DuckDB's duckdb_string_t: what does not belong to a
// short text is zero, since DuckDB compares all sixteen bytes.
func TestStringsAreDuckDBs(t *testing.T) {
	if size := unsafe.Sizeof(String{}); size != 16 {
		t.Fatalf("%d bytes", size)
	}
	for _, unit := range []string{"x", "ü", "\xff", "\x00"} {
		for n := range 40 {
			text := strings.Repeat(unit, n)
			for _, spare := range []int{0, 1, 7, 8, 9, 15, 16, 100} {
				buffer := append([]byte(text), bytes.Repeat([]byte{0xAA}, spare)...)
				c := Strings{Rows: make([]String, 2), Arena: []byte("before")}
				c.Rows[1] = String{Length: 99, Prefix: [4]byte{1, 2, 3, 4}, Rest: [8]byte{5, 6, 7, 8, 9, 10, 11, 12}}
				c.Set(1, buffer[:len(text):len(text)+spare])
				want := []byte(hexed(text))
				raw := unsafe.Slice((*byte)(unsafe.Pointer(&c.Rows[1])), 16)
				if got := c.Rows[1].Text(c.Arena); !bytes.Equal(got, want) || int(binary.LittleEndian.Uint32(raw)) != len(want) {
					t.Fatalf("%q, %d: %q, %x", text, spare, got, raw)
				}
				if len(want) <= 12 {
					if !bytes.Equal(raw[4:], append(bytes.Clone(want), make([]byte, 12-len(want))...)) || len(c.Arena) != len("before") {
						t.Fatalf("%q: %x", text, raw)
					}
				} else if at := binary.LittleEndian.Uint64(raw[8:]); !bytes.Equal(raw[4:8], want[:4]) || at != uint64(len("before")) {
					t.Fatalf("%q: %x", text, raw)
				}
				if bad := strings.Count(text, "\xff"); c.Repaired != bad {
					t.Fatalf("%q: %d bytes repaired", text, c.Repaired)
				}
			}
		}
	}
}

// A batch has at most 2,048 rows or 4 MiB of text, but at least one row.
func TestBatchesAreBounded(t *testing.T) {
	big := func(n, size int) string { return line(n, "Heap", "INSERT "+strings.Repeat("x", size)) }
	for _, tt := range []struct {
		name string
		text string
		rows int // asked for
		want []int
	}{
		{"few", strings.Repeat(insert(1).text, 10), BatchRows, []int{10}},
		{"many", strings.Repeat(insert(1).text, 5000), BatchRows, []int{2048, 2048, 904}},
		{"asked for fewer", strings.Repeat(insert(1).text, 10), 4, []int{4, 4, 2}},
		{"large", strings.Repeat(big(1, 1_500_000), 5), BatchRows, []int{2, 2, 1}},
		{"larger than a batch", insert(1).text + big(2, 5_000_000) + big(3, 5_000_000) + insert(4).text, BatchRows, []int{1, 1, 1, 1}},
		{"details count", strings.Repeat(line(1, "Heap", "INSERT ")+strings.Repeat(image, 20_000), 5), BatchRows, []int{2, 2, 1}},
	} {
		text := []byte(tt.text)
		var x Index
		x.Scan(text, 0, len(text), true)
		b := &Batch{StartLSN: make([]uint64, BatchRows)}
		row := 0
		for _, want := range tt.want {
			n, err := x.Fill(b, text, row, tt.rows)
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
	b := &Batch{ByteOffset: make([]uint64, BatchRows), Base: 1 << 40}
	if n, err := x.Fill(b, text, 0, BatchRows); n != 3 || err != nil {
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
