//go:build !unix

package source

import (
	"io/fs"
	"os"
)

// pipeIdentity returns a key that is the same for one pipe, as far as its name tells.
func pipeIdentity(info fs.FileInfo) any { return info.Name() }

func openPipe(path string) (*os.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	return file, nil
}
