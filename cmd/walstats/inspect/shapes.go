package inspect

import (
	"fmt"
	"strings"

	"walstats/cmd/walstats/session"
)

// A shape is a way to write the description of some record types, which changed
// from version to version.
type shape struct {
	types string // resource_manager/record_type, parted by blanks
	test  string // SQL over description
	marker
}

// shapes has the shapes in the order in which they are tried; the first that fits a
// record is taken. They are FORMAT's facts of src/backend/access/rmgrdesc.
var shapes = []shape{
	{"Heap/INSERT Heap/INSERT+INIT", "starts_with(description, 'off: ')", marker{"off: N in Heap/INSERT", 1600, 0}},
	{"Heap/INSERT Heap/INSERT+INIT", "contains(description, ' flags ')", marker{"off N flags in Heap/INSERT", 1200, 1500}},
	{"Heap/INSERT Heap/INSERT+INIT", "starts_with(description, 'off ')", marker{"off N in Heap/INSERT", 905, 1100}},
	{"Heap/DELETE", "starts_with(description, 'xmax: ')", marker{"xmax: N in Heap/DELETE", 1600, 0}},
	{"Heap/DELETE", "starts_with(description, 'off ')", marker{"off N in Heap/DELETE", 905, 1500}},
	{"Heap2/MULTI_INSERT Heap2/MULTI_INSERT+INIT", "starts_with(description, 'ntuples: ')", marker{"ntuples: N in Heap2/MULTI_INSERT", 1600, 0}},
	{"Heap2/MULTI_INSERT Heap2/MULTI_INSERT+INIT", "contains(description, ' tuples')", marker{"N tuples in Heap2/MULTI_INSERT", 905, 1500}},
	{"Btree/INSERT_LEAF Btree/INSERT_UPPER", "starts_with(description, 'off: ')", marker{"off: N in Btree/INSERT", 1600, 0}},
	{"Btree/INSERT_LEAF Btree/INSERT_UPPER", "starts_with(description, 'off ')", marker{"off N in Btree/INSERT", 905, 1500}},
	{"XLOG/CHECKPOINT_ONLINE XLOG/CHECKPOINT_SHUTDOWN", "contains(description, '; logical decoding ')", marker{"logical decoding in XLOG/CHECKPOINT", 1900, 0}},
	{"XLOG/CHECKPOINT_ONLINE XLOG/CHECKPOINT_SHUTDOWN", "contains(description, '; wal_level ')", marker{"wal_level in XLOG/CHECKPOINT", 1700, 1800}},
	{"XLOG/CHECKPOINT_ONLINE XLOG/CHECKPOINT_SHUTDOWN", "regexp_matches(description, '; xid [0-9]+/')", marker{"xid N/N in XLOG/CHECKPOINT", 905, 905}},
	{"XLOG/CHECKPOINT_ONLINE XLOG/CHECKPOINT_SHUTDOWN", "contains(description, '; xid ')", marker{"xid N:N in XLOG/CHECKPOINT", 906, 1600}},
	{"XLOG/END_OF_RECOVERY", "contains(description, '; wal_level ')", marker{"wal_level in XLOG/END_OF_RECOVERY", 1700, 0}},
	{"XLOG/END_OF_RECOVERY", "contains(description, '; time ')", marker{"no wal_level in XLOG/END_OF_RECOVERY", 905, 1600}},
	{"Transaction/PREPARE", "starts_with(description, 'gid ')", marker{"gid in Transaction/PREPARE", 1300, 0}},
	{"Transaction/PREPARE", "description = ''", marker{"no gid in Transaction/PREPARE", 905, 1200}},
	{"LogicalMessage/MESSAGE", `contains(description, ', prefix "')`, marker{"prefix in LogicalMessage", 1400, 0}},
	{"LogicalMessage/MESSAGE", "contains(description, ' message size ')", marker{"message size in LogicalMessage", 906, 1300}},
}

// shapeSQL computes the number of a record's shape, NULL without one.
func shapeSQL() string {
	var text strings.Builder
	text.WriteString("CASE")
	for i, s := range shapes {
		manager, _, _ := strings.Cut(s.types, "/")
		types := strings.Fields(strings.ReplaceAll(" "+s.types, " "+manager+"/", " "))
		fmt.Fprintf(&text, " WHEN resource_manager = %s AND record_type IN %s AND %s THEN %d", session.Quote(manager), session.List(types), s.test, i)
	}
	return text.String() + " END"
}

// blockMarkers has what block references show, as SQL over block_ref.
var blockMarkers = []struct {
	test string
	marker
}{
	{"contains(block_ref, 'FPW for WAL verification')", marker{"FPW for WAL verification", 1000, 0}},
	{"contains(block_ref, ', method: ')", marker{"an image's compression method", 1500, 0}},
	{"contains(block_ref, ', compression saved: ') AND NOT contains(block_ref, ', method: ')", marker{"compression saved without a method", 905, 1400}},
}

// messageMarkers has what the program says, as SQL over the line.
var messageMarkers = []struct {
	test string
	marker
}{
	{"starts_with(line, 'pg_xlogdump: ')", marker{"messages of pg_xlogdump", first, 906}},
	{"starts_with(line, 'pg_waldump: ')", marker{"messages of pg_waldump", 1000, 0}},
	{"starts_with(line, 'pg_waldump: FATAL:')", marker{"pg_waldump: FATAL", 1000, 1100}},
	{"starts_with(line, 'pg_waldump: first record is after ')", marker{"pg_waldump: first record is after", 1700, 0}},
	{"starts_with(line, 'first record is after ')", marker{"first record is after, without the program's name", first, 1600}},
	{"contains(line, ': invalid record length at ') AND contains(line, ': wanted ')", marker{"wanted N, got N", first, 1500}},
	{"contains(line, ': invalid record length at ') AND contains(line, ': expected at least ')", marker{"expected at least N, got N", 1600, 0}},
}
