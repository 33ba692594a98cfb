package extension

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// A compression is a way to unpack a file.
type compression struct {
	name   string
	magic  string
	reader func(r io.Reader) (unpacked io.Reader, close func(), err error)
}

// maxWindow is how much memory a zstd frame may ask for: what zstd -d allows
// without --long.
const maxWindow = 128 << 20

var compressions = []compression{
	{"gzip", "\x1F\x8B", func(r io.Reader) (io.Reader, func(), error) {
		z, err := gzip.NewReader(r)
		return z, func() {}, err
	}},
	{"zstd", "\x28\xB5\x2F\xFD", func(r io.Reader) (io.Reader, func(), error) {
		// Its own goroutines would only hand pieces of one frame on to each other, which
		// takes longer than one alone.
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}},
	{"lz4", "\x04\x22\x4D\x18", func(r io.Reader) (io.Reader, func(), error) {
		// Not concurrent: its goroutines outlive a reader that is not read to the end.
		return lz4.NewReader(r), func() {}, nil
	}},
}

// checkCompression says whether name is a value of the option.
func checkCompression(name string) error {
	if name == "auto" || name == "none" {
		return nil
	}
	for _, c := range compressions {
		if c.name == name {
			return nil
		}
	}
	return fmt.Errorf("%.80q is no compression; give 'auto', 'none', 'gzip', 'zstd' or 'lz4'", name)
}

// openSource opens path: a plain file is read where it lies, a pipe and a
// compressed file as a stream.
func openSource(h host, path string, o *options) (source, error) {
	if isURL(path) {
		return openRemoteSource(h, path, o)
	}
	if _, err := checkDump(path); err != nil {
		return nil, err
	}
	file, err := os.Open(onDisk(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	close := func() { file.Close() }
	if info.Mode().IsRegular() {
		head := make([]byte, longestMagic)
		if info.Size() == 0 {
			if err := checkEmpty(path, file); err != nil {
				file.Close()
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
		n, _ := file.ReadAt(head, 0)
		if c := compressionOf(head[:n], o.compression); c == nil {
			return &plainFile{path: path, file: file, size: info.Size()}, nil
		}
	}
	if o.byteRange != nil {
		close()
		return nil, errByteRangeStream(path)
	}
	if info.Mode()&os.ModeNamedPipe != 0 {
		widen(file)
	}
	counted := &counted{from: file}
	in := bufio.NewReaderSize(counted, 256<<10)
	head, _ := in.Peek(longestMagic)
	c := compressionOf(head, o.compression)
	if c == nil {
		return newStream(in, counted, close), nil
	}
	return newStream(&unpacker{compression: c, in: in}, counted, close), nil
}

const longestMagic = 4

// checkEmpty says what is wrong with a file whose size is 0: those of /proc are made while they
// are read, have no size, and may let a reader wait for ever.
func checkEmpty(path string, file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	if err := raw.Control(func(fd uintptr) { _ = syscall.SetNonblock(int(fd), true) }); err != nil {
		return err
	}
	switch n, err := file.ReadAt(make([]byte, 1), 0); {
	case n > 0, errors.Is(err, syscall.EAGAIN):
		return fmt.Errorf("has no size, and yet something in it, as the files of /proc have; copy it first: cat %s > wal.dump", shellWord(path))
	case err != io.EOF:
		return cause(err)
	}
	return nil
}

// compressionOf is how to unpack a file: as it is told, or as its head says; nil
// for not at all.
func compressionOf(head []byte, how string) *compression {
	for i := range compressions {
		c := &compressions[i]
		if how == c.name || how == "auto" && bytes.HasPrefix(head, []byte(c.magic)) {
			return c
		}
	}
	return nil
}

// An unpacker starts to unpack when it is first read, in the reading goroutine,
// and says where the packed file is broken.
type unpacker struct {
	*compression
	in    *bufio.Reader
	out   io.Reader
	close func()
	size  int64 // unpacked
}

func (u *unpacker) Read(p []byte) (int, error) {
	if u.out == nil {
		var err error
		if u.out, u.close, err = u.reader(u.in); err != nil {
			return 0, u.broken(err)
		}
	}
	n, err := u.out.Read(p)
	u.size += int64(n)
	if err != nil && err != io.EOF {
		err = u.broken(err)
	}
	return n, err
}

// Close ends the goroutines of the library.
func (u *unpacker) Close() error {
	if u.out != nil {
		u.close()
	}
	return nil
}

func (u *unpacker) broken(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the %s data ends too early, behind byte %d of the text: the file was cut, or is still being written", u.name, u.size)
	}
	return fmt.Errorf("the %s data is corrupt, behind byte %d of the text: %w", u.name, u.size, err)
}
