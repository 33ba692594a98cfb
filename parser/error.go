package parser

import (
	"errors"
	"strconv"
)

// ErrCut is the cause of an [Error] for a text that ends within a line. What is
// left of the line may be wrong (`blk 12` of `blk 1234`), so it is no record.
var ErrCut = errors.New("the text ends inside a record")

// An Error says why a line is no record, or a field no value.
type Error struct {
	Field    string // the column, where one is at fault
	Expected string // what should stand there
	Found    string // what does, at most foundMax bytes of it
	Cause    error  // ErrCut or nil
}

func (e *Error) Error() string {
	s := "expected " + e.Expected + ", found " + strconv.Quote(e.Found)
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Cause != nil {
		s = e.Cause.Error() + ": " + s
	}
	return s
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Cause }

const foundMax = 80

// clip cuts what an Error quotes to a length a person reads.
func clip(b []byte) []byte {
	if len(b) > foundMax {
		return b[:foundMax]
	}
	return b
}
