//go:build unix

package outfile

import (
	"os"
	"syscall"
)

// flock locks a file for this process. It fails if another process holds the lock.
func flock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
