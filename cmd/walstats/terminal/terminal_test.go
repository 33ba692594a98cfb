package terminal

import (
	"strings"
	"testing"
)

func TestEscapes(t *testing.T) {
	for text, want := range map[string]string{
		"Heap/INSERT 5\u00a0kB": "Heap/INSERT 5\u00a0kB",
		"a\x1b[31mb":            `a\x1b[31mb`,
		"a\rb\x07":              `a\rb\a`,
		"\u202egpj.exe":         `\u202egpj.exe`,
		"\u009b31m":             `\u009b31m`,
		"Größe \u05d4":          "Größe \u05d4",
	} {
		if got := Printable(text); got != want {
			t.Errorf("Printable(%q) = %q, not %q", text, got, want)
		}
	}
}

// A character may come in two writes.
func TestWriter(t *testing.T) {
	const text = "Größe\t\u20ac\x1b[2J\n\U0001F600"
	const want = "Größe\t\u20ac\\x1b[2J\n\U0001F600"
	for size := 1; size <= len(text); size++ {
		var out strings.Builder
		w := &writer{to: &out}
		for at := 0; at < len(text); at += size {
			part := text[at:min(len(text), at+size)]
			if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
				t.Fatal(n, err)
			}
		}
		if out.String() != want {
			t.Errorf("in writes of %d bytes: %q", size, &out)
		}
	}
}
