package catalog

import (
	_ "embed"
	"fmt"
	"strings"
)

// initdbText has the catalogs, their indexes and TOAST tables that initdb of PostgreSQL
// 15 makes: oid, relkind, relname, relnamespace, relisshared, and the table that an
// index or a TOAST table belongs to, else 0. Their OIDs are those of
// src/include/catalog, which do not change between versions; a version has some more or
// fewer.
//
//go:embed initdb.txt
var initdbText string

// initdb and initdbOwners have the rows of initdbText by OID.
var initdb, initdbOwners = func() (map[uint32]class, map[uint32]uint32) {
	rows, owners := map[uint32]class{}, map[uint32]uint32{}
	for line := range strings.Lines(initdbText) {
		var c class
		var shared string
		var owner uint32
		if n, err := fmt.Sscanf(line, "%d %c %s %d %s %d", &c.oid, &c.kind, &c.name, &c.namespace, &shared, &owner); n != 6 || err != nil {
			panic(fmt.Sprintf("catalog: initdb.txt: %q: %v", line, err))
		}
		c.shared = shared == "t"
		rows[c.oid], owners[c.oid] = c, owner
	}
	return rows, owners
}()

// initial returns the files that initdb numbered, in each database that was seen.
func (c *Catalog) initial() (all []Relation) {
	databases := map[uint32]bool{0: true}
	for db := range c.spaces {
		databases[db] = true
	}
	for db := range c.databases {
		databases[db] = true
	}
	for db := range databases {
		for oid, row := range initdb {
			file := File{db, oid}
			if row.shared != (db == 0) || len(c.claims[file]) > 0 {
				continue
			}
			if r, ok := c.relation(file, oid); ok {
				all = append(all, r)
			}
		}
	}
	return all
}
