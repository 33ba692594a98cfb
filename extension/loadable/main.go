// Package main is what DuckDB loads: go build -buildmode=c-shared ./extension/loadable.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../cshim
import "C"

import (
	"unsafe"

	"walstats/cshim"
	"walstats/extension"
)

// waldumpLoad is the Go half of LOAD. It returns an error for the C half to report and free.
//
//export waldumpLoad
func waldumpLoad(functions unsafe.Pointer, slots C.int, database unsafe.Pointer) *C.char {
	if err := cshim.Load(functions, int(slots), database, extension.Register); err != nil {
		return C.CString(err.Error())
	}
	return nil
}

func main() {} // a shared library still needs one
