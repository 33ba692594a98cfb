package dump

import (
	"walstats/extension/source"
	"walstats/wal"
)

// onDisk opens segments and history files.
type onDisk struct{}

func (onDisk) Open(path string) (wal.File, error) {
	file, err := source.OpenRandom(nil, path, "auto")
	if err != nil {
		return nil, err
	}
	return walFile{file}, nil
}

type walFile struct{ *source.RandomFile }

// Compression returns the name of the compression; see [wal.File].
func (f walFile) Compression() string {
	if name := f.RandomFile.Compression(); name != "none" {
		return name
	}
	return ""
}
