package extension

import (
	"walstats/extension/source"
)

// A FileInfo has what the first bytes of a file tell.
type FileInfo struct {
	Size        int64  // bytes on the disk
	Compression string // none, gzip, zstd or lz4
	CRLF        bool   // the first line ends in \r\n
	BOM         bool   // the text begins with UTF-8's byte order mark
}

// ReadFileInfo reads the first line of the file at path, which is not a pipe. Its errors are
// read_waldump's.
func ReadFileInfo(path string) (info FileInfo, err error) {
	o := defaultOptions()
	d, err := openDump(nil, path, &o)
	if err != nil {
		return info, err
	}
	defer d.Close()
	if err := d.readFirstLines(); err != nil {
		return info, err
	}
	disk, err := source.Stat(path)
	return FileInfo{Size: disk.Size, Compression: d.Compression(), CRLF: d.crlf, BOM: d.begin > 0}, err
}
