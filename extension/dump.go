package extension

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
)

// A dump is one file of pg_waldump's output, open for reading. Its methods may
// be called by many threads. It is read with pread and never mapped: a mapped
// file that shrinks kills the process, a read one is an error.
type dump struct {
	path  string
	file  *os.File
	size  int64 // when it was opened; what is appended later is not read
	begin int64 // behind a byte order mark
	crlf  bool  // lines end in \r\n

	users atomic.Int32 // blocks not yet done with; the last one closes
}

// checkDump says what is wrong with path before anything is opened, and how
// large the file is.
func checkDump(path string) (size int64, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, fmt.Errorf("%s: no such file", path)
	case err != nil:
		return 0, fmt.Errorf("%s: %w", path, cause(err))
	case info.IsDir():
		return 0, fmt.Errorf("%s: is a directory; name the files in it", path)
	case !info.Mode().IsRegular():
		return 0, fmt.Errorf("%s: is not a regular file; write the dump to a file first", path)
	}
	return info.Size(), nil
}

// cause is what went wrong, without the operation and the path that Go puts
// before it.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// openDump opens path and looks at its first line.
func openDump(path string) (*dump, error) {
	size, err := checkDump(path)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	d := &dump{path: path, file: file, size: size}
	if err := d.lookAtFirstLine(); err != nil {
		file.Close()
		return nil, err
	}
	return d, nil
}

var utf8BOM = []byte("\xEF\xBB\xBF")

func (d *dump) lookAtFirstLine() error {
	const first = 64 << 10
	head := make([]byte, min(d.size, first))
	if err := d.read(head, 0); err != nil {
		return err
	}
	if err := foreignFormat(d.path, head); err != nil {
		return err
	}
	if bytes.HasPrefix(head, utf8BOM) {
		d.begin = int64(len(utf8BOM))
	}
	for at := int64(0); ; {
		if end := bytes.IndexByte(head, '\n'); end >= 0 {
			d.crlf = end > 0 && head[end-1] == '\r'
			return nil
		}
		// The \r may be the last byte before the next piece.
		at += max(0, int64(len(head))-1)
		if at+1 >= d.size {
			return nil
		}
		head = head[:min(d.size-at, first)]
		if err := d.read(head, at); err != nil {
			return err
		}
	}
}

// read fills p with what is at offset.
func (d *dump) read(p []byte, offset int64) error {
	n, err := d.file.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		return fmt.Errorf("%s: the file was cut to %d bytes while it was read; it had %d", d.path, offset+int64(n), d.size)
	}
	return fmt.Errorf("%s (byte %d): %w", d.path, offset+int64(n), cause(err))
}

// head is the beginning of the file, for an error that wants to say more.
func (d *dump) head() []byte {
	head := make([]byte, min(d.size-d.begin, 256))
	if d.read(head, d.begin) != nil {
		return nil
	}
	return head
}

// done gives up one use of the dump.
func (d *dump) done() {
	if d.users.Add(-1) == 0 {
		d.file.Close()
	}
}
