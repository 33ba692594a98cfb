//go:build unix

package batch

import (
	"os"
	"syscall"
)

// flock takes a file for this process, or fails.
func flock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
