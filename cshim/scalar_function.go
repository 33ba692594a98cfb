package cshim

/*
#include "shim.h"

static void add_argument(duckdb_scalar_function f, duckdb_logical_type t) { cshim_api.scalar_function_add_parameter(f, t); }
static void set_return_type(duckdb_scalar_function f, duckdb_logical_type t) { cshim_api.scalar_function_set_return_type(f, t); }
static void set_special_nulls(duckdb_scalar_function f) { cshim_api.scalar_function_set_special_handling(f); }
static void destroy_scalar_function(duckdb_scalar_function f) { cshim_api.destroy_scalar_function(&f); }
static duckdb_scalar_function_set create_set(const char *name) { return cshim_api.create_scalar_function_set(name); }
static duckdb_state add_to_set(duckdb_scalar_function_set set, duckdb_scalar_function f) {
	return cshim_api.add_scalar_function_to_set(set, f);
}
static duckdb_state register_set(duckdb_connection c, duckdb_scalar_function_set set) {
	return cshim_api.register_scalar_function_set(c, set);
}
static void destroy_set(duckdb_scalar_function_set set) { cshim_api.destroy_scalar_function_set(&set); }
*/
import "C"

// ScalarFunction is a function of a row's values. Its name may be an operator's, such as "-":
// then it is one more overload of the operator.
type ScalarFunction struct {
	Name   string
	Params []Type
	Return Type

	// SpecialNulls lets Call see rows with NULL arguments and decide their result. Otherwise a
	// NULL argument makes the result NULL, as SQL has it.
	SpecialNulls bool

	// Call computes the rows of args into out. See [Chunk.Valid] for the rows that matter.
	Call func(args *Chunk, out Vector) error
}

// RegisterScalarFunction makes a function known in every schema of the database. All its
// overloads, which have one Name, come in one call: before 1.5, DuckDB takes no more of them
// later, and none for a function of its own. Then the error is [ErrRefused].
func (c *Conn) RegisterScalarFunction(overloads ...ScalarFunction) error {
	var set C.duckdb_scalar_function_set
	withCString(overloads[0].Name, func(name *C.char) { set = C.create_set(name) })
	defer C.destroy_set(set)
	for _, f := range overloads {
		cf := f.create()
		defer C.destroy_scalar_function(cf)
		if C.add_to_set(set, cf) != C.CSHIM_SUCCESS {
			return refused("overload of function", f.Name)
		}
	}
	if C.register_set(c.conn, set) != C.CSHIM_SUCCESS {
		return refused("function", overloads[0].Name)
	}
	return nil
}

func (f ScalarFunction) create() C.duckdb_scalar_function {
	var cf C.duckdb_scalar_function
	withCString(f.Name, func(name *C.char) { cf = C.cshim_new_scalar_function(name, newHandle(&f)) })
	for _, p := range f.Params {
		p.with(func(t C.duckdb_logical_type) { C.add_argument(cf, t) })
	}
	f.Return.with(func(t C.duckdb_logical_type) { C.set_return_type(cf, t) })
	if f.SpecialNulls {
		C.set_special_nulls(cf)
	}
	return cf
}

//export cshimScalarCall
func cshimScalarCall(function C.uintptr_t, chunk C.duckdb_data_chunk, result C.duckdb_vector) *C.char {
	return guarded(func() error {
		f := valueOf[*ScalarFunction](function)
		args, out := &Chunk{chunk: chunk}, newVector(result)
		if !f.SpecialNulls {
			args.valid = args.allValid(len(f.Params))
		}
		if err := f.Call(args, out); err != nil {
			return err
		}
		out.restrict(args.valid)
		return nil
	})
}

// allValid returns the mask of the rows where none of the columns is NULL; nil if that is every row.
// DuckDB keeps NULLs away from a function only where it can fold a constant.
func (c *Chunk) allValid(columns int) Mask {
	n := c.Size()
	var all Mask
	for i := range columns {
		column := c.Vector(i).Valid(n)
		switch {
		case column == nil:
		case all == nil:
			all = append(all, column...)
		default:
			for w := range all {
				all[w] &= column[w]
			}
		}
	}
	return all
}

// restrict sets the rows to NULL that are not in the mask.
func (v Vector) restrict(valid Mask) {
	if valid == nil {
		return
	}
	own := v.Validity(64 * len(valid))
	for w := range own {
		own[w] &= valid[w]
	}
}
