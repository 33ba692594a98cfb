package batch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Whole has write make a file under another name, waits until it is on its disk, and
// then gives it its name: it is there whole or not at all. What a run that was killed
// left behind goes.
func Whole(path string, write func(temporary string) error) (err error) {
	folder := besides(path)
	unlock, err := lock(folder, path)
	if err != nil {
		return err
	}
	defer unlock()
	defer func() {
		if removeErr := discard(folder); err == nil && removeErr != nil {
			err = removeErr
		}
	}()
	temporary := filepath.Join(folder, filepath.Base(path))
	if err := write(temporary); err != nil {
		return err
	}
	return settle(temporary, path)
}

// besides is the folder for what is not finished yet of a file.
func besides(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".walstats")
}

// tidy takes away what a run left that was killed when the file was finished already.
func tidy(path string) error {
	folder := besides(path)
	if len(leftBy(folder)) == 0 {
		if _, err := os.Stat(folder); err != nil {
			return nil
		}
	}
	unlock, err := lock(folder, path)
	if errors.Is(err, errBusy) {
		return nil
	} else if err != nil {
		return err
	}
	defer unlock()
	return discard(folder)
}

// leftBy are the folders of that name that were to go.
func leftBy(folder string) []string {
	left, _ := filepath.Glob(strings.NewReplacer("*", "\\*", "?", "\\?", "[", "\\[").Replace(folder) + ".*")
	return left
}

// settle renames a file that is finished, so that it is on its disk under its name.
func settle(temporary, path string) error {
	if err := flush(temporary); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return flush(filepath.Dir(path))
}

// flush waits until a file, or a folder's list, is on its disk.
func flush(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// discard removes the folder of a lock. First it takes its name away: another run may
// be making a folder of that name already.
func discard(folder string) error {
	gone := fmt.Sprintf("%s.%d", folder, os.Getpid())
	if err := os.Rename(folder, gone); err != nil {
		return err
	}
	return os.RemoveAll(gone)
}

const lockName = "lock"

// lock makes a folder for one run at a time; the lock goes with the process, however
// it ends.
func lock(folder, output string) (unlock func(), err error) {
	if err := os.Mkdir(folder, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, statErr := os.Stat(filepath.Dir(folder)); errors.Is(statErr, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: no such folder; make it first", filepath.Dir(folder))
		}
		return nil, readable(output, cause(err))
	}
	file, err := os.OpenFile(filepath.Join(folder, lockName), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, readable(output, cause(err))
	}
	if err := flock(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: another walstats %w", output, errBusy)
	}
	// What a run left that was killed while it tidied up.
	left := leftBy(folder)
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if entry.Name() != lockName {
			left = append(left, filepath.Join(folder, entry.Name()))
		}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	for _, gone := range left {
		if err := os.RemoveAll(gone); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return func() { file.Close() }, nil
}
