package desc

import (
	"encoding/binary"
	"math"

	"walstats/rmgr"
)

// XactTime returns the record's own time in microseconds since 1970, for the records
// whose text has one: COMMIT, ABORT and their PREPARED forms, PREPARE from 13 on,
// END_OF_RECOVERY and OVERWRITE_CONTRECORD. It is the record's eight bytes; no zone
// takes part.
func XactTime(r *Record) (micros int64, ok bool) {
	return TimeIn(r.Main, XactTimeAt(r.Version, r.RMID, r.Info))
}

// XactTimeAt returns where such a record has its time in its main data; -1 for others.
func XactTimeAt(v rmgr.Version, id rmgr.ID, info byte) int {
	switch id {
	case rmgr.Transaction:
		switch info & xactCode {
		case xactCommit, xactAbort, xactCommitPrepared, xactAbortPrepared:
			return 0
		case xactPrepare:
			if v >= v13 {
				return 16
			}
		}
	case rmgr.XLOG:
		switch info & 0xF0 {
		case 0x90: // END_OF_RECOVERY
			return 0
		case 0xD0: // OVERWRITE_CONTRECORD
			if v >= v96 {
				return 8
			}
		}
	}
	return -1
}

// TimeIn returns the time at such a place of main data.
func TimeIn(main []byte, at int) (micros int64, ok bool) {
	if at < 0 || len(main) < at+8 {
		return 0, false
	}
	t := int64(binary.LittleEndian.Uint64(main[at:]))
	if t > math.MaxInt64-epoch2000*microsOfSecond {
		return 0, false
	}
	return t + epoch2000*microsOfSecond, true
}
