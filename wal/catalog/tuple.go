package catalog

import (
	"bytes"
	"encoding/binary"

	"walstats/rmgr"
)

var le = binary.LittleEndian

// Of a heap tuple's header (HeapTupleHeaderData, src/include/access/htup_details.h).
const (
	tupleHeader = 23 // without the bits of NULLs
	xmaxAt      = 4
	infomaskAt  = 20
	hoffAt      = 22

	hasOID      = 0x0008 // before 12
	lockOnly    = 0x0080
	xmaxInvalid = 0x0800
)

// A tuple is a row as it lies on a page, its header included.
type tuple []byte

// data returns the columns; nil if the header is broken.
func (t tuple) data() []byte {
	if len(t) < tupleHeader || int(t[hoffAt]) < tupleHeader || int(t[hoffAt]) > len(t) {
		return nil
	}
	return t[t[hoffAt]:]
}

// current reports whether no transaction has deleted or replaced the row, as far as its
// header tells.
func (t tuple) current() bool {
	return le.Uint32(t[xmaxAt:]) == 0 || le.Uint16(t[infomaskAt:])&(xmaxInvalid|lockOnly) != 0
}

// row returns the row's oid and the columns after it. Before 12 the oid is in the
// header.
func (t tuple) row(v rmgr.Version) (oid uint32, columns []byte, ok bool) {
	data := t.data()
	if v >= rmgr.V12 {
		if len(data) < 4 {
			return 0, nil, false
		}
		return le.Uint32(data), data[4:], true
	}
	hoff := 0
	if data != nil {
		hoff = int(t[hoffAt])
	}
	if hoff < tupleHeader+4 || le.Uint16(t[infomaskAt:])&hasOID == 0 {
		return 0, nil, false
	}
	return le.Uint32(t[hoff-4:]), data, true
}

// nameLength is how long a column of the type name is (NAMEDATALEN).
const nameLength = 64

// name returns the text of a column of the type name.
func name(column []byte) string {
	column = column[:nameLength]
	if end := bytes.IndexByte(column, 0); end >= 0 {
		column = column[:end]
	}
	return string(column)
}

// A class is a row of pg_class.
type class struct {
	oid, namespace, file, tablespace, toast uint32
	name                                    string
	shared                                  bool
	kind                                    byte
}

// Places of pg_class's columns after oid and relname (src/include/catalog/pg_class.h).
const (
	namespaceAt  = 64
	fileAt       = 84
	tablespaceAt = 88
	toastAt      = 104 // in 18 and later relallfrozen lies before it
	sharedAt     = toastAt + 5
	kindAt       = toastAt + 7
	classLength  = kindAt + 1
)

func parseClass(t tuple, v rmgr.Version) (c class, ok bool) {
	oid, columns, ok := t.row(v)
	if v >= rmgr.V18 && len(columns) >= toastAt+4 {
		columns = append(bytes.Clone(columns[:toastAt]), columns[toastAt+4:]...)
	}
	if !ok || len(columns) < classLength {
		return c, false
	}
	c = class{
		oid: oid, namespace: le.Uint32(columns[namespaceAt:]), file: le.Uint32(columns[fileAt:]),
		tablespace: le.Uint32(columns[tablespaceAt:]), toast: le.Uint32(columns[toastAt:]),
		name: name(columns), shared: columns[sharedAt] == 1, kind: columns[kindAt],
	}
	return c, kinds[c.kind] != "" && c.name != ""
}

// kinds has the names of relkind: those that walstats names has. Views and the like have
// no file.
var kinds = map[byte]string{
	'r': "table", 'i': "index", 'S': "sequence", 't': "toast", 'm': "materialized view",
	'v': "view", 'c': "type", 'f': "foreign table", 'p': "table", 'I': "index",
}

// named returns oid and name of a row of pg_namespace or pg_database.
func named(t tuple, v rmgr.Version) (oid uint32, text string, ok bool) {
	oid, columns, ok := t.row(v)
	if !ok || len(columns) < nameLength {
		return 0, "", false
	}
	return oid, name(columns), true
}

// index returns a row of pg_index: an index and its table. It has no oid of its own.
func index(t tuple) (oid, table uint32, ok bool) {
	data := t.data()
	if len(data) < 8 {
		return 0, 0, false
	}
	return le.Uint32(data), le.Uint32(data[4:]), true
}
