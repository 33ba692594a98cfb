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
	at := -1
	switch r.RMID {
	case rmgr.Transaction:
		switch r.Info & xactCode {
		case xactCommit, xactAbort, xactCommitPrepared, xactAbortPrepared:
			at = 0
		case xactPrepare:
			if r.Version >= v13 {
				at = 16
			}
		}
	case rmgr.XLOG:
		switch r.Info & 0xF0 {
		case 0x90: // END_OF_RECOVERY
			at = 0
		case 0xD0: // OVERWRITE_CONTRECORD
			if r.Version >= v96 {
				at = 8
			}
		}
	}
	if at < 0 || len(r.Main) < at+8 {
		return 0, false
	}
	t := int64(binary.LittleEndian.Uint64(r.Main[at:]))
	if t > math.MaxInt64-epoch2000*microsOfSecond {
		return 0, false
	}
	return t + epoch2000*microsOfSecond, true
}
