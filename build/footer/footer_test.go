package footer

import (
	"errors"
	"strings"
	"testing"
)

var want = Footer{Platform: "linux_amd64", APIVersion: "v1.2.0", Version: "0.1.0", ABI: "C_STRUCT"}

func TestRoundTrip(t *testing.T) {
	b, err := want.Bytes()
	if err != nil || len(b) != Size {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	// The fields stand where DuckDB reads them: the last of eight first.
	for offset, text := range map[int]string{7 * 32: "4", 6 * 32: "linux_amd64", 5 * 32: "v1.2.0", 4 * 32: "0.1.0", 3 * 32: "C_STRUCT"} {
		if got := strings.TrimRight(string(b[offset:offset+32]), "\x00"); got != text {
			t.Errorf("at %d: %q, want %q", offset, got, text)
		}
	}
	got, err := Parse(append([]byte("a shared library"), b...))
	if err != nil || got != want {
		t.Errorf("Parse = %+v, %v", got, err)
	}
}

func TestNoFooter(t *testing.T) {
	for _, file := range []string{"", "short", strings.Repeat("x", 2000)} {
		if _, err := Parse([]byte(file)); !errors.Is(err, ErrNone) {
			t.Errorf("%.10q: %v", file, err)
		}
	}
	if _, err := (Footer{Platform: strings.Repeat("x", 33)}).Bytes(); err == nil {
		t.Error("a field too long was written")
	}
}
