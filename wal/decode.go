package wal

import (
	"walstats/record"
	"walstats/rmgr"
	"walstats/wal/desc"
)

// Offsets in a record's header (XLogRecord, src/include/access/xlogrecord.h).
const (
	totalAt    = 0
	xidAt      = 4
	prevAt     = 8
	infoAt     = 16
	managerAt  = 17
	switchInfo = 0x40 // of XLOG
)

// Ids that begin a part of a record's headers. Lower ones are block ids.
const (
	maxBlockID  = 32
	topXIDID    = 252
	originID    = 253
	mainLongID  = 254
	mainShortID = 255
)

// Bits of a block header's fork_flags.
const (
	forkMask      = 0x0F
	blockHasImage = 0x10
	blockHasData  = 0x20
	blockWillInit = 0x40
	blockSameRel  = 0x80
)

// Bits of an image's bimg_info.
const (
	imageHasHole    = 0x01
	imageCompressed = 0x02 // 9.5 to 14: with pglz
	imageApply10    = 0x04 // 10 to 14
	imageApply15    = 0x02
	imagePGLZ       = 0x04
	imageLZ4        = 0x08
	imageZstd       = 0x10
)

// A headers holds what the headers of a record sum up to.
type headers struct {
	size     int    // of all headers: where the data begins
	images   uint32 // bytes of images
	mainData uint32 // bytes of main data
	first    int    // where the relation and the number of the first block are; 0 without one
	fork     byte   // of the first block
}

// A decoded is a record with the lengths of its blocks' data. Its memory is used
// for one record after the other.
type decoded struct {
	desc.Record
	dataLengths [maxBlockID + 1]uint16 // of Blocks, in their order
}

// decode reads the headers of a record of total bytes and makes the checks of
// DecodeXLogRecord (src/backend/access/transam/xlogreader.c) in their order. p is
// the beginning of the record. If r is not nil, decode sets its TopXID and Origin,
// and appends the block references without their data to its Blocks.
//
// The result's code is 0, or that of the check that failed, or needMore if p is too
// short; p[:maxHeaders] never is. a to c are the numbers of the check's text.
func (l *layout) decode(p []byte, total int, r *decoded, h *headers) (code faultCode, a, b, c uint64) {
	*h = headers{}
	at, data := recordHeader, 0
	last, relation := -1, 0 // the last block id, and where its relation is
	for total-at > data {
		if at >= len(p) {
			return needMore, 0, 0, 0
		}
		id := p[at]
		at++
		if id > maxBlockID {
			size := 0
			switch {
			case id == mainShortID:
				size = 1
			case id == mainLongID:
				size = 4
			case id == originID:
				size = 2
			case id == topXIDID && l.topXID:
				size = 4
			default:
				return unknownID, uint64(id), 0, 0
			}
			if at+size > len(p) {
				return short(at+size, total), 0, 0, 0
			}
			switch id {
			case mainShortID:
				h.mainData = uint32(p[at])
			case mainLongID:
				h.mainData = le.Uint32(p[at:])
			case originID:
				if r != nil {
					r.Origin = le.Uint16(p[at:])
				}
			default:
				if r != nil {
					r.TopXID = le.Uint32(p[at:])
				}
			}
			at += size
			if id >= mainLongID {
				data += int(h.mainData)
				break // main data is always the last
			}
			continue
		}

		if int(id) <= last {
			return unorderedID, uint64(id), 0, 0
		}
		last = int(id)
		if at+3 > len(p) {
			return short(at+3, total), 0, 0, 0
		}
		fork, dataLength := p[at], int(le.Uint16(p[at+1:]))
		at += 3
		switch hasData := fork&blockHasData != 0; {
		case hasData && dataLength == 0:
			return dataMissing, 0, 0, 0
		case !hasData && dataLength != 0:
			return dataUnexpected, uint64(dataLength), 0, 0
		}
		data += dataLength

		var imageLength, holeOffset, holeLength uint16
		var info byte
		if fork&blockHasImage != 0 {
			if at+5 > len(p) {
				return short(at+5, total), 0, 0, 0
			}
			imageLength, holeOffset, info = le.Uint16(p[at:]), le.Uint16(p[at+2:]), p[at+4]
			at += 5
			compressed, hole := info&l.compressed != 0, info&imageHasHole != 0
			if !compressed {
				holeLength = uint16(record.BlockSize - int(imageLength))
			} else if hole {
				if at+2 > len(p) {
					return short(at+2, total), 0, 0, 0
				}
				holeLength = le.Uint16(p[at:])
				at += 2
			}
			data += int(imageLength)
			h.images += uint32(imageLength)
			switch {
			case hole && (holeOffset == 0 || holeLength == 0 || imageLength == record.BlockSize):
				return holeEmpty, uint64(holeOffset), uint64(holeLength), uint64(imageLength)
			case !hole && (holeOffset != 0 || holeLength != 0):
				return holeUnexpected, uint64(holeOffset), uint64(holeLength), 0
			case compressed && imageLength == record.BlockSize:
				return compressedWhole, uint64(imageLength), 0, 0
			case !hole && !compressed && imageLength != record.BlockSize:
				return imageCut, uint64(dataLength), 0, 0
			}
		}

		if fork&blockSameRel == 0 {
			if at+12 > len(p) {
				return short(at+12, total), 0, 0, 0
			}
			relation = at
			if h.first == 0 {
				h.first, h.fork = at, fork&forkMask
			}
			at += 12
		} else if relation == 0 {
			return noRelation, 0, 0, 0
		}
		if at+4 > len(p) {
			return short(at+4, total), 0, 0, 0
		}
		if fork&forkMask > byte(record.InitFork) {
			return unknownFork, uint64(fork & forkMask), 0, 0
		}
		if r != nil {
			r.dataLengths[len(r.Blocks)] = uint16(dataLength)
			r.Blocks = append(r.Blocks, desc.Block{
				ID: id, Fork: fork & forkMask, Flags: l.flags(fork, info), Method: l.method(fork, info),
				Tablespace: le.Uint32(p[relation:]), Database: le.Uint32(p[relation+4:]), Relation: le.Uint32(p[relation+8:]),
				Number:     le.Uint32(p[at:]),
				HoleOffset: holeOffset, HoleLength: holeLength, ImageLength: imageLength,
			})
		}
		at += 4
	}
	if total-at != data {
		return dataLengths, 0, 0, 0
	}
	h.size = at
	return 0, 0, 0, 0
}

// short returns the code for headers that end at end in a record of total bytes.
func short(end, total int) faultCode {
	if end > total {
		return dataLengths
	}
	return needMore
}

func (l *layout) flags(fork, info byte) (f desc.Flags) {
	if fork&blockHasData != 0 {
		f |= desc.HasData
	}
	if fork&blockWillInit != 0 {
		f |= desc.WillInit
	}
	if fork&blockSameRel != 0 {
		f |= desc.SameRel
	}
	if fork&blockHasImage != 0 {
		f |= desc.HasImage
		if info&imageHasHole != 0 {
			f |= desc.HasHole
		}
		if info&l.apply != 0 || l.alwaysApplied {
			f |= desc.Apply
		}
	}
	return f
}

// method returns how an image is compressed.
func (l *layout) method(fork, info byte) desc.Compression {
	switch {
	case fork&blockHasImage == 0 || info&l.compressed == 0:
		return desc.Plain
	case !l.methods || info&imagePGLZ != 0:
		return desc.PGLZ
	case info&imageLZ4 != 0:
		return desc.LZ4
	}
	return desc.Zstd
}

// set fills r with the header and the block references of a record. p is its
// beginning, of maxHeaders bytes or all. The record passed all checks.
func (r *decoded) set(l *layout, p []byte, lsn LSN) headers {
	r.Version, r.LSN, r.Prev = l.Version, lsn, LSN(le.Uint64(p[prevAt:]))
	r.Length, r.XID = le.Uint32(p[totalAt:]), le.Uint32(p[xidAt:])
	r.RMID, r.Info = rmgr.ID(p[managerAt]), p[infoAt]
	r.TopXID, r.Origin, r.Main, r.Blocks = 0, 0, nil, r.Blocks[:0]
	var h headers
	l.decode(p, int(r.Length), r, &h)
	return h
}

// setData makes the slices of r point into p, the whole record that set was called for.
func (r *decoded) setData(p []byte, h headers) {
	p = p[h.size:]
	for i := range r.Blocks {
		b := &r.Blocks[i]
		if b.Flags&desc.HasImage != 0 {
			b.Image, p = p[:b.ImageLength:b.ImageLength], p[b.ImageLength:]
		}
		if n := r.dataLengths[i]; n > 0 {
			b.Data, p = p[:n:n], p[n:]
		}
	}
	r.Main = p
}
