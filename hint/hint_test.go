package hint_test

import (
	"testing"

	"walstats/hint"
)

func TestIgnoreErrors(t *testing.T) {
	const text = "wal.dump:3 (byte 90): expected \"rmgr: \""
	skip := hint.IgnoreErrors("to skip such lines")
	if rest, avoidable := hint.CutIgnoreErrors(hint.Join(text, "", skip)); rest != text || !avoidable {
		t.Errorf("%q, %v", rest, avoidable)
	}
	if rest, avoidable := hint.CutIgnoreErrors(hint.Join("", skip)); rest != "" || !avoidable {
		t.Errorf("%q, %v", rest, avoidable)
	}
	if rest, avoidable := hint.CutIgnoreErrors(text); rest != text || avoidable {
		t.Errorf("%q, %v", rest, avoidable)
	}
}

func TestOfCommand(t *testing.T) {
	for text, want := range map[string]string{
		"pass timezone := 'Asia/Manila' (UTC+08:00), or timezone := 'none' to read NULL": "pass --timezone 'Asia/Manila' (UTC+08:00), or --timezone 'none' to leave such times out",
		"a record of 5 bytes; pass a larger max_record_size":                             "a record of 5 bytes; pass a larger --max-record-size",
		"nothing to change": "nothing to change",
	} {
		if got := hint.OfCommand(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
