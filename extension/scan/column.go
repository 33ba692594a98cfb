package scan

import (
	"fmt"
	"math"

	"walstats/cshim"
	"walstats/record"
)

// A Column is a column of a table function: its name, its type, and which field of B
// has its memory. The zero Column is a vector that the query does not want.
type Column[B any] struct {
	Name  string
	Type  cshim.Type
	null  nullability
	field func(*B) any
}

// A nullability says when a column may have a NULL. DuckDB makes a mask only then.
type nullability uint8

const (
	notNull nullability = iota
	nullOnError
	nullable
)

// NotNull returns a column that has no NULL. field returns a pointer to the field of B,
// which is a slice of numbers, a record.Numbers, record.Times, record.Numbers64 or record.Strings, or Sets.
func NotNull[B any](name string, t cshim.Type, field func(*B) any) Column[B] {
	return Column[B]{name, t, notNull, field}
}

// NullOnError returns a column that is NULL, with ignore_errors, for a value that does
// not fit. See [NotNull].
func NullOnError[B any](name string, t cshim.Type, field func(*B) any) Column[B] {
	return Column[B]{name, t, nullOnError, field}
}

// Nullable returns a column that may be NULL. See [NotNull].
func Nullable[B any](name string, t cshim.Type, field func(*B) any) Column[B] {
	return Column[B]{name, t, nullable, field}
}

func (c *Column[B]) wanted() bool { return c.field != nil }

// Lend points b's field for the column at the memory of v, for n rows.
func (c *Column[B]) Lend(b *B, v cshim.Vector, n int) {
	var valid []uint64
	if c.null == nullable {
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
	case *record.Numbers64:
		f.Values, f.Valid = cshim.Data[uint64](v, n), valid
	case *record.Strings:
		f.Rows, f.Valid, f.Arena = cshim.Data[record.String](v, n), valid, f.Arena[:0]
	case *Sets:
		f.lend(n)
	default:
		c.unknown(f)
	}
}

// Finish gives the long strings among the n rows that were written into v their place,
// and writes sets of names. It does nothing for other columns.
func (c *Column[B]) Finish(b *B, v cshim.Vector, n int) error {
	switch f := c.field(b).(type) {
	case *record.Strings:
		return v.SetStrings(n, f.Arena)
	case *Sets:
		return f.write(v, n)
	}
	return nil
}

// own gives b's field for the column Go's memory.
func (c *Column[B]) own(b *B) {
	const n = record.BatchRows
	valid := make([]uint64, n/64)
	switch f := c.field(b).(type) {
	case *[]uint8:
		*f = make([]uint8, n)
	case *[]uint64:
		*f = make([]uint64, n)
	case *[]int64:
		*f = make([]int64, n)
	case *[]float64:
		*f = make([]float64, n)
	case *record.Numbers:
		f.Values, f.Valid = make([]uint32, n), valid
	case *record.Times:
		f.Values, f.Valid = make([]int64, n), valid
	case *record.Numbers64:
		f.Values, f.Valid = make([]uint64, n), valid
	case *record.Strings:
		f.Rows, f.Valid = make([]record.String, n), valid
	case *Sets:
		f.lend(n)
	default:
		c.unknown(f)
	}
}

// reset prepares memory that own made for other rows.
func (c *Column[B]) reset(b *B) {
	var valid []uint64
	switch f := c.field(b).(type) {
	case *record.Numbers:
		valid = f.Valid
	case *record.Times:
		valid = f.Valid
	case *record.Numbers64:
		valid = f.Valid
	case *record.Strings:
		valid, f.Arena = f.Valid, f.Arena[:0]
	}
	for i := range valid {
		valid[i] = math.MaxUint64
	}
}

// copyTo copies n rows of the column into v. Finish still has to follow.
func (c *Column[B]) copyTo(v cshim.Vector, b *B, n int) {
	var valid []uint64
	switch f := c.field(b).(type) {
	case *[]uint8:
		copy(cshim.Data[uint8](v, n), *f)
	case *[]uint64:
		copy(cshim.Data[uint64](v, n), *f)
	case *[]int64:
		copy(cshim.Data[int64](v, n), *f)
	case *[]float64:
		copy(cshim.Data[float64](v, n), *f)
	case *record.Numbers:
		copy(cshim.Data[uint32](v, n), f.Values)
		valid = f.Valid
	case *record.Times:
		copy(cshim.Data[int64](v, n), f.Values)
		valid = f.Valid
	case *record.Numbers64:
		copy(cshim.Data[uint64](v, n), f.Values)
		valid = f.Valid
	case *record.Strings:
		copy(cshim.Data[record.String](v, n), f.Rows)
		valid = f.Valid
	case *Sets: // Finish writes them
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

func (c *Column[B]) unknown(field any) {
	panic(fmt.Sprintf("column %s: %T is not memory of a column", c.Name, field))
}
