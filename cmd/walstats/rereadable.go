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

// A rereadable is a file that may be read as often as one likes.
type rereadable struct {
	name string // as it was given
	path string // where it is: a copy of what can be read only once
}

type rereadables []rereadable

// rereadableFiles are the files that the names and patterns mean. The standard input
// and pipes are copied to the folder for temporary files; remove deletes the copies.
func rereadableFiles(ctx context.Context, names []string) (files rereadables, remove func(), err error) {
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
			files = append(files, rereadable{name, from}) // reading it will say what is wrong, if anything is
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
		files = append(files, rereadable{name, to})
	}
	return files, remove, nil
}

// copyPipe copies until from ends or ctx does: what waits for a pipe cannot be called
// off, so it is left behind.
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

func (files rereadables) paths() (paths []string) {
	for _, f := range files {
		paths = append(paths, f.path)
	}
	return paths
}

// named is a text that has the files' paths in it, with their names instead.
func (files rereadables) named(text string) string {
	for _, f := range files {
		if f.path != f.name {
			text = strings.ReplaceAll(text, f.path, f.name)
		}
	}
	return text
}

// namedError is err in words that name the files.
func (files rereadables) namedError(err error) error {
	return &namedError{files.named(session.Message(err)), err}
}

type namedError struct {
	words string
	err   error
}

func (e *namedError) Error() string { return e.words }
func (e *namedError) Unwrap() error { return e.err }
