package extension

import (
	"walstats/record"
	"walstats/wal"
	"walstats/wal/catalog"
)

// sumsOfAll has what all WAL tells when it was read: names of relations, and what wal_compression
// would save. It is the last chunk.
type sumsOfAll struct {
	relations []catalog.Relation
	images    imageSums
	savings   []saving
	next      int
}

// take takes the next chunk; after the last one the end of the input, once.
func (in *sumInput) take() (chunk *wal.Chunk, ending bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if chunk = in.scan.Next(); chunk != nil {
		in.open++
		return chunk, false
	}
	ending = !in.ended && (in.options.names || in.sample != nil)
	in.ended = true
	return nil, ending
}

// given notes that a chunk was read, or never will be.
func (in *sumInput) given() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.open--
	in.changed.Broadcast()
}

// newCollector returns what takes names for one reader.
func (in *sumInput) newCollector() *catalog.Collector {
	c := catalog.NewCollector(nil)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.collectors = append(in.collectors, c)
	return c
}

// await waits until all chunks have been read.
func (in *sumInput) await() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.open > 0 {
		in.changed.Wait()
	}
}

// load makes the rows.
func (e *sumsOfAll) load(in *sumInput) (err error) {
	in.await()
	if in.options.names {
		if e.relations, err = relationsOf(in.call, catalog.Build(in.set.Version, in.collectors...)); err != nil {
			return err
		}
	}
	if s := in.sample; s != nil && s.total.fpi*leastImages >= s.total.length && s.total.fpi > 0 {
		e.images = s.total
		e.savings, err = s.savings()
	}
	return err
}

// leastImages is how small a part of the WAL images may be, and yet be compressed: one in a hundred.
const leastImages = 100

func (e *sumsOfAll) left() int { return len(e.relations) + len(e.savings) - e.next }

// fill writes the next rows into b.
func (e *sumsOfAll) fill(b *sumBatch, rows int) (n int) {
	n = min(rows, e.left())
	for i := range n {
		b.setNoRecord(i)
		if row := e.next + i; row < len(e.relations) {
			e.fillRelation(b, i, &e.relations[row])
		} else {
			e.fillSaving(b, i, &e.savings[row-len(e.relations)])
		}
	}
	e.next += n
	return n
}

func (e *sumsOfAll) fillRelation(b *sumBatch, i int, r *catalog.Relation) {
	b.setSums(i, &sumRow{kind: kindRelation})
	b.setNoSaving(i)
	b.SetBlock(i, &record.BlockRef{RelTablespace: r.Tablespace, RelDatabase: r.Database, RelFileNode: r.Number})
	setText(&b.RelFork, i, "")
	if c := &b.RelBlockNumber; c.Wanted() {
		c.SetNull(i)
	}
	b.relation.set(i, r)
}

func (e *sumsOfAll) fillSaving(b *sumBatch, i int, s *saving) {
	t := &e.images
	b.setSums(i, &sumRow{kind: kindCompression, recordSum: recordSum{bytes: t.length, fpiBytes: t.fpi, images: t.from(0)}})
	b.SetNoBlock(i)
	b.setNoRelation(i)
	setText(&b.method, i, s.method.String())
	for _, c := range [...]struct {
		values []int64
		value  int64
	}{{b.compressed, t.compressed}, {b.sampled, s.sampled}, {b.saved, s.bytes}, {b.mayMiss, s.mayMiss}} {
		if c.values != nil {
			c.values[i] = c.value
		}
	}
}

// setNoRecord writes the columns of row i that records and their sums have.
func (b *sumBatch) setNoRecord(i int) {
	if b.StartLSN != nil {
		b.StartLSN[i] = 0
	}
	for _, c := range [...]*record.Strings{&b.ResourceManager, &b.RecordType, &b.Description} {
		setText(c, i, "")
	}
	if c := &b.XID; c.Wanted() {
		c.SetNull(i)
	}
	if c := &b.XactTime; c.Wanted() {
		c.SetNull(i)
	}
}

// setNoEnding writes the columns of the first n rows that only the end of the input has.
func (b *sumBatch) setNoEnding(n int) {
	for i := range n {
		b.setNoRelation(i)
		b.setNoSaving(i)
	}
}

func (b *sumBatch) setNoRelation(i int) {
	r := &b.relation
	for _, c := range [...]*record.Strings{&r.databaseName, &r.schema, &r.name, &r.kind, &r.tableSchema, &r.tableName} {
		setText(c, i, "")
	}
	if c := &r.oid; c.Wanted() {
		c.SetNull(i)
	}
}

func (b *sumBatch) setNoSaving(i int) {
	setText(&b.method, i, "")
	for _, values := range [...][]int64{b.compressed, b.sampled, b.saved, b.mayMiss} {
		if values != nil {
			values[i] = 0
		}
	}
}
