package extension

import (
	"bytes"
	"errors"
	"fmt"

	"walstats/parser"
)

// A byteRange selects the records that start in [begin, end) of a plain file.
// The ranges of any tiling of a file give the records of the whole, each once.
type byteRange struct{ begin, end uint64 }

var errByteRangeFiles = errors.New("byte_range needs exactly one file")

func errByteRangeStream(path string) error {
	return fmt.Errorf("%s: byte_range needs a plain file, not a pipe or a compressed one", path)
}

// lookBack returns where the first record at or after begin really starts: a line
// that looks like one there may be a user's text in a record before, at most
// max_record_size before.
func lookBack(d *dump, begin int64, o *options) (boundary, error) {
	from := max(d.begin, begin-o.maxRecordSize)
	text, last := []byte(nil), false
	extend := func(size int64) error {
		have := int64(len(text))
		text = append(text, make([]byte, size-have)...)
		n, end, err := d.Read(text[have:], from+have, int(size-have))
		text, last = text[:have+int64(n)], end
		return err
	}
	if err := extend(begin - from + lookahead); err != nil {
		return boundary{}, err
	}
	if last && from+int64(len(text)) <= begin {
		return boundary{begin: begin}, nil
	}
	at := 0
	if from > d.begin {
		// A user's text may begin anywhere; but no record is longer than this.
		line := bytes.IndexByte(text, '\n')
		if at = parser.FirstRecord(text, line+1, int(begin-from)); line < 0 || at < 0 {
			return afterNoRecord(text, from, begin), nil
		}
	}
	index := parser.Index{CRLF: d.crlf}
	for {
		next, done := index.Scan(text, at, int(begin-from), last)
		if done {
			return boundary{begin: from + int64(next)}, nil
		}
		if int64(len(text)-next) > o.maxRecordSize {
			return boundary{begin: begin}, nil // the range's own chunk will say so
		}
		at = next
		if err := extend(2 * int64(len(text))); err != nil {
			return boundary{}, err
		}
	}
}

// afterNoRecord is the boundary to a range with no record in the text before it, which is
// from on: no text of a user's is open there, and it begins with the first line.
func afterNoRecord(text []byte, from, begin int64) boundary {
	if line := bytes.IndexByte(text[begin-1-from:], '\n'); line >= 0 {
		begin += int64(line)
	} // else the range's own chunk looks further
	return boundary{begin: begin}
}
