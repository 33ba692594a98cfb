package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"walstats/cmd/walstats/outfile"
	"walstats/cmd/walstats/session"
	"walstats/extension/source"
)

// A seekableInput is a file that can be read several times.
type seekableInput struct {
	name string // as it was given
	path string // where it is: a copy of what can be read only once
}

type seekableList []seekableInput

// seekableInputs returns the files that the names and patterns mean. The standard input
// and pipes are copied to the folder for temporary files; remove deletes the copies.
func seekableInputs(ctx context.Context, names []string) (files seekableList, remove func(), err error) {
	folder, remover := "", func() error { return nil }
	remove = func() { _ = remover() }
	defer func() {
		if err != nil {
			remove()
		}
	}()
	expanded, err := source.Expand(nil, names)
	if err != nil {
		return nil, remove, err
	}
	for i, name := range expanded {
		from := name
		if name == "-" {
			from = "/dev/stdin"
		}
		info, err := os.Stat(from)
		if err != nil || info.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice) == 0 {
			files = append(files, seekableInput{name, from}) // reading it will say what is wrong, if anything is
			continue
		}
		if folder == "" {
			dir, err := outfile.OpenScratch(os.TempDir(), "walstats-pipes.")
			if err != nil {
				return nil, remove, err
			}
			folder, remover = dir.Path, dir.Remove
		}
		to := filepath.Join(folder, fmt.Sprint(i))
		if err := copyPipe(ctx, from, to); ctx.Err() != nil {
			return nil, remove, err
		} else if err != nil {
			return nil, remove, fmt.Errorf("copying %s to %s: %w; set TMPDIR to a folder with room, or give a file", name, folder, err)
		}
		files = append(files, seekableInput{name, to})
	}
	return files, remove, nil
}

// copyPipe copies until from ends or ctx does. A read that waits for a pipe cannot be
// cancelled, so its goroutine is left waiting.
func copyPipe(ctx context.Context, from, to string) error {
	copied := make(chan error, 1)
	go func() { copied <- copyFile(from, to) }()
	select {
	case err := <-copied:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func (files seekableList) paths() (paths []string) {
	for _, f := range files {
		paths = append(paths, f.path)
	}
	return paths
}

// named returns a text with the files' names in the place of their paths.
func (files seekableList) named(text string) string {
	for _, f := range files {
		if f.path != f.name {
			text = strings.ReplaceAll(text, f.path, f.name)
		}
	}
	return text
}

// namedError returns err with a message for users that has the files' names.
func (files seekableList) namedError(err error) error {
	return &namedError{files.named(session.Message(err)), err}
}

type namedError struct {
	words string
	err   error
}

func (e *namedError) Error() string { return e.words }
func (e *namedError) Unwrap() error { return e.err }
