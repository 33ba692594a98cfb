package record

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand"
	"testing"
)

func TestParseLSN(t *testing.T) {
	for s, want := range map[string]LSN{
		"0/0": 0, "0/01953528": 0x1953528, "0/1953528": 0x1953528, "a/Bc": 0xA_0000_00BC,
		"FFFFFFFF/FFFFFFFF": math.MaxUint64, "00000001/00000000": 1 << 32, "10/0": 0x10_0000_0000,
	} {
		if got, err := ParseLSN([]byte(s)); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "/", "0", "0/", "/0", "0/0 ", " 0/0", "0/g", "g/0", "000000000/0", "0/000000000", "0/0/0", "-1/0", "0x1/0", "1\x000/0"} {
		if got, err := ParseLSN([]byte(s)); err != ErrLSN {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
}

// An LSN prints as record lines have it, and reads the same.
func TestLSNsPrintAsTheyRead(t *testing.T) {
	for want, lsn := range map[string]LSN{
		"0/00000000": 0, "0/01953528": 0x1953528, "A/000000BC": 0xA_0000_00BC, "10/00000000": 0x10_0000_0000, "FFFFFFFF/FFFFFFFF": math.MaxUint64,
	} {
		if got := lsn.String(); got != want {
			t.Errorf("%d: %s, not %s", uint64(lsn), got, want)
		}
	}
	r := rand.New(rand.NewSource(1))
	for range 1000 {
		lsn := LSN(r.Uint64() >> r.Intn(64))
		if got, err := ParseLSN([]byte(lsn.String())); err != nil || got != lsn {
			t.Errorf("%v: %v, %v", lsn, got, err)
		}
	}
}

func TestLSNInJSON(t *testing.T) {
	text, err := json.Marshal([]LSN{0x1953528, 0xA_00000000})
	if err != nil || string(text) != `["0/01953528","A/00000000"]` {
		t.Errorf("%s, %v", text, err)
	}
	var lsn LSN
	if err := json.Unmarshal([]byte(`"1/a"`), &lsn); err != nil || lsn != 0x1_0000000A {
		t.Errorf("%v, %v", lsn, err)
	}
	if err := json.Unmarshal([]byte(`"1"`), &lsn); !errors.Is(err, ErrLSN) {
		t.Errorf("%v for 1", err)
	}
}
