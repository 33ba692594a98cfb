package rmgr

import (
	"slices"
	"strings"
	"testing"
)

// What pg_waldump --rmgr=list prints: the built-in managers of each version.
func TestManagersOfEachVersion(t *testing.T) {
	all := strings.Fields(`XLOG Transaction Storage CLOG Database Tablespace MultiXact RelMap Standby Heap2 Heap Btree Hash Gin Gist
		Sequence SPGist BRIN CommitTs ReplicationOrigin Generic LogicalMessage XLOG2`)
	for v, n := range map[Version]int{V95: 20, V96: 22, V10: 22, V14: 22, V15: 22, V18: 22, V19: 23} {
		if got := v.Stats(); !slices.Equal(got, all[:n]) {
			t.Errorf("%v: %v", v, got)
		}
	}
	for _, tt := range []struct {
		v    Version
		id   ID
		want string
	}{
		{V14, 128, ""}, {V15, 128, "custom128"}, {V18, 255, "custom255"}, {V18, 127, ""}, {V18, 22, ""}, {V19, 22, "XLOG2"}, {V19, 23, ""}, {V95, 20, ""}, {V96, 20, "Generic"},
	} {
		if got := tt.v.Name(tt.id); got != tt.want || tt.v.Valid(tt.id) != (tt.want != "") {
			t.Errorf("%v, %d: %q, not %q", tt.v, tt.id, got, tt.want)
		}
	}
}

// Identifiers change their meaning, and some managers read other bits of info.
func TestRecordTypes(t *testing.T) {
	for _, tt := range []struct {
		v    Version
		id   ID
		info byte
		want string
	}{
		{V13, Heap2, 0x20, "FREEZE_PAGE"}, {V14, Heap2, 0x20, "VACUUM"}, {V17, Heap2, 0x20, "PRUNE_VACUUM_SCAN"},
		{V14, Heap2, 0x30, "FREEZE_PAGE"}, {V19, Heap2, 0x40, "UNKNOWN (40)"}, {V18, Heap2, 0x41, "VISIBLE"},
		{V14, Database, 0x10, "DROP"}, {V15, Database, 0x10, "CREATE_WAL_LOG"}, {V15, Database, 0x20, "DROP"},
		{V12, Btree, 0x50, "UNKNOWN (50)"}, {V11, Btree, 0x50, "SPLIT_L_HIGHKEY"}, {V13, Btree, 0x50, "INSERT_POST"},
		{V96, Hash, 0x20, "UNKNOWN (20)"}, {V10, Hash, 0x20, "INSERT"},
		{V15, Transaction, 0x80, "COMMIT"}, {V15, Transaction, 0xF0, "UNKNOWN (f0)"},
		{V15, CommitTs, 0x01, "UNKNOWN (0)"}, {V15, CommitTs, 0x10, "TRUNCATE"},
		{V15, Generic, 0x73, "Generic"}, {V15, 137, 0x10, "UNKNOWN (10)"},
	} {
		if got := tt.v.RecordType(tt.id, tt.info); got != tt.want {
			t.Errorf("%v, %d, %#x: %q, not %q", tt.v, tt.id, tt.info, got, tt.want)
		}
	}
}

// No version has two names for one info.
func TestNamesOfOneInfoDoNotOverlap(t *testing.T) {
	for _, m := range managers {
		for v := V95; v <= Last; v++ {
			seen := map[byte]string{}
			for _, r := range m.types {
				if v < r.first || r.last != 0 && v > r.last {
					continue
				}
				if other := seen[r.info]; other != "" {
					t.Errorf("%s in %v: %s and %s", m.name, v, other, r.name)
				}
				seen[r.info] = r.name
			}
		}
	}
}

func TestVersions(t *testing.T) {
	for name, want := range map[string][2]Version{
		"Heap": {0, 0}, "BRIN": {V95, 0}, "XLOG2": {V19, 0}, "Heap/INSERT": {0, 0}, "Heap2/VISIBLE": {V95, V18},
		"Heap2/FREEZE_PAGE": {V95, V16}, "Database/DROP": {V95, 0}, "BRIN/INSERT": {V95, 0}, "Gin/CREATE_INDEX": {V95, V11},
	} {
		if first, last, ok := Versions(name); !ok || first != want[0] || last != want[1] {
			t.Errorf("%s: %v, %v, %v", name, first, last, ok)
		}
	}
	for _, name := range []string{"", "heap", "Heap/", "Heap/NONE", "custom128"} {
		if _, _, ok := Versions(name); ok {
			t.Errorf("%q has versions", name)
		}
	}
	for v := First; v <= Last; v++ {
		if got, ok := VersionOf(v.Magic()); !ok || got != v {
			t.Errorf("%v: magic %04X is %v", v, v.Magic(), got)
		}
	}
	if v, ok := VersionOf(0xD120); ok {
		t.Errorf("D120 is %v", v)
	}
}

// The order of --stats=record, in each version.
func TestCompare(t *testing.T) {
	for _, names := range [][]string{
		{"Database/CREATE", "Database/DROP"},
		{"Database/CREATE_FILE_COPY", "Database/CREATE_WAL_LOG", "Database/DROP"},
		{"Heap2/CLEAN", "Heap2/FREEZE_PAGE", "Heap2/CLEANUP_INFO", "Heap2/VISIBLE"},
		{"Heap2/PRUNE", "Heap2/VACUUM", "Heap2/FREEZE_PAGE", "Heap2/VISIBLE"},
		{"XLOG/FPI", "XLOG/UNKNOWN (c0)", "Transaction", "Transaction/COMMIT", "LogicalMessage/MESSAGE", "custom128", "custom137/UNKNOWN (10)", "custom255", "another"},
	} {
		if !slices.IsSortedFunc(names, Compare) {
			t.Errorf("%v is not in order", names)
		}
	}
}
