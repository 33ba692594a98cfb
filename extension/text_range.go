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

// lookBackPiece is how much text lookBack has in memory, if no record is longer.
const lookBackPiece = 4 << 20

// lookBack returns where the first record at or after begin really starts: a line
// that looks like one there may be a user's text in a record before, at most
// max_record_size before.
func lookBack(d *dump, begin int64, o *options) (boundary, error) {
	p := pieces{d: d, base: max(d.begin, begin-o.maxRecordSize), limit: begin, longest: o.maxRecordSize + lookBackPiece + 2*lookahead}
	// A user's text may begin anywhere; but no record is longer than this.
	if found, err := p.firstRecord(p.base > d.begin); err != nil || !found {
		return p.afterNoRecord(), err
	}
	index, at := parser.Index{CRLF: d.crlf}, 0
	for p.base < begin {
		if p.last && p.base+int64(len(p.text)) <= begin {
			return boundary{begin: begin}, nil
		}
		next, done := index.Scan(p.text, at, p.window(), p.last)
		switch {
		case done:
			index.Reset()
			at = 0
			if err := p.drop(next); err != nil {
				return boundary{}, err
			}
		case int64(len(p.text)-next) > o.maxRecordSize:
			return boundary{begin: begin}, nil // the range's own chunk will say so
		default:
			at = next
			if err := p.read(min(2*int64(len(p.text)), max(int64(len(p.text))+lookahead, p.longest))); err != nil {
				return boundary{}, err
			}
		}
	}
	return boundary{begin: p.base}, nil
}

// Pieces reads the text before limit, and a little after it, piece by piece.
type pieces struct {
	d     *dump
	limit int64
	text  []byte // from base on
	base  int64
	last  bool // the file ends where text does

	longest int64 // how much text there can be, with a record of max_record_size
}

// window returns how much of the text is looked through; the rest is there to see where
// the last record ends.
func (p *pieces) window() int {
	have := int64(len(p.text))
	if !p.last {
		have = max(0, have-lookahead)
	}
	return int(min(p.limit-p.base, have))
}

// read reads on until text has size bytes or the file ends.
func (p *pieces) read(size int64) error {
	have := int64(len(p.text))
	if size <= have {
		return nil
	}
	if int64(cap(p.text)) < size {
		room := size
		if size > longText { // see there
			room = max(size, p.longest)
		}
		p.text = append(make([]byte, 0, room), p.text...)
	}
	p.text = p.text[:size]
	n, last, err := p.d.Read(p.text[have:], p.base+have, int(size-have))
	p.text, p.last = p.text[:have+int64(n)], last
	return err
}

// drop forgets the text before text[n], and reads on.
func (p *pieces) drop(n int) error {
	p.base += int64(n)
	p.text = p.text[:copy(p.text, p.text[n:])]
	return p.read(min(lookBackPiece, max(0, p.limit-p.base)) + lookahead)
}

// firstRecord moves base to the first line that looks like a record. It returns false
// if no such line begins before limit. The text begins within a line if inLine; else
// with the dump's first line.
func (p *pieces) firstRecord(inLine bool) (found bool, err error) {
	if err := p.drop(0); err != nil || !inLine {
		return !inLine, err
	}
	for {
		from, window := 0, p.window()
		if inLine {
			from = bytes.IndexByte(p.text[:window], '\n') + 1
			inLine = from == 0
		}
		if !inLine {
			if at := parser.FirstRecord(p.text, from, window); at >= 0 {
				return true, p.drop(at)
			}
		}
		if p.last || p.base+int64(window) >= p.limit {
			return false, nil
		}
		last := bytes.LastIndexByte(p.text[:window], '\n') + 1 // a line may go on after the window
		if last == 0 {
			last, inLine = window, true
		}
		if err := p.drop(last); err != nil {
			return false, err
		}
	}
}

// afterNoRecord returns the boundary to a range with no record in the text before it.
// No text of a user's can go on there, so the range begins with its first line.
func (p *pieces) afterNoRecord() boundary {
	begin := p.limit
	if at := begin - 1 - p.base; at >= 0 && at < int64(len(p.text)) {
		if line := bytes.IndexByte(p.text[at:], '\n'); line >= 0 {
			begin += int64(line)
		} // else the range's own chunk looks further
	}
	return boundary{begin: begin}
}
