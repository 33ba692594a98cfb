package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Whole calls write with the path of an unfinished file, and renames it to path after
// write succeeded.
func Whole(path string, write func(temporary string) error) (err error) {
	dir, err := OpenTempDir(TempDirOf(path), path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Remove()) }()
	temporary := dir.File(path)
	if err := write(temporary); err != nil {
		return err
	}
	if err := Commit(temporary, path); err != nil {
		return Explain(path, err)
	}
	return nil
}

// Commit flushes an unfinished file to the disk and renames it to path. It keeps the
// permissions of the file that it replaces.
func Commit(temporary, path string) error {
	if info, err := os.Stat(path); err == nil {
		if err := os.Chmod(temporary, info.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := flush(temporary); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return flush(filepath.Dir(path))
}

// flush waits until a file, or the list of a folder, is on the disk.
func flush(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// A TempDir is a folder for unfinished files. One process at a time holds it; the lock
// goes with the process, however it ends.
type TempDir struct {
	Path string
	lock *os.File
}

const lockName = "lock"

// TempDirOf returns the path of the folder for unfinished files of path.
func TempDirOf(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".walstats")
}

// OpenTempDir makes the folder at path and locks it. It removes what an earlier run
// left there that was killed. Errors name the output.
func OpenTempDir(path, output string) (*TempDir, error) {
	if err := os.Mkdir(path, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, Explain(output, err)
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, Explain(output, err)
	}
	if err := flock(lock); err != nil {
		lock.Close()
		return nil, fmt.Errorf("%s: another walstats %w", output, ErrBusy)
	}
	stale := staleDirs(path)
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	for _, entry := range entries {
		if entry.Name() != lockName {
			stale = append(stale, filepath.Join(path, entry.Name()))
		}
	}
	for _, old := range stale {
		if err := os.RemoveAll(old); err != nil {
			return nil, errors.Join(err, lock.Close())
		}
	}
	return &TempDir{path, lock}, nil
}

// File returns the path of the unfinished file for path.
func (d *TempDir) File(path string) string { return filepath.Join(d.Path, filepath.Base(path)) }

// Remove removes the folder and gives up the lock. It renames the folder first:
// another process may be making a folder of the same name already.
func (d *TempDir) Remove() error {
	old := fmt.Sprintf("%s.%d", d.Path, os.Getpid())
	err := os.Rename(d.Path, old)
	if err == nil {
		err = os.RemoveAll(old)
	}
	return errors.Join(err, d.lock.Close())
}

// CleanStale removes what a run left that was killed after path was finished.
func CleanStale(path string) error {
	folder := TempDirOf(path)
	if len(staleDirs(folder)) == 0 {
		if _, err := os.Stat(folder); err != nil {
			return nil
		}
	}
	dir, err := OpenTempDir(folder, path)
	if errors.Is(err, ErrBusy) {
		return nil
	} else if err != nil {
		return err
	}
	return dir.Remove()
}

// staleDirs returns the folders that Remove had renamed when its process was killed.
func staleDirs(folder string) []string {
	dirs, _ := filepath.Glob(globLiteral(folder) + ".*")
	return dirs
}

// globLiteral returns the pattern that means path alone.
func globLiteral(path string) string {
	return strings.NewReplacer("\\", "\\\\", "*", "\\*", "?", "\\?", "[", "\\[").Replace(path)
}
