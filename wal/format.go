package wal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"

	"walstats/record"
	"walstats/rmgr"
)

// LSN is a byte position in WAL.
type LSN = record.LSN

// A Format tells how the segments of one cluster are laid out. The long header of
// any segment's first page has it.
type Format struct {
	Version     rmgr.Version
	Magic       uint16 // of every page
	System      uint64 // the cluster
	SegmentSize uint32 // bytes, a power of two from 1 MiB to 1 GiB
	PageSize    uint32 // XLOG_BLCKSZ, a power of two from 1 KiB to 64 KiB
}

// Sizes of what PostgreSQL 9.5 to 19 write.
const (
	shortHeader  = 24 // of a page
	longHeader   = 40 // of a segment's first page
	recordHeader = 24
	maxHeaders   = recordHeader + 33*27 + 3 + 5 + 5 // of a record with all the block headers there can be

	minSegment, maxSegment = 1 << 20, 1 << 30
	minPage, maxPage       = 1 << 10, 64 << 10

	align = 8 // of records
)

// aligned returns n rounded up to where a record may start.
func aligned[T int | LSN](n T) T { return (n + align - 1) &^ (align - 1) }

// The bits of xlp_info.
const (
	flagContinued = 0x0001 // the page begins with the rest of a record
	flagLong      = 0x0002 // the page has the long header
)

// versionOf returns the version that writes pages with that magic.
func versionOf(magic uint16) (rmgr.Version, bool) {
	v, known := rmgr.VersionOf(magic)
	return v, known && v >= rmgr.V95
}

// Format returns the layout that a segment's first page states. It is an error if
// the page is not one, or is of a server that is not known.
func (h *PageHeader) Format() (Format, error) {
	v, known := versionOf(h.Magic)
	switch swapped := bits.ReverseBytes16(h.Magic); {
	case known:
	case h.Magic == 0:
		return Format{}, &FormatError{Field: "xlp_magic", Found: "0000", Hint: "the file was prepared for WAL and has none yet; read the segments before it"}
	case isMagic(swapped):
		return Format{}, &FormatError{Field: "xlp_magic", Found: fmt.Sprintf("%04X, the bytes of %04X swapped", h.Magic, swapped), Hint: "a big-endian server wrote it; read it with that server's pg_waldump"}
	case h.Magic == rmgr.V93.Magic() || h.Magic == rmgr.V94.Magic():
		old, _ := rmgr.VersionOf(h.Magic)
		return Format{}, &FormatError{Field: "xlp_magic", Found: fmt.Sprintf("%04X, PostgreSQL %v", h.Magic, old), Hint: "its records have another form; read the text of its pg_xlogdump"}
	case h.Magic>>8 >= 0xD0 && h.Magic>>8 <= 0xD2:
		return Format{}, &FormatError{Field: "xlp_magic", Found: fmt.Sprintf("%04X", h.Magic), Hint: "an unknown version of PostgreSQL wrote it; known are 9.5 to 19; use a later release of walstats, or that version's pg_waldump and read_waldump"}
	default:
		return Format{}, &FormatError{Field: "xlp_magic", Found: fmt.Sprintf("%04X", h.Magic), Hint: "the file is not a WAL segment"}
	}
	if h.Info&flagLong == 0 {
		return Format{}, &FormatError{Field: "xlp_info", Found: fmt.Sprintf("%04X, without the long header's bit", h.Info), Hint: "the file does not begin where a segment does"}
	}
	if !isPowerOfTwo(h.SegmentSize, minSegment, maxSegment) {
		return Format{}, &FormatError{Field: "xlp_seg_size", Found: fmt.Sprint(h.SegmentSize), Hint: "a segment has a power of two of bytes from 1 MiB to 1 GiB"}
	}
	if !isPowerOfTwo(h.PageSize, minPage, maxPage) {
		return Format{}, &FormatError{Field: "xlp_xlog_blcksz", Found: fmt.Sprint(h.PageSize), Hint: "a page of WAL has a power of two of bytes from 1 KiB to 64 KiB"}
	}
	return Format{v, h.Magic, h.System, h.SegmentSize, h.PageSize}, nil
}

func isMagic(magic uint16) bool {
	_, known := versionOf(magic)
	return known
}

func isPowerOfTwo(n, low, high uint32) bool { return n&(n-1) == 0 && low <= n && n <= high }

// A FormatError says why a file's first page is not the first page of a segment.
type FormatError struct {
	Path  string // of the file; empty if the header was read by itself
	Field string // of the page header
	Found string
	Hint  string
}

func (e *FormatError) Error() string {
	text := fmt.Sprintf("%s is %s: %s", e.Field, e.Found, e.Hint)
	if e.Path != "" {
		text = e.Path + ": " + text
	}
	return text
}

// A layout holds a Format and what the reading loops ask of it.
type layout struct {
	Format
	pageSize    int // of WAL
	pageMask    int // offset in a page
	infoBits    uint16
	overwritten uint16 // the page begins with a record that replaces the one that began before
	managers    [256]bool

	topXID             bool // id 252 is known
	compressed, apply  byte // bits of bimg_info
	alwaysApplied      bool // images have no APPLY bit
	methods            bool // the bits say which compression
	switchMask         byte // of xl_info, for SWITCH
	timelineInMessages bool
}

func newLayout(f Format) *layout {
	v := f.Version
	l := &layout{Format: f, pageSize: int(f.PageSize), pageMask: int(f.PageSize) - 1}
	l.infoBits, l.overwritten = 0x000F, 0x0008
	switch {
	case f.Magic >= 0xD11C:
		l.infoBits, l.overwritten = 0x0007, 0x0004
	case v == rmgr.V95:
		l.infoBits, l.overwritten = 0x0007, 0
	}
	for id := range l.managers {
		l.managers[id] = v.Valid(rmgr.ID(id))
	}
	l.topXID = v >= rmgr.V14
	switch {
	case v >= rmgr.V15:
		l.compressed, l.apply, l.methods = imagePGLZ|imageLZ4|imageZstd, imageApply15, true
	case v >= rmgr.V10:
		l.compressed, l.apply = imageCompressed, imageApply10
	default:
		l.compressed, l.alwaysApplied = imageCompressed, true
	}
	l.switchMask = 0xF0
	if v < rmgr.V10 {
		l.switchMask = 0xFF
	}
	l.timelineInMessages = v >= rmgr.V13
	return l
}

// pageOf returns the beginning of the page that lsn is on.
func (l *layout) pageOf(lsn LSN) LSN { return lsn &^ LSN(l.pageMask) }

// segmentOf returns the number of the segment that lsn is in.
func (f *Format) segmentOf(lsn LSN) uint64 { return uint64(lsn) / uint64(f.SegmentSize) }

// segmentEnd returns where the segment that holds lsn ends; lsn itself at the
// beginning of one.
func (f *Format) segmentEnd(lsn LSN) LSN {
	size := LSN(f.SegmentSize)
	return (lsn + size - 1) &^ (size - 1)
}

// headerSize returns the size of a page's header, which the page itself tells.
func headerSize(page []byte) int {
	if le.Uint16(page[2:])&flagLong != 0 {
		return longHeader
	}
	return shortHeader
}

var (
	le         = binary.LittleEndian
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// A record's CRC covers its bytes after the header, then the header without the CRC.
const crcAt = 20

func checksum(crc uint32, data []byte) uint32 { return crc32.Update(crc, castagnoli, data) }
