package extension

import (
	"sync"

	"walstats/extension/scan"
	"walstats/record"
	"walstats/wal/catalog"
)

// A relationBatch has the memory of the columns of read_wal_relations.
type relationBatch struct {
	tablespace, database, file, oid record.Numbers
	databaseName, schema, name      record.Strings
	kind, tableSchema, tableName    record.Strings
}

// readWALRelations makes read_wal_relations: the names of relation files that the WAL
// itself has, a row a file.
var readWALRelations = table[relationBatch]{
	name:    "read_wal_relations",
	options: []option{startLSNOption, endLSNOption, timelineOption, compressionOption, maxRecordSizeOption, threadsOption},
	columns: []scan.Column[relationBatch]{
		scan.NotNull("reltablespace", uinteger, func(b *relationBatch) any { return &b.tablespace }),
		scan.NotNull("reldatabase", uinteger, func(b *relationBatch) any { return &b.database }),
		scan.NotNull("relfilenode", uinteger, func(b *relationBatch) any { return &b.file }),
		scan.NotNull("oid", uinteger, func(b *relationBatch) any { return &b.oid }),
		scan.Nullable("database", varchar, func(b *relationBatch) any { return &b.databaseName }),
		scan.Nullable("schema", varchar, func(b *relationBatch) any { return &b.schema }),
		scan.NotNull("name", varchar, func(b *relationBatch) any { return &b.name }),
		scan.NotNull("kind", varchar, func(b *relationBatch) any { return &b.kind }),
		scan.Nullable("table_schema", varchar, func(b *relationBatch) any { return &b.tableSchema }),
		scan.Nullable("table_name", varchar, func(b *relationBatch) any { return &b.tableName }),
	},
	input: relationRows{},
}

// relationRows makes the rows of read_wal_relations.
type relationRows struct{}

func (relationRows) estimate(h host, paths []string, _ *options) (uint64, error) {
	return estimateWAL(h, paths)
}

func (relationRows) start(c call) (*scan.Input[relationBatch], error) {
	var rows []catalog.Relation
	compute := func() (int, error) {
		found, err := readCatalog(c, nil)
		if err != nil {
			return 0, err
		}
		rows, err = relationsOf(c, found)
		return len(rows), err
	}
	return scan.Summarize(compute, func(b *relationBatch, i, row int) { b.set(i, &rows[row]) }, func() {}), nil
}

// relationsOf returns the relations that a first reading has found. It reads the WAL of the call
// again while there are files of catalogs that were not known.
func relationsOf(c call, found *catalog.Catalog) ([]catalog.Relation, error) {
	for {
		files := found.Missed()
		if files == nil {
			return found.Relations(), nil
		}
		var err error
		if found, err = readCatalog(c, files); err != nil {
			return nil, err
		}
	}
}

// readCatalog reads all WAL of the call once.
func readCatalog(c call, files catalog.Files) (*catalog.Catalog, error) {
	c.options.ignoreErrors, c.options.skipChecksums = true, true // names are a help: what is damaged has none
	in, err := openWAL(c)
	if err != nil {
		return nil, err
	}
	defer in.scan.Close()
	var mu sync.Mutex
	var all []*catalog.Collector
	err = scan.Parallel(in.threads, func(int) error {
		collector := catalog.NewCollector(files)
		mu.Lock()
		all = append(all, collector)
		mu.Unlock()
		return in.each(func(r *walReader) error {
			collector.Add(r.Reader)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return catalog.Build(in.set.Version, all...), nil
}

// set writes a relation into row i.
func (b *relationBatch) set(i int, r *catalog.Relation) {
	for _, c := range [...]struct {
		column *record.Numbers
		number uint32
	}{{&b.tablespace, r.Tablespace}, {&b.database, r.Database}, {&b.file, r.Number}, {&b.oid, r.OID}} {
		if c.column.Wanted() {
			c.column.Values[i] = c.number
		}
	}
	for _, c := range [...]struct {
		column *record.Strings
		text   string
	}{
		{&b.databaseName, r.DatabaseName}, {&b.schema, r.Schema}, {&b.name, r.Name}, {&b.kind, r.Kind},
		{&b.tableSchema, r.TableSchema}, {&b.tableName, r.TableName},
	} {
		setText(c.column, i, c.text)
	}
}
