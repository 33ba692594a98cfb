package desc

import "walstats/rmgr"

// The checkpoint's text by version; the last word is the record type's.
const (
	checkpointStart = "redo {redo lsn@0}; tli {ThisTimeLineID u32@8}; prev tli {PrevTimeLineID u32@12}; fpw {fullPageWrites word@16}; "

	checkpointOids95 = "oid {nextOid u32@28}; multi {nextMulti u32@32}; offset {nextMultiOffset u32@36}; " +
		"oldest xid {oldestXid u32@40} in DB {oldestXidDB u32@44}; oldest multi {oldestMulti u32@48} in DB {oldestMultiDB u32@52}; " +
		"oldest/newest commit timestamp xid: {oldestCommitTsXid u32@64}/{newestCommitTsXid u32@68}; oldest running xid {oldestActiveXid u32@72}; "
	checkpointOids12 = "xid {nextXid pair@24}; oid {nextOid u32@32}; multi {nextMulti u32@36}; offset {nextMultiOffset u32@40}; " +
		"oldest xid {oldestXid u32@44} in DB {oldestXidDB u32@48}; oldest multi {oldestMulti u32@52} in DB {oldestMultiDB u32@56}; " +
		"oldest/newest commit timestamp xid: {oldestCommitTsXid u32@72}/{newestCommitTsXid u32@76}; oldest running xid {oldestActiveXid u32@80}; "

	checkpoint95 = checkpointStart + "xid {epoch u32@20}/{nextXid u32@24}; " + checkpointOids95
	checkpoint96 = checkpointStart + "xid {epoch u32@20}:{nextXid u32@24}; " + checkpointOids95
	checkpoint12 = checkpointStart + checkpointOids12
	checkpoint17 = checkpointStart + "wal_level {wal_level level@20}; " + checkpointOids12
	checkpoint19 = checkpointStart + "wal_level {wal_level level@20}; logical decoding {logicalDecodingEnabled word@24}; " +
		"xid {nextXid pair@32}; oid {nextOid u32@40}; multi {nextMulti u32@44}; offset {nextMultiOffset u64@48}; " +
		"oldest xid {oldestXid u32@56} in DB {oldestXidDB u32@60}; oldest multi {oldestMulti u32@64} in DB {oldestMultiDB u32@68}; " +
		"oldest/newest commit timestamp xid: {oldestCommitTsXid u32@80}/{newestCommitTsXid u32@84}; oldest running xid {oldestActiveXid u32@88}; " +
		"checksums {dataChecksumState checksums@92}; "
)

// NOOP, SWITCH, FPI_FOR_HINT, FPI and ASSIGN_LSN have an empty text.
var xlogRows = []row{
	text(0x00, v95, v95, checkpoint95+"shutdown"),
	text(0x00, v96, v11, checkpoint96+"shutdown"),
	text(0x00, v12, v16, checkpoint12+"shutdown"),
	text(0x00, v17, v18, checkpoint17+"shutdown"),
	text(0x00, v19, newest, checkpoint19+"shutdown"),

	text(0x10, v95, v95, checkpoint95+"online"),
	text(0x10, v96, v11, checkpoint96+"online"),
	text(0x10, v12, v16, checkpoint12+"online"),
	text(0x10, v17, v18, checkpoint17+"online"),
	text(0x10, v19, newest, checkpoint19+"online"),

	text(0x30, v95, newest, "{nextOid u32@0}"),
	text(0x50, v95, newest, "{startpoint lsn@0}"),

	text(0x60, v95, v11, "max_connections={MaxConnections i32@0} max_worker_processes={max_worker_processes i32@4} "+
		"max_prepared_xacts={max_prepared_xacts i32@8} max_locks_per_xact={max_locks_per_xact i32@12} "+
		"wal_level={wal_level level@16} wal_log_hints={wal_log_hints switch@20} track_commit_timestamp={track_commit_timestamp switch@21}"),
	text(0x60, v12, newest, "max_connections={MaxConnections i32@0} max_worker_processes={max_worker_processes i32@4} "+
		"max_wal_senders={max_wal_senders i32@8} max_prepared_xacts={max_prepared_xacts i32@12} max_locks_per_xact={max_locks_per_xact i32@16} "+
		"wal_level={wal_level level@20} wal_log_hints={wal_log_hints switch@24} track_commit_timestamp={track_commit_timestamp switch@25}"),

	text(0x70, v95, newest, "{rp_name string@8}"),
	text(0x80, v95, newest, "{fpw word@0}"),

	text(0x90, v95, v16, "tli {ThisTimeLineID u32@8}; prev tli {PrevTimeLineID u32@12}; time {end_time time@0}"),
	text(0x90, v17, newest, "tli {ThisTimeLineID u32@8}; prev tli {PrevTimeLineID u32@12}; time {end_time time@0}; wal_level {wal_level level@16}"),

	text(0xD0, v96, newest, "lsn {overwritten_lsn lsn@0}; time {overwrite_time time@8}"),

	text(0xE0, v17, v18, "wal_level {wal_level level@0}"),
	text(0xE0, v19, newest, "wal_level {wal_level level@0}; checksums {data_checksum_version checksums@4}"),

	text(0xF0, v19, newest, "{logical_decoding word@0}"),
}

// xlog2Rows has the rows of the manager that 19 added: CHECKSUMS.
var xlog2Rows = []row{
	text(0x00, v19, newest, "{new_checksum_state checksums@0}"),
}

var levels = byVersion(
	span[[]string]{v95, v95, []string{"minimal", "archive", "hot_standby", "logical"}},
	span[[]string]{v96, newest, []string{"minimal", "replica", "logical"}},
)

// levelName returns the name of wal_level.
func levelName(v rmgr.Version, level uint32) string {
	if level < uint32(len(levels[v])) {
		return levels[v][level]
	}
	return "?"
}

// checksumsName returns the name of a state of data checksums.
func checksumsName(state uint32) string {
	switch state {
	case 0:
		return "off"
	case 1:
		return "on"
	case 2:
		return "inprogress-off"
	case 3:
		return "inprogress-on"
	}
	return "?"
}
