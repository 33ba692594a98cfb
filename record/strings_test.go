package record

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
				want := []byte(strings.ReplaceAll(text, "\xff", `\xFF`))
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
			}
		}
	}
}
