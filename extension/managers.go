package extension

import (
	"cmp"
	"strconv"
	"strings"
)

// recordTypes are PostgreSQL's resource managers in the order of their ids
// (src/include/access/rmgrlist.h), and the record types of each in the order of
// their info bits, whose upper four are the digit before the name
// (src/backend/access/rmgrdesc/*desc.c). A digit that meant different things in
// different versions has all of them; the text does not say which version
// wrote it.
const recordTypes = `
XLOG 0CHECKPOINT_SHUTDOWN 1CHECKPOINT_ONLINE 2NOOP 3NEXTOID 4SWITCH 5BACKUP_END 6PARAMETER_CHANGE 7RESTORE_POINT 8FPW_CHANGE 9END_OF_RECOVERY aFPI_FOR_HINT bFPI cASSIGN_LSN dOVERWRITE_CONTRECORD eCHECKPOINT_REDO fLOGICAL_DECODING_STATUS_CHANGE
Transaction 0COMMIT 1PREPARE 2ABORT 3COMMIT_PREPARED 4ABORT_PREPARED 5ASSIGNMENT 6INVALIDATION
Storage 1CREATE 2TRUNCATE
CLOG 0ZEROPAGE 1TRUNCATE
Database 0CREATE 0CREATE_FILE_COPY 1CREATE_WAL_LOG 1DROP 2DROP
Tablespace 0CREATE 1DROP
MultiXact 0ZERO_OFF_PAGE 1ZERO_MEM_PAGE 2CREATE_ID 3TRUNCATE_ID
RelMap 0UPDATE
Standby 0LOCK 1RUNNING_XACTS 2INVALIDATIONS
Heap2 0REWRITE 1CLEAN 1PRUNE 1PRUNE_ON_ACCESS 2VACUUM 2PRUNE_VACUUM_SCAN 2FREEZE_PAGE 3CLEANUP_INFO 3PRUNE_VACUUM_CLEANUP 4VISIBLE 5MULTI_INSERT 6LOCK_UPDATED 7NEW_CID dMULTI_INSERT+INIT
Heap 0INSERT 1DELETE 2UPDATE 3TRUNCATE 4HOT_UPDATE 5HEAP_CONFIRM 6LOCK 7INPLACE 8INSERT+INIT aUPDATE+INIT cHOT_UPDATE+INIT
Btree 0INSERT_LEAF 1INSERT_UPPER 2INSERT_META 3SPLIT_L 4SPLIT_R 5SPLIT_L_ROOT 5SPLIT_L_HIGHKEY 5INSERT_POST 6SPLIT_R_ROOT 6SPLIT_R_HIGHKEY 6DEDUP 7DELETE 8UNLINK_PAGE 9UNLINK_PAGE_META aNEWROOT bMARK_PAGE_HALFDEAD cVACUUM dREUSE_PAGE eMETA_CLEANUP
Hash 0INIT_META_PAGE 1INIT_BITMAP_PAGE 2INSERT 3ADD_OVFL_PAGE 4SPLIT_ALLOCATE_PAGE 5SPLIT_PAGE 6SPLIT_COMPLETE 7MOVE_PAGE_CONTENTS 8SQUEEZE_PAGE 9DELETE aSPLIT_CLEANUP bUPDATE_META_PAGE cVACUUM_ONE_PAGE
Gin 0CREATE_INDEX 1CREATE_PTREE 2INSERT 3SPLIT 4VACUUM_PAGE 5DELETE_PAGE 6UPDATE_META_PAGE 7INSERT_LISTPAGE 8DELETE_LISTPAGE 9VACUUM_DATA_LEAF_PAGE
Gist 0PAGE_UPDATE 1DELETE 2PAGE_REUSE 3PAGE_SPLIT 5CREATE_INDEX 6PAGE_DELETE 7ASSIGN_LSN
Sequence 0LOG
SPGist 0CREATE_INDEX 1ADD_LEAF 2MOVE_LEAFS 3ADD_NODE 4SPLIT_TUPLE 5PICKSPLIT 6VACUUM_LEAF 7VACUUM_ROOT 8VACUUM_REDIRECT
BRIN 0CREATE_INDEX 1INSERT 2UPDATE 3SAMEPAGE_UPDATE 4REVMAP_EXTEND 5DESUMMARIZE 9INSERT+INIT aUPDATE+INIT
CommitTs 0ZEROPAGE 1TRUNCATE 2SETTS
ReplicationOrigin 0SET 1DROP
Generic 0Generic
LogicalMessage 0MESSAGE
XLOG2 0CHECKSUMS
`

// builtinManagers is how many of them PostgreSQL 10 to 18 have: their --stats
// lists each of these, seen or not.
const builtinManagers = 22

// managers are the names in the order of their ids.
var managers = func() (names []string) {
	for line := range strings.Lines(strings.TrimSpace(recordTypes)) {
		names = append(names, line[:strings.IndexByte(line, ' ')])
	}
	return names
}()

// rank is where a manager or a record type stands in pg_waldump's statistics.
type rank struct {
	manager int // its id, as far as it is known
	info    int
	name    string // decides among equals
}

func (r rank) compare(s rank) int {
	return cmp.Or(cmp.Compare(r.manager, s.manager), cmp.Compare(r.info, s.info), cmp.Compare(r.name, s.name))
}

var knownRanks = func() map[string]rank {
	ranks := map[string]rank{}
	id := 0
	for line := range strings.Lines(strings.TrimSpace(recordTypes)) {
		fields := strings.Fields(line)
		for place, field := range fields[1:] {
			digit, _ := strconv.ParseUint(field[:1], 16, 8)
			ranks[fields[0]+"/"+field[1:]] = rank{manager: id, info: int(digit)<<8 + place}
		}
		ranks[fields[0]] = rank{manager: id}
		id++
	}
	return ranks
}()

// rankOf ranks a manager, or with `manager/record type` one of its record types.
// Custom managers come behind the built-in ones by their ids, others last.
func rankOf(name string) rank {
	manager, recordType, _ := strings.Cut(name, "/")
	r, known := knownRanks[manager]
	if !known {
		const custom, last = 128, 256
		r.manager = last
		if id, err := strconv.Atoi(strings.TrimPrefix(manager, "custom")); err == nil && custom <= id && id < last {
			r.manager = id
		}
	}
	r.name = name
	if recordType == "" {
		return r
	}
	if t, known := knownRanks[name]; known {
		r.info = t.info
		return r
	}
	r.info = 16 << 8 // behind the known ones
	if digits, found := strings.CutPrefix(recordType, "UNKNOWN ("); found {
		if info, err := strconv.ParseUint(strings.TrimSuffix(digits, ")"), 16, 8); err == nil {
			r.info = int(info)>>4<<8 + 0xFF
		}
	}
	return r
}
