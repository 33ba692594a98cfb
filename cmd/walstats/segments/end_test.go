package segments

import "testing"

// What pg_waldump says where WAL ends, and where it is damaged.
func TestIsEnd(t *testing.T) {
	f := newFolder(t, 16*mib)
	f.good(1, 5, 7)
	c, err := Open(f.path, Part{})
	if err != nil {
		t.Fatal(err)
	}
	open := span{begin: 0x5000028}
	for _, test := range []struct {
		said string
		span span
		want bool
	}{
		{"pg_waldump: error: error in WAL record at 0/7C51E8: invalid record length at 0/7000260: wanted 24, got 0\n", open, true},
		{"pg_waldump: error: error in WAL record at 0/75551E8: invalid record length at 0/7555260: expected at least 24, got 0", open, true},
		{"pg_waldump: fatal: error in WAL record at 0/6FFFF60: invalid magic number 0000 in log segment 000000010000000000000007, offset 0", open, true},
		{"pg_waldump: error: error in WAL record at 0/7FFFF60: unexpected pageaddr 0/5000000 in WAL segment 000000010000000000000008, LSN 0/8000000, offset 0", open, true},
		{"pg_waldump: error: could not find file \"000000010000000000000008\": No such file or directory", open, true},
		{"pg_waldump: error: error in WAL record at 0/7000060: record with incorrect prev-link 0/1 at 0/70000A0", open, true},
		{"pg_waldump: error: error in WAL record at 0/6FFFF60: there is no contrecord flag at 0/7000000", open, true},
		{"pg_waldump: error: could not find a valid record after 0/7000028", span{begin: 0x7000028}, true},

		{"pg_waldump: error: error in WAL record at 0/6000060: invalid record length at 0/60000A0: wanted 24, got 0", open, false},
		{"pg_waldump: error: error in WAL record at 0/5000060: invalid magic number 0000 in log segment 000000010000000000000006, offset 0", open, false},
		{"pg_waldump: error: error in WAL record at 0/7000060: incorrect resource manager data checksum in record at 0/70000A0", open, false},
		{"pg_waldump: error: error in WAL record at 0/7000060: invalid record length at 0/70000A0: wanted 24, got 0", span{0x7000028, 0x7100000}, false},
		{"pg_waldump: error: could not find a valid record after 0/5000028", open, false},
		{"pg_waldump: error: could not open file \"000000010000000000000007\": Permission denied", open, false},
		{"", open, false},
	} {
		if got := c.isEnd(test.said, test.span); got != test.want {
			t.Errorf("isEnd(%q, %v) = %t", test.said, test.span, got)
		}
	}
}
