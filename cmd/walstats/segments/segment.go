// Package segments reads PostgreSQL's WAL by running pg_waldump over it, several at
// a time.
//
//	chain, err := segments.Open("/var/lib/postgresql/15/main/pg_wal", segments.Part{})
//	program, err := segments.Find("", chain.Version())
//	run := segments.Run{Chain: chain, Program: program, Workers: 2}
//	err = run.Do(ctx, func(ctx context.Context, pipes []string) error {
//		// read every pipe to its end, with read_waldump
//	})
//
// A folder of WAL holds segments: files of one size, of 1 MiB to 1 GiB, named after
// their timeline and number. A Chain is those that follow each other. It is cut at
// records that are the first to start in a segment, which the headers of WAL's pages
// tell; so pg_waldump, told to begin at one cut and to end at the next, prints every
// record exactly once, those that cross a segment's end too.
package segments

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"walstats/record"
)

// LSN is a place in WAL.
type LSN = record.LSN

// A segment is a file of WAL. Its number counts segments from WAL's beginning.
type segment struct {
	path     string
	timeline uint32
	number   uint64
	partial  bool // NAME.partial: the server had not finished it
	header   header
}

// A header is what the first page of a segment says of it.
type header struct {
	magic   uint16 // PostgreSQL's version: see Versions
	info    uint16
	address LSN    // of the page
	rest    uint32 // bytes of a record that began before the page
	// What only the long header at a segment's begin has.
	system      uint64 // the cluster
	segmentSize uint64
	pageSize    uint64
}

// The sizes of headers, and the flags in info.
const (
	shortHeader  = 24
	longHeader   = 40
	flagContinue = 1 // the page begins inside a record
	flagLong     = 2
)

// parseHeader reads a page's header. WAL is in the byte order of the machine that
// wrote it; pg_waldump reads its own alone.
func parseHeader(b []byte) header {
	order := binary.NativeEndian
	h := header{
		magic:   order.Uint16(b),
		info:    order.Uint16(b[2:]),
		address: LSN(order.Uint64(b[8:])),
		rest:    order.Uint32(b[16:]),
	}
	if len(b) >= longHeader && h.info&flagLong != 0 {
		h.system = order.Uint64(b[24:])
		h.segmentSize = uint64(order.Uint32(b[32:]))
		h.pageSize = uint64(order.Uint32(b[36:]))
	}
	return h
}

// size is how long the header itself is.
func (h header) size() uint64 {
	if h.info&flagLong != 0 {
		return longHeader
	}
	return shortHeader
}

// isWAL reports whether the header is that of a segment at all: files that the
// server has made ready are full of zeros.
func (h header) isWAL() bool {
	return h.magic>>12 == 0xD && h.info&flagLong != 0 &&
		within(h.segmentSize, 1<<20, 1<<30) && within(h.pageSize, 1<<10, 64<<10)
}

// within reports whether n is a power of two from low to high.
func within(n, low, high uint64) bool { return n&(n-1) == 0 && low <= n && n <= high }

// readHeader reads the header of a segment's file; that of an empty one is zero.
func readHeader(path string) (header, error) {
	file, err := os.Open(path)
	if err != nil {
		return header{}, err
	}
	defer file.Close()
	b := make([]byte, longHeader)
	if _, err := io.ReadFull(file, b); err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return header{}, nil
	} else if err != nil {
		return header{}, err
	}
	return parseHeader(b), nil
}

// segmentName is how PostgreSQL calls a segment's file: timeline, and the number in
// two parts of which the second counts up to 4 GiB.
func segmentName(timeline uint32, number, size uint64) string {
	perPart := uint64(1<<32) / size
	return fmt.Sprintf("%08X%08X%08X", timeline, number/perPart, number%perPart)
}

const nameLength = 24

// parseName takes a segment's name apart, as far as that goes without its size.
func parseName(name string) (timeline uint32, high, low uint64, partial, ok bool) {
	name, partial = strings.CutSuffix(name, ".partial")
	if !isHex(name, nameLength) {
		return 0, 0, 0, false, false
	}
	t, _ := strconv.ParseUint(name[:8], 16, 32)
	high, _ = strconv.ParseUint(name[8:16], 16, 32)
	low, _ = strconv.ParseUint(name[16:], 16, 32)
	return uint32(t), high, low, partial, true
}

// isHex reports whether text is n upper-case hexadecimal digits.
func isHex(text string, n int) bool {
	return len(text) == n && strings.Trim(text, "0123456789ABCDEF") == ""
}

// list finds the segments in a folder, in the order of their names. The number of
// one whose header is not WAL's comes from the size of the others; they must agree.
func list(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []segment
	size, packed := uint64(0), ""
	for _, entry := range entries {
		timeline, high, low, partial, ok := parseName(entry.Name())
		if !ok {
			if len(entry.Name()) > nameLength && isHex(entry.Name()[:nameLength], nameLength) && !strings.HasSuffix(entry.Name(), ".backup") {
				packed = entry.Name()
			}
			continue
		}
		s := segment{path: filepath.Join(dir, entry.Name()), timeline: timeline, number: high<<32 | low, partial: partial}
		if s.header, err = readHeader(s.path); err != nil {
			return nil, err
		}
		if s.header.isWAL() {
			if size == 0 {
				size = s.header.segmentSize
			}
			if s.header.segmentSize != size {
				return nil, fmt.Errorf("%s: has segments of %d bytes, others of the folder have %d: the WAL of two clusters; put each into a folder of its own", s.path, s.header.segmentSize, size)
			}
		}
		all = append(all, s)
	}
	switch {
	case len(all) == 0 && packed != "":
		return nil, fmt.Errorf("%s: no WAL segments, but files such as %s; unpack them first", dir, packed)
	case size == 0:
		return nil, fmt.Errorf("%s: no WAL segments; name a folder that has some, such as pg_wal in a data directory, or an archive", dir)
	}
	for i := range all {
		high, low := all[i].number>>32, all[i].number&(1<<32-1)
		all[i].number = high*(1<<32/size) + low
	}
	return all, nil
}
