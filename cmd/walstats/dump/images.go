package dump

import (
	"fmt"
	"os"
	"path/filepath"

	"walstats/record"
	"walstats/wal"
	"walstats/wal/desc"
)

// images writes full-page images to files, as --save-fullpage does.
type images struct {
	folder string
	wal.Images
	page []byte
}

// makeFolder makes the folder of images. It must be empty if it is there.
func makeFolder(path string) error {
	entries, err := os.ReadDir(path)
	switch {
	case os.IsNotExist(err):
		if err := os.MkdirAll(path, 0o777); err != nil {
			return fatal("could not create directory \"%s\": %s", path, reason(err))
		}
		return nil
	case err != nil:
		return fatal("could not access directory \"%s\": %s", path, reason(err))
	case len(entries) > 0:
		return fatal("directory \"%s\" exists but is not empty", path)
	}
	return nil
}

// save writes the images of a record, a file each.
func (m *images) save(set *wal.Set, r *desc.Record) (err error) {
	for i := range r.Blocks {
		b := &r.Blocks[i]
		if b.Flags&desc.HasImage == 0 {
			continue
		}
		if m.page, err = m.AppendPage(m.page[:0], r, i); err != nil {
			return fatal("%s", err.Error())
		}
		timeline := set.History.Segment(uint64(r.LSN)/uint64(set.SegmentSize), set.SegmentSize)
		name := fmt.Sprintf("%08X-%08X-%08X.%d.%d.%d.%d_%s", timeline, uint32(r.LSN>>32), uint32(r.LSN),
			b.Tablespace, b.Database, b.Relation, b.Number, record.ForkNames[b.Fork])
		path := filepath.Join(m.folder, name)
		if err := os.WriteFile(path, m.page, 0o666); err != nil {
			return fatal("could not write file \"%s\": %s", path, reason(err))
		}
	}
	return nil
}
