package segments

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"walstats/record"
)

// A turn is where a timeline begins: it left its parent there.
type turn struct {
	timeline uint32
	begin    LSN
}

// readHistory tells how a timeline came to be, the newest turn first; the last is the
// oldest timeline, which begins at 0. A timeline whose history file is not there
// stands alone.
func readHistory(dir string, timeline uint32) ([]turn, error) {
	path := filepath.Join(dir, fmt.Sprintf("%08X.history", timeline))
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return []turn{{timeline, 0}}, nil
	} else if err != nil {
		return nil, err
	}
	// A line is a parent, the place where it was left, and a reason; oldest first.
	turns := []turn{}
	begin := LSN(0)
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		parent, err := strconv.ParseUint(fields[0], 10, 32)
		if err != nil || len(fields) < 2 {
			return nil, fmt.Errorf("%s: expected a timeline and an LSN, found %.80q", path, lines.Text())
		}
		left, err := record.ParseLSN([]byte(fields[1]))
		if err != nil {
			return nil, fmt.Errorf("%s: %w, found %.80q", path, err, lines.Text())
		}
		turns = append([]turn{{uint32(parent), begin}}, turns...)
		begin = left
	}
	return append([]turn{{timeline, begin}}, turns...), nil
}
