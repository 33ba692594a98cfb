// Package outfile writes files. All commands follow one rule:
//
//   - The standard output ("-"), a device and a FIFO are written to, never replaced.
//   - A file appears whole or not at all. It is written in a folder beside it, flushed
//     to the disk and then renamed.
//   - A file that exists is replaced only if walstats made it for the same purpose, or
//     with --replace. An empty file may be replaced.
//   - Of a symbolic link the target is replaced; the link stays.
package outfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Target says where output goes.
type Target struct {
	Name   string // as the user wrote it
	Path   string // what to open: the link's target, or /dev/stdout
	Stream bool   // the standard output, a device or a FIFO
}

// A Mark reports whether walstats wrote a file for the same purpose. It gets the
// first and the last 64 KiB.
type Mark func(head, tail []byte) bool

// Resolve returns the target of a name. It fails if the rule forbids to write there;
// then nothing was touched. A nil mark allows no existing file without replace.
func Resolve(name string, mark Mark, replace bool) (Target, error) {
	t, info, err := Find(name)
	if err != nil || t.Stream || info == nil || replace || info.Size() == 0 {
		return t, err
	}
	if mark == nil {
		return t, fmt.Errorf("%s exists; pass --replace to overwrite it", name)
	}
	made, err := marked(t.Path, info.Size(), mark)
	if err != nil {
		return t, fmt.Errorf("%s: %w", name, Cause(err))
	}
	if !made {
		return t, fmt.Errorf("%s exists and was not written by this command; name another output, or pass --replace to overwrite it", name)
	}
	return t, nil
}

// Find returns the target of a name and what is there, nil if nothing is. A folder is
// an error.
func Find(name string) (t Target, info fs.FileInfo, err error) {
	t = Target{Name: name, Path: name}
	if name == "-" {
		t.Path, t.Stream = "/dev/stdout", true
		return t, nil, nil
	}
	if isDescriptor(name) {
		t.Stream = true
		return t, nil, nil
	}
	if t.Path, err = follow(name); err != nil {
		return t, nil, err
	}
	info, err = os.Stat(t.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, nil, checkFolder(t.Path)
	case err != nil:
		return t, nil, fmt.Errorf("%s: %w", name, Cause(err))
	case info.IsDir():
		return t, nil, fmt.Errorf("%s is a folder; name a file in it", name)
	}
	t.Stream = !info.Mode().IsRegular()
	return t, info, nil
}

// isDescriptor reports whether a name stands for an open file of this process. Behind
// it may be a regular file, which must be written to all the same.
func isDescriptor(name string) bool {
	for _, prefix := range []string{"/dev/std", "/dev/fd/", "/proc/self/fd/"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// follow returns the path that symbolic links lead to, whether it exists or not.
func follow(name string) (string, error) {
	path := name
	for range 40 { // as many as Linux follows
		next, err := os.Readlink(path)
		if err != nil { // no link
			return path, nil
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	return "", fmt.Errorf("%s: its symbolic links form a circle", name)
}

func checkFolder(path string) error {
	folder := filepath.Dir(path)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such folder; make it first", folder)
	}
	return nil
}

// marked applies a mark to a file.
func marked(path string, size int64, mark Mark) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	const most = 64 << 10
	ends := [2][]byte{make([]byte, min(size, most)), make([]byte, min(size, most))}
	for i, at := range []int64{0, max(0, size-most)} {
		if n, err := file.ReadAt(ends[i], at); err == io.EOF {
			ends[i] = ends[i][:n]
		} else if err != nil {
			return false, err
		}
	}
	return mark(ends[0], ends[1]), nil
}

// Is reports whether the target is the file at path.
func (t Target) Is(path string) bool {
	here, err := os.Stat(t.Path)
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(here, there)
}

// Write calls write with the target. A file appears whole or not at all.
func (t Target) Write(write func(io.Writer) error) error {
	if t.Name == "-" {
		return write(os.Stdout)
	}
	return t.WriteFile(func(path string) error {
		mode := os.O_WRONLY
		if !t.Stream {
			mode |= os.O_CREATE | os.O_TRUNC
		}
		file, err := os.OpenFile(path, mode, 0o666)
		if err != nil {
			return Explain(t.Name, err)
		}
		if err := errors.Join(write(file), file.Close()); err != nil {
			return Explain(t.Name, err)
		}
		return nil
	})
}

// WriteFile calls write with the path to write to: that of a stream, or of an
// unfinished file that gets the target's name after write succeeded.
func (t Target) WriteFile(write func(path string) error) error {
	if t.Stream {
		return write(t.Path)
	}
	return Whole(t.Path, write)
}
