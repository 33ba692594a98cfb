package source

import (
	"bufio"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"path"
	"strings"
	"sync"
)

// A urlFile is a file that the host opens and reads. A file system may be written in
// Python and need its lock, so only threads of the host come here, and no goroutine of
// ours.
type urlFile struct {
	url  string
	host Host
	size int64       // when it was opened; what is appended later is not read
	turn *sync.Mutex // see turnOf

	mu   sync.Mutex
	idle []HostFile // a handle has one position, so each thread that reads has its own
}

// openURL opens url as Open does a local file.
func openURL(h Host, url, how string) (src Source, err error) {
	if h == nil {
		return nil, errNoHost(url)
	}
	file, err := openHostFile(h, url)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	head := make([]byte, headSize)
	n, err := file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, &Error{Path: url, Offset: -1, Cause: err}
	}
	if int64(n) > file.size {
		return nil, newError(url, fmt.Sprintf("has more bytes than DuckDB knows of, which is %d: is it a pipe or a device?", file.size), "copy it to a file first")
	}
	c := compressionOf(head[:n], how)
	if c == nil {
		return &plainFile{path: url, file: file, size: file.size}, nil
	}
	counted := &counted{from: io.NewSectionReader(file, 0, file.size)}
	in := bufio.NewReaderSize(counted, bufferSize)
	// The libraries decompress without goroutines of their own.
	s := newPulledStream(url, in, counted, func() { file.Close() })
	s.decompress(c, in)
	return s, nil
}

func errNoHost(url string) error {
	return newError(url, "is a URL, and only a DuckDB that lends its file systems can read it", "copy the file to a disk first")
}

func openHostFile(h Host, url string) (*urlFile, error) {
	f := &urlFile{url: url, host: h, turn: turnOf(url)}
	first, size, err := f.open()
	if err != nil {
		return nil, &Error{Path: url, Offset: -1, Cause: err, Hint: urlHint(url, err)}
	}
	f.size, f.idle = size, []HostFile{first}
	return f, nil
}

// open opens another handle.
func (f *urlFile) open() (file HostFile, size int64, err error) {
	defer f.takeTurn()()
	if file, err = f.host.Open(f.url); err != nil {
		return nil, 0, err
	}
	if size, err = file.Size(); err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, size, nil
}

// urlHint returns what helps where opening url failed. In a web address a question
// mark is not a pattern, and a web server does not list its files.
func urlHint(url string, err error) string {
	scheme, _, _ := cutURL(url)
	if !isPattern(url) || scheme == "http" || scheme == "https" || errors.Is(err, ErrForbidden) {
		return ""
	}
	quoted := strings.ReplaceAll(url, "'", "''")
	return fmt.Sprintf("a pattern of URLs is not expanded here: SET VARIABLE f = (SELECT list(file) FROM glob('%s')), then give getvariable('f')", quoted)
}

// ReadAt reads with a handle of its own for each thread.
func (f *urlFile) ReadAt(p []byte, offset int64) (int, error) {
	file, err := f.take()
	if err != nil {
		return 0, err
	}
	defer f.putBack(file)
	defer f.takeTurn()()
	return file.ReadAt(p, offset)
}

func (f *urlFile) take() (HostFile, error) {
	f.mu.Lock()
	n := len(f.idle)
	if n > 0 {
		defer f.mu.Unlock()
		file := f.idle[n-1]
		f.idle = f.idle[:n-1]
		return file, nil
	}
	f.mu.Unlock()
	file, size, err := f.open()
	if err == nil && size != f.size {
		file.Close()
		err = fmt.Errorf("the file was replaced while it was read: it has %d bytes now, and had %d", size, f.size)
	}
	return file, err
}

func (f *urlFile) putBack(file HostFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.idle = append(f.idle, file)
}

// Close closes all handles; no thread reads any more. It does not take the file's
// turn: the closing thread may hold the GIL, which a reader needs.
func (f *urlFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range f.idle {
		file.Close() // nothing was written, so nothing is lost if this fails
	}
	f.idle = nil
	return nil
}

// ownPositions has the schemes of DuckDB's own file systems, where every handle has a
// position of its own.
var ownPositions = map[string]bool{
	"file": true, "http": true, "https": true, "hf": true, "s3": true, "s3a": true, "s3n": true, "gcs": true, "gs": true, "r2": true,
	"az": true, "azure": true, "abfss": true,
}

// turns has the locks of files. fsspec's memory file system gives each caller that
// opens a file the same object, and opening and reading move its one position.
var (
	turns [64]sync.Mutex
	seed  = maphash.MakeSeed()
)

// turnOf returns the lock of url, which other URLs may share; nil if its readers need
// none.
func turnOf(url string) *sync.Mutex {
	scheme, rest, _ := cutURL(url)
	if ownPositions[scheme] {
		return nil
	}
	file := scheme + ":" + path.Clean("/"+rest)
	return &turns[maphash.String(seed, file)%uint64(len(turns))]
}

func (f *urlFile) takeTurn() (end func()) {
	if f.turn == nil {
		return func() {}
	}
	f.turn.Lock()
	return f.turn.Unlock
}
