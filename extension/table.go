package extension

import (
	"fmt"

	"walstats/cshim"
	"walstats/parser"
)

// A table is one of our table functions. B is the memory its rows are written
// through: it holds, for the columns that the query wants, DuckDB's own.
type table[B any] struct {
	name    string
	options []option
	columns []column[B]
	extra   map[string]column[B] // columns that an option of that name adds, as the last ones
	serial  bool                 // one DuckDB thread is enough

	newBatch func(options) *B
	// fill writes the next rows; none at the end of the scan.
	fill func(r *reader, b *B, rows int) (n int, err error)
}

// A column is a name, a type, and where in B its values go: a pointer to a slice,
// or to one of the parser's columns.
type column[B any] struct {
	name  string
	kind  cshim.Type
	null  nullability
	field func(*B) any
}

// nullability is when a column may have a NULL: only then DuckDB makes a mask.
type nullability uint8

const (
	never   nullability = iota
	onError             // with ignore_errors, where a value does not fit
	often
)

var (
	boolean   = cshim.Type{ID: cshim.Boolean}
	utinyint  = cshim.Type{ID: cshim.UTinyInt}
	uinteger  = cshim.Type{ID: cshim.UInteger}
	ubigint   = cshim.Type{ID: cshim.UBigInt}
	bigint    = cshim.Type{ID: cshim.BigInt}
	double    = cshim.Type{ID: cshim.Double}
	varchar   = cshim.Type{ID: cshim.Varchar}
	timestamp = cshim.Type{ID: cshim.TimestampTZ}
)

// A query is one call of a table as bind understood it; it serves every
// execution of a prepared statement.
type query[B any] struct {
	paths   []string
	options options
	columns []column[B]
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
			q, err := t.bind(b)
			if err != nil {
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
			return &rows[B]{reader: reader{scan: &s.scan}, batch: t.newBatch(s.options)}, nil
		},
		Scan: func(global, local any, c *cshim.Chunk) error {
			if err := t.scan(global.(*tableScan[B]), local.(*rows[B]), c); err != nil {
				return named(err)
			}
			return nil
		},
	})
}

func (t *table[B]) bind(b *cshim.Bind) (*query[B], error) {
	paths, err := bindPaths(b.Param(0))
	if err != nil {
		return nil, err
	}
	o, err := bindOptions(b, t.options)
	if err != nil {
		return nil, err
	}
	total := int64(0)
	for _, path := range paths {
		size, err := checkDump(path)
		if err != nil {
			return nil, err
		}
		total += size
	}
	q := &query[B]{paths: paths, options: o, columns: t.columns}
	for _, name := range o.extraColumns() {
		q.columns = append(q.columns[:len(q.columns):len(q.columns)], t.extra[name])
	}
	for i := range q.columns {
		b.AddColumn(q.columns[i].name, q.columns[i].kind)
	}
	const recordText = 180 // bytes of text a record has, on average over many dumps
	b.SetCardinality(uint64(total/recordText), false)
	return q, nil
}

// A tableScan is a scan with the columns that the query wants, in their order;
// the zero column is one it does not.
type tableScan[B any] struct {
	scan
	columns []column[B]
}

// start begins a scan of the files as they are now.
func (t *table[B]) start(q *query[B], projected []int) (*tableScan[B], error) {
	s := &tableScan[B]{columns: make([]column[B], len(projected))}
	for i, p := range projected {
		if p >= 0 {
			s.columns[i] = q.columns[p]
		}
	}
	return s, s.begin(q.paths, q.options)
}

// rows is a reader whose rows go into DuckDB's vectors.
type rows[B any] struct {
	reader
	batch   *B
	vectors []cshim.Vector
}

// scan puts the next rows into c; none at the end.
func (t *table[B]) scan(s *tableScan[B], r *rows[B], c *cshim.Chunk) error {
	capacity := min(parser.BatchRows, cshim.VectorSize())
	r.vectors = r.vectors[:0]
	for i := range s.columns {
		v := c.Vector(i)
		r.vectors = append(r.vectors, v)
		if s.columns[i].field != nil {
			s.columns[i].lend(r.batch, v, capacity, s.options.ignoreErrors)
		}
	}
	n, err := t.fill(&r.reader, r.batch, capacity)
	if err != nil {
		s.stop()
		return err
	}
	for i := range s.columns {
		if s.columns[i].field == nil {
			continue
		}
		if texts, ok := s.columns[i].field(r.batch).(*parser.Strings); ok && n > 0 {
			if err := r.vectors[i].SetStrings(n, texts.Arena); err != nil {
				return err
			}
		}
	}
	c.SetSize(n)
	return nil
}

// lend gives the batch the vector's memory for one column, for n rows.
func (c *column[B]) lend(b *B, v cshim.Vector, n int, ignoreErrors bool) {
	var valid []uint64
	if c.null == often || c.null == onError && ignoreErrors {
		valid = v.Validity(n)
	}
	switch f := c.field(b).(type) {
	case *[]uint8:
		*f = cshim.Data[uint8](v, n)
	case *[]uint64:
		*f = cshim.Data[uint64](v, n)
	case *[]int64:
		*f = cshim.Data[int64](v, n)
	case *[]float64:
		*f = cshim.Data[float64](v, n)
	case *parser.Numbers:
		f.Values, f.Valid = cshim.Data[uint32](v, n), valid
	case *parser.Times:
		f.Values, f.Valid = cshim.Data[int64](v, n), valid
	case *parser.Strings:
		f.Rows, f.Valid, f.Arena = cshim.Data[parser.String](v, n), valid, f.Arena[:0]
	default:
		panic(fmt.Sprintf("column %s: no way to lend it %T", c.name, f))
	}
}
