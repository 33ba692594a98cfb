package source

import (
	"bufio"
	"io"
	"os"
)

// A RandomFile is a file that can be read at any place in any order. A pipe cannot.
type RandomFile struct {
	path        string
	from        readerAtCloser
	size        int64
	head        []byte
	compression *compression
}

// OpenRandom opens a file, or a URL of the host's. how is the compression: auto, none,
// or a name. errors.Is(err, fs.ErrNotExist) tells that there is no such file.
func OpenRandom(h Host, path, how string) (*RandomFile, error) {
	f := &RandomFile{path: path}
	if IsURL(path) {
		if h == nil {
			return nil, errNoHost(path)
		}
		file, err := openHostFile(h, path)
		if err != nil {
			return nil, err
		}
		f.from, f.size = file, file.size
	} else {
		file, err := os.Open(onDisk(path))
		if err != nil {
			return nil, pathError(path, err)
		}
		f.from = file
		if f.size, err = sizeOf(path, file); err != nil {
			file.Close()
			return nil, err
		}
	}
	head := make([]byte, longestMagic)
	n, err := f.from.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		f.Close()
		return nil, &Error{Path: path, Offset: 0, Cause: Cause(err)}
	}
	f.head = head[:n]
	f.compression = compressionOf(f.head, how)
	return f, nil
}

// sizeOf returns the size of a regular file; anything else is an error.
func sizeOf(path string, file *os.File) (int64, error) {
	stat, err := file.Stat()
	if err != nil {
		return 0, pathError(path, err)
	}
	info, err := infoOf(path, stat)
	switch {
	case err != nil:
		return 0, err
	case info.Kind == Directory:
		return 0, newError(path, "is a directory", "name the files in it")
	case info.Kind == Pipe:
		return 0, newError(path, "is a pipe, and this file is read at several places", "write it to a disk first")
	}
	return info.Size, nil
}

// ReadAt reads the bytes as they are stored, compressed or not.
func (f *RandomFile) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.from.ReadAt(p, offset)
	if err != nil && err != io.EOF {
		err = &Error{Path: f.path, Offset: offset + int64(n), Cause: Cause(err)}
	}
	return n, err
}

// Compression returns none, gzip, zstd or lz4.
func (f *RandomFile) Compression() string { return f.compression.String() }

// Head returns the first few bytes as they are stored.
func (f *RandomFile) Head() []byte { return f.head }

// Unpack returns a reader of the decompressed bytes, from the first one. It may be
// called more than once.
func (f *RandomFile) Unpack() (io.ReadCloser, error) {
	stored := io.NewSectionReader(f.from, 0, 1<<62)
	if f.compression == nil {
		return io.NopCloser(stored), nil
	}
	return &decompressor{compression: f.compression, in: bufio.NewReaderSize(stored, bufferSize)}, nil
}

// Close closes the file.
func (f *RandomFile) Close() error { return f.from.Close() }
