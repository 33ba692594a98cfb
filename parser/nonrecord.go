package parser

import (
	"bytes"
	"cmp"
	"slices"
)

// nonRecord takes the line at the offset pos, which has no record header. It
// returns where the next line begins and whether Scan goes on there; if not, done
// is what Scan returns.
func (x *Index) nonRecord(text []byte, pos, limit int, last bool) (next int, more, done bool) {
	line := text[pos:]
	if pos >= limit && !x.detailMayCome(pos) {
		return pos, false, true
	}
	if len(line) == 0 {
		return pos, false, last
	}
	size := bytes.IndexByte(line, '\n')
	if size < 0 {
		if !last {
			return pos, false, false
		}
		x.cut(text, pos)
		return len(text), false, true
	}
	line = line[:size-trailingCR(line[:size], x.CRLF)]
	if pos >= limit && !x.goesOn(line) {
		return pos, false, true
	}
	x.other(line, pos)
	return pos + size + 1, true, false
}

// other takes a line that is no record header.
func (x *Index) other(line []byte, pos int) {
	switch {
	case isBlank(line):
		x.Counts.Empty++
	case x.detailMayCome(pos) && isDetail(line) && x.lacksBlocks():
		x.addDetail(line, pos)
		x.Counts.Continuations++
	case isMessage(line):
		x.Counts.Messages++
		if x.KeepNonRecords {
			x.add(NonRecord{Kind: Message, Line: x.lines() - 1}, line, pos)
		}
	default:
		x.attached = false
		x.reject(line, pos, nil)
	}
}

// isBlank reports whether line is empty, but for what editors and terminals add
// to a line's end.
func isBlank(line []byte) bool { return len(bytes.Trim(line, " \r")) == 0 }

// addDetail adds a --bkp-details line to the last record.
func (x *Index) addDetail(line []byte, pos int) {
	e := &x.extents[len(x.extents)-1]
	if e.isCut() {
		x.Counts.CutRecords--
	}
	e.refs = uint32(pos + len(line))
	e.flags |= flagDetails
	if hasImage(line) {
		e.flags |= flagImage
	}
}

// goesOn reports whether --bkp-details of the last record, where they may come, may still
// come after line.
func (x *Index) goesOn(line []byte) bool {
	return isBlank(line) || isMessage(line) || isDetail(line) && x.lacksBlocks()
}

// detailReach is how many bytes of messages and empty lines may lie between a record
// and a --bkp-details line of it. Without a limit a chunk would have no end where a
// dump is followed by a gigabyte of empty lines.
const detailReach = 64 << 10

// detailMayCome reports whether a --bkp-details line at the offset pos would belong to
// the last record.
func (x *Index) detailMayCome(pos int) bool {
	if !x.attached {
		return false
	}
	return pos-int(x.extents[len(x.extents)-1].lastByte()) <= detailReach
}

// lacksBlocks reports whether the last record has no block references on its
// first line: only then there are any after it.
func (x *Index) lacksBlocks() bool {
	e := &x.extents[len(x.extents)-1]
	return e.refs == 0 || e.flags&flagDetails != 0
}

// cut takes a last line without a line end: half of something, so the record it
// belongs to is not known whole.
func (x *Index) cut(text []byte, pos int) {
	line := text[pos:]
	if isMessage(line) {
		x.Counts.Messages++
		if x.KeepNonRecords {
			x.add(NonRecord{Kind: Message, Line: x.lines() - 1}, line, pos)
		}
		return
	}
	if x.detailMayCome(pos) && len(line) > 0 && line[0] == '\t' && x.lacksBlocks() {
		x.dropLast(text, pos)
	}
	x.Cut = true
	x.reject(line, pos, &Error{Err: ErrCut})
}

// cutRecord takes the lines from the offset pos on, a record whose text goes on
// where the text ends.
func (x *Index) cutRecord(text []byte, pos int) {
	x.Cut = true
	for pos < len(text) {
		line := firstLine(text[pos:])
		if size := len(line) - trailingCR(line, x.CRLF); size > 0 {
			x.reject(line[:size], pos, &Error{Err: ErrCut})
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
	if x.Counts.Rejects > 0 && !x.Guessed { // after the record before, perhaps
		x.Guessed, x.GuessedAt = true, 0
	}
	if x.extents[n].isCut() {
		x.Counts.CutRecords--
	}
	lines := x.lines() - int64(bytes.Count(text[begin:end], newline)) // before the record
	x.extents = x.extents[:n]
	for i := range x.NonRecords {
		x.NonRecords[i].Row = min(x.NonRecords[i].Row, n)
	}
	for pos := begin; pos < end; lines++ {
		line := firstLine(text[pos:end])
		next := pos + len(line) + 1
		line = line[:len(line)-trailingCR(line, x.CRLF)]
		if pos == begin || isDetail(line) {
			if pos > begin {
				x.Counts.Continuations--
			}
			x.rejectLine(line, pos, lines, &Error{Err: ErrCut})
		}
		pos = next
	}
	slices.SortStableFunc(x.NonRecords, func(a, b NonRecord) int { return cmp.Compare(a.Begin, b.Begin) })
}

// reject takes the next line, which is no record and no part of one. err says why;
// nil if the line has no header.
func (x *Index) reject(line []byte, pos int, err *Error) {
	x.rejectLine(line, pos, x.lines(), err)
}

func (x *Index) rejectLine(line []byte, pos int, number int64, err *Error) {
	x.Counts.Rejects++
	if row := len(x.extents); x.after.row != row {
		x.after = rejectsAfter{row: row}
	}
	x.after.count++
	if !x.KeepNonRecords && x.Counts.Rejects > 1 {
		return
	}
	if err == nil {
		var e extent
		if err = headerSlow(line, &e); err == nil {
			err = &Error{Expected: "a record's line", Found: string(clip(line))}
		}
	}
	x.add(NonRecord{Kind: Reject, Err: err, Line: number}, line, pos)
}

func (x *Index) add(o NonRecord, line []byte, pos int) {
	o.Begin, o.End = uint32(pos), uint32(pos+len(line))
	o.Row = len(x.extents)
	x.NonRecords = append(x.NonRecords, o)
}
