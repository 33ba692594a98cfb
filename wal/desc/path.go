package desc

import "encoding/binary"

// versionFolders has the name of each version's folder in a tablespace: PG_, the major version
// and the catalog version of pg_waldump itself.
var versionFolders = byVersion(
	span[string]{v95, v95, "PG_9.5_201510051"},
	span[string]{v96, v96, "PG_9.6_201608131"},
	span[string]{v10, v10, "PG_10_201707211"},
	span[string]{v11, v11, "PG_11_201809051"},
	span[string]{v12, v12, "PG_12_201909212"},
	span[string]{v13, v13, "PG_13_202007201"},
	span[string]{v14, v14, "PG_14_202107181"},
	span[string]{v15, v15, "PG_15_202209061"},
	span[string]{v16, v16, "PG_16_202307071"},
	span[string]{v17, v17, "PG_17_202406281"},
	span[string]{v18, v18, "PG_18_202506291"},
	span[string]{v19, v19, "PG_19_202607272"}, // of 19beta2
)

const (
	defaultTablespace = 1663
	globalTablespace  = 1664
)

// appendPath appends the path of a relation's main fork. b begins with tablespace,
// database and relation.
func (p *Printer) appendPath(dst, b []byte) []byte {
	tablespace, database, relation := load32(b, 0), load32(b, 1), load32(b, 2)
	switch tablespace {
	case globalTablespace:
		return appendUint(append(dst, "global/"...), uint64(relation))
	case defaultTablespace:
		dst = append(dst, "base/"...)
	default:
		dst = appendUint(append(dst, "pg_tblspc/"...), uint64(tablespace))
		dst = append(append(append(dst, '/'), versionFolders[p.version]...), '/')
	}
	dst = append(appendUint(dst, uint64(database)), '/')
	return appendUint(dst, uint64(relation))
}

var forkSuffixes = [...]string{"", "_fsm", "_vm", "_init"}

// appendFork appends the path of a relation's fork, which is the i32 after the
// relation.
func (p *Printer) appendFork(dst []byte, field string, b []byte) []byte {
	fork := int32(binary.LittleEndian.Uint32(b[12:]))
	if fork < 0 || int(fork) >= len(forkSuffixes) {
		p.main.refuse(field, int64(fork), "a fork number from 0 to 3")
		return dst
	}
	return append(p.appendPath(dst, b), forkSuffixes[fork]...)
}

// appendPaths appends every relation of list after a blank.
func (p *Printer) appendPaths(dst, list []byte) []byte {
	for ; len(list) >= 12; list = list[12:] {
		dst = p.appendPath(append(dst, ' '), list)
	}
	return dst
}
