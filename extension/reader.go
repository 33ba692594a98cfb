package extension

import (
	"bytes"
	"errors"
	"fmt"

	"walstats/parser"
)

// A reader is one thread's way through the blocks of a scan: it reads a block,
// finds its records, and hands out their rows. Its memory is reused from block
// to block.
type reader struct {
	scan     *scan
	function string // whose
	block    *block
	text     []byte // of the block, from the file's byte base on
	base     int64
	last     bool // the file ends where text does
	index    parser.Index
	filler   parser.Filler
	first    int   // where the block's first record begins in text
	lines    int64 // before it, from the scan's first record of the file on

	// The rows of a block are its records; with keepOthers, what it has besides.
	keepOthers bool
	row, rows  int                // handed out, and in all
	cursor     parser.BlockCursor // as row, where the rows are block references
	err        error              // what comes instead of the rows behind them
}

func newReader(s *scan) reader {
	return reader{scan: s, filler: parser.Filler{IgnoreErrors: s.options.ignoreErrors, Zone: s.options.zone}}
}

// advance makes rows available; false at the end of the scan.
func (r *reader) advance() (bool, error) {
	for {
		if more, err := r.hasRows(); more || err != nil {
			return more, err
		}
		r.giveBack()
		var err error
		if r.block, err = r.scan.deal(); r.block == nil {
			return false, err
		}
		if err := r.readBlock(); err != nil {
			return false, err
		}
	}
}

// hasRows reports whether there are rows left of the block, or the error that
// comes behind them.
func (r *reader) hasRows() (bool, error) {
	if r.row < r.rows {
		return true, nil
	}
	return false, r.err
}

// giveBack is done with the block.
func (r *reader) giveBack() {
	if r.block != nil {
		r.scan.done(r.block)
		r.block = nil
	}
}

// readBlock reads the block and finds its records. Whatever happens, the next
// block is told where it begins.
func (r *reader) readBlock() error {
	out := handoff{stop: true}
	defer func() { r.block.after <- out }()
	r.row, r.rows, r.cursor = 0, 0, parser.BlockCursor{}
	r.index.Reset()
	r.index.CRLF, r.index.KeepOthers = r.block.dump.crlf, r.keepOthers

	if err := r.load(); err != nil {
		r.scan.stop()
		return err
	}
	guess, next := r.guess(), 0
	var err error // of the guess may be one of a record that is none
	if guess >= 0 {
		next, err = r.find(guess)
	}
	in := <-r.block.before
	switch {
	case in.stop:
		return nil
	case in.begin >= r.block.limit:
		r.index.Reset()
		out = in
		return nil
	case guess < 0 || in.begin != r.base+int64(guess):
		r.index.Reset()
		guess = int(in.begin - r.base)
		next, err = r.find(guess)
	}
	r.first, r.lines = guess, in.lines
	if err != nil {
		r.scan.stop()
		return r.longError(err)
	}
	r.rows = r.index.Len()
	if r.keepOthers {
		r.rows = len(r.index.Others)
	} else if r.index.Counts.Rejects > 0 && !r.scan.options.ignoreErrors {
		reject := &r.index.Others[0]
		r.rows = reject.Row
		r.err = r.rejectError(reject)
		r.scan.stop()
		return nil
	}
	r.report(next)
	out = handoff{begin: r.base + int64(next), lines: in.lines + r.index.Counts.Lines}
	return nil
}

// lookahead is how much is read behind a block at first: its last record goes on
// there, and the next block's first begins.
const lookahead = page

// load reads the block, the byte before it, and a little behind it.
func (r *reader) load() error {
	r.base = max(0, r.block.begin-1) &^ (page - 1)
	r.filler.Base = uint64(r.base)
	r.text = r.text[:0]
	return r.extend(r.block.limit+lookahead-r.base, r.block.limit-r.base)
}

// extend reads on until text has size bytes; at least need, where the file has
// them.
func (r *reader) extend(size, need int64) error {
	have := int64(len(r.text))
	if int64(cap(r.text)) < size {
		grown := make([]byte, size)
		copy(grown, r.text)
		r.text = grown
	}
	n, last, err := r.block.dump.text.read(r.text[have:size], r.base+have, int(need-have))
	r.text, r.last = r.text[:have+int64(n)], last
	if err != nil {
		return r.block.dump.named(err)
	}
	return nil
}

// guess is where the first record of the block seems to begin in text; -1 where
// that is not to be seen.
func (r *reader) guess() int {
	begin, limit := int(r.block.begin-r.base), int(r.block.limit-r.base)
	if r.block.begin == r.block.dump.begin {
		return begin
	}
	line := bytes.IndexByte(r.text[begin-1:limit], '\n')
	if line < 0 {
		return -1
	}
	return parser.FirstRecord(r.text, begin+line, limit)
}

// find indexes the records of the block from text[from:] on and returns where
// the next block's begin.
func (r *reader) find(from int) (next int, err error) {
	limit := int(r.block.limit - r.base)
	for {
		next, done := r.index.Scan(r.text, from, limit, r.last)
		if r.index.Longest > int(r.scan.options.maxRecordSize) {
			return 0, longRecord(r.index.LongestAt)
		}
		if done {
			return next, nil
		}
		if len(r.text)-next > int(r.scan.options.maxRecordSize) {
			return 0, longRecord(next)
		}
		from = next
		have := int64(len(r.text))
		if err := r.extend(2*have, have+1); err != nil {
			return 0, err
		}
	}
}

// rejectError is what to say of the first line that is neither a record nor a
// part of one nor a message.
func (r *reader) rejectError(o *parser.Other) error {
	d := r.block.dump
	line, err := r.line(o.Line)
	if err != nil {
		return err
	}
	place := fmt.Sprintf("%s:%d (byte %d)", d.path, line, r.base+int64(o.Begin))
	switch {
	case line == 1 && notRecords(r.text[o.Begin:]) != "":
		return fmt.Errorf("%s: %w; %s", place, o.Err, notRecords(r.text[o.Begin:]))
	case errors.Is(o.Err, parser.ErrCut):
		return fmt.Errorf("%s: the file ends inside a record: it was cut, or is still being written; pass ignore_errors := true to read the records before it", place)
	}
	return fmt.Errorf("%s: %w; pass ignore_errors := true to skip such lines", place, o.Err)
}

// fieldError is what to say of a value that does not fit its column.
func (r *reader) fieldError(err error) error {
	var field *parser.FieldError
	if !errors.As(err, &field) {
		return err
	}
	return fmt.Errorf("%s: %w; pass ignore_errors := true to read NULL instead", r.place(int(field.Begin)), err)
}

// A longRecord is one longer than max_record_size: where it begins in the text.
type longRecord int

func (longRecord) Error() string { return "a record is longer than max_record_size" }

// longError is err, with the place of a longRecord.
func (r *reader) longError(err error) error {
	if at, long := err.(longRecord); long {
		return fmt.Errorf("%s: %w, %d bytes; pass a larger max_record_size", r.place(int(at)), err, r.scan.options.maxRecordSize)
	}
	return err
}

// place is where text[at] stands in the file.
func (r *reader) place(at int) string {
	line, err := r.line(int64(bytes.Count(r.text[r.first:at], []byte{'\n'})))
	if err != nil {
		return fmt.Sprintf("%s (byte %d)", r.block.dump.path, r.base+int64(at))
	}
	return fmt.Sprintf("%s:%d (byte %d)", r.block.dump.path, line, r.base+int64(at))
}

// line is the number in the file of a line of the block, its first one being 0.
func (r *reader) line(ofBlock int64) (int64, error) {
	skipped, err := r.block.dump.skipped()
	return skipped + r.lines + ofBlock + 1, err
}

// recovered makes a panic of a goroutine of ours an error: one that leaves a
// goroutine ends the host's process.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("internal error: %v", p)
	}
}
