//go:build !linux

package segments

import (
	"fmt"
	"os"
)

// memoryFile is a file without a name: it goes with the process.
func memoryFile() (*os.File, error) {
	file, err := os.CreateTemp("", "walstats")
	if err != nil {
		return nil, err
	}
	return file, os.Remove(file.Name())
}

func memoryPath(file *os.File) string { return fmt.Sprintf("/dev/fd/%d", file.Fd()) }
