package parser

import (
	"strings"
	"testing"
)

// Lines of the usual widths have to take the fast path, or it is dead weight.
func TestUsualHeadersTakeTheFastPath(t *testing.T) {
	for _, line := range []string{
		"rmgr: Heap        len (rec/tot):     54/  3650, tx:    1113866, lsn: 0/06EBFE10, prev 0/06EBFDD0, desc: INSERT off 19",
		"rmgr: Transaction len (rec/tot): 999999/999999, tx: 4294967295, lsn: FFFFFFFF/FFFFFFFF, prev FFFFFFFF/FFFFFFF8, desc: COMMIT",
		"rmgr: XLOG        len (rec/tot):     30/    30, tx:          0, lsn: A/B0000028, prev 0/00000000, desc: NEXTOID 26167",
		"rmgr: Heap        len (rec/tot):     54/  3650, tx:  123456789, lsn: 123/06EBFE10, prev 123/06EBFDD0, desc: INSERT off 19",
	} {
		b := []byte(line + "\n" + strings.Repeat(" ", fastHeader))
		var fast, slow extent
		c := noLSN
		if !headerFast(b[:fastHeader], &fast, &c) {
			t.Errorf("not fast: %s", line)
		}
		if err := headerSlow(b, &slow); err != nil || fast != slow {
			t.Errorf("%s:\nfast %+v\nslow %+v, %v", line, fast, slow, err)
		}
	}
}
