package extension

import (
	"fmt"
	"math"

	"walstats/cshim"
	"walstats/record"
)

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

// lend gives the batch the vector's memory for the column, for n rows.
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
	case *record.Numbers:
		f.Values, f.Valid = cshim.Data[uint32](v, n), valid
	case *record.Times:
		f.Values, f.Valid = cshim.Data[int64](v, n), valid
	case *record.Strings:
		f.Rows, f.Valid, f.Arena = cshim.Data[record.String](v, n), valid, f.Arena[:0]
	default:
		c.unknown(f)
	}
}

// own gives the batch memory of our own for the column.
func (c *column[B]) own(b *B) {
	const n = record.BatchRows
	valid := make([]uint64, n/64)
	switch f := c.field(b).(type) {
	case *[]uint8:
		*f = make([]uint8, n)
	case *[]uint64:
		*f = make([]uint64, n)
	case *record.Numbers:
		f.Values, f.Valid = make([]uint32, n), valid
	case *record.Times:
		f.Values, f.Valid = make([]int64, n), valid
	case *record.Strings:
		f.Rows, f.Valid = make([]record.String, n), valid
	default:
		c.unknown(f)
	}
}

// reset makes memory of our own ready for other rows.
func (c *column[B]) reset(b *B) {
	var valid []uint64
	switch f := c.field(b).(type) {
	case *record.Numbers:
		valid = f.Valid
	case *record.Times:
		valid = f.Valid
	case *record.Strings:
		valid, f.Arena = f.Valid, f.Arena[:0]
	}
	for i := range valid {
		valid[i] = math.MaxUint64
	}
}

// copyTo copies n rows of the column to a vector; long strings still have to get
// their place.
func (c *column[B]) copyTo(v cshim.Vector, b *B, n int) {
	var valid []uint64
	switch f := c.field(b).(type) {
	case *[]uint8:
		copy(cshim.Data[uint8](v, n), *f)
	case *[]uint64:
		copy(cshim.Data[uint64](v, n), *f)
	case *record.Numbers:
		copy(cshim.Data[uint32](v, n), f.Values)
		valid = f.Valid
	case *record.Times:
		copy(cshim.Data[int64](v, n), f.Values)
		valid = f.Valid
	case *record.Strings:
		copy(cshim.Data[record.String](v, n), f.Rows)
		valid = f.Valid
	default:
		c.unknown(f)
	}
	for _, word := range valid[:min(len(valid), (n+63)/64)] {
		if word != math.MaxUint64 {
			copy(v.Validity(n), valid)
			return
		}
	}
}

func (c *column[B]) unknown(field any) {
	panic(fmt.Sprintf("column %s: its values go to a %T, which is no column", c.name, field))
}
