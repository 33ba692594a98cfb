package desc

import "walstats/rmgr"

// The versions, as the rows name them.
const (
	v95 = rmgr.V95
	v96 = rmgr.V96
	v10 = rmgr.V10
	v11 = rmgr.V11
	v12 = rmgr.V12
	v13 = rmgr.V13
	v14 = rmgr.V14
	v15 = rmgr.V15
	v16 = rmgr.V16
	v17 = rmgr.V17
	v18 = rmgr.V18
	v19 = rmgr.V19

	newest = rmgr.Last  // rows that end here hold for every later version too
	lastID = rmgr.XLOG2 // the last built-in manager
)

// A row is what one info code prints in a range of versions: the template, then
// what code appends.
type row struct {
	info     byte // the upper four bits of xl_info
	from, to rmgr.Version
	template string
	code     func(*Printer, []byte) []byte
}

func text(info byte, from, to rmgr.Version, template string) row {
	return row{info: info, from: from, to: to, template: template}
}

func code(info byte, from, to rmgr.Version, f func(*Printer, []byte) []byte) row {
	return row{info: info, from: from, to: to, code: f}
}

// then adds a function that goes on after the template.
func (r row) then(f func(*Printer, []byte) []byte) row {
	r.code = f
	return r
}

// managers has every manager's rows, with the bits of xl_info that choose among them.
// Heap, Heap2 and BRIN leave out 0x80, which is INIT_PAGE; Transaction leaves out
// 0x80, which is HAS_INFO; Generic looks at no bit.
var managers = [...]struct {
	id   rmgr.ID
	mask byte
	rows []row
}{
	{rmgr.XLOG, 0xF0, xlogRows},
	{rmgr.Transaction, 0x70, transactionRows},
	{rmgr.Storage, 0xF0, storageRows},
	{rmgr.CLOG, 0xF0, clogRows},
	{rmgr.Database, 0xF0, databaseRows},
	{rmgr.Tablespace, 0xF0, tablespaceRows},
	{rmgr.MultiXact, 0xF0, multiXactRows},
	{rmgr.RelMap, 0xF0, relMapRows},
	{rmgr.Standby, 0xF0, standbyRows},
	{rmgr.Heap2, 0x70, heap2Rows},
	{rmgr.Heap, 0x70, heapRows},
	{rmgr.Btree, 0xF0, btreeRows},
	{rmgr.Hash, 0xF0, hashRows},
	{rmgr.Gin, 0xF0, ginRows},
	{rmgr.Gist, 0xF0, gistRows},
	{rmgr.Sequence, 0xF0, sequenceRows},
	{rmgr.SPGist, 0xF0, spgistRows},
	{rmgr.BRIN, 0x70, brinRows},
	{rmgr.CommitTs, 0xF0, commitTsRows},
	{rmgr.ReplicationOrigin, 0xF0, originRows},
	{rmgr.Generic, 0x00, genericRows},
	{rmgr.LogicalMessage, 0xF0, messageRows},
	{rmgr.XLOG2, 0xF0, xlog2Rows},
}

// programs has the rows by version, manager and info code, ready to run; nil for an
// empty text.
var programs = compileAll()

func compileAll() (all [newest + 1][lastID + 1][16]*program) {
	for _, m := range managers {
		for i := range m.rows {
			row := &m.rows[i]
			p := compile(row.template)
			p.code = row.code
			for v := row.from; v <= row.to; v++ {
				for nibble := range byte(16) {
					if nibble<<4&m.mask == row.info {
						all[v][m.id][nibble] = p
					}
				}
			}
		}
	}
	return all
}

// A span is a value that holds for a range of versions.
type span[T any] struct {
	from, to rmgr.Version
	value    T
}

// byVersion lays spans out so that a version is an index.
func byVersion[T any](spans ...span[T]) (all [newest + 1]T) {
	for _, s := range spans {
		for v := s.from; v <= s.to; v++ {
			all[v] = s.value
		}
	}
	return all
}
