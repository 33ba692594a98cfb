package catalog

import (
	"bytes"
	"slices"

	"walstats/rmgr"
	"walstats/wal"
	"walstats/wal/desc"
)

// OIDs of the catalogs (src/include/catalog). initdb makes their files with these
// numbers.
const (
	pgClass     = 1259
	pgDatabase  = 1262
	pgIndex     = 2610
	pgNamespace = 2615
)

// firstNormal is the first OID of what users make (FirstNormalObjectId,
// src/include/access/transam.h).
const firstNormal = 16384

// A File is a relation's file: its number is unique in a database.
type File struct{ Database, Number uint32 }

// Files maps the files of catalogs that initdb did not number to their catalogs.
type Files map[File]uint32

// catalogOf returns the OID of the catalog whose file it is; 0 for any other file.
func (f Files) catalogOf(file File) uint32 {
	switch file.Number {
	case pgClass, pgIndex, pgNamespace:
		return file.Number
	case pgDatabase:
		if file.Database == 0 {
			return pgDatabase
		}
	}
	return f[file]
}

// A Collector takes from records what tells names. It is for one goroutine.
type Collector struct {
	files  Files
	images wal.Images
	kept   []kept
	spaces map[uint32]uint32 // the tablespaces of databases
}

// A kept has a record's part of the history of catalogs. Its memory is its own.
type kept struct {
	lsn    wal.LSN
	rmid   rmgr.ID
	info   byte
	main   []byte
	blocks []block
}

// A block has what a record holds of a catalog's page.
type block struct {
	page
	id     uint8
	whole  []byte // the page after the record, from an image; nil if the record has no image
	data   []byte
	isInit bool // the page is empty before the record
}

type page struct {
	File
	number uint32
}

// NewCollector returns a collector that knows the files too, besides those of initdb.
func NewCollector(files Files) *Collector {
	return &Collector{files: files, spaces: map[uint32]uint32{}}
}

// Add takes the records of the reader's chunk.
func (c *Collector) Add(r *wal.Reader) {
	var row wal.Row
	for i := range r.Len() {
		r.Row(i, &row)
		c.AddRow(r, i, &row)
	}
}

// AddRow takes the record of row i, which the reader has read.
func (c *Collector) AddRow(r *wal.Reader, i int, row *wal.Row) {
	if row.Block.File < firstNormal || len(c.files) > 0 {
		c.addCatalogs(r, i, row)
	}
}

func (c *Collector) addCatalogs(r *wal.Reader, i int, row *wal.Row) {
	first := &row.Block
	switch row.RMID {
	case rmgr.RelMap, rmgr.Database:
		c.keep(r.Record(i))
	case rmgr.Heap, rmgr.Heap2, rmgr.XLOG:
		if first.File == 0 {
			return
		}
		if first.File < firstNormal { // a catalog lies where its database does
			c.spaces[first.Database] = first.Tablespace
		}
		if c.files.catalogOf(File{first.Database, first.File}) != 0 {
			c.keep(r.Record(i))
		}
	}
}

// keep copies what matters of a record. An image that cannot be restored is left out:
// names are a help, and not what is asked for.
func (c *Collector) keep(r *desc.Record) {
	k := kept{lsn: r.LSN, rmid: r.RMID, info: r.Info, main: bytes.Clone(r.Main)}
	for i := range r.Blocks {
		b := &r.Blocks[i]
		file := File{b.Database, b.Relation}
		if b.Fork != 0 || c.files.catalogOf(file) == 0 {
			continue
		}
		own := block{page: page{file, b.Number}, id: b.ID, isInit: b.Flags&desc.WillInit != 0, data: bytes.Clone(b.Data)}
		if b.Flags&desc.HasImage != 0 && b.Flags&desc.Apply != 0 {
			own.whole, _ = c.images.AppendPage(nil, r, i)
		}
		k.blocks = append(k.blocks, own)
	}
	c.kept = append(c.kept, k)
}

// inOrder returns what the collectors have, in the order of the WAL.
func inOrder(all []*Collector) (kepts []kept) {
	for _, c := range all {
		kepts = append(kepts, c.kept...)
	}
	slices.SortFunc(kepts, func(a, b kept) int {
		switch {
		case a.lsn < b.lsn:
			return -1
		case a.lsn > b.lsn:
			return 1
		}
		return 0
	})
	return kepts
}
