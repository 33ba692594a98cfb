// Package source reads bytes from anywhere: local files, pipes, compressed
// files, and the files of a host.
//
// [Expand] turns paths and patterns into the files of today. [Stat] says what a
// path is without opening it. [Open] opens it as a [Source]:
//
//	plain file        read with pread, by many threads at once
//	pipe, stdin       read by a goroutine, a bounded window ahead of the readers
//	.gz, .zst, .lz4   told by their first bytes, decompressed the same way
//	URL               read through a [Host], which is DuckDB
//
// A Source is read in chunks. The reader asks [Source.Reach] where a chunk ends,
// takes the bytes with [Source.Read], and says with [Source.Release] what it needs
// no longer, so memory is bounded by the number of threads, not by the size of
// the input.
//
// The package does not know what the bytes mean. Every error is an [*Error],
// which names the path.
package source

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

// ReadAlign is what reads of a plain file should be aligned to. The kernel copies
// pages, and to memory that is not aligned as they are it does so four times slower.
const ReadAlign = 4 << 10

// A Source reads the decompressed bytes of one input. Its methods may be called from
// several threads, but Close only after the last Read has returned or to end those that
// wait.
type Source interface {
	// Reach waits until there are bytes at begin and returns where the chunk that
	// begins there should end: about size bytes later; begin itself at the end of
	// the source. A slow pipe need not fill a chunk: cut gets the bytes that are
	// there and returns how many of them may be a chunk, 0 for none yet.
	Reach(begin, size int64, cut func([]byte) int) (limit int64, err error)
	// Read fills p with the bytes at offset. It waits until there are need bytes and
	// returns fewer only at the end; last reports that the source ends there.
	Read(p []byte, offset int64, need int) (n int, last bool, err error)
	// Consumed returns how much of the file had to be read for the bytes before
	// offset; of a compressed file, its compressed bytes so far.
	Consumed(offset int64) int64
	// Release says that no byte before offset will be read again.
	Release(offset int64)
	// Size returns the number of bytes of a plain file when it was opened; -1 for a
	// stream.
	Size() int64
	// Compression returns none, gzip, zstd or lz4.
	Compression() string
	Close()
}

// Open opens path. how is the compression: auto, none, or a name. h opens URLs; it
// may be nil.
func Open(h Host, path, how string) (Source, error) {
	if IsURL(path) {
		return openURL(h, path, how)
	}
	file, err := openLocal(path)
	if err != nil {
		return nil, err
	}
	src, err := openFile(path, file, how)
	if err != nil {
		file.Close()
	}
	return src, err
}

func openLocal(path string) (*os.File, error) {
	name := onDisk(path)
	if info, err := os.Stat(name); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		return openPipe(name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, pathError(path, err)
	}
	return file, nil
}

func openFile(path string, file *os.File, how string) (Source, error) {
	stat, err := file.Stat()
	if err != nil {
		return nil, pathError(path, err)
	}
	info, err := infoOf(path, stat)
	if err != nil {
		return nil, err
	}
	switch info.Kind {
	case Directory:
		return nil, newError(path, "is a directory", "name the files in it")
	case File:
		if info.Size == 0 {
			if err := checkEmpty(path, file); err != nil {
				return nil, err
			}
		}
		head := make([]byte, headSize)
		n, _ := file.ReadAt(head, 0)
		if compressionOf(head[:n], how) == nil {
			return &plainFile{path: path, file: file, size: info.Size}, nil
		}
	}
	if stat.Mode()&os.ModeNamedPipe != 0 {
		widen(file)
	}
	counted := &counted{from: file}
	in := bufio.NewReaderSize(counted, 256<<10)
	head := peekHead(in)
	s := newPulledStream(path, in, counted, func() { file.Close() })
	s.decompress(compressionOf(head, how), in)
	s.start()
	return s, nil
}

// A plainFile is read with pread and never mapped: a mapped file that shrinks
// kills the process, a read one is an error.
type plainFile struct {
	path string
	file readerAtCloser
	size int64 // when it was opened; what is appended later is not read
}

type readerAtCloser interface {
	io.ReaderAt
	io.Closer
}

func (f *plainFile) Reach(begin, size int64, _ func([]byte) int) (int64, error) {
	return max(begin, min(f.size, (begin+size)&^(ReadAlign-1))), nil
}

func (f *plainFile) Read(p []byte, offset int64, _ int) (int, bool, error) {
	p = p[:max(0, min(int64(len(p)), f.size-offset))]
	n, err := f.file.ReadAt(p, offset)
	switch {
	case n == len(p):
		return n, offset+int64(n) >= f.size, nil // a chunk may begin after the end
	case err == io.EOF:
		return n, false, newError(f.path, fmt.Sprintf("the file was cut to %d bytes while it was read; it had %d", offset+int64(n), f.size), "")
	}
	return n, false, &Error{Path: f.path, Offset: offset + int64(n), Cause: Cause(err)}
}

func (f *plainFile) Consumed(offset int64) int64 { return offset }
func (f *plainFile) Release(int64)               {}
func (f *plainFile) Size() int64                 { return f.size }
func (f *plainFile) Compression() string         { return "none" }
func (f *plainFile) Close()                      { f.file.Close() }
