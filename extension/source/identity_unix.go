//go:build unix

package source

import (
	"io/fs"
	"syscall"
)

// pipeIdentity returns a key that is the same for every name of one pipe.
func pipeIdentity(info fs.FileInfo) any {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return [2]uint64{uint64(stat.Dev), uint64(stat.Ino)}
	}
	return info.Name()
}
