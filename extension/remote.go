package extension

import (
	"bufio"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"path"
	"strings"
	"sync"

	"walstats/cshim"
)

// A remoteFile is one that the host opens and reads: by a URL. What a file system is
// written in may have a lock of its own, as Python has: so only threads of the host
// come here, and none of our goroutines.
type remoteFile struct {
	path string
	host host
	size int64 // when it was opened; what is appended later is not read
	turn *sync.Mutex

	mu   sync.Mutex
	idle []hostFile // a handle a thread that reads, which has a position of its own
}

// openRemoteSource opens url as openSource does a file on a disk.
func openRemoteSource(h host, url string, o *options) (text source, err error) {
	file, err := openRemote(h, url)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	head := make([]byte, longestMagic)
	n, err := file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	if int64(n) > file.size {
		return nil, fmt.Errorf("%s: has more bytes than DuckDB knows of, which is %d: is it a pipe or a device? Copy it to a file first", url, file.size)
	}
	c := compressionOf(head[:n], o.compression)
	if c == nil {
		return &plainFile{path: url, file: file, size: file.size}, nil
	}
	if o.byteRange != nil {
		return nil, errByteRangeStream(url)
	}
	packed := &counted{from: io.NewSectionReader(file, 0, file.size)}
	in := bufio.NewReaderSize(packed, streamChunk)
	// The libraries unpack without goroutines of their own.
	return newPulledStream(&unpacker{compression: c, in: in}, packed, func() { file.Close() }), nil
}

func openRemote(h host, url string) (*remoteFile, error) {
	f := &remoteFile{path: url, host: h, turn: turnOf(url)}
	first, size, err := f.open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, explained(url, err))
	}
	f.size, f.idle = size, []hostFile{first}
	return f, nil
}

// open opens the file once more.
func (f *remoteFile) open() (file hostFile, size int64, err error) {
	defer f.takeTurn()()
	if file, err = f.host.open(f.path); err != nil {
		return nil, 0, err
	}
	if size, err = file.Size(); err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, size, nil
}

// explained is what went wrong with opening url, and what helps.
func explained(url string, err error) error {
	scheme, _, _ := cutURL(url)
	// In a web address a question mark is no pattern, and nobody could list its files.
	if !isPattern(url) || scheme == "http" || scheme == "https" || errors.Is(err, cshim.ErrPermission) {
		return err
	}
	quoted := strings.ReplaceAll(url, "'", "''")
	return fmt.Errorf("%w; a pattern of URLs is not expanded here: SET VARIABLE f = (SELECT list(file) FROM glob('%s')), then give getvariable('f')", err, quoted)
}

// ReadAt is for many threads.
func (f *remoteFile) ReadAt(p []byte, offset int64) (int, error) {
	file, err := f.take()
	if err != nil {
		return 0, err
	}
	defer f.putBack(file)
	defer f.takeTurn()()
	return file.ReadAt(p, offset)
}

func (f *remoteFile) take() (hostFile, error) {
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

func (f *remoteFile) putBack(file hostFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.idle = append(f.idle, file)
}

// Close is called when nobody reads any more. It waits for no turn: who ends a query may
// hold Python's lock, which those who read need.
func (f *remoteFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range f.idle {
		file.Close() // it was only read, so nothing is lost where this fails
	}
	f.idle = nil
	return nil
}

// ownPositions are the schemes of DuckDB's own file systems, where every handle has a
// position of its own.
var ownPositions = map[string]bool{
	"file": true, "http": true, "https": true, "hf": true, "s3": true, "s3a": true, "s3n": true, "gcs": true, "gs": true, "r2": true,
	"az": true, "azure": true, "abfss": true,
}

// turns are locks of files, whoever reads them: fsspec's memory file system gives all
// who open a file the same object, and opening and reading move its one position.
var (
	turns [64]sync.Mutex
	seed  = maphash.MakeSeed()
)

// turnOf is the lock of url, maybe that of others, too; nil where its readers need none.
func turnOf(url string) *sync.Mutex {
	scheme, rest, _ := cutURL(url)
	if ownPositions[scheme] {
		return nil
	}
	file := scheme + ":" + path.Clean("/"+rest)
	return &turns[maphash.String(seed, file)%uint64(len(turns))]
}

func (f *remoteFile) takeTurn() (end func()) {
	if f.turn == nil {
		return func() {}
	}
	f.turn.Lock()
	return f.turn.Unlock
}
