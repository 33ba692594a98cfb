package source

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A Host is the DuckDB that a query runs in: it opens URLs, and its settings say
// which local files a query may read. It is nil where DuckDB does not offer this
// (before 1.5.6), and in programs that read without DuckDB.
type Host interface {
	// Open opens a file. The error is an [ErrForbidden] if the settings forbid it.
	Open(path string) (HostFile, error)
	// Restricts reports whether the settings may forbid some local files and allow others.
	Restricts() bool
}

// ErrForbidden is in the error of [Host.Open] for a file that the host's settings
// forbid to open.
var ErrForbidden = errors.New("forbidden by the host's settings")

// A HostFile is a file that the host opened. One thread at a time may use it.
type HostFile interface {
	io.ReaderAt
	io.Closer
	Size() (int64, error)
}

// A permission asks the host whether a query may read local files. It does not read
// them through the host.
type permission struct {
	host  Host
	each  bool // the host may allow one file and forbid another
	asked bool
}

func permissionOf(h Host) *permission { return &permission{host: h, each: h != nil && h.Restricts()} }

// check returns an error if the host forbids to read path, a local file or a pattern.
func (p *permission) check(path string) error {
	// The setting disabled_filesystems cannot be read, but it forbids all local files or none.
	if p.host == nil || p.asked && !p.each {
		return nil
	}
	p.asked = true
	probe := probePath(path)
	file, err := p.host.Open(probe)
	switch {
	case err == nil:
		file.Close()
	case errors.Is(err, ErrForbidden):
		return newError(path, strings.ReplaceAll(err.Error(), probe, path), "")
	}
	return nil // reading the file will say what else is wrong
}

// probePath returns the path to open for a permission check. The leading "./" stops
// DuckDB from expanding ~ and file:. A trailing "/." after what is neither a file
// nor a directory means the same to the settings, and opening it does nothing: a FIFO
// that is opened and closed again would end its writer.
func probePath(path string) string {
	path = onDisk(path)
	if !filepath.IsAbs(path) {
		path = "./" + path
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		path += "/."
	}
	return path
}
