package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Scratch makes a folder for temporary files whose name is prefix and a number, and removes
// those that killed runs have left beside it. A run holds a lock on its folder, which goes with the
// process. remove removes the folder.
func Scratch(folder, prefix string) (path string, remove func() error, err error) {
	if folder == "" {
		folder = os.TempDir()
	}
	removeLeft(folder, prefix)
	for range 100 {
		if path, err = os.MkdirTemp(folder, prefix); err != nil {
			return "", nil, err
		}
		lock, err := lockFolder(path)
		if err != nil { // another run took it for a killed one's
			continue
		}
		return path, func() error { return errors.Join(os.RemoveAll(path), lock.Close()) }, nil
	}
	return "", nil, fmt.Errorf("%s: other runs remove each folder %s* that is made here; run this again", folder, prefix)
}

// lockFolder locks a folder, if it is there and no other process has it.
func lockFolder(path string) (*os.File, error) {
	lock, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := flock(lock); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if _, err := os.Stat(path); err != nil { // its process has just removed it
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// removeLeft removes the folders of killed runs. It passes over what it may not remove.
func removeLeft(folder, prefix string) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		number, ours := strings.CutPrefix(entry.Name(), prefix)
		if _, err := strconv.ParseUint(number, 10, 64); !ours || err != nil || entry.Type() != fs.ModeDir {
			continue
		}
		path := filepath.Join(folder, entry.Name())
		if lock, err := lockFolder(path); err == nil {
			_ = os.RemoveAll(path)
			lock.Close()
		}
	}
}
