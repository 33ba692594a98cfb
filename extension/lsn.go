package extension

import (
	"errors"
	"fmt"
	"math"

	"walstats/cshim"
	"walstats/record"
)

// lsnType is PostgreSQL's pg_lsn: an alias of UBIGINT, so that it sorts,
// compares and has zone maps, but reads and prints as 0/01953528.
var lsnType = cshim.Type{ID: cshim.UBigInt, Alias: "pg_lsn"}

// lsnCasts are the casts from and to pg_lsn.
//
// DuckDB finds no implicit cast from a type with an alias. So those of UBIGINT
// are given again, to HUGEINT, DOUBLE and so on: sum, avg, round, / and a number
// of another type need them. Their order of costs is DuckDB's own (TargetTypeCost
// in cast_rules.cpp): with another order, some calls would be ambiguous.
// DECIMAL and BIGNUM are missing: the C API cannot name a DECIMAL of any width.
var lsnCasts = []cshim.Cast{
	{From: varchar, To: lsnType, ImplicitCost: 1, Cast: lsnFromText},
	{From: ubigint, To: lsnType, ImplicitCost: cshim.ExplicitOnly, Cast: lsnToNumber(identity)},
	{From: lsnType, To: varchar, ImplicitCost: cshim.ExplicitOnly, Cast: lsnToText},
	{From: lsnType, To: ubigint, ImplicitCost: 1, Cast: lsnToNumber(identity)},
	{From: lsnType, To: hugeint, ImplicitCost: 103, Cast: lsnToNumber(toHuge)},
	{From: lsnType, To: double, ImplicitCost: 104, Cast: lsnToNumber(toDouble)},
	{From: lsnType, To: uhugeint, ImplicitCost: 110, Cast: lsnToNumber(toHuge)},
	{From: lsnType, To: float, ImplicitCost: 110, Cast: lsnToNumber(toFloat)},
}

func registerLSN(c *cshim.Conn) error {
	if err := c.RegisterType(lsnType); err != nil {
		return err
	}
	for _, cast := range lsnCasts {
		if err := c.RegisterCast(cast); err != nil {
			return err
		}
	}
	if err := c.RegisterScalarFunction(lsnDifference("pg_wal_lsn_diff")); err != nil {
		return err
	}
	// Before 1.5 DuckDB refuses overloads of its own operators. There a - b is
	// UBIGINT's, which fails where a < b; pg_wal_lsn_diff works everywhere.
	// This is the only overload: with (pg_lsn, BIGINT) beside it, lsn - '0/1'
	// would be ambiguous. A number on the right side needs none: a literal becomes
	// a pg_lsn, and any other number makes lsn - n a HUGEINT, as with UBIGINT.
	if err := c.RegisterScalarFunction(lsnDifference("-")); err != nil && !errors.Is(err, cshim.ErrRefused) {
		return err
	}
	return nil
}

func lsnFromText(c *cshim.CastCall, n int, in, out cshim.Vector) {
	texts, lsns, valid := cshim.Data[cshim.String](in, n), cshim.Data[uint64](out, n), c.Valid()
	for i := range n {
		if !valid.Valid(i) {
			continue
		}
		text := texts[i].Bytes()
		lsn, err := record.ParseLSN(text)
		if err != nil {
			c.RowError(i, fmt.Errorf("%w, found %.80q", err, text))
			continue
		}
		lsns[i] = uint64(lsn)
	}
}

func lsnToText(c *cshim.CastCall, n int, in, out cshim.Vector) {
	lsns, texts, valid := cshim.Data[uint64](in, n), cshim.Data[record.String](out, n), c.Valid()
	text := make([]byte, 0, len("FFFFFFFF/FFFFFFFF"))
	column := record.Strings{Rows: texts}
	for i := range n {
		texts[i] = record.String{}
		if valid.Valid(i) {
			text = record.LSN(lsns[i]).AppendText(text[:0])
			column.Set(i, text)
		}
	}
	if err := out.SetStrings(n, column.Arena); err != nil {
		c.RowError(0, err)
	}
}

// huge is a HUGEINT or UHUGEINT that is not negative: its lower half, its upper half.
type huge [2]uint64

func identity(lsn uint64) uint64  { return lsn }
func toHuge(lsn uint64) huge      { return huge{lsn} }
func toDouble(lsn uint64) float64 { return float64(lsn) }
func toFloat(lsn uint64) float32  { return float32(lsn) }

// lsnToNumber returns a cast that converts each number on its own.
func lsnToNumber[T any](convert func(uint64) T) func(*cshim.CastCall, int, cshim.Vector, cshim.Vector) {
	return func(_ *cshim.CastCall, n int, in, out cshim.Vector) {
		lsns, numbers := cshim.Data[uint64](in, n), cshim.Data[T](out, n)
		for i, lsn := range lsns {
			numbers[i] = convert(lsn)
		}
	}
}

// lsnDifference returns a function of a - b in bytes, with its sign: pg_wal_lsn_diff and `-`
// (src/backend/utils/adt/pg_lsn.c, pg_lsn_mi).
func lsnDifference(name string) cshim.ScalarFunction {
	return cshim.ScalarFunction{
		Name:   name,
		Params: []cshim.Type{lsnType, lsnType},
		Return: bigint,
		Call: func(args *cshim.Chunk, out cshim.Vector) error {
			n, valid := args.Size(), args.Valid()
			a, b := cshim.Data[uint64](args.Vector(0), n), cshim.Data[uint64](args.Vector(1), n)
			diff := cshim.Data[int64](out, n)
			for i := range n {
				if !valid.Valid(i) {
					continue
				}
				d := a[i] - b[i] // the bits of the signed difference, where that fits
				if (a[i] >= b[i]) != (d <= math.MaxInt64) {
					return fmt.Errorf("%s: the difference of %v and %v is out of the range of BIGINT", name, record.LSN(a[i]), record.LSN(b[i]))
				}
				diff[i] = int64(d)
			}
			return nil
		},
	}
}
