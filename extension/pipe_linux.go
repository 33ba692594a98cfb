package extension

import (
	"os"
	"syscall"
)

// widen lets a pipe hold as much as a process without privileges may ask for: with the
// 64 KiB that it has, writer and reader wait for each other most of the time. Where it is
// not allowed, the pipe stays as it is.
func widen(pipe *os.File) {
	const setPipeSize, size = 1031, 1 << 20 // F_SETPIPE_SZ, /proc/sys/fs/pipe-max-size
	if c, err := pipe.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { _, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, size) })
	}
}
