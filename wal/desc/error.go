package desc

import (
	"fmt"

	"walstats/record"
	"walstats/rmgr"
)

// An Error says that a record's data does not hold what its type requires.
// pg_waldump checks nothing there and prints what lies after the record.
type Error struct {
	Version rmgr.Version
	RMID    rmgr.ID
	Info    byte
	LSN     record.LSN
	Block   bool   // the block data of block 0, else the main data
	Field   string // the field that does not fit
	Need    int    // bytes required up to the end of Field
	Have    int    // bytes there are
	Value   int64  // the field's value, where it fits and is not allowed
	Allowed string // the values that are; "" where bytes are missing
}

func (e *Error) Error() string {
	data := "main data"
	if e.Block {
		data = "block data"
	}
	who := fmt.Sprintf("%s %s at %s", e.Version.Name(e.RMID), e.Version.RecordType(e.RMID, e.Info), e.LSN)
	if e.Allowed != "" {
		return fmt.Sprintf("%s: %s of the %s must be %s, and is %d", who, e.Field, data, e.Allowed, e.Value)
	}
	return fmt.Sprintf("%s: %s requires %d bytes of %s, and there are %d", who, e.Field, e.Need, data, e.Have)
}
