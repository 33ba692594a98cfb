// Package catalog reads the names of relations out of WAL itself.
//
// PostgreSQL writes the rows of its catalogs as it writes any table's: whole pages in
// full-page images, whole tuples in INSERT, and the changed middle of one in UPDATE. So
// the rows of pg_class, pg_namespace, pg_index and pg_database that the WAL touches are
// in it, those of relations that were dropped or got a new file too.
//
//	c := catalog.NewCollector(nil)      // one a goroutine
//	err := c.Add(reader)                // each chunk that a wal.Reader has read
//	found := catalog.Build(version, c)  // all collectors
//	found.Relations()                   // a row a file: numbers, names, kind, owner
//
// The files of the catalogs are known by their numbers: those of initdb, and those that
// RelMap UPDATE and pg_class itself give. A catalog that was rewritten (VACUUM FULL) has
// its new pages before the record that says so: then [Catalog.Missed] returns its files,
// and the WAL is read once more.
//
// The first columns of the catalogs have fixed places (src/include/catalog/pg_class.h
// and its siblings); before PostgreSQL 12 a row's oid is in its header.
package catalog
