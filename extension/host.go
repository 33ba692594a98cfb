package extension

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"walstats/cshim"
)

// A host is the DuckDB that a query runs in, with its files and settings. There is none
// (nil) where DuckDB is older than 1.5.6, or where a program reads without it.
type host interface {
	// open opens a file, if DuckDB's settings allow it.
	open(path string) (hostFile, error)
	// restricts reports whether its settings may forbid some local files and not others.
	restricts() bool
	// threads is how many it works with; 0 where it does not say.
	threads() uint64
	// close gives it back. It is not asked again, but its files may still be closed.
	close()
}

// A hostFile is a file that the host has opened, for one thread at a time.
type hostFile interface {
	io.ReaderAt
	Size() (int64, error)
	Close() error
}

// A duckDB is the host of a query in SQL.
type duckDB struct{ context *cshim.Context }

// hostOf is the host that b's query runs in, or nil; closeHost gives it back.
func hostOf(b *cshim.Bind) host {
	if c := b.Context(); c != nil {
		return duckDB{c}
	}
	return nil
}

func closeHost(h host) {
	if h != nil {
		h.close()
	}
}

func (d duckDB) close() { d.context.Close() }

func (d duckDB) open(path string) (hostFile, error) {
	file, err := d.context.Open(path)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (d duckDB) restricts() bool {
	free, known := d.context.Setting("enable_external_access")
	return !known || !free.Bool()
}

func (d duckDB) threads() uint64 {
	v, _ := d.context.Setting("threads")
	return v.Uint64()
}

// A permission asks the host, which knows its own settings, whether a query may read
// local files. The files themselves are opened and read by us.
type permission struct {
	host  host
	each  bool // one file may be allowed and another not
	asked bool
}

func permissionOf(h host) *permission { return &permission{host: h, each: h != nil && h.restricts()} }

// check says why path, a local file or a pattern of them, must not be read.
func (p *permission) check(path string) error {
	// disabled_filesystems does not tell its value: but it forbids all local files or none.
	if p.host == nil || p.asked && !p.each {
		return nil
	}
	p.asked = true
	asked := question(path)
	file, err := p.host.open(asked)
	switch {
	case err == nil:
		file.Close()
	case errors.Is(err, cshim.ErrPermission):
		return fmt.Errorf("%s: %s", path, strings.ReplaceAll(err.Error(), asked, path))
	}
	return nil
}

// question is the path to ask for. With ./ before it, DuckDB has nothing to expand: ~ and
// file: are names to us. With /. behind it, it means the same to the settings, and
// opening it does nothing: a FIFO that is opened and closed again kills who writes to it.
func question(path string) string {
	path = onDisk(path)
	if !filepath.IsAbs(path) {
		path = "./" + path
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		path += "/."
	}
	return path
}

// isURL says that the path is one of the host's: s3://, https://, memory:// and so on.
func isURL(path string) bool {
	_, _, ok := cutURL(path)
	return ok
}

// cutURL takes a URL apart.
func cutURL(path string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(path, "://")
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	other := func(r rune) bool { return !letter(r) && !(r >= '0' && r <= '9') && !strings.ContainsRune("+-._", r) }
	if !ok || scheme == "" || !letter(rune(scheme[0])) || strings.ContainsFunc(scheme, other) {
		return "", "", false
	}
	return strings.ToLower(scheme), rest, true
}
