package source

import (
	"os"
	"syscall"
)

// widen gives a pipe the largest buffer that a process without privileges may ask for.
// With the default of 64 KiB writer and reader wait for each other most of the time. If
// it is not allowed, the pipe keeps its buffer.
func widen(pipe *os.File) {
	const setPipeSize, size = 1031, 1 << 20 // F_SETPIPE_SZ, /proc/sys/fs/pipe-max-size
	if c, err := pipe.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { _, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, size) })
	}
}
