// Package extension has the SQL functions. Each of them is a [table] with columns,
// options and an input:
//
//	read_wal, read_wal_blocks, read_wal_rejects     segments, read by package wal
//	read_wal_relations, read_wal_sums, wal_stats,
//	wal_segments, wal_compression
//	read_waldump, read_waldump_blocks,              pg_waldump's text, read by package
//	read_waldump_rejects, waldump_stats,            parser
//	waldump_lines
//
// The functions of both readers share columns, options and statistics. Package source
// finds and opens files, and package scan joins a reader with DuckDB's vectors. This is
// the only package that knows a reader and DuckDB at the same time.
package extension

import (
	"strings"

	"walstats/cshim"
	"walstats/wal"
)

// tables returns the table functions.
func tables() []tableFunction {
	return []tableFunction{
		&readWaldump, &readWaldumpBlocks, &readWaldumpRejects, &waldumpStats, &waldumpLines,
		&readWAL, &readWALBlocks, &readWALRejects, &readWALRelations, &readWALSums, &walStats, &walCompression, &walSegments,
	}
}

// Functions returns the names of the table functions. A function's errors begin with its
// name and a colon.
func Functions() (names []string) {
	for _, t := range tables() {
		names = append(names, t.function())
	}
	return names
}

// Register makes everything the extension has known to a database.
func Register(c *cshim.Conn) error {
	if err := registerLSN(c); err != nil {
		return err
	}
	for _, t := range tables() {
		if err := t.register(c); err != nil {
			return err
		}
	}
	if err := registerBlockRefs(c); err != nil {
		return err
	}
	return registerReplacementScan(c)
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
