package wal

import (
	"fmt"

	"walstats/rmgr"
)

// A faultCode names the check that failed.
type faultCode uint8

const (
	noFault faultCode = iota

	// Pages. at is the page.
	pageMagic       // a: found
	pageInfo        // a: found
	pageSystem      // a: found
	pageSegmentSize // a: found
	pageBlockSize   // a: found
	pageAddress     // a: found
	pageTimeline    // a: found, b: before

	// Records. at is the record.
	recordOffset    // a: found, b: required
	continuedPage   // a record should start where another one goes on
	recordLength    // a: found
	unknownManager  // a: found
	prevLink        // a: found, b: required
	recordTooLong   // a: its length, b: what is allowed
	notContinued    // b: the page
	restLength      // a: found, b: required
	wrongChecksum   // a: computed, b: stored
	unorderedID     // a: id
	dataMissing     //
	dataUnexpected  // a: length
	holeEmpty       // a: offset, b: length, c: length of the image
	holeUnexpected  // a: offset, b: length
	compressedWhole // a: length of the image
	imageCut        // a: length of the data
	noRelation      //
	unknownID       // a: id
	dataLengths     //
	unknownFork     // a: fork
	overwritten     // the record was never finished; the next one is on the page that should go on with it
	needMore        // decode alone: its bytes do not suffice

	// Input. at is where it cannot be read.
	missingSegment   // no file
	shortSegment     // a: bytes found of the page
	decompressFailed // err
	readFailed       // err
	endReached       // the cursor's end
)

// A fault is a check that failed. It allocates nothing: many are found in pages that
// no record leads to.
type fault struct {
	code    faultCode
	at      LSN
	a, b, c uint64
	err     error
}

func (f *fault) found() bool { return f.code != noFault }

// messageLSN returns at as messages of the version print it.
func messageLSN(v rmgr.Version, at LSN) string {
	if v >= rmgr.V19 {
		return at.String()
	}
	return string(at.AppendShort(nil))
}

func (l *layout) text(at LSN) string { return messageLSN(l.Version, at) }

// segmentName returns the name that messages of the version give the segment.
func (l *layout) segmentName(timeline uint32, at LSN) string {
	if !l.timelineInMessages {
		timeline = 0
	}
	return SegmentName(timeline, l.segmentOf(at), l.SegmentSize)
}

// message returns the text of the version's pg_waldump for f
// (src/backend/access/transam/xlogreader.c), without what it puts before it. timeline is that of
// the files that are read; last is the record that was read last, 0 for none.
func (l *layout) message(f *fault, timeline uint32, last LSN) string {
	v := l.Version
	page := func(format string, args ...any) string {
		text := fmt.Sprintf(format, args...)
		offset := uint32(f.at) & (l.SegmentSize - 1)
		if v < rmgr.V16 {
			return fmt.Sprintf("%s in log segment %s, offset %d", text, l.segmentName(timeline, f.at), offset)
		}
		return fmt.Sprintf("%s in WAL segment %s, LSN %s, offset %d", text, l.segmentName(timeline, f.at), l.text(f.at), offset)
	}
	at := l.text(f.at)
	// DecodeXLogRecord names the record before, from 15 on.
	decoding := at
	if v >= rmgr.V15 {
		decoding = l.text(last)
	}
	compressed := "BKPIMAGE_COMPRESSED"
	if v < rmgr.V15 {
		compressed = "BKPIMAGE_IS_COMPRESSED"
	}
	switch f.code {
	case pageMagic:
		return page("invalid magic number %04X", f.a)
	case pageInfo:
		return page("invalid info bits %04X", f.a)
	case pageSystem:
		return fmt.Sprintf("WAL file is from different database system: WAL file database system identifier is %d, pg_control database system identifier is %d", f.a, l.System)
	case pageSegmentSize:
		if v <= rmgr.V10 {
			return "WAL file is from different database system: incorrect XLOG_SEG_SIZE in page header"
		}
		return "WAL file is from different database system: incorrect segment size in page header"
	case pageBlockSize:
		return "WAL file is from different database system: incorrect XLOG_BLCKSZ in page header"
	case pageAddress:
		return page("unexpected pageaddr %s", l.text(LSN(f.a)))
	case pageTimeline:
		return page("out-of-sequence timeline ID %d (after %d)", f.a, f.b)
	case recordOffset:
		if v >= rmgr.V16 {
			return fmt.Sprintf("invalid record offset at %s: expected at least %d, got %d", at, f.b, f.a)
		}
		return "invalid record offset at " + at
	case continuedPage:
		return "contrecord is requested by " + at
	case recordLength:
		switch {
		case v < rmgr.V96:
			return "invalid record length at " + at
		case v < rmgr.V16:
			return fmt.Sprintf("invalid record length at %s: wanted %d, got %d", at, recordHeader, f.a)
		}
		return fmt.Sprintf("invalid record length at %s: expected at least %d, got %d", at, recordHeader, f.a)
	case unknownManager:
		return fmt.Sprintf("invalid resource manager ID %d at %s", f.a, at)
	case prevLink:
		return fmt.Sprintf("record with incorrect prev-link %s at %s", l.text(LSN(f.a)), at)
	case recordTooLong:
		return fmt.Sprintf("record length %d at %s too long", f.a, at)
	case notContinued:
		return "there is no contrecord flag at " + at
	case restLength:
		if v < rmgr.V14 {
			return fmt.Sprintf("invalid contrecord length %d at %s", f.a, at)
		}
		return fmt.Sprintf("invalid contrecord length %d (expected %d) at %s", f.a, f.b, at)
	case wrongChecksum:
		return "incorrect resource manager data checksum in record at " + at
	case unorderedID:
		return fmt.Sprintf("out-of-order block_id %d at %s", f.a, decoding)
	case dataMissing:
		return "BKPBLOCK_HAS_DATA set, but no data included at " + decoding
	case dataUnexpected:
		return fmt.Sprintf("BKPBLOCK_HAS_DATA not set, but data length is %d at %s", f.a, decoding)
	case holeEmpty:
		return fmt.Sprintf("BKPIMAGE_HAS_HOLE set, but hole offset %d length %d block image length %d at %s", f.a, f.b, f.c, decoding)
	case holeUnexpected:
		return fmt.Sprintf("BKPIMAGE_HAS_HOLE not set, but hole offset %d length %d at %s", f.a, f.b, decoding)
	case compressedWhole:
		return fmt.Sprintf("%s set, but block image length %d at %s", compressed, f.a, decoding)
	case imageCut:
		return fmt.Sprintf("neither BKPIMAGE_HAS_HOLE nor %s set, but block image length is %d at %s", compressed, f.a, decoding)
	case noRelation:
		return "BKPBLOCK_SAME_REL set but no previous rel at " + decoding
	case unknownID:
		return fmt.Sprintf("invalid block_id %d at %s", f.a, decoding)
	case unknownFork:
		return fmt.Sprintf("invalid fork number %d at %s", f.a, decoding) // PostgreSQL does not check it
	case dataLengths:
		return "record with invalid length at " + decoding
	case missingSegment:
		return fmt.Sprintf("could not find file %q: No such file or directory", SegmentName(timeline, l.segmentOf(f.at), l.SegmentSize))
	case shortSegment:
		name := SegmentName(timeline, l.segmentOf(f.at), l.SegmentSize)
		if v >= rmgr.V17 {
			name = `"` + name + `"`
		}
		// After the bytes that are there, WALRead reads again, and gets none.
		return fmt.Sprintf("could not read from file %s, offset %d: read 0 of %d", name, uint64(f.at)&uint64(l.SegmentSize-1)+f.a, uint64(l.PageSize)-f.a)
	case decompressFailed, readFailed:
		return f.err.Error()
	}
	return ""
}
