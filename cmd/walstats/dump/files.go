package dump

import (
	"io"
	"os"

	"walstats/extension/source"
	"walstats/wal"
)

// onDisk opens segments and history files.
type onDisk struct{}

func (onDisk) Open(path string) (wal.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var head [4]byte
	n, _ := file.ReadAt(head[:], 0)
	compression := source.CompressionOf(head[:n])
	if compression == "none" {
		compression = ""
	}
	return &diskFile{file, path, compression}, nil
}

type diskFile struct {
	*os.File
	path        string
	compression string
}

func (f *diskFile) Compression() string { return f.compression }

func (f *diskFile) Unpack() (io.ReadCloser, error) {
	from, err := source.Open(nil, f.path, f.compression)
	if err != nil {
		return nil, err
	}
	return &unpacked{from: from}, nil
}

// unpacked reads a compressed file from its beginning.
type unpacked struct {
	from source.Source
	at   int64
}

func (u *unpacked) Read(p []byte) (n int, err error) {
	n, last, err := u.from.Read(p, u.at, 1)
	u.at += int64(n)
	u.from.Release(u.at)
	if err == nil && n == 0 && last {
		err = io.EOF
	}
	return n, err
}

func (u *unpacked) Close() error {
	u.from.Close()
	return nil
}
