package extension

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"walstats/extension/source"
	"walstats/hint"
	"walstats/parser"
)

// A textReader reads chunks of a textInput for one thread: it finds a chunk's records,
// and hands out their rows. Its memory is reused from chunk to chunk.
type textReader struct {
	in     *textInput
	chunk  *chunk
	text   []byte // of the chunk, from the file's byte base on
	base   int64
	last   bool // the file ends where text does
	index  parser.Index
	filler parser.Filler
	first  int   // where the chunk's first record begins in text
	lines  int64 // before it, from the scan's first record of the file on

	// The rows of a chunk are its records, or the lines that are not part of one.
	row, rows int                // handed out, and in all
	cursor    parser.BlockCursor // as row, where the rows are block references
	err       error              // what comes after the rows
}

func newTextReader(in *textInput) textReader {
	return textReader{in: in, filler: parser.Filler{IgnoreErrors: in.options.ignoreErrors, Zone: in.options.zone}}
}

// advance makes rows available, for callers that do not scan in DuckDB. It returns
// false at the end of the input.
func (r *textReader) advance() (bool, error) {
	for {
		if left, err := r.Left(); left > 0 || err != nil {
			return left > 0, err
		}
		r.Release()
		if more, err := r.Next(); err != nil || !more {
			return false, err
		}
		if err := r.Load(); err != nil {
			return false, err
		}
	}
}

// Next takes the next chunk; see [scan.Reader].
func (r *textReader) Next() (more bool, err error) {
	r.chunk, err = r.in.next()
	return r.chunk != nil, err
}

// Left returns how many rows of the chunk are left.
func (r *textReader) Left() (int, error) {
	if r.row < r.rows {
		return r.rows - r.row, nil
	}
	return 0, r.err
}

// Release gives the chunk back.
func (r *textReader) Release() {
	if r.chunk != nil {
		r.in.release(r.chunk)
		r.chunk = nil
	}
}

// Load reads the chunk and finds its records. Whatever happens, it tells the reader of
// the next chunk where that begins.
func (r *textReader) Load() error {
	out := boundary{stop: true}
	defer func() { r.chunk.after <- out }()
	r.row, r.rows, r.cursor = 0, 0, parser.BlockCursor{}
	r.index.Reset()
	r.index.CRLF, r.index.KeepNonRecords = r.chunk.dump.crlf, r.in.nonRecords

	if err := r.read(); err != nil {
		r.in.stop()
		return err
	}
	guess, next := r.guess(), 0
	var err error // that of a wrong guess does not count
	if guess >= 0 {
		next, err = r.find(guess)
	}
	before := <-r.chunk.before
	switch {
	case before.stop:
		return nil
	case before.begin >= r.chunk.limit:
		r.index.Reset()
		out = before
		return nil
	case guess < 0 || before.begin != r.base+int64(guess):
		r.index.Reset()
		guess = int(before.begin - r.base)
		next, err = r.find(guess)
	}
	r.first, r.lines = guess, before.lines
	if err != nil {
		r.in.stop()
		return r.placed(err)
	}
	r.rows = r.index.Len()
	if r.in.nonRecords {
		r.rows = len(r.index.NonRecords)
	} else if r.index.Counts.Rejects > 0 && !r.in.options.ignoreErrors {
		reject := &r.index.NonRecords[0]
		r.rows = reject.Row
		r.err = r.rejectError(reject)
		r.in.stop()
		return nil
	}
	r.report(next)
	out = boundary{begin: r.base + int64(next), lines: before.lines + r.index.Counts.Lines}
	return nil
}

// lookahead is how much is read after a chunk at first: its last record goes on there,
// and the next chunk's first one begins.
const lookahead = source.ReadAlign

// longText is how much text a reader keeps memory for. Where a record is longer, it
// takes room for the longest one at once: memory that is not written costs nothing, and
// the copies of a growing buffer do.
const longText = 16 << 20

// read reads the chunk, the byte before it, and a little after it.
func (r *textReader) read() error {
	r.base = max(0, r.chunk.begin-1) &^ (source.ReadAlign - 1)
	r.filler.Base = uint64(r.base)
	if cap(r.text) > longText && len(r.text) <= longText {
		r.text = nil
	}
	r.text = r.text[:0]
	return r.extend(r.chunk.limit+lookahead-r.base, r.chunk.limit-r.base)
}

// extend reads on until text has size bytes; at least need, where the file has them.
func (r *textReader) extend(size, need int64) error {
	have := int64(len(r.text))
	if int64(cap(r.text)) < size {
		room := size
		if size > longText {
			room = max(size, r.longest())
		}
		grown := make([]byte, have, room)
		copy(grown, r.text)
		r.text = grown
	}
	n, last, err := r.chunk.dump.Read(r.text[have:size], r.base+have, int(need-have))
	r.text, r.last = r.text[:have+int64(n)], last
	return err
}

// longest returns how much text a chunk can have with a record of max_record_size.
func (r *textReader) longest() int64 { return r.in.options.maxRecordSize + maxChunk + 2*lookahead }

// guess returns where the first record of the chunk seems to begin in text; -1 if the
// text does not show it.
func (r *textReader) guess() int {
	begin, limit := int(r.chunk.begin-r.base), int(r.chunk.limit-r.base)
	if r.chunk.begin == r.chunk.dump.begin {
		return begin
	}
	line := bytes.IndexByte(r.text[begin-1:limit], '\n')
	if line < 0 {
		return -1
	}
	return parser.FirstRecord(r.text, begin+line, limit)
}

// find indexes the records of the chunk from text[from:] on and returns where the next
// chunk's begin.
func (r *textReader) find(from int) (next int, err error) {
	limit := int(r.chunk.limit - r.base)
	for {
		next, done := r.index.Scan(r.text, from, limit, r.last)
		if r.index.Longest > int(r.in.options.maxRecordSize) {
			return 0, r.tooLong(r.index.LongestAt)
		}
		if done {
			return next, nil
		}
		if len(r.text)-next > int(r.in.options.maxRecordSize) {
			return 0, r.tooLong(next)
		}
		from = next
		have := int64(len(r.text))
		if err := r.extend(min(2*have, max(have+lookahead, r.longest())), have+1); err != nil {
			return 0, err
		}
	}
}

// rejectError returns the error for a line that is neither a record nor a part of one
// nor a message.
func (r *textReader) rejectError(o *parser.NonRecord) error {
	d, offset := r.chunk.dump, r.base+int64(o.Begin)
	if d.Compression() != "none" {
		const reach = 1 << 30 // after the line
		if err := source.Verify(d.path, r.in.options.compression, offset+reach); err != nil {
			return err
		}
	}
	line, err := r.line(o.Line)
	if err != nil {
		return err
	}
	e := r.why(o)
	e.Path, e.Line, e.Offset = d.path, line, offset
	switch {
	case r.isFirst(o) && notRecords(r.text[o.Begin:]) != "":
	case errors.Is(e, parser.ErrCut):
		e.Hint = hint.IgnoreErrors("to read the records before it")
	default:
		e.Hint = hint.Join(e.Hint, hint.IgnoreErrors("to skip such lines"))
	}
	return e
}

// why returns why a line is no record, without its place. The hint is what broke it, where
// that can be told.
func (r *textReader) why(o *parser.NonRecord) *parser.Error {
	const record = "rmgr: "
	e := *o.Err
	if errors.Is(&e, parser.ErrCut) {
		text := r.text[o.Begin:o.End]
		if !r.isFirst(o) || bytes.HasPrefix(text, []byte(record)) || strings.HasPrefix(record, string(text)) {
			return &e
		}
		// The file has one line, which does not begin as a record does: it is something else.
		e = parser.Error{Expected: strconv.Quote(record), Found: string(text[:min(len(text), foundMax)])}
	}
	if r.isFirst(o) {
		e.Hint = notRecords(r.text[o.Begin:])
	}
	if e.Hint == "" {
		e.Hint = whatBrokeIt(r.text, int(o.Begin), int(o.End))
	}
	return &e
}

// isFirst reports whether the line is the file's first.
func (r *textReader) isFirst(o *parser.NonRecord) bool {
	return r.base+int64(o.Begin) <= int64(r.chunk.dump.begin)
}

// foundMax is how many bytes of a line an error quotes.
const foundMax = 80

// fieldError returns the error for a value that does not fit its column.
func (r *textReader) fieldError(err error) error {
	return r.placed(err, hint.IgnoreErrors("to read NULL instead"))
}

// tooLong returns the error for the record that begins at text[at].
func (r *textReader) tooLong(at int) error {
	return &parser.Error{
		Offset: r.base + int64(at),
		Err:    fmt.Errorf("a record is longer than max_record_size, %d bytes", r.in.options.maxRecordSize),
		Hint:   "pass a larger max_record_size",
	}
}

// placed returns an error of the parser's with its path, its line and more advice; another
// error as it is. If the line cannot be counted, it stays 0.
func (r *textReader) placed(err error, advice ...string) error {
	var found *parser.Error
	if !errors.As(err, &found) {
		return err
	}
	e := *found
	e.Path, e.Hint = r.chunk.dump.path, hint.Join(append([]string{e.Hint}, advice...)...)
	before := r.text[r.first : e.Offset-r.base]
	if line, err := r.line(int64(bytes.Count(before, []byte{'\n'}))); err == nil {
		e.Line = line
	}
	return &e
}

// line returns the number in the file of a line of the chunk, whose first one is 0.
func (r *textReader) line(ofChunk int64) (int64, error) {
	skipped, err := r.chunk.dump.skipped()
	return skipped + r.lines + ofChunk + 1, err
}
