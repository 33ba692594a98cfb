// Package extension is read_waldump and its siblings: files become blocks of
// text, and blocks become rows of DuckDB.
//
// It knows DuckDB only through cshim and the format only through parser; here,
// and nowhere else, the bytes of a dump meet the vectors of a query.
package extension

import (
	"strings"

	"walstats/cshim"
	"walstats/wal"
)

// Register makes everything the extension has known to a database.
func Register(c *cshim.Conn) error {
	for _, register := range []func(*cshim.Conn) error{
		registerLSN,
		readWaldump.register,
		readWaldumpBlocks.register,
		readWaldumpRejects.register,
		waldumpStats.register,
		waldumpLines.register,
		readWAL.register,
		readWALBlocks.register,
		readWALRejects.register,
		walStats.register,
		walSegments.register,
		registerBlockRefs,
		registerReplacementScan,
	} {
		if err := register(c); err != nil {
			return err
		}
	}
	return nil
}

// registerReplacementScan makes FROM 'wal.waldump' read the file, compressed or not,
// or the files that a pattern of such names matches; and FROM the name of a segment.
func registerReplacementScan(c *cshim.Conn) error {
	endings := []string{".waldump", ".waldump.gz", ".waldump.zst", ".waldump.lz4"}
	return c.RegisterReplacementScan(func(name string) (string, []string, bool) {
		if n := wal.ParseFileName(name[strings.LastIndexByte(name, '/')+1:]); n.Kind == wal.SegmentFile {
			return readWAL.name, []string{name}, true
		}
		for _, ending := range endings {
			if strings.HasSuffix(strings.ToLower(name), ending) {
				return readWaldump.name, []string{name}, true
			}
		}
		return "", nil, false
	})
}
