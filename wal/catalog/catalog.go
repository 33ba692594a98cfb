package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"walstats/rmgr"
)

// A Catalog holds what the rows of a WAL say of relations.
type Catalog struct {
	version    rmgr.Version
	files      Files
	classes    map[key]class     // the newest row of each relation
	claims     map[File][]uint32 // the relations whose file it was, one after the other, by OID
	byName     map[dbName]uint32 // OIDs of relations
	mapped     map[key]uint32    // the file of a mapped relation
	namespaces map[key]string    // by database and OID
	indexes    map[key]uint32    // the table of an index
	tables     map[key]uint32    // the table of a TOAST table
	databases  map[uint32]string
	copies     map[uint32]uint32 // the database that one was copied from
	spaces     map[uint32]uint32 // the tablespace of a database
}

// A key is an OID in a database; shared relations have database 0.
type key struct{ database, oid uint32 }

type dbName struct {
	database uint32
	name     string
}

// Build replays what the collectors have. They must have been made with the same files.
func Build(v rmgr.Version, all ...*Collector) *Catalog {
	c := &Catalog{
		version: v, files: Files{}, classes: map[key]class{}, claims: map[File][]uint32{}, byName: map[dbName]uint32{}, mapped: map[key]uint32{},
		namespaces: map[key]string{}, indexes: map[key]uint32{}, tables: map[key]uint32{},
		databases: map[uint32]string{}, copies: map[uint32]uint32{}, spaces: map[uint32]uint32{},
	}
	for _, collector := range all {
		maps.Copy(c.files, collector.files)
		maps.Copy(c.spaces, collector.spaces)
	}
	r := replay{c: c, pages: map[page]map[uint16]tuple{}}
	for _, k := range inOrder(all) {
		r.record(&k)
	}
	return c
}

// Missed returns the files of catalogs that the collectors did not know, together with
// those that they did; nil if there was none.
func (c *Catalog) Missed() Files {
	all := maps.Clone(c.files)
	for at, file := range c.mapped {
		if at.oid == pgClass || at.oid == pgDatabase {
			all[File{at.database, file}] = at.oid
		}
	}
	for file := range c.claims {
		if oid := c.owner(file); oid == pgNamespace || oid == pgIndex {
			all[file] = oid
		}
	}
	maps.DeleteFunc(all, func(file File, oid uint32) bool { return file.Number == oid })
	if len(all) == len(c.files) {
		return nil
	}
	return all
}

// note takes a row of a catalog.
func (c *Catalog) note(file File, t tuple) {
	if len(t) < tupleHeader {
		return
	}
	db := file.Database
	switch c.files.catalogOf(file) {
	case pgClass:
		if row, ok := parseClass(t, c.version); ok {
			c.noteClass(db, row, t.current())
		}
	case pgNamespace:
		if oid, text, ok := named(t, c.version); ok {
			c.namespaces[key{db, oid}] = text
		}
	case pgIndex:
		if oid, table, ok := index(t); ok {
			c.indexes[key{db, oid}] = table
		}
	case pgDatabase:
		if oid, text, ok := named(t, c.version); ok {
			c.databases[oid] = text
		}
	}
}

func (c *Catalog) noteClass(db uint32, row class, current bool) {
	if row.shared {
		db = 0
	}
	at := key{db, row.oid}
	before, known := c.classes[at]
	if !known || current {
		if strings.HasSuffix(row.name, "_ccold") && known { // REINDEX CONCURRENTLY gives it before the drop
			row.name = before.name
		}
		c.classes[at] = row
	}
	if row.toast != 0 {
		c.tables[key{db, row.toast}] = row.oid
	}
	c.byName[dbName{db, row.name}] = row.oid
	if row.file != 0 {
		c.claim(File{db, row.file}, row.oid)
	}
}

func (c *Catalog) claim(file File, oid uint32) {
	if all := c.claims[file]; len(all) == 0 || all[len(all)-1] != oid {
		c.claims[file] = append(all, oid)
	}
}

// owner returns the relation whose file it is. VACUUM FULL and its like make a table
// that lives as long as they do, with its own TOAST table, and swap the files
// (make_new_heap, src/backend/commands/cluster.c): these belong to the table that is
// rewritten.
func (c *Catalog) owner(file File) uint32 {
	claims := c.claims[file]
	for _, oid := range claims {
		if c.rewritten(file.Database, oid) == oid {
			return oid
		}
	}
	if len(claims) == 0 {
		return 0
	}
	return c.rewritten(file.Database, claims[0])
}

// rewritten returns the relation for which another one was made as long as a command
// took; of others, oid itself.
func (c *Catalog) rewritten(db, oid uint32) uint32 {
	row, _ := c.class(db, oid)
	var table uint32
	if n, _ := fmt.Sscanf(row.name, "pg_temp_%d", &table); n == 1 && table != 0 {
		return table
	}
	rest, isTOAST := strings.CutPrefix(row.name, "pg_toast_")
	if !isTOAST || row.kind != 't' && row.kind != 'i' {
		return oid
	}
	digits, index, isIndex := strings.Cut(rest, "_")
	if n, _ := fmt.Sscanf(digits, "%d", &table); n != 1 {
		return oid
	}
	of := c.rewritten(db, table)
	if of == table {
		return oid
	}
	name := fmt.Sprintf("pg_toast_%d", of)
	if isIndex {
		name += "_" + index
	}
	for own, r := range initdb {
		if r.name == name {
			return own
		}
	}
	return cmp.Or(c.byName[dbName{db, name}], oid)
}

// mapFiles takes the main data of RelMap UPDATE (src/backend/utils/cache/relmapper.c).
func (c *Catalog) mapFiles(main []byte) {
	if len(main) < relmapMain+8 || le.Uint32(main[relmapMain:]) != relmapMagic {
		return
	}
	db, entries := le.Uint32(main), main[relmapMain+8:]
	for i := range int(min(le.Uint32(main[relmapMain+4:]), uint32(len(entries)/8))) {
		oid, file := le.Uint32(entries[8*i:]), le.Uint32(entries[8*i+4:])
		c.mapped[key{db, oid}] = file
		c.claim(File{db, file}, oid)
	}
}

// copyDatabase takes the main data of a Database record that makes one: its OID, its
// tablespace, and those that it is copied from. CREATE_WAL_LOG of 15 has the first two,
// and its pages follow.
func (c *Catalog) copyDatabase(info byte, main []byte) {
	create := info&0xF0 == 0x00
	if create && len(main) >= 16 {
		c.copies[le.Uint32(main)], c.spaces[le.Uint32(main)] = le.Uint32(main[8:]), le.Uint32(main[4:])
	}
}

// A Relation has what is known of a relation's file. Texts are empty where they are not
// known, or do not apply.
type Relation struct {
	Tablespace uint32
	File
	OID                    uint32
	DatabaseName           string
	Schema, Name, Kind     string
	TableSchema, TableName string // of the table that an index or a TOAST table belongs to; of others, their own
}

// Relations returns a row for each file of which a name is known, in the order of
// tablespace, database and number.
func (c *Catalog) Relations() []Relation {
	var all []Relation
	for file := range c.claims {
		if r, ok := c.relation(file, c.owner(file)); ok {
			all = append(all, r)
		}
	}
	all = append(all, c.initial()...)
	slices.SortFunc(all, func(a, b Relation) int {
		return cmp.Or(cmp.Compare(a.Tablespace, b.Tablespace), cmp.Compare(a.Database, b.Database), cmp.Compare(a.Number, b.Number))
	})
	return all
}

// Tablespaces that initdb makes (src/include/catalog/pg_tablespace.dat).
const (
	defaultTablespace = 1663
	globalTablespace  = 1664
)

func (c *Catalog) relation(file File, oid uint32) (Relation, bool) {
	row, found := c.class(file.Database, oid)
	if !found {
		return Relation{}, false
	}
	r := Relation{
		Tablespace: c.tablespace(file.Database, row.tablespace), File: file, OID: oid, DatabaseName: c.databases[file.Database],
		Schema: c.namespace(file.Database, row.namespace), Name: row.name, Kind: kinds[row.kind],
	}
	table := row
	if row.kind == 'i' {
		table = c.ownerOf(file.Database, row, c.indexes)
	}
	if table.kind == 't' || table.kind == 'i' {
		table = c.ownerOf(file.Database, table, c.tables)
	}
	if table.kind != 'i' && table.kind != 't' { // else its row is not in the WAL
		r.TableSchema, r.TableName = c.namespace(file.Database, table.namespace), table.name
	}
	return r, true
}

// ownerOf returns the table of an index or of a TOAST table: the one that its name
// tells (pg_toast_16384, pg_toast_16384_index), that owners has, or that it has since
// initdb; else the relation itself.
func (c *Catalog) ownerOf(db uint32, r class, owners map[key]uint32) class {
	var oid uint32
	_, _ = fmt.Sscanf(r.name, "pg_toast_%d", &oid)
	for _, oid := range [...]uint32{oid, owners[key{db, r.oid}], initdbOwners[r.oid]} {
		if owner, ok := c.class(db, oid); ok {
			return owner
		}
	}
	if r.kind == 'i' {
		if owner, ok := c.namesake(db, r); ok {
			return owner
		}
	}
	return r
}

// namesake returns the table that an index has its name from, where PostgreSQL chose it
// (ChooseIndexName, src/backend/commands/indexcmds.c): table_pkey, or table, columns and
// idx, key or excl. Of several tables it is the one with the longest name.
func (c *Catalog) namesake(db uint32, index class) (class, bool) {
	at := strings.LastIndexByte(index.name, '_')
	if at < 0 || !slices.Contains([]string{"pkey", "idx", "key", "excl"}, strings.TrimRight(index.name[at+1:], "0123456789")) {
		return class{}, false
	}
	for ; at > 0; at = strings.LastIndexByte(index.name[:at], '_') {
		oid := c.byName[dbName{db, index.name[:at]}]
		if table, ok := c.classes[key{db, oid}]; ok && table.namespace == index.namespace && (table.kind == 'r' || table.kind == 'm') {
			return table, true
		}
	}
	return class{}, false
}

// class returns the row of a relation: of its database, or of the one that this was
// copied from, or that initdb made.
func (c *Catalog) class(db, oid uint32) (class, bool) {
	if oid == 0 {
		return class{}, false
	}
	for range 8 { // copies of copies
		if row, ok := c.classes[key{db, oid}]; ok {
			return row, true
		}
		from, copied := c.copies[db]
		if !copied {
			break
		}
		db = from
	}
	row, ok := initdb[oid]
	return row, ok
}

// tablespace returns that of a relation: 0 in pg_class is the database's own.
func (c *Catalog) tablespace(db, own uint32) uint32 {
	switch {
	case db == 0:
		return globalTablespace
	case own != 0:
		return own
	}
	return cmp.Or(c.spaces[db], defaultTablespace)
}

// Schemas that initdb makes (src/include/catalog/pg_namespace.dat).
var initialSchemas = map[uint32]string{11: "pg_catalog", 99: "pg_toast", 2200: "public"}

func (c *Catalog) namespace(db, oid uint32) string {
	for range 8 {
		if text := c.namespaces[key{db, oid}]; text != "" {
			return text
		}
		from, copied := c.copies[db]
		if !copied {
			break
		}
		db = from
	}
	return initialSchemas[oid]
}
