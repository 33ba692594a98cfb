package dump

import (
	"fmt"

	"walstats/rmgr"
	"walstats/wal"
)

// An Error holds what pg_waldump says before it exits with 1.
type Error struct {
	Text    string
	Detail  string // the line after it; may be empty
	Usage   bool   // of the command line, which --help explains
	version rmgr.Version
	atOnce  bool // no table of --stats is printed before it
}

func (e *Error) Error() string { return e.Text }

// Message returns the lines as pg_waldump of the version prints them, but for its name.
func (e *Error) Message() string {
	const program = "walstats dump: "
	level := "error: "
	switch {
	case e.version == 0 || e.version >= rmgr.V15:
	case e.version <= rmgr.V11 && e.Usage:
		level = ""
	case e.version <= rmgr.V11:
		level = "FATAL:  "
	case !e.Usage:
		level = "fatal: "
	}
	text := program + level + e.Text + "\n"
	if e.Detail != "" {
		text += program + "detail: " + e.Detail + "\n"
	}
	if e.Usage {
		text += program + "hint: Try \"walstats dump --help\" for more information.\n"
	}
	return text
}

// UsageError returns err as an error of the command line.
func UsageError(err error) *Error { return usage("%s", err.Error()) }

func usage(format string, args ...any) *Error {
	return &Error{Text: fmt.Sprintf(format, args...), Usage: true}
}

func fatal(format string, args ...any) *Error { return &Error{Text: fmt.Sprintf(format, args...)} }

// lsnText returns at as messages of the version print it.
func lsnText(v rmgr.Version, at wal.LSN) string {
	if v >= rmgr.V19 {
		return at.String()
	}
	return string(at.AppendShort(nil))
}
