package wal

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// onDisk opens files of the machine.
type onDisk struct{}

func (onDisk) Open(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var magic [4]byte
	f.ReadAt(magic[:], 0)
	return diskFile{f, compressionOf(magic[:])}, nil
}

type diskFile struct {
	*os.File
	compression string
}

func (f diskFile) Compression() string { return f.compression }

func (f diskFile) Unpack() (io.ReadCloser, error) {
	return decompress(io.NewSectionReader(f.File, 0, 1<<62), f.compression)
}

func compressionOf(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\x1F\x8B")):
		return "gzip"
	case bytes.HasPrefix(b, []byte("\x28\xB5\x2F\xFD")):
		return "zstd"
	case bytes.HasPrefix(b, []byte("\x04\x22\x4D\x18")):
		return "lz4"
	}
	return ""
}

func decompress(r io.Reader, compression string) (io.ReadCloser, error) {
	switch compression {
	case "gzip":
		return gzip.NewReader(r)
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	case "lz4":
		return io.NopCloser(lz4.NewReader(r)), nil
	}
	return nil, errors.New("not compressed")
}

// inMemory is files by path.
type inMemory map[string][]byte

func (m inMemory) Open(path string) (File, error) {
	b, found := m[path]
	if !found {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return memoryFile{bytes.NewReader(b), b}, nil
}

func (m inMemory) paths() (all []string) {
	for path := range m {
		all = append(all, path)
	}
	slices.Sort(all)
	return all
}

type memoryFile struct {
	*bytes.Reader
	b []byte
}

func (memoryFile) Close() error          { return nil }
func (f memoryFile) Compression() string { return compressionOf(f.b) }
func (f memoryFile) Unpack() (io.ReadCloser, error) {
	return decompress(bytes.NewReader(f.b), f.Compression())
}

// content is the file's, unpacked if it is zstd.
func content(t testing.TB, path string) []byte {
	t.Helper()
	f, err := onDisk{}.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = io.NewSectionReader(f, 0, 1<<62)
	if f.Compression() != "" {
		z, err := f.Unpack()
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		r = z
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// segmentsIn are the files of a folder of the oracle.
func filesIn(t testing.TB, dir string) []string {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(paths) == 0 {
		t.Fatalf("%s: no files", dir)
	}
	return paths
}

// compressors make the files of archives.
var compressors = map[string]func([]byte) []byte{
	".gz": func(b []byte) []byte {
		var out bytes.Buffer
		w, _ := gzip.NewWriterLevel(&out, 1)
		w.Write(b)
		w.Close()
		return out.Bytes()
	},
	".zst": func(b []byte) []byte {
		w, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
		return w.EncodeAll(b, nil)
	},
	".lz4": func(b []byte) []byte {
		var out bytes.Buffer
		w := lz4.NewWriter(&out)
		w.Write(b)
		w.Close()
		return out.Bytes()
	},
}
