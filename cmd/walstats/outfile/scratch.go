package outfile

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// justMade is how long a scratch folder without a lock is left alone: its process may
// be about to lock it.
const justMade = time.Minute

// OpenScratch makes a folder of a new name in folder, for one process's temporary
// files. It removes those of the same prefix whose process was killed.
func OpenScratch(folder, prefix string) (*TempDir, error) {
	old, err := filepath.Glob(filepath.Join(globLiteral(folder), prefix+"*"))
	if err != nil {
		return nil, err
	}
	for _, path := range old {
		if info, err := os.Stat(path); err == nil && info.IsDir() && time.Since(info.ModTime()) > justMade {
			_ = removeUnlocked(path) // another user's stays
		}
	}
	path, err := os.MkdirTemp(folder, prefix)
	if err != nil {
		return nil, err
	}
	lock, err := takeLock(path)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return &TempDir{path, lock}, nil
}

// takeLock opens the lock of a folder for unfinished files, and holds it.
func takeLock(path string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := flock(lock); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// removeUnlocked removes a folder whose lock is free.
func removeUnlocked(path string) error {
	lock, err := takeLock(path)
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(path), lock.Close())
}
