package extension

import (
	"fmt"

	"walstats/cshim"
	"walstats/parser"
)

// A column is one of read_waldump's: its name and type, and how to give the
// parser the vector's own memory to write it in.
type column struct {
	name string
	kind cshim.Type

	lsns    func(*parser.Batch) *[]uint64
	numbers func(*parser.Batch) *parser.Numbers
	strings func(*parser.Batch) *parser.Strings
	null    nullability
}

type nullability uint8

const (
	never   nullability = iota
	onError             // with ignore_errors, where a number does not fit
	often
)

var uinteger = cshim.Type{ID: cshim.UInteger}

// The columns, in the order and with the names of pg_get_wal_records_info and
// pg_get_wal_block_info (contrib/pg_walinspect).
var columns = []column{
	{name: "start_lsn", kind: lsnType, lsns: func(b *parser.Batch) *[]uint64 { return &b.StartLSN }},
	{name: "prev_lsn", kind: lsnType, lsns: func(b *parser.Batch) *[]uint64 { return &b.PrevLSN }},
	{name: "xid", kind: uinteger, numbers: func(b *parser.Batch) *parser.Numbers { return &b.XID }, null: onError},
	{name: "resource_manager", kind: varchar, strings: func(b *parser.Batch) *parser.Strings { return &b.ResourceManager }},
	{name: "record_type", kind: varchar, strings: func(b *parser.Batch) *parser.Strings { return &b.RecordType }},
	{name: "record_length", kind: uinteger, numbers: func(b *parser.Batch) *parser.Numbers { return &b.RecordLength }, null: onError},
	{name: "fpi_length", kind: uinteger, numbers: func(b *parser.Batch) *parser.Numbers { return &b.FPILength }, null: onError},
	{name: "description", kind: varchar, strings: func(b *parser.Batch) *parser.Strings { return &b.Description }},
	{name: "reltablespace", kind: uinteger, numbers: func(b *parser.Batch) *parser.Numbers { return &b.RelTablespace }, null: often},
	{name: "reldatabase", kind: uinteger, numbers: func(b *parser.Batch) *parser.Numbers { return &b.RelDatabase }, null: often},
	{name: "relfilenode", kind: uinteger, numbers: func(b *parser.Batch) *parser.Numbers { return &b.RelFileNode }, null: often},
	{name: "relfork", kind: varchar, strings: func(b *parser.Batch) *parser.Strings { return &b.RelFork }, null: often},
	{name: "relblocknumber", kind: uinteger, numbers: func(b *parser.Batch) *parser.Numbers { return &b.RelBlockNumber }, null: often},
	{name: "block_ref", kind: varchar, strings: func(b *parser.Batch) *parser.Strings { return &b.BlockRef }, null: often},
}

const readWaldump = "read_waldump"

func registerReadWaldump(c *cshim.Conn) error {
	return c.RegisterTableFunction(cshim.TableFunction{
		Name:   readWaldump,
		Params: []cshim.Type{{ID: cshim.Any}},
		Named:  optionFields,
		Bind: func(b *cshim.Bind) (any, error) {
			q, err := bindReadWaldump(b)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", readWaldump, err)
			}
			return q, nil
		},
		Init: func(bound any, columns []int) (any, int, error) {
			s, threads, err := bound.(*query).start(columns)
			if err != nil {
				return nil, 0, fmt.Errorf("%s: %w", readWaldump, err)
			}
			return s, threads, nil
		},
		Local: func(global any) (any, error) { return newRowReader(global.(*scan)), nil },
		Scan: func(_, local any, c *cshim.Chunk) error {
			if err := local.(*rowReader).fill(c); err != nil {
				return fmt.Errorf("%s: %w", readWaldump, err)
			}
			return nil
		},
	})
}

// A query is one call of read_waldump as bind understood it; it serves every
// execution of a prepared statement.
type query struct {
	paths   []string
	options options
}

func bindReadWaldump(b *cshim.Bind) (*query, error) {
	paths, err := bindPaths(b.Param(0))
	if err != nil {
		return nil, err
	}
	options, err := bindOptions(b)
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
	for i := range columns {
		b.AddColumn(columns[i].name, columns[i].kind)
	}
	const recordText = 180 // bytes of text a record has, on average over many dumps
	b.SetCardinality(uint64(total/recordText), false)
	return &query{paths, options}, nil
}

// start begins a scan of the files as they are now, and says how many threads
// can work on it.
func (q *query) start(columns []int) (*scan, int, error) {
	blocks := 0
	for _, path := range q.paths {
		size, err := checkDump(path)
		if err != nil {
			return nil, 0, err
		}
		blocks += int(size/blockSize(size)) + 1
	}
	return &scan{paths: q.paths, options: q.options, columns: columns, users: map[*dump]int{}}, blocks, nil
}

// A rowReader is a reader that puts the rows into DuckDB's vectors.
type rowReader struct {
	reader
	batch parser.Batch
}

func newRowReader(s *scan) *rowReader {
	r := &rowReader{reader: reader{scan: s}}
	r.batch.IgnoreErrors = s.options.ignoreErrors
	return r
}

// fill puts the next rows into c; none at the end.
func (r *rowReader) fill(c *cshim.Chunk) error {
	more, err := r.advance()
	if err != nil || !more {
		return err
	}
	capacity := min(parser.BatchRows, cshim.VectorSize())
	var vectors [32]cshim.Vector
	for i, column := range r.scan.columns {
		if column < 0 {
			continue
		}
		vectors[i] = c.Vector(i)
		columns[column].lend(&r.batch, vectors[i], capacity)
	}
	n, err := r.index.Fill(&r.batch, r.text, r.row, min(capacity, r.rows-r.row))
	if err != nil {
		r.scan.stop()
		return r.fieldError(err)
	}
	for i, column := range r.scan.columns {
		if column < 0 || columns[column].strings == nil {
			continue
		}
		if err := vectors[i].SetStrings(n, columns[column].strings(&r.batch).Arena); err != nil {
			return err
		}
	}
	r.row += n
	c.SetSize(n)
	return nil
}

// lend gives the batch the vector's memory for one column.
func (c *column) lend(b *parser.Batch, v cshim.Vector, n int) {
	var valid []uint64
	if c.null == often || c.null == onError && b.IgnoreErrors {
		valid = v.Validity(n)
	}
	switch {
	case c.lsns != nil:
		*c.lsns(b) = cshim.Data[uint64](v, n)
	case c.numbers != nil:
		*c.numbers(b) = parser.Numbers{Values: cshim.Data[uint32](v, n), Valid: valid}
	default:
		s := c.strings(b)
		s.Rows, s.Valid, s.Arena = cshim.Data[parser.String](v, n), valid, s.Arena[:0]
	}
}
