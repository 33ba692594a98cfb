package extension

import "os"

// A Look is what the first bytes of a file tell.
type Look struct {
	Size        int64  // bytes on the disk
	Compression string // none, gzip, zstd or lz4
	CRLF        bool   // the first line ends in \r\n
	BOM         bool   // the text begins with UTF-8's byte order mark
}

// LookAt looks at the file at path, which is no pipe. Its errors are read_waldump's.
func LookAt(path string) (look Look, err error) {
	o := defaultOptions()
	d, err := openDump(nil, path, &o)
	if err != nil {
		return look, err
	}
	defer d.text.close()
	if err := d.lookAtFirstLine(o.maxRecordSize); err != nil {
		return look, err
	}
	look = Look{Compression: "none", CRLF: d.crlf, BOM: d.begin > 0}
	file, err := os.Open(path)
	if err != nil {
		return look, d.named(cause(err))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return look, d.named(cause(err))
	}
	look.Size = info.Size()
	head := make([]byte, longestMagic)
	n, _ := file.ReadAt(head, 0)
	if c := compressionOf(head[:n], o.compression); c != nil {
		look.Compression = c.name
	}
	return look, nil
}
