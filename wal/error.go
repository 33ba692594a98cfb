package wal

import (
	"fmt"
	"strings"

	"walstats/rmgr"
)

// A Kind says what the place is where a record could not be read.
type Kind uint8

const (
	// End is where WAL ends: no record follows.
	End Kind = iota + 1
	// Incomplete is where WAL ends inside a record.
	Incomplete
	// Damage is bytes that a server did not write there.
	Damage
	// Missing is a segment that does not exist, though later ones do.
	Missing
)

func (k Kind) String() string { return [...]string{"", "end", "incomplete", "damage", "missing"}[k] }

// An Error says where and why a record could not be read.
type Error struct {
	Kind   Kind
	Path   string // of the segment; where it would be, if it is missing
	LSN    LSN    // where the record begins, or would
	Offset int64  // of what is wrong, in the segment
	Last   LSN    // the record read before; 0 if there was none

	Field    string // what is wrong: PostgreSQL's name of it
	Expected string
	Found    string
	Hint     string // what to do

	// Message is what pg_waldump of that version says.
	Message string
	Err     error // of the file, if one caused it

	code    faultCode
	version rmgr.Version
	layout  *layout
}

// Error returns the whole message: the place, what is wrong, and the hint.
func (e *Error) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: LSN %v, byte %d: ", e.Path, e.LSN, e.Offset)
	switch {
	case e.Field != "" && e.Expected != "":
		fmt.Fprintf(&s, "%s should be %s and is %s (%s)", e.Field, e.Expected, e.Found, e.Message)
	default:
		s.WriteString(e.Message)
	}
	if e.Hint != "" {
		s.WriteString("; " + e.Hint)
	}
	return s.String()
}

// Unwrap returns the error of the file.
func (e *Error) Unwrap() error { return e.Err }

// Fatal returns what pg_waldump prints after `pg_waldump: error: ` when it stops there.
func (e *Error) Fatal() string {
	switch e.code {
	case missingSegment, shortSegment, decompressFailed, readFailed:
		return e.Message
	}
	return fmt.Sprintf("error in WAL record at %s: %s", e.layout.text(e.Last), e.Message)
}

// newError makes an Error of a fault that a walker found.
func (s *Set) newError(w *walker) *Error {
	f, l := &w.fault, s.layout
	e := &Error{LSN: w.failed, Last: w.prev, Err: f.err, code: f.code, version: l.Version, layout: l}
	e.Message = l.message(f, s.Timeline, w.prev)
	e.Path, e.Offset = s.place(f.at)
	switch {
	case (f.code == missingSegment || f.code == shortSegment) && !w.broken:
		e.Kind = End
	case f.code == missingSegment:
		e.Kind = Incomplete
	case isEnd(f, l) && !w.broken:
		e.Kind = End
	case isEnd(f, l) || f.code == shortSegment || f.code == notContinued:
		e.Kind = Incomplete
	default:
		e.Kind = Damage
	}
	e.explain(f, w)
	return e
}

// isEnd reports whether a fault is how WAL ends when nothing else is wrong: zeros, or
// a page of the WAL that the file held before.
func isEnd(f *fault, l *layout) bool {
	switch f.code {
	case recordLength:
		return f.a == 0
	case pageMagic:
		return f.a == 0
	case pageAddress:
		return LSN(f.a) < f.at
	}
	return false
}

// place returns the path and the offset of lsn.
func (s *Set) place(lsn LSN) (path string, offset int64) {
	offset = int64(lsn) & int64(s.SegmentSize-1)
	if segment := s.segmentAt(lsn); segment != nil {
		return segment.Path, offset
	}
	number := s.segmentOf(lsn)
	return folder(s.Segments[0].Path) + SegmentName(s.History.Segment(number, s.SegmentSize), number, s.SegmentSize), offset
}

// explain fills the fields that say what is wrong in our own words.
func (e *Error) explain(f *fault, w *walker) {
	hex := func(n uint64) string { return fmt.Sprintf("%X", n) }
	lsn := func(n uint64) string { return LSN(n).String() }
	set := func(field, expected, found string) { e.Field, e.Expected, e.Found = field, expected, found }
	number := func(n uint64) string { return fmt.Sprint(n) }
	switch f.code {
	case pageMagic:
		set("xlp_magic", fmt.Sprintf("%04X", e.layout.Magic), fmt.Sprintf("%04X", f.a))
	case pageInfo:
		set("xlp_info", fmt.Sprintf("a part of %04X", e.layout.infoBits), fmt.Sprintf("%04X", f.a))
	case pageSystem:
		set("xlp_sysid", number(e.layout.System), number(f.a))
		e.Hint = "the segment is of another cluster; give each cluster's segments alone"
	case pageSegmentSize:
		set("xlp_seg_size", number(uint64(e.layout.SegmentSize)), number(f.a))
	case pageBlockSize:
		set("xlp_xlog_blcksz", number(uint64(e.layout.PageSize)), number(f.a))
	case pageAddress:
		set("xlp_pageaddr", lsn(uint64(f.at)), lsn(f.a))
		if LSN(f.a) > f.at {
			e.Hint = "newer WAL was written over it: a server used the file again; read it from the archive, or raise wal_keep_size"
		}
	case pageTimeline:
		set("xlp_tli", "at least "+number(f.b), number(f.a))
	case recordLength:
		set("xl_tot_len", fmt.Sprintf("at least %d", recordHeader), number(f.a))
	case unknownManager:
		set("xl_rmid", "one that PostgreSQL "+e.version.String()+" knows", number(f.a))
	case prevLink:
		set("xl_prev", lsn(f.b), lsn(f.a))
		if !w.linked {
			e.Expected = "before the record"
		}
	case recordTooLong:
		set("xl_tot_len", "at most "+number(f.b), number(f.a))
		e.Hint = "give a larger max_record_size"
	case notContinued:
		set("xlp_info", "that of a page where the record goes on", "another")
	case restLength:
		set("xlp_rem_len", number(f.b), number(f.a))
	case wrongChecksum:
		set("xl_crc", hex(f.a), hex(f.b))
	case unorderedID, unknownID:
		set("block_id", "above the one before and at most 32", number(f.a))
	case missingSegment:
		e.Hint = hintGap
		if f.err != nil { // it was there when the scan began
			e.Hint = "it was removed while it was read; read it from the archive, or raise wal_keep_size"
		}
	}
	if e.Hint == "" && e.Kind == Damage {
		e.Hint = hintDamage
	}
}

// Hints that several errors give.
const (
	hintDamage = "pass ignore_errors := true to go on at the next page, or get the segment from the archive or a standby"
	hintGap    = "pass ignore_errors := true to go on after the gap, or leave out what is before it with start_lsn"
)
