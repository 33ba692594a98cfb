//go:build unix

package source

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// pipeIdentity returns a key that is the same for every name of one pipe.
func pipeIdentity(info fs.FileInfo) any {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return [2]uint64{uint64(stat.Dev), uint64(stat.Ino)}
	}
	return info.Name()
}

// openPipe opens a pipe and returns when its first bytes are there, or its writers have
// gone. Opening one without O_NONBLOCK would wait for a writer, and nothing could end
// that wait. It returns an error when another call of the statement claims the pipe.
func openPipe(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, pathError(path, err)
	}
	if err := waitForBytes(file); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func waitForBytes(pipe *os.File) error {
	info, err := pipe.Stat()
	if err != nil {
		return pathError(pipe.Name(), err)
	}
	const wait = 100 // milliseconds
	for ready := 0; ready == 0; {
		if err := refused(info); err != nil {
			return err
		}
		conn, err := pipe.SyscallConn()
		if err == nil {
			err = conn.Control(func(fd uintptr) {
				ready, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, wait)
			})
		}
		if err == unix.EINTR {
			ready = 0
		} else if err != nil {
			return pathError(pipe.Name(), err)
		}
	}
	return nil
}
