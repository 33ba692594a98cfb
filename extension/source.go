package extension

import (
	"fmt"
	"io"
)

// A source is the text of one dump, unpacked, as readers take it: at any offset,
// from several threads.
type source interface {
	// reach waits until there is text at begin, and says how far a block that
	// begins there should go: about size bytes, begin itself at the end.
	reach(begin, size int64) (limit int64, err error)
	// read fills p with the text at offset. It waits until there are need bytes,
	// and returns fewer only where the text ends; last says that it does there.
	read(p []byte, offset int64, need int) (n int, last bool, err error)
	// consumed is how much of the file had to be read for the text before offset: of
	// a packed file, its packed bytes so far.
	consumed(offset int64) int64
	// release says that no text before offset is read any more.
	release(offset int64)
	close()
}

// A randomAccess is a file that many threads read at once.
type randomAccess interface {
	io.ReaderAt
	io.Closer
}

// A plainFile is read with pread and never mapped: a mapped file that shrinks
// kills the process, a read one is an error.
type plainFile struct {
	path string
	file randomAccess
	size int64 // when it was opened; what is appended later is not read
}

func (f *plainFile) reach(begin, size int64) (int64, error) {
	return min(f.size, (begin+size)&^(page-1)), nil
}

func (f *plainFile) read(p []byte, offset int64, _ int) (int, bool, error) {
	p = p[:max(0, min(int64(len(p)), f.size-offset))]
	n, err := f.file.ReadAt(p, offset)
	switch {
	case n == len(p):
		return n, offset+int64(n) >= f.size, nil // a range may begin behind the end
	case err == io.EOF:
		return n, false, fmt.Errorf("%s: the file was cut to %d bytes while it was read; it had %d", f.path, offset+int64(n), f.size)
	}
	return n, false, fmt.Errorf("%s (byte %d): %w", f.path, offset+int64(n), cause(err))
}

func (f *plainFile) consumed(offset int64) int64 { return offset }
func (f *plainFile) release(int64)               {}
func (f *plainFile) close()                      { f.file.Close() }
