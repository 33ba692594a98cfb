package parser

import (
	"bytes"
	"cmp"
	"slices"
)

// An Index is what [Index.Scan] found in one block of text: its records, and
// the lines that belong to none. It is reused from block to block; a zero Index
// is ready. Offsets are 32 bits wide, so a text is shorter than 4 GiB.
type Index struct {
	CRLF       bool // the file's lines end in \r\n: one \r before each \n is dropped
	KeepOthers bool // Others wants messages and all rejects, not only the first reject

	Others []Other // in the order of the text
	Counts Counts

	// Guessed says that a record's end was taken for one only because the text ends:
	// with more behind it the record might go on. The first such begins at GuessedAt.
	Guessed   bool
	GuessedAt int

	Cut bool // the text ends inside a record, whose lines are rejects

	Longest   int // the length of the longest record, from its first byte to the end of its text
	LongestAt int // where that begins in the text

	extents  []extent
	last     lsnCache
	behind   rejectsBehind
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
}

// Add adds d to c.
func (c *Counts) Add(d Counts) {
	c.Lines += d.Lines
	c.Records += d.Records
	c.Continuations += d.Continuations
	c.Empty += d.Empty
	c.Messages += d.Messages
	c.Rejects += d.Rejects
}

// Kind is what a line that belongs to no record is.
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

// An Other is a line that belongs to no record.
type Other struct {
	Kind       Kind
	Begin, End uint32 // in the text, without the line end
	Line       int64  // lines before it since [Index.Reset]
	Row        int    // records before it
	Err        *Error // why it is no record; nil for messages
}

// Reset forgets everything, for the next block.
func (x *Index) Reset() {
	clear(x.Others)
	*x = Index{CRLF: x.CRLF, KeepOthers: x.KeepOthers, Others: x.Others[:0], extents: x.extents[:0]}
}

// Len is the number of records found since [Index.Reset].
func (x *Index) Len() int { return len(x.extents) }

// Begin is where the record in row i starts in the text.
func (x *Index) Begin(i int) int { return int(x.extents[i].begin) }

// LSN is the start of the record in row i.
func (x *Index) LSN(i int) uint64 { return x.extents[i].startLSN }

// rejectsBehind counts the rejects behind the record before row.
type rejectsBehind struct {
	row   int
	count int64
}

// RejectsBehind is how many of the rejects lie behind the last record.
func (x *Index) RejectsBehind() int64 {
	if x.behind.row != len(x.extents) {
		return 0
	}
	return x.behind.count
}

// FirstRecord finds where a block begins: the first record header at the start
// of a line of text[from:to], -1 where there is none. What it finds is not a
// record if a record before it has a user's text open there; [Index.Scan] over
// the block before says where its last record really ends.
func FirstRecord(text []byte, from, to int) int {
	var e extent
	for from < to && from < len(text) {
		if isHeader(text[from:], &e) {
			return from
		}
		n := bytes.IndexByte(text[from:], '\n')
		if n < 0 {
			break
		}
		from += n + 1
	}
	return -1
}

// LastRecord finds the last record header at the start of a line of text, -1
// where there is none. Like [FirstRecord] it may be misled by a user's text.
func LastRecord(text []byte) int {
	var e extent
	for end := len(text); end > 0; {
		begin := bytes.LastIndexByte(text[:end-1], '\n') + 1
		if isHeader(text[begin:], &e) {
			return begin
		}
		end = begin
	}
	return -1
}

// Scan reads the lines of text from the offset from, which is the start of a
// line, and stops before the first line at or behind limit that is no part of a
// record before: that is where the next block begins. It returns the offset where it stopped, and
// whether it is done. If not, what stands there may go on behind the end of the
// text; call again with more text and from = next. last says that there is no
// more: then Scan is always done, with next == len(text) or a line's start.
//
// The offsets of the records found count from the start of text, which has to
// stay as it is until they are filled.
func (x *Index) Scan(text []byte, from, limit int, last bool) (next int, done bool) {
	pos := from
	x.last = noLSN
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
			if pos >= limit && !x.detailMayCome(pos) {
				return pos, true
			}
			if len(line) == 0 {
				return pos, last
			}
			size := bytes.IndexByte(line, '\n')
			if size < 0 {
				if last {
					x.cut(text, pos)
					pos = len(text)
				}
				return pos, last
			}
			line = line[:size-trailingCR(line[:size], x.CRLF)]
			if pos >= limit && !x.goesOn(text, line) {
				return pos, true
			}
			x.other(text, line, pos)
			pos += size + 1
			continue
		}
		if pos >= limit {
			x.extents = x.extents[:n]
			return pos, true
		}
		size := bytes.IndexByte(line[e.desc:], '\n')
		if size < 0 {
			x.extents = x.extents[:n]
			if last {
				x.cut(text, pos)
				pos = len(text)
			}
			return pos, last
		}
		e.begin = uint32(pos)
		e.desc += uint32(pos)
		e.end = e.desc + uint32(size)
		after := int(e.end) + 1
		x.attached = true
		// The four that hold user text are of XLOG, Transaction, Tablespace and LogicalMessage.
		if c := line[len("rmgr: ")]; c == 'X' || c == 'T' || c == 'L' {
			if textEnd := userText(text, e); textEnd != nil {
				end, known := textEnd(text, e, x.CRLF, last)
				if !known {
					x.extents = x.extents[:n]
					return pos, false
				}
				if last && !x.Guessed {
					_, sure := textEnd(text, e, x.CRLF, false)
					x.Guessed, x.GuessedAt = !sure, pos
				}
				if end == len(text) {
					x.extents = x.extents[:n]
					x.cutRecord(text, pos)
					return end, true
				}
				more := int64(bytes.Count(text[after-1:end], newline))
				x.Counts.Lines += more
				x.Counts.Continuations += more
				e.end = uint32(end)
				e.flags |= flagUserText
				after = end + 1
				x.attached = false
			}
		}
		if x.CRLF && e.end > e.desc && text[e.end-1] == '\r' {
			e.end--
		}
		if size := int(e.end - e.begin); size > x.Longest {
			x.Longest, x.LongestAt = size, int(e.begin)
		}
		x.Counts.Lines++
		x.Counts.Records++
		pos = after
	}
}

var newline = []byte{'\n'}

// other takes a line that is no record header.
func (x *Index) other(text, line []byte, pos int) {
	x.Counts.Lines++
	switch {
	case len(line) == 0:
		x.Counts.Empty++
	case x.detailMayCome(pos) && isDetail(line) && x.lacksBlocks(text):
		e := &x.extents[len(x.extents)-1]
		e.detailEnd = uint32(pos + len(line))
		e.flags |= flagDetails
		x.Counts.Continuations++
	case isMessage(line):
		x.Counts.Messages++
		if x.KeepOthers {
			x.add(Other{Kind: Message}, line, pos)
		}
	default:
		x.attached = false
		x.reject(line, pos, nil)
	}
}

// goesOn reports whether --bkp-details of the last record, where they may come, may still
// come behind line.
func (x *Index) goesOn(text, line []byte) bool {
	return len(line) == 0 || isMessage(line) || isDetail(line) && x.lacksBlocks(text)
}

// detailReach is how many bytes of messages and empty lines may lie between a record
// and a --bkp-details line of it. Without an end to it a block would have none where a
// dump is followed by a gigabyte of empty lines.
const detailReach = 64 << 10

// detailMayCome reports whether a --bkp-details line at the offset pos would belong to
// the last record.
func (x *Index) detailMayCome(pos int) bool {
	if !x.attached {
		return false
	}
	e := &x.extents[len(x.extents)-1]
	return pos-int(max(e.end, e.detailEnd)) <= detailReach
}

// lacksBlocks reports whether the last record has no block references on its
// first line: only then there are any behind it.
func (x *Index) lacksBlocks(text []byte) bool {
	e := &x.extents[len(x.extents)-1]
	if e.flags&flagDetails != 0 {
		return true
	}
	var c relationCache
	var first BlockRef
	desc := text[e.desc:e.end]
	_, rest := splitIdentifier(desc, e.flags)
	return c.blockRefsIn(desc[rest:], &first) < 0
}

// cut takes a last line without a line end: half of something, so the record it
// belongs to is not known whole.
func (x *Index) cut(text []byte, pos int) {
	line := text[pos:]
	x.Counts.Lines++
	if isMessage(line) {
		x.Counts.Messages++
		if x.KeepOthers {
			x.add(Other{Kind: Message}, line, pos)
		}
		return
	}
	if x.detailMayCome(pos) && len(line) > 0 && line[0] == '\t' && x.lacksBlocks(text) {
		x.dropLast(text, pos)
	}
	x.Cut = true
	x.reject(line, pos, &Error{Expected: "a line end", Found: string(line[max(0, len(line)-foundMax):]), Cause: ErrCut})
}

// cutRecord takes the lines from the offset pos on, a record whose text goes on
// where the text ends.
func (x *Index) cutRecord(text []byte, pos int) {
	x.Cut = true
	for pos < len(text) {
		line := firstLine(text[pos:])
		x.Counts.Lines++
		if size := len(line) - trailingCR(line, x.CRLF); size > 0 {
			x.reject(line[:size], pos, &Error{Expected: "the rest of the record", Cause: ErrCut})
		} else {
			x.Counts.Empty++
		}
		pos += len(line) + 1
	}
}

// dropLast makes the last record, whose --bkp-details are cut at the offset end,
// no record: its lines are rejects.
func (x *Index) dropLast(text []byte, end int) {
	n := len(x.extents) - 1
	begin := int(x.extents[n].begin)
	if x.Counts.Rejects > 0 && !x.Guessed { // behind the record before, perhaps
		x.Guessed, x.GuessedAt = true, 0
	}
	x.extents = x.extents[:n]
	x.Counts.Records--
	x.Counts.Continuations++ // as one of the lines below
	lines := x.Counts.Lines
	x.Counts.Lines -= int64(bytes.Count(text[begin:end], newline))
	for i := range x.Others {
		x.Others[i].Row = min(x.Others[i].Row, n)
	}
	for pos := begin; pos < end; {
		line := firstLine(text[pos:end])
		next := pos + len(line) + 1
		line = line[:len(line)-trailingCR(line, x.CRLF)]
		if pos == begin || isDetail(line) {
			x.Counts.Continuations--
			x.reject(line, pos, &Error{Expected: "the rest of the record", Cause: ErrCut})
		}
		x.Counts.Lines++
		pos = next
	}
	x.Counts.Lines = lines
	slices.SortStableFunc(x.Others, func(a, b Other) int { return cmp.Compare(a.Begin, b.Begin) })
}

func (x *Index) reject(line []byte, pos int, err *Error) {
	x.Counts.Rejects++
	if row := len(x.extents); x.behind.row != row {
		x.behind = rejectsBehind{row: row}
	}
	x.behind.count++
	if !x.KeepOthers && x.Counts.Rejects > 1 {
		return
	}
	if err == nil {
		var e extent
		if err = headerSlow(line, &e); err == nil {
			panic("parser: a record line was taken for none")
		}
	}
	x.add(Other{Kind: Reject, Err: err}, line, pos)
}

func (x *Index) add(o Other, line []byte, pos int) {
	o.Begin, o.End = uint32(pos), uint32(pos+len(line))
	o.Line = x.Counts.Lines - 1
	o.Row = len(x.extents)
	x.Others = append(x.Others, o)
}
