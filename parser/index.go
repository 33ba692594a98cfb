package parser

import (
	"bytes"
	"strconv"
)

// An Index is what [Index.Scan] found in one chunk of text: its records, and
// the lines that belong to none. It is reused from chunk to chunk; a zero Index
// is ready. Offsets are 32 bits wide, so a text is shorter than 4 GiB.
type Index struct {
	CRLF           bool // the file's records end in \r\n: one \r before each \n of a user's text is dropped
	KeepNonRecords bool // NonRecords wants messages and all rejects, not only the first reject

	NonRecords []NonRecord // in the order of the text
	Counts     Counts

	// Guessed is set if the end of a record is uncertain because the text ends: with
	// more text the record might go on. The first such record begins at GuessedAt.
	Guessed   bool
	GuessedAt int

	Cut bool // the text ends inside a record, whose lines are rejects

	Longest   int // the length of the longest record, from its first byte to the end of its text
	LongestAt int // where that begins in the text

	extents  []extent
	last     lsnCache
	relation relationCache
	after    rejectsAfter
	attached bool // a --bkp-details line here would belong to the last record
}

// Counts says what the scanned lines are:
// Lines = Records + Continuations + Empty + Messages + Rejects.
type Counts struct {
	Lines         int64
	Records       int64
	Continuations int64 // further lines of a record: text over several lines, --bkp-details
	Empty         int64
	Messages      int64
	Rejects       int64

	// CutRecords are the records that have an image and no block reference: their line
	// was cut before it.
	CutRecords int64
}

// Add adds d to c.
func (c *Counts) Add(d Counts) {
	c.Lines += d.Lines
	c.Records += d.Records
	c.Continuations += d.Continuations
	c.Empty += d.Empty
	c.Messages += d.Messages
	c.Rejects += d.Rejects
	c.CutRecords += d.CutRecords
}

// A Kind tells messages from rejects among the lines that belong to no record.
type Kind uint8

const (
	Message Kind = iota // something that pg_waldump itself says
	Reject              // anything else
)

func (k Kind) String() string {
	if k == Message {
		return "message"
	}
	return "reject"
}

// A NonRecord describes a line that belongs to no record.
type NonRecord struct {
	Kind       Kind
	Begin, End uint32 // in the text, without the line end
	Line       int64  // lines before it since [Index.Reset]
	Row        int    // records before it
	Err        *Error // why it is no record; nil for messages
}

// Reset forgets everything, for the next chunk.
func (x *Index) Reset() {
	clear(x.NonRecords)
	*x = Index{CRLF: x.CRLF, KeepNonRecords: x.KeepNonRecords, NonRecords: x.NonRecords[:0], extents: x.extents[:0]}
}

// Len returns the number of records found since [Index.Reset].
func (x *Index) Len() int { return len(x.extents) }

// Begin returns the offset in the text of the record in row i.
func (x *Index) Begin(i int) int { return int(x.extents[i].begin) }

// LSN returns where the record in row i starts in the WAL.
func (x *Index) LSN(i int) uint64 { return x.extents[i].startLSN }

// PrevLSN returns prev of the record in row i.
func (x *Index) PrevLSN(i int) uint64 { return x.extents[i].prevLSN }

// Jumps returns how many records do not name the one before them in the text: there,
// records are missing, or another dump begins.
func (x *Index) Jumps() (n int64) {
	for i := 1; i < len(x.extents); i++ {
		if x.extents[i].prevLSN != x.extents[i-1].startLSN {
			n++
		}
	}
	return n
}

// rejectsAfter counts the rejects after the record before row.
type rejectsAfter struct {
	row   int
	count int64
}

// RejectsAfter returns how many of the rejects come after the last record.
func (x *Index) RejectsAfter() int64 {
	if x.after.row != len(x.extents) {
		return 0
	}
	return x.after.count
}

// Scan reads the lines of text from the offset from, which is the start of a
// line, and stops before the first line at or after limit that is no part of a
// record before: that is where the next chunk begins. It returns the offset where
// it stopped, and whether it is done. If not, what stands there may go on after
// the end of the text; call again with more text and from = next. last says that
// there is no more: then Scan is always done, with next == len(text) or a line's
// start.
//
// The offsets of the records found count from the start of text, which has to
// stay as it is until they are filled.
func (x *Index) Scan(text []byte, from, limit int, last bool) (next int, done bool) {
	x.last = noLSN
	next, done = x.scan(text, from, limit, last)
	x.Counts.Records = int64(len(x.extents))
	x.Counts.Lines = x.lines()
	return next, done
}

// lines returns how many lines were scanned so far.
func (x *Index) lines() int64 {
	c := &x.Counts
	return int64(len(x.extents)) + c.Continuations + c.Empty + c.Messages + c.Rejects
}

func (x *Index) scan(text []byte, pos, limit int, last bool) (next int, done bool) {
	for {
		n := len(x.extents)
		if n == cap(x.extents) {
			x.extents = append(x.extents, extent{})
		}
		x.extents = x.extents[:n+1]
		e := &x.extents[n]
		line := text[pos:]
		if !header(line, e, &x.last) {
			x.extents = x.extents[:n]
			var more bool
			if pos, more, done = x.nonRecord(text, pos, limit, last); !more {
				return pos, done
			}
			continue
		}
		if pos >= limit {
			x.extents = x.extents[:n]
			return pos, true
		}
		e.begin = uint32(pos)
		e.desc += uint32(pos)
		// The four that hold user text are of XLOG, Transaction, Tablespace and LogicalMessage.
		c := line[len("rmgr: ")]
		var end textEnd
		if c == 'X' || c == 'T' || c == 'L' {
			end = userText(text, e)
		}
		if end != nil || !x.relation.readLine(text, e) {
			var more bool
			if pos, more, done = x.slowLine(text, e, end, last); !more {
				return pos, done
			}
			continue
		}
		pos = int(e.end) + 1
		if text[e.end] != '\n' {
			pos++
		}
		if size := int(e.end - e.begin); size > x.Longest {
			x.Longest, x.LongestAt = size, int(e.begin)
		}
		x.attached = true
		if e.refs == 0 && e.tot > e.rec && e.isCut() {
			x.Counts.CutRecords++
		}
	}
}

// slowLine ends the last record, which holds a user's text if textEnd is not nil, or
// whose line is not like most. It returns where the next line begins and whether
// Scan goes on there; if not, done is what Scan returns.
func (x *Index) slowLine(text []byte, e *extent, textEnd textEnd, last bool) (next int, more, done bool) {
	begin := int(e.begin)
	size := bytes.IndexByte(text[e.desc:], '\n')
	if size < 0 {
		x.extents = x.extents[:len(x.extents)-1]
		if last {
			x.cut(text, begin)
			begin = len(text)
		}
		return begin, false, last
	}
	e.end = e.desc + uint32(size)
	next = int(e.end) + 1
	if textEnd != nil {
		next, how := x.endUserText(text, textEnd, last)
		return next, how == endWhole || how == endBroken, how == endCut
	}
	trim(text, e)
	if !isPlain(text, e) {
		if err := checkLine(text, e); err != nil {
			x.dropBroken(text, err)
			return next, true, false
		}
	}
	if size := int(e.end - e.begin); size > x.Longest {
		x.Longest, x.LongestAt = size, int(e.begin)
	}
	x.attached = true
	if e.isCut() {
		x.Counts.CutRecords++
	}
	return next, true, false
}

// endUserText ends the last record, which holds a user's text, as textEnd says. It
// returns where the next line begins; where the end is unknown, where the record does.
func (x *Index) endUserText(text []byte, textEnd textEnd, last bool) (next int, how ending) {
	n := len(x.extents) - 1
	e := &x.extents[n]
	begin, first := int(e.begin), int(e.end)
	end, how := textEnd(text, e, x.CRLF, last)
	if how == endUnknown {
		x.extents = x.extents[:n]
		return begin, how
	}
	if last && !x.Guessed {
		_, how := textEnd(text, e, x.CRLF, false)
		x.Guessed, x.GuessedAt = how == endUnknown, begin
	}
	x.attached = false
	switch how {
	case endCut:
		x.extents = x.extents[:n]
		x.cutRecord(text, begin)
		return len(text), how
	case endBroken:
		x.dropBroken(text, &Error{
			Expected: "a text as long as its record (" + strconv.FormatUint(uint64(e.tot), 10) + " bytes)",
			Found:    string(text[max(int(e.desc), first-foundMax):first]),
		})
		return first + 1, how
	}
	e.flags |= flagUserText
	x.Counts.Continuations += int64(bytes.Count(text[first:end], newline))
	e.end = uint32(end - trailingCR(text[e.desc:end], x.CRLF))
	if size := int(e.end - e.begin); size > x.Longest {
		x.Longest, x.LongestAt = size, begin
	}
	return end + 1, how
}

// dropBroken makes the last record, of one line, no record: err says what broke it.
func (x *Index) dropBroken(text []byte, err *Error) {
	n := len(x.extents) - 1
	begin := int(x.extents[n].begin)
	x.extents = x.extents[:n]
	x.attached = false
	line := firstLine(text[begin:])
	x.reject(line[:len(line)-trailingCR(line, x.CRLF)], begin, err)
}

var newline = []byte{'\n'}
