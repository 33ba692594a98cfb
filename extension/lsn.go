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

func registerLSN(c *cshim.Conn) error {
	if err := c.RegisterType(lsnType); err != nil {
		return err
	}
	for _, cast := range []cshim.Cast{
		{From: varchar, To: lsnType, ImplicitCost: 1, Cast: lsnFromText},
		{From: lsnType, To: varchar, ImplicitCost: cshim.ExplicitOnly, Cast: lsnToText},
		{From: lsnType, To: ubigint, ImplicitCost: 1, Cast: copyNumbers},
		{From: ubigint, To: lsnType, ImplicitCost: cshim.ExplicitOnly, Cast: copyNumbers},
	} {
		if err := c.RegisterCast(cast); err != nil {
			return err
		}
	}
	if err := c.RegisterScalarFunction(lsnDifference("pg_wal_lsn_diff")); err != nil {
		return err
	}
	// Before 1.5 DuckDB takes no more overloads for an operator of its own;
	// there a - b stays UBIGINT, and pg_wal_lsn_diff has the sign.
	if err := c.RegisterScalarFunction(lsnDifference("-"), lsnMinus); err != nil && !errors.Is(err, cshim.ErrRefused) {
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

func copyNumbers(_ *cshim.CastCall, n int, in, out cshim.Vector) {
	copy(cshim.Data[uint64](out, n), cshim.Data[uint64](in, n))
}

// lsnDifference is a - b in bytes, with its sign: pg_wal_lsn_diff and `-`
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

// lsnMinus is lsn - n, with n bytes, which DuckDB would else take for the
// difference of two LSNs; like lsn + n it is a plain number.
var lsnMinus = cshim.ScalarFunction{
	Name:   "-",
	Params: []cshim.Type{lsnType, bigint},
	Return: ubigint,
	Call: func(args *cshim.Chunk, out cshim.Vector) error {
		n, valid := args.Size(), args.Valid()
		lsns, bytes := cshim.Data[uint64](args.Vector(0), n), cshim.Data[int64](args.Vector(1), n)
		result := cshim.Data[uint64](out, n)
		for i := range n {
			if !valid.Valid(i) {
				continue
			}
			result[i] = lsns[i] - uint64(bytes[i])
			if (result[i] > lsns[i]) != (bytes[i] < 0) {
				return fmt.Errorf("%v - %d is out of the range of an LSN", record.LSN(lsns[i]), bytes[i])
			}
		}
		return nil
	},
}
