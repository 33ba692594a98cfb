package cshim

// #include <stdint.h>
import "C"

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"runtime/cgo"
	"strings"
)

// guarded runs the Go half of a callback and returns its failure, an error or a panic, as a C
// string, or nil. The C half hands it to DuckDB and frees it.
func guarded(f func() error) *C.char {
	err := func() (err error) {
		defer recovered(&err)
		return f()
	}()
	if err == nil {
		return nil
	}
	// DuckDB's clients expect UTF-8, and a file name need not be.
	return C.CString(strings.ToValidUTF8(err.Error(), "\uFFFD"))
}

// recovered, deferred, turns a panic into an error that says where it came from.
func recovered(err *error) {
	switch p := recover(); p {
	case nil:
	case errNoMemory: // Vector.Validity has no other way to say it
		*err = errNoMemory
	default:
		*err = fmt.Errorf("internal error: %v (%s)", p, panicSite())
	}
}

// panicSite names the innermost line that is not the runtime's own.
func panicSite() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		if !more {
			return "unknown place"
		}
	}
}

// newHandle gives DuckDB something to keep for v; cshimRelease takes it back.
func newHandle(v any) C.uintptr_t { return C.uintptr_t(cgo.NewHandle(v)) }

// valueOf returns what newHandle was given.
func valueOf[T any](handle C.uintptr_t) T { return cgo.Handle(handle).Value().(T) }

// cshimRelease releases a handle when DuckDB destroys what it was registered with. A
// panic in Close ends here: the query is over, and no caller could take an error.
//
//export cshimRelease
func cshimRelease(handle C.uintptr_t) {
	defer func() { _ = recover() }()
	h := cgo.Handle(handle)
	v := h.Value()
	h.Delete()
	closeValue(v)
}

// closeValue closes what a caller gave us to keep, if it wants to be closed.
func closeValue(v any) {
	switch c := v.(type) {
	case interface{ Close() }:
		c.Close()
	case io.Closer:
		_ = c.Close()
	}
}
