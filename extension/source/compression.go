package source

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// A compression is a way to decompress a file.
type compression struct {
	name   string
	magic  string
	reader func(r io.Reader) (decompressed io.Reader, close func(), err error)
}

// maxWindow is how much memory a zstd frame may ask for: what zstd -d allows
// without --long.
const maxWindow = 128 << 20

var compressions = []compression{
	{"gzip", "\x1F\x8B", func(r io.Reader) (io.Reader, func(), error) {
		z, err := newGzipReader(r)
		return z, func() {}, err
	}},
	{"zstd", "\x28\xB5\x2F\xFD", func(r io.Reader) (io.Reader, func(), error) {
		z, _ := zstdDecoders.Get().(*zstd.Decoder)
		if z == nil {
			var err error
			// One frame is decompressed in order, so more goroutines only pass pieces of it to
			// each other, which takes longer than one alone.
			if z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow)); err != nil {
				return nil, nil, err
			}
		}
		release := func() {
			if z.Reset(nil) == nil {
				zstdDecoders.Put(z)
			}
		}
		return z, release, z.Reset(r)
	}},
	{"lz4", "\x04\x22\x4D\x18", func(r io.Reader) (io.Reader, func(), error) {
		// Not concurrent: its goroutines would outlive a reader that is not read to the end.
		return lz4.NewReader(r), func() {}, nil
	}},
}

// zstdDecoders keeps decoders that are not in use. The memory of one takes as long to
// make as a segment of WAL to read.
var zstdDecoders sync.Pool

// CheckCompression returns an error if name is not a value of the option compression.
func CheckCompression(name string) error {
	if name == "auto" || name == "none" {
		return nil
	}
	for _, c := range compressions {
		if c.name == name {
			return nil
		}
	}
	return fmt.Errorf("%.80q is not a compression; give 'auto', 'none', 'gzip', 'zstd' or 'lz4'", name)
}

const (
	longestMagic = 4  // bytes
	headSize     = 64 // bytes that tell how a file is compressed: a magic after a skippable frame, too
)

// isSkippable reports whether head begins with a skippable frame: pzstd begins every
// file with one, and zstd and lz4 both allow them (RFC 8878, section 3.1.2).
func isSkippable(head []byte) bool {
	return len(head) >= 4 && head[0]&0xF0 == 0x50 && string(head[1:4]) == "\x2A\x4D\x18"
}

// afterSkippable returns head after the skippable frames that it begins with.
func afterSkippable(head []byte) []byte {
	for isSkippable(head) && len(head) >= 8 {
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		head = head[min(int64(len(head)), 8+size):]
	}
	return head
}

// peekHead returns the first bytes of in, as few as tell how it is compressed.
func peekHead(in *bufio.Reader) []byte {
	head, _ := in.Peek(longestMagic)
	for isSkippable(head) {
		before := len(head)
		if head, _ = in.Peek(headSize); len(afterSkippable(head)) > 0 || len(head) <= before {
			break
		}
	}
	return head
}

// checkEmpty returns an error if the file of size 0 is not empty: the files of /proc
// are made while they are read, have no size, and may let a reader wait for ever.
func checkEmpty(path string, file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return pathError(path, err)
	}
	if err := raw.Control(func(fd uintptr) { _ = syscall.SetNonblock(int(fd), true) }); err != nil {
		return pathError(path, err)
	}
	switch n, err := file.ReadAt(make([]byte, 1), 0); {
	case n > 0, errors.Is(err, syscall.EAGAIN):
		return newError(path, "has no size, and yet something in it, as the files of /proc have", "copy it first: cat "+ShellWord(path)+" > copy")
	case err != io.EOF:
		return pathError(path, err)
	}
	return nil
}

// CompressionOf returns how a file that begins with head is compressed: none, gzip,
// zstd or lz4.
func CompressionOf(head []byte) string { return compressionOf(head, "auto").String() }

// compressionOf returns how to decompress a file: as how says or, for auto, by the
// file's first bytes; nil if it is not compressed.
func compressionOf(head []byte, how string) *compression {
	if how == "auto" && isSkippable(head) {
		if c := compressionOf(afterSkippable(head), how); c != nil {
			return c
		}
		how = "zstd"
	}
	for i := range compressions {
		c := &compressions[i]
		if how == c.name || how == "auto" && bytes.HasPrefix(head, []byte(c.magic)) {
			return c
		}
	}
	return nil
}

func (c *compression) String() string {
	if c == nil {
		return "none"
	}
	return c.name
}

// A decompressor starts when it is first read, in the goroutine that reads. Its
// errors say where the compressed file is broken.
type decompressor struct {
	*compression
	in    *bufio.Reader
	out   io.Reader
	close func()
	size  int64 // decompressed so far
}

func (d *decompressor) Read(p []byte) (int, error) {
	if d.out == nil {
		var err error
		if d.out, d.close, err = d.reader(d.in); err != nil {
			return 0, d.broken(err)
		}
	}
	n, err := d.out.Read(p)
	d.size += int64(n)
	if err != nil && err != io.EOF {
		err = d.broken(err)
	}
	return n, err
}

// Close gives the library's memory back. It may be called again; nothing may be read
// after it.
func (d *decompressor) Close() error {
	if d.close != nil {
		d.close()
		d.close, d.out = nil, closedReader{}
	}
	return nil
}

type closedReader struct{}

func (closedReader) Read([]byte) (int, error) { return 0, os.ErrClosed }

func (d *decompressor) broken(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the %s data ends too early, after %d decompressed bytes: the file was cut, or is still being written", d.name, d.size)
	}
	return fmt.Errorf("the %s data is corrupt, after %d decompressed bytes: %w", d.name, d.size, err)
}

// A gzipReader reads the members of a gzip file, one after the other. Zeros after the
// last one are padding, as tape and block devices leave it; gzip ignores them, too.
type gzipReader struct {
	in *bufio.Reader
	z  *gzip.Reader
}

func newGzipReader(r io.Reader) (io.Reader, error) {
	in, ok := r.(*bufio.Reader)
	if !ok {
		in = bufio.NewReader(r)
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gzipReader{in, z}, nil
}

func (g *gzipReader) Read(p []byte) (int, error) {
	for {
		n, err := g.z.Read(p)
		if err != io.EOF {
			return n, err
		}
		if err := g.nextMember(); err != nil || n > 0 {
			return n, err
		}
	}
}

// nextMember begins the next member; io.EOF says that the file has no more.
func (g *gzipReader) nextMember() error {
	for {
		next, err := g.in.ReadByte()
		if err != nil {
			return err
		}
		if next == 0 {
			continue
		}
		if err := g.in.UnreadByte(); err != nil {
			return err
		}
		if err := g.z.Reset(g.in); err != nil {
			return err
		}
		g.z.Multistream(false)
		return nil
	}
}

// Verify returns why the compressed file at path cannot be decompressed; nil if it can,
// is not compressed, or cannot be read a second time. It reads at most limit
// decompressed bytes. A damaged file may decompress to garbage long before its checksum
// says so.
func Verify(path, how string, limit int64) error {
	if info, err := Stat(path); err != nil || info.Kind != File {
		return nil
	}
	file, err := os.Open(onDisk(path))
	if err != nil {
		return nil
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 256<<10)
	c := compressionOf(peekHead(in), how)
	if c == nil {
		return nil
	}
	d := decompressor{compression: c, in: in}
	defer d.Close()
	if _, err := io.CopyN(io.Discard, &d, limit); err != nil && err != io.EOF {
		return &Error{Path: path, Offset: -1, Cause: err}
	}
	return nil
}
