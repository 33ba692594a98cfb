package extension

import (
	"strings"

	"walstats/rmgr"
	"walstats/wal/desc"
)

// A sumCode has what the type of a record is told by: its resource manager, and the upper half
// of its info.
type sumCode uint16

func codeOf(id rmgr.ID, info byte) sumCode { return sumCode(id)<<4 | sumCode(info)>>4 }

func (c sumCode) split() (id rmgr.ID, info byte) { return rmgr.ID(c >> 4), byte(c) << 4 }

// A typeFacts has what sums need to know of a type of records.
type typeFacts uint8

const (
	mayHaveTime typeFacts = 1 << iota
	tells                 // by its text more than its sums
	inits                 // sets up the page that it names
	ends                  // the transaction of its xid
	onlyTime              // is what the text of such an end tells
	assigns               // subtransactions to a transaction
	inPlace               // changes a row without a new version of it
)

// factsOfTypes returns the facts of all types of a version.
func factsOfTypes(v rmgr.Version) (all [1 << 12]typeFacts) {
	for c := range all {
		id, info := sumCode(c).split()
		f, recordType := &all[c], v.RecordType(id, info)
		if desc.XactTimeAt(v, id, info) >= 0 {
			*f |= mayHaveTime
		}
		if tellsMore(id, recordType) {
			*f |= tells
		}
		if is, more := desc.EndsTransaction(id, info); is {
			if *f |= ends; !more {
				*f |= onlyTime
			}
		}
		if strings.HasSuffix(recordType, "+INIT") {
			*f |= inits
		}
		if id == rmgr.Heap && recordType == inPlaceType {
			*f |= inPlace
		}
		if desc.IsAssignment(id, info) {
			*f |= assigns
		}
	}
	return all
}

// Record types, as every version names them: of a transaction that committed, of the images
// that XLOG writes by themselves, and of a row that is overwritten.
const (
	commitType    = "COMMIT"
	imageType     = "FPI"
	hintImageType = "FPI_FOR_HINT"
	inPlaceType   = "INPLACE"
)

func tellsMore(id rmgr.ID, recordType string) bool {
	switch id {
	case rmgr.Transaction, rmgr.Storage, rmgr.Database, rmgr.Tablespace:
		return true
	case rmgr.XLOG:
		return recordType != imageType && recordType != hintImageType
	}
	return false
}
