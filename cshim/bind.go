package cshim

/*
#include "duckdb_api.h"

static idx_t parameter_count(duckdb_bind_info info) { return cshim_api.bind_get_parameter_count(info); }
static duckdb_value parameter(duckdb_bind_info info, idx_t i) { return cshim_api.bind_get_parameter(info, i); }
static duckdb_value named_parameter(duckdb_bind_info info, const char *name) {
	return cshim_api.bind_get_named_parameter(info, name);
}
static void add_column(duckdb_bind_info info, const char *name, duckdb_logical_type t) {
	cshim_api.bind_add_result_column(info, name, t);
}
static void set_cardinality(duckdb_bind_info info, idx_t rows, bool exact) {
	cshim_api.bind_set_cardinality(info, rows, exact);
}
static duckdb_client_context client_context(duckdb_bind_info info) {
	duckdb_client_context context = NULL;
	if (cshim_api.table_function_get_client_context)
		cshim_api.table_function_get_client_context(info, &context);
	return context;
}
*/
import "C"

import "fmt"

// Bind is a table function's view of the query that calls it. It is valid only inside
// [TableFunction.Bind].
type Bind struct {
	info    C.duckdb_bind_info
	columns int
}

// Param returns the i-th positional argument.
func (b *Bind) Param(i int) Value {
	if n := int(C.parameter_count(b.info)); i >= n {
		panic(fmt.Sprintf("argument %d of %d", i, n))
	}
	return takeValue(C.parameter(b.info, C.idx_t(i)))
}

// Named returns a named argument, or false if the query does not give it.
func (b *Bind) Named(name string) (v Value, ok bool) {
	withCString(name, func(name *C.char) {
		if cv := C.named_parameter(b.info, name); cv != nil {
			v, ok = takeValue(cv), true
		}
	})
	return v, ok
}

// Context returns the session of the query, for its settings and files. The caller closes it.
// Before 1.5.6 DuckDB does not show it (but in a program that links it): then it is nil.
func (b *Bind) Context() *Context {
	if context := C.client_context(b.info); context != nil {
		return &Context{context}
	}
	return nil
}

// AddColumn adds a column to the result, after those added before.
func (b *Bind) AddColumn(name string, t Type) {
	t.with(func(lt C.duckdb_logical_type) {
		withCString(name, func(name *C.char) { C.add_column(b.info, name, lt) })
	})
	b.columns++
}

// SetCardinality tells the planner how many rows to expect.
func (b *Bind) SetCardinality(rows uint64, exact bool) {
	C.set_cardinality(b.info, C.idx_t(rows), C.bool(exact))
}
