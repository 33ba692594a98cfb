// Package rmgr knows PostgreSQL's resource managers and their record types, by
// version.
//
// Each WAL record belongs to a resource manager, an [ID] in its header. The upper
// half of the header's info byte is the record type. pg_waldump prints both as
// names:
//
//	rmgr: Heap        ... desc: INSERT+INIT off: 1, flags: 0x00
//	      xl_rmid 10            xl_info 0x80
//
// Names come, go and change their meaning from one major version to the next.
// [Version.Name] and [Version.RecordType] return what that version prints,
// [Versions] returns which versions print a name, and [Compare] orders names as
// pg_waldump --stats does.
//
// The tables follow src/include/access/rmgrlist.h and the rm_identify functions of
// src/backend/access/rmgrdesc of each version. To add a version, add it to
// version.go and give the record types that change a row here.
package rmgr

import (
	"strconv"
	"strings"
)

// An ID is the number of a resource manager, xl_rmid.
type ID uint8

// The built-in resource managers (src/include/access/rmgrlist.h).
const (
	XLOG ID = iota
	Transaction
	Storage
	CLOG
	Database
	Tablespace
	MultiXact
	RelMap
	Standby
	Heap2
	Heap
	Btree
	Hash
	Gin
	Gist
	Sequence
	SPGist
	BRIN
	CommitTs
	ReplicationOrigin
	Generic
	LogicalMessage
	XLOG2

	builtin = int(XLOG2) + 1
)

// Extensions register IDs from FirstCustom on, since PostgreSQL 15
// (RM_MIN_CUSTOM_ID, src/include/access/rmgr.h).
const FirstCustom ID = 128

// A recordType is a name of a value of the upper half of xl_info, in the versions
// from first to last.
type recordType struct {
	info        byte // xl_info >> 4
	name        string
	first, last Version // the zero value leaves that side open
}

// managers has the built-in resource managers by ID. The record types of one are
// in the order of their info; several names of one info have versions that do not
// overlap.
var managers = [builtin]struct {
	name  string
	first Version
	types []recordType
}{
	XLOG: {name: "XLOG", types: []recordType{
		{0x0, "CHECKPOINT_SHUTDOWN", 0, 0},
		{0x1, "CHECKPOINT_ONLINE", 0, 0},
		{0x2, "NOOP", 0, 0},
		{0x3, "NEXTOID", 0, 0},
		{0x4, "SWITCH", 0, 0},
		{0x5, "BACKUP_END", 0, 0},
		{0x6, "PARAMETER_CHANGE", 0, 0},
		{0x7, "RESTORE_POINT", 0, 0},
		{0x8, "FPW_CHANGE", 0, 0},
		{0x9, "END_OF_RECOVERY", 0, 0},
		{0xA, "FPI_FOR_HINT", 0, 0},
		{0xB, "FPI", 0, 0},
		{0xC, "ASSIGN_LSN", V19, 0},
		{0xD, "OVERWRITE_CONTRECORD", V96, 0}, // by minor releases of 2021; see WAL pages' flag
		{0xE, "CHECKPOINT_REDO", V17, 0},
		{0xF, "LOGICAL_DECODING_STATUS_CHANGE", V19, 0},
	}},
	Transaction: {name: "Transaction", types: []recordType{
		{0x0, "COMMIT", 0, 0},
		{0x1, "PREPARE", 0, 0},
		{0x2, "ABORT", 0, 0},
		{0x3, "COMMIT_PREPARED", 0, 0},
		{0x4, "ABORT_PREPARED", 0, 0},
		{0x5, "ASSIGNMENT", 0, 0},
		{0x6, "INVALIDATION", V14, 0},
	}},
	Storage: {name: "Storage", types: []recordType{
		{0x1, "CREATE", 0, 0},
		{0x2, "TRUNCATE", 0, 0},
	}},
	CLOG: {name: "CLOG", types: []recordType{
		{0x0, "ZEROPAGE", 0, 0},
		{0x1, "TRUNCATE", 0, 0},
	}},
	Database: {name: "Database", types: []recordType{
		{0x0, "CREATE", V95, V14},
		{0x0, "CREATE_FILE_COPY", V15, 0},
		{0x1, "CREATE_WAL_LOG", V15, 0},
		{0x1, "DROP", V95, V14},
		{0x2, "DROP", V15, 0},
	}},
	Tablespace: {name: "Tablespace", types: []recordType{
		{0x0, "CREATE", 0, 0},
		{0x1, "DROP", 0, 0},
	}},
	MultiXact: {name: "MultiXact", types: []recordType{
		{0x0, "ZERO_OFF_PAGE", 0, 0},
		{0x1, "ZERO_MEM_PAGE", 0, 0},
		{0x2, "CREATE_ID", 0, 0},
		{0x3, "TRUNCATE_ID", 0, 0},
	}},
	RelMap: {name: "RelMap", types: []recordType{
		{0x0, "UPDATE", 0, 0},
	}},
	Standby: {name: "Standby", types: []recordType{
		{0x0, "LOCK", 0, 0},
		{0x1, "RUNNING_XACTS", 0, 0},
		{0x2, "INVALIDATIONS", V96, 0},
	}},
	Heap2: {name: "Heap2", types: []recordType{
		{0x0, "REWRITE", 0, 0},
		{0x1, "CLEAN", V95, V13},
		{0x1, "PRUNE", V14, V16},
		{0x1, "PRUNE_ON_ACCESS", V17, 0},
		{0x2, "VACUUM", V14, V16},
		{0x2, "PRUNE_VACUUM_SCAN", V17, 0},
		{0x2, "FREEZE_PAGE", V95, V13},
		{0x3, "CLEANUP_INFO", V95, V13},
		{0x3, "FREEZE_PAGE", V14, V16},
		{0x3, "PRUNE_VACUUM_CLEANUP", V17, 0},
		{0x4, "VISIBLE", V95, V18},
		{0x5, "MULTI_INSERT", 0, 0},
		{0x6, "LOCK_UPDATED", 0, 0},
		{0x7, "NEW_CID", 0, 0},
		{0xD, "MULTI_INSERT+INIT", 0, 0},
	}},
	Heap: {name: "Heap", types: []recordType{
		{0x0, "INSERT", 0, 0},
		{0x1, "DELETE", 0, 0},
		{0x2, "UPDATE", 0, 0},
		{0x3, "TRUNCATE", V11, 0},
		{0x4, "HOT_UPDATE", 0, 0},
		{0x5, "HEAP_CONFIRM", 0, 0},
		{0x6, "LOCK", 0, 0},
		{0x7, "INPLACE", 0, 0},
		{0x8, "INSERT+INIT", 0, 0},
		{0xA, "UPDATE+INIT", 0, 0},
		{0xC, "HOT_UPDATE+INIT", 0, 0},
	}},
	Btree: {name: "Btree", types: []recordType{
		{0x0, "INSERT_LEAF", 0, 0},
		{0x1, "INSERT_UPPER", 0, 0},
		{0x2, "INSERT_META", 0, 0},
		{0x3, "SPLIT_L", 0, 0},
		{0x4, "SPLIT_R", 0, 0},
		{0x5, "SPLIT_L_ROOT", V95, V10},
		{0x5, "SPLIT_L_HIGHKEY", V11, V11},
		{0x5, "INSERT_POST", V13, 0},
		{0x6, "SPLIT_R_ROOT", V95, V10},
		{0x6, "SPLIT_R_HIGHKEY", V11, V11},
		{0x6, "DEDUP", V13, 0},
		{0x7, "DELETE", 0, 0},
		{0x8, "UNLINK_PAGE", 0, 0},
		{0x9, "UNLINK_PAGE_META", 0, 0},
		{0xA, "NEWROOT", 0, 0},
		{0xB, "MARK_PAGE_HALFDEAD", 0, 0},
		{0xC, "VACUUM", 0, 0},
		{0xD, "REUSE_PAGE", 0, 0},
		{0xE, "META_CLEANUP", V11, 0},
	}},
	Hash: {name: "Hash", types: []recordType{ // before 10, hash indexes are not logged
		{0x0, "INIT_META_PAGE", V10, 0},
		{0x1, "INIT_BITMAP_PAGE", V10, 0},
		{0x2, "INSERT", V10, 0},
		{0x3, "ADD_OVFL_PAGE", V10, 0},
		{0x4, "SPLIT_ALLOCATE_PAGE", V10, 0},
		{0x5, "SPLIT_PAGE", V10, 0},
		{0x6, "SPLIT_COMPLETE", V10, 0},
		{0x7, "MOVE_PAGE_CONTENTS", V10, 0},
		{0x8, "SQUEEZE_PAGE", V10, 0},
		{0x9, "DELETE", V10, 0},
		{0xA, "SPLIT_CLEANUP", V10, 0},
		{0xB, "UPDATE_META_PAGE", V10, 0},
		{0xC, "VACUUM_ONE_PAGE", V10, 0},
	}},
	Gin: {name: "Gin", types: []recordType{
		{0x0, "CREATE_INDEX", V95, V11},
		{0x1, "CREATE_PTREE", 0, 0},
		{0x2, "INSERT", 0, 0},
		{0x3, "SPLIT", 0, 0},
		{0x4, "VACUUM_PAGE", 0, 0},
		{0x5, "DELETE_PAGE", 0, 0},
		{0x6, "UPDATE_META_PAGE", 0, 0},
		{0x7, "INSERT_LISTPAGE", 0, 0},
		{0x8, "DELETE_LISTPAGE", 0, 0},
		{0x9, "VACUUM_DATA_LEAF_PAGE", 0, 0},
	}},
	Gist: {name: "Gist", types: []recordType{
		{0x0, "PAGE_UPDATE", 0, 0},
		{0x1, "DELETE", V12, 0},
		{0x2, "PAGE_REUSE", V12, 0},
		{0x3, "PAGE_SPLIT", 0, 0},
		{0x5, "CREATE_INDEX", V95, V11},
		{0x6, "PAGE_DELETE", V12, 0},
		{0x7, "ASSIGN_LSN", V13, V18},
	}},
	Sequence: {name: "Sequence", types: []recordType{
		{0x0, "LOG", 0, 0},
	}},
	SPGist: {name: "SPGist", types: []recordType{
		{0x0, "CREATE_INDEX", V95, V11},
		{0x1, "ADD_LEAF", 0, 0},
		{0x2, "MOVE_LEAFS", 0, 0},
		{0x3, "ADD_NODE", 0, 0},
		{0x4, "SPLIT_TUPLE", 0, 0},
		{0x5, "PICKSPLIT", 0, 0},
		{0x6, "VACUUM_LEAF", 0, 0},
		{0x7, "VACUUM_ROOT", 0, 0},
		{0x8, "VACUUM_REDIRECT", 0, 0},
	}},
	BRIN: {name: "BRIN", first: V95, types: []recordType{
		{0x0, "CREATE_INDEX", 0, 0},
		{0x1, "INSERT", 0, 0},
		{0x2, "UPDATE", 0, 0},
		{0x3, "SAMEPAGE_UPDATE", 0, 0},
		{0x4, "REVMAP_EXTEND", 0, 0},
		{0x5, "DESUMMARIZE", V10, 0},
		{0x9, "INSERT+INIT", 0, 0},
		{0xA, "UPDATE+INIT", 0, 0},
	}},
	CommitTs: {name: "CommitTs", first: V95, types: []recordType{
		{0x0, "ZEROPAGE", 0, 0},
		{0x1, "TRUNCATE", 0, 0},
		{0x2, "SETTS", V95, V13},
	}},
	ReplicationOrigin: {name: "ReplicationOrigin", first: V95, types: []recordType{
		{0x0, "SET", 0, 0},
		{0x1, "DROP", 0, 0},
	}},
	Generic: {name: "Generic", first: V96, types: []recordType{
		{0x0, "Generic", 0, 0}, // and every other info
	}},
	LogicalMessage: {name: "LogicalMessage", first: V96, types: []recordType{
		{0x0, "MESSAGE", 0, 0},
	}},
	XLOG2: {name: "XLOG2", first: V19, types: []recordType{
		{0x0, "CHECKSUMS", 0, 0},
	}},
}

// customNames has the names of IDs that extensions register.
var customNames = func() (names [256]string) {
	for id := int(FirstCustom); id < len(names); id++ {
		names[id] = "custom" + strconv.Itoa(id)
	}
	return names
}()

// unknownNames has the identifiers of info bytes without a name, by the byte.
var unknownNames = func() (names [256]string) {
	for info := range names {
		names[info] = "UNKNOWN (" + strconv.FormatInt(int64(info)&0xF0, 16) + ")"
	}
	return names
}()

// Valid reports whether the version's WAL reader accepts the ID (RmgrIdIsValid in
// src/include/access/rmgr.h).
func (v Version) Valid(id ID) bool {
	if int(id) < builtin {
		return v >= managers[id].first
	}
	return id >= FirstCustom && v >= V15
}

// Name returns the resource manager's name as the version prints it, "" if the ID
// is not valid. An extension's is custom and its number.
func (v Version) Name(id ID) string {
	switch {
	case !v.Valid(id):
		return ""
	case id >= FirstCustom:
		return customNames[id]
	}
	return managers[id].name
}

// ByName returns the resource manager that a name means in any version, in upper or
// lower case.
func ByName(name string) (id ID, ok bool) {
	for id := range 256 {
		if known := Last.Name(ID(id)); known != "" && strings.EqualFold(known, name) {
			return ID(id), true
		}
	}
	return 0, false
}

// RecordType returns the identifier of a record as the version prints it: that of
// rm_identify, or UNKNOWN and the upper half of info.
func (v Version) RecordType(id ID, info byte) string {
	if v >= V95 && int(id) < builtin {
		return identifiers[v][id][info]
	}
	return unknownNames[info]
}

// identifiers has the names of all info bytes, by version and ID.
var identifiers = func() (all [Last + 1][builtin][256]string) {
	for v := V95; v <= Last; v++ {
		for id := range ID(builtin) {
			for info := range 256 {
				all[v][id][info] = v.identify(id, byte(info))
			}
		}
	}
	return all
}()

// identify looks an identifier up.
func (v Version) identify(id ID, info byte) string {
	code := info >> 4
	switch id {
	case Transaction:
		code &= 7 // 0x80 is XLOG_XACT_HAS_INFO
	case CommitTs, ReplicationOrigin:
		if info&0x0F != 0 { // they compare the whole byte
			return unknownNames[info]
		}
	case Generic:
		return "Generic"
	}
	for _, t := range managers[id].types {
		if t.info == code && v >= t.first && (t.last == 0 || v <= t.last) {
			return t.name
		}
	}
	return unknownNames[info]
}
