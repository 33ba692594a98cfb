package parser

import (
	"fmt"
	"strconv"
)

// An Error says why a line is no record, or a field no value.
type Error struct {
	Field    string // the column, where one is at fault
	Expected string // what should stand there
	Found    string // what does, at most foundMax bytes of it
}

func (e *Error) Error() string {
	s := fmt.Sprintf("expected %s, found %s", e.Expected, strconv.Quote(e.Found))
	if e.Field != "" {
		return e.Field + ": " + s
	}
	return s
}

const foundMax = 80

// clip cuts what an Error quotes to a length a person reads.
func clip(b []byte) []byte {
	if len(b) > foundMax {
		return b[:foundMax]
	}
	return b
}
