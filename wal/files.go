package wal

import (
	"errors"
	"io"
)

// Files opens the files of a [Set]. It is called by several goroutines.
type Files interface {
	// Open opens the file. errors.Is(err, fs.ErrNotExist) tells that there is no such file.
	Open(path string) (File, error)
}

// A File is a segment or a history file.
type File interface {
	// ReadAt reads what is stored: WAL, if the file is not compressed. It is called by
	// several goroutines.
	io.ReaderAt
	io.Closer
	// Compression names the way in which the file is compressed, "" if it is not. The
	// content decides it, not the name.
	Compression() string
	// Unpack returns a reader of the decompressed content, from its beginning. It may be
	// called more than once.
	Unpack() (io.ReadCloser, error)
}

// readStart reads the first bytes of the file's content into b, and returns how many
// there are.
func readStart(f File, b []byte) (n int, err error) {
	if f.Compression() == "" {
		n, err = f.ReadAt(b, 0)
	} else {
		var r io.ReadCloser
		if r, err = f.Unpack(); err != nil {
			return 0, err
		}
		defer r.Close()
		n, err = io.ReadFull(r, b)
	}
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, err
}

// readAll returns the content of a file that is small.
func readAll(files Files, path string, limit int64) ([]byte, error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Compression() == "" {
		return io.ReadAll(io.NewSectionReader(f, 0, limit))
	}
	r, err := f.Unpack()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, limit))
}
