//go:build !linux

package source

import "os"

// widen does nothing: only Linux lets a program choose the size of a pipe's buffer.
func widen(*os.File) {}
