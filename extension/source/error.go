package source

import (
	"errors"
	"fmt"
	"io/fs"
)

// An Error says what is wrong with an input, and what helps.
type Error struct {
	Path   string
	Offset int64 // of the decompressed byte that cannot be read; -1 if the fault has no place
	Cause  error
	Hint   string // what to do; may be empty
}

func newError(path, cause, hint string) *Error {
	return &Error{Path: path, Offset: -1, Cause: errors.New(cause), Hint: hint}
}

func (e *Error) Error() string {
	text := e.Path
	if e.Offset >= 0 {
		text += fmt.Sprintf(" (byte %d)", e.Offset)
	}
	text += ": " + e.Cause.Error()
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// pathError returns err, which the operating system gave for path, as an Error.
func pathError(path string, err error) *Error {
	if errors.Is(err, fs.ErrNotExist) {
		err = notExist{}
	}
	hint := ""
	if errors.Is(err, fs.ErrPermission) {
		hint = "run this as a user who may read it, as with sudo -u postgres, or give a copy"
	}
	return &Error{Path: path, Offset: -1, Cause: Cause(err), Hint: hint}
}

// notExist says what fs.ErrNotExist says, in the words of a shell.
type notExist struct{}

func (notExist) Error() string { return "no such file" }
func (notExist) Unwrap() error { return fs.ErrNotExist }

// Cause returns err without the operation and the path that Go puts before it.
func Cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// recovered makes a panic of a goroutine an error. A panic that leaves a goroutine
// would end the host's process.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("internal error: %v", p)
	}
}
