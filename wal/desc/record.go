package desc

import (
	"walstats/record"
	"walstats/rmgr"
)

// A Record is one decoded WAL record. The WAL reader fills it and uses it again
// for the next record; Main, Data and Image point into the reader's memory and
// are valid until then.
type Record struct {
	Version rmgr.Version
	LSN     record.LSN // of the record's first byte
	Prev    record.LSN // xl_prev, as stored
	Length  uint32     // xl_tot_len: the whole record, images included
	XID     uint32     // xl_xid; 0 for none
	TopXID  uint32     // id 252 (14 and later); 0 for none
	Origin  uint16     // replication origin, id 253; 0 for none
	RMID    rmgr.ID    // xl_rmid
	Info    byte       // xl_info, the low bits included
	Main    []byte     // main data, id 255 or 254
	Blocks  []Block    // in stored order, block ids ascending
}

// A Block is one block reference of a record.
type Block struct {
	ID         uint8 // 0 to 32
	Fork       uint8 // 0 main, 1 fsm, 2 vm, 3 init
	Flags      Flags
	Method     Compression // of the image
	Tablespace uint32
	Database   uint32
	Relation   uint32 // relfilenode
	Number     uint32 // block number

	// The image. All are zero without HasImage.
	HoleOffset  uint16
	HoleLength  uint16 // without compression: record.BlockSize - ImageLength
	ImageLength uint16 // bytes stored, bimg_len
	Image       []byte // the bytes as stored

	Data []byte // block data; only with HasData
}

// Flags are the facts about a block reference, the same in every version.
type Flags uint8

const (
	HasImage Flags = 1 << iota // fork_flags 0x10
	HasData                    // fork_flags 0x20
	WillInit                   // fork_flags 0x40
	SameRel                    // fork_flags 0x80
	HasHole                    // bimg_info 0x01
	Apply                      // the image is applied at replay: always in 9.5 and 9.6, bimg_info APPLY from 10
)

// Compression is the method that an image is stored with.
type Compression uint8

const (
	Plain Compression = iota
	PGLZ
	LZ4
	Zstd
	UnknownMethod // compressed, and no method that PostgreSQL 15 to 19 name
)

// String returns the name as pg_waldump -b prints it from 15 on.
func (c Compression) String() string {
	switch c {
	case PGLZ:
		return "pglz"
	case LZ4:
		return "lz4"
	case Zstd:
		return "zstd"
	}
	return "unknown"
}

// RecordLength returns the first of pg_waldump's two lengths: the record without
// its images.
func (r *Record) RecordLength() uint32 {
	n := r.Length
	for i := range r.Blocks {
		n -= uint32(r.Blocks[i].ImageLength)
	}
	return n
}
