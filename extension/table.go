package extension

import (
	"fmt"
	"sync"

	"walstats/cshim"
	"walstats/record"
)

// A table is one of our table functions. B is the memory its rows are written
// through: it holds, for the columns that the query wants, DuckDB's own.
type table[B any] struct {
	name    string
	options []option
	columns []column[B]
	extra   map[string]column[B] // columns that an option of that name adds, as the last ones
	serial  bool                 // one DuckDB thread is enough, and fill reads blocks for itself
	others  bool                 // the rows are the lines that belong to no record

	newBatch func(options) *B
	// fill writes the next rows of the reader's block, at most rows of them; there
	// may be none left in it.
	fill func(r *reader, b *B, rows int) (n int, err error)
}

// A query is one call of a table as bind understood it; it serves every
// execution of a prepared statement.
type query[B any] struct {
	host    host
	paths   []string
	options options
	columns []column[B]
}

// Close gives back what the executions took; DuckDB calls it with the statement.
func (q *query[B]) Close() {
	releasePipes(q)
	closeHost(q.host)
}

// register makes the table known to a database. Its errors begin with its name.
func (t *table[B]) register(c *cshim.Conn) error {
	fields := make([]cshim.Field, len(t.options))
	for i, o := range t.options {
		fields[i] = cshim.Field{Name: o.name, Type: o.kind}
	}
	named := func(err error) error { return fmt.Errorf("%s: %w", t.name, err) }
	return c.RegisterTableFunction(cshim.TableFunction{
		Name:   t.name,
		Params: []cshim.Type{{ID: cshim.Any}},
		Named:  fields,
		Bind: func(b *cshim.Bind) (any, error) {
			h := hostOf(b)
			q, err := t.bind(b, h)
			if err != nil {
				closeHost(h)
				return nil, named(err)
			}
			return q, nil
		},
		Init: func(bound any, projected []int) (any, int, error) {
			s, err := t.start(bound.(*query[B]), projected)
			if err != nil {
				return nil, 0, named(err)
			}
			if t.serial {
				return s, 1, nil
			}
			return s, s.blocks, nil
		},
		Local: func(global any) (any, error) {
			s := global.(*tableScan[B])
			s.join()
			return &rows[B]{reader: s.newReader(), batch: t.newBatch(s.options), helper: s.newReader()}, nil
		},
		Scan: func(global, local any, c *cshim.Chunk) error {
			if err := t.scan(global.(*tableScan[B]), local.(*rows[B]), c); err != nil {
				return named(err)
			}
			return nil
		},
	})
}

func (t *table[B]) bind(b *cshim.Bind, h host) (*query[B], error) {
	paths, err := bindPaths(b.Param(0))
	if err != nil {
		return nil, err
	}
	o, err := bindOptions(b, h, t.options)
	if err != nil {
		return nil, err
	}
	total, known := int64(0), true
	files, err := expand(h, paths)
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		// What is wrong with a URL is seen when it is read: a host that plans a query may
		// hold a lock that its readers of files need.
		if isURL(path) {
			known = false
			continue
		}
		size, err := checkDump(path)
		if err != nil {
			return nil, err
		}
		total += size
	}
	q := &query[B]{host: h, paths: paths, options: o, columns: t.columns}
	for _, name := range o.extraColumns() {
		q.columns = append(q.columns[:len(q.columns):len(q.columns)], t.extra[name])
	}
	for i := range q.columns {
		b.AddColumn(q.columns[i].name, q.columns[i].kind)
	}
	if known {
		const recordText = 180 // bytes of text a record has, on average over many dumps
		b.SetCardinality(uint64(total/recordText), false)
	}
	return q, nil
}

// A tableScan is a scan with the columns that the query wants, in their order;
// the zero column is one it does not.
type tableScan[B any] struct {
	scan
	table   *table[B]
	columns []column[B]
	ahead   ahead[B]
}

// start begins a scan of the files as they are now.
func (t *table[B]) start(q *query[B], projected []int) (*tableScan[B], error) {
	s := &tableScan[B]{table: t, columns: make([]column[B], len(projected))}
	s.ahead.changed = sync.NewCond(&s.ahead.mu)
	for i, p := range projected {
		if p >= 0 {
			s.columns[i] = q.columns[p]
		}
	}
	return s, s.begin(q.host, q.paths, q.options, q)
}

func (s *tableScan[B]) newReader() reader {
	r := newReader(&s.scan)
	r.function, r.keepOthers = s.table.name, s.table.others
	return r
}

// rows is a reader whose rows go into DuckDB's vectors.
type rows[B any] struct {
	reader
	batch   *B
	vectors []cshim.Vector
	helper  reader // for blocks that it parses ahead
}

// scan puts the next rows into c; none at the end. A block that was begun is
// finished first; then come the rows that were parsed ahead, and with none of
// these the next block.
func (t *table[B]) scan(s *tableScan[B], r *rows[B], c *cshim.Chunk) error {
	for {
		more, err := r.hasRows()
		if err != nil {
			return err
		}
		if more || t.serial {
			if n, err := t.fillVectors(s, r, c); n > 0 || err != nil || t.serial {
				return err
			}
			continue
		}
		r.giveBack()
		parsed, err := s.take(&r.helper)
		if err != nil {
			return err
		}
		if parsed != nil {
			return s.copy(parsed, r, c)
		}
		if begun, err := s.beginBlock(&r.reader); err != nil || !begun {
			return err
		}
	}
}

// fillVectors parses rows of r's block into the memory of c's vectors.
func (t *table[B]) fillVectors(s *tableScan[B], r *rows[B], c *cshim.Chunk) (n int, err error) {
	capacity := min(record.BatchRows, cshim.VectorSize())
	s.project(r, c, func(i int, v cshim.Vector) {
		s.columns[i].lend(r.batch, v, capacity, s.options.ignoreErrors)
	})
	if n, err = t.fill(&r.reader, r.batch, capacity); err != nil {
		s.stop()
		return 0, err
	}
	return n, s.finish(r.batch, r, n, c)
}

// beginBlock deals r the next block, unless one is being parsed ahead; false at
// the end.
func (s *tableScan[B]) beginBlock(r *reader) (bool, error) {
	s.dealing.Lock()
	if s.parsedAhead() {
		s.dealing.Unlock()
		return true, nil
	}
	block, err := s.dealLocked()
	s.dealing.Unlock()
	if r.block = block; block == nil {
		return false, err
	}
	if err := r.readBlock(); err != nil {
		return false, err
	}
	s.parseOthers()
	return true, nil
}

// project calls do for every wanted column and its vector.
func (s *tableScan[B]) project(r *rows[B], c *cshim.Chunk, do func(i int, v cshim.Vector)) {
	r.vectors = r.vectors[:0]
	for i := range s.columns {
		v := c.Vector(i)
		r.vectors = append(r.vectors, v)
		if s.columns[i].field != nil {
			do(i, v)
		}
	}
}

// copy puts a batch that was parsed ahead into c.
func (s *tableScan[B]) copy(parsed *batch[B], r *rows[B], c *cshim.Chunk) error {
	s.project(r, c, func(i int, v cshim.Vector) { s.columns[i].copyTo(v, parsed.b, parsed.n) })
	defer s.recycle(parsed.b)
	return s.finish(parsed.b, r, parsed.n, c)
}

// finish gives long strings their place in the vectors.
func (s *tableScan[B]) finish(b *B, r *rows[B], n int, c *cshim.Chunk) error {
	for i := range s.columns {
		if s.columns[i].field == nil || n == 0 {
			continue
		}
		if texts, ok := s.columns[i].field(b).(*record.Strings); ok {
			if err := r.vectors[i].SetStrings(n, texts.Arena); err != nil {
				return err
			}
		}
	}
	c.SetSize(n)
	return nil
}
