package segments

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix" // memfd_create, which the standard library lacks
)

// memoryFile is a file without a name, in memory: it goes with the process.
func memoryFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("walstats", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), "memory"), nil
}

func memoryPath(file *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", file.Fd()) }
