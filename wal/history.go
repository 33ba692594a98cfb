package wal

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"walstats/record"
)

// A Turn tells where a timeline begins: there it left its parent.
type Turn struct {
	Timeline uint32
	Begin    LSN
}

// A History tells how a timeline came to be, the newest turn first. The last is the
// oldest timeline, which begins at 0.
type History []Turn

// ParseHistory reads the text of a timeline's history file: a line a parent, with
// the place where it was left and a reason, the oldest first.
func ParseHistory(timeline uint32, text []byte) (History, error) {
	h := History{}
	begin := LSN(0)
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		parent, err := strconv.ParseUint(fields[0], 10, 32)
		if err != nil || len(fields) < 2 {
			return nil, fmt.Errorf("expected a timeline and an LSN, found %.80q", lines.Text())
		}
		left, err := record.ParseLSN([]byte(fields[1]))
		if err != nil {
			return nil, fmt.Errorf("%w, found %.80q", err, lines.Text())
		}
		h = append(h, Turn{uint32(parent), begin})
		begin = left
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	h = append(h, Turn{timeline, begin})
	for i, j := 0, len(h)-1; i < j; i, j = i+1, j-1 {
		h[i], h[j] = h[j], h[i]
	}
	return h, nil
}

// At returns the timeline that a record at lsn belongs to.
func (h History) At(lsn LSN) uint32 {
	for _, turn := range h {
		if lsn >= turn.Begin {
			return turn.Timeline
		}
	}
	return 0
}

// Segment returns the timeline whose file holds the segment. Where a timeline begins
// inside a segment, its file has a copy of what was before.
func (h History) Segment(number uint64, size uint32) uint32 {
	for _, turn := range h {
		if number >= uint64(turn.Begin)/uint64(size) {
			return turn.Timeline
		}
	}
	return 0
}
