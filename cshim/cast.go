package cshim

/*
#include "shim.h"

static void set_source(duckdb_cast_function f, duckdb_logical_type t) { cshim_api.cast_function_set_source_type(f, t); }
static void set_target(duckdb_cast_function f, duckdb_logical_type t) { cshim_api.cast_function_set_target_type(f, t); }
static void set_implicit_cost(duckdb_cast_function f, int64_t cost) {
	cshim_api.cast_function_set_implicit_cast_cost(f, cost);
}
static duckdb_state register_cast(duckdb_connection c, duckdb_cast_function f) {
	return cshim_api.register_cast_function(c, f);
}
static void destroy_cast(duckdb_cast_function f) { cshim_api.destroy_cast_function(&f); }
*/
import "C"

// ExplicitOnly is the ImplicitCost of a cast that DuckDB must not apply by itself.
const ExplicitOnly = -1

// Cast converts between two types, one of them usually our own.
type Cast struct {
	From, To     Type
	ImplicitCost int64 // the lower, the sooner DuckDB applies it by itself; or ExplicitOnly

	// Cast converts rows [0, n) of in into out. A NULL stays NULL whatever is written; see
	// [CastCall.Valid]. A row that cannot be converted is a [CastCall.RowError].
	Cast func(c *CastCall, n int, in, out Vector)
}

// CastCall describes one run of a [Cast].
type CastCall struct {
	try   bool
	first error
	out   Vector
	n     int
	valid Mask
}

// Valid returns the rows that are not NULL. Only these are to be converted.
func (c *CastCall) Valid() Mask { return c.valid }

// RowError reports that row i cannot be converted. CAST fails with the first such error; TRY_CAST
// gives NULL for the row.
func (c *CastCall) RowError(i int, err error) {
	if c.first == nil {
		c.first = err
	}
	if c.try {
		c.out.Validity(c.n).SetNull(i)
	}
}

// RegisterCast adds a cast to the database.
func (c *Conn) RegisterCast(f Cast) error {
	cf := C.cshim_new_cast_function(newHandle(&f))
	defer C.destroy_cast(cf)
	f.From.with(func(t C.duckdb_logical_type) { C.set_source(cf, t) })
	f.To.with(func(t C.duckdb_logical_type) { C.set_target(cf, t) })
	C.set_implicit_cost(cf, C.int64_t(f.ImplicitCost))
	if C.register_cast(c.conn, cf) != C.CSHIM_SUCCESS {
		return refused("cast", f.From.Alias+" to "+f.To.Alias)
	}
	return nil
}

// cshimCast returns the error of the first bad row, also for TRY_CAST: the rows are NULL then,
// but DuckDB wants to know that not all of them could be converted.
//
//export cshimCast
func cshimCast(function C.uintptr_t, try C.bool, count C.idx_t, in, out C.duckdb_vector) *C.char {
	return guarded(func() error {
		c := &CastCall{try: bool(try), out: newVector(out), n: int(count)}
		source := newVector(in)
		c.valid = source.Valid(c.n)
		done := false
		defer func() {
			// TRY_CAST ignores even the error of a panic, and would take garbage for converted rows.
			if !done {
				c.out.restrict(make(Mask, (c.n+63)/64))
			}
		}()
		valueOf[*Cast](function).Cast(c, c.n, source, c.out)
		done = true
		c.out.restrict(c.valid)
		return c.first
	})
}
