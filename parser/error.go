package parser

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrCut is the cause of an [Error] for a text that ends within a line. What is
// left of the line may be wrong (`blk 12` of `blk 1234`), so it is no record.
var ErrCut = errors.New("the file ends inside a record: it was cut, or is still being written")

// An Error says where and why a line is no record, or a field has no value. The parser
// knows no files: Path and Line are its caller's to set, and so is the advice that
// depends on what the caller offers.
type Error struct {
	Path   string // of the file
	Line   int64  // in the file, from 1 on; 0 if it is not known
	Offset int64  // of the line, or of the record that has the field, in bytes

	Field    string // the column, if one is at fault
	Expected string // what should stand there; empty if Err says it all
	Found    string // what does, at most foundMax bytes of it
	Err      error  // the cause, as ErrCut; may be nil
	Hint     string // what to do; may be empty
}

// Error returns the whole message: the place, the reason and the hint.
func (e *Error) Error() string {
	var s strings.Builder
	switch {
	case e.Path == "":
	case e.Line > 0:
		fmt.Fprintf(&s, "%s:%d (byte %d): ", e.Path, e.Line, e.Offset)
	default:
		fmt.Fprintf(&s, "%s (byte %d): ", e.Path, e.Offset)
	}
	s.WriteString(e.Reason())
	if e.Hint != "" {
		s.WriteString("; " + e.Hint)
	}
	return s.String()
}

// Reason returns the message without the place and the hint.
func (e *Error) Reason() string {
	var parts []string
	if e.Field != "" {
		parts = append(parts, e.Field)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if e.Expected != "" {
		parts = append(parts, "expected "+e.Expected+", found "+strconv.Quote(e.Found))
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

const foundMax = 80

// clip cuts what an Error quotes to a length a person reads.
func clip(b []byte) []byte {
	if len(b) > foundMax {
		return b[:foundMax]
	}
	return b
}
