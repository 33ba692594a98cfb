package wal

import (
	"fmt"
	"strconv"
	"strings"
)

// SegmentName returns the name that PostgreSQL gives a segment: its timeline, then
// its number in two parts of which the second counts up to 4 GiB.
func SegmentName(timeline uint32, number uint64, size uint32) string {
	perPart := uint64(1<<32) / uint64(size)
	return fmt.Sprintf("%08X%08X%08X", timeline, number/perPart, number%perPart)
}

// A FileName holds what a file's name tells of it.
type FileName struct {
	Kind      FileKind
	Timeline  uint32
	High, Low uint32 // the two parts of a segment's number; see Number
	Partial   bool   // .partial: the server had not finished the segment
}

// A FileKind tells what a file of an archive holds.
type FileKind uint8

const (
	OtherFile   FileKind = iota
	SegmentFile          // WAL
	HistoryFile          // where a timeline came from
)

// Number returns the segment's number, counted from WAL's beginning. ok is false if
// a cluster with segments of that size has no such name.
func (n *FileName) Number(size uint32) (number uint64, ok bool) {
	perPart := uint64(1<<32) / uint64(size)
	return uint64(n.High)*perPart + uint64(n.Low), uint64(n.Low) < perPart
}

const (
	segmentNameLength  = 24
	timelineNameLength = 8
	sha1Length         = 40
)

// suffixes has what programs that compress segments append to names. The content decides how
// to read a file, not its name.
var suffixes = []string{".gz", ".zst", ".lz4", ".bz2", ".xz", ".br", ".lzo", ".lzma"}

// ParseFileName reads the name of a file, without its folder, as PostgreSQL,
// pg_receivewal (SEGMENT.gz.partial), pgBackRest (SEGMENT.partial-SHA1.gz), Barman and
// WAL-G write it.
func ParseFileName(name string) (n FileName) {
	name = withoutCompression(name)
	if segment, sum, found := strings.Cut(name, "-"); found && len(sum) == sha1Length && strings.Trim(sum, "0123456789abcdef") == "" {
		name = segment
	}
	if name, n.Partial = strings.CutSuffix(name, ".partial"); n.Partial {
		name = withoutCompression(name)
	}
	switch timeline, isHistory := strings.CutSuffix(name, ".history"); {
	case isHistory && isHex(timeline, timelineNameLength) && !n.Partial:
		return FileName{Kind: HistoryFile, Timeline: hex32(timeline)}
	case !isHex(name, segmentNameLength):
		return FileName{}
	}
	n.Kind = SegmentFile
	n.Timeline, n.High, n.Low = hex32(name[:8]), hex32(name[8:16]), hex32(name[16:])
	return n
}

func withoutCompression(name string) string {
	for _, suffix := range suffixes {
		if bare, found := strings.CutSuffix(name, suffix); found {
			return bare
		}
	}
	return name
}

// isHex reports whether text is n upper-case hexadecimal digits.
func isHex(text string, n int) bool {
	return len(text) == n && strings.Trim(text, "0123456789ABCDEF") == ""
}

func hex32(digits string) uint32 {
	n, _ := strconv.ParseUint(digits, 16, 32)
	return uint32(n)
}
