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
// setting is the value of a setting; NULL where there is none, or DuckDB does not tell.
static duckdb_value setting(duckdb_bind_info info, const char *name) {
	if (!cshim_api.table_function_get_client_context)
		return NULL;
	duckdb_client_context context = NULL;
	cshim_api.table_function_get_client_context(info, &context);
	if (!context)
		return NULL;
	duckdb_config_option_scope scope;
	duckdb_value value = cshim_api.client_context_get_config_option(context, name, &scope);
	cshim_api.destroy_client_context(&context);
	return value;
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

// Param is the i-th positional argument.
func (b *Bind) Param(i int) Value {
	if n := int(C.parameter_count(b.info)); i >= n {
		panic(fmt.Sprintf("argument %d of %d", i, n))
	}
	return takeValue(C.parameter(b.info, C.idx_t(i)))
}

// Named is a named argument, and false where the query does not give it.
func (b *Bind) Named(name string) (v Value, ok bool) {
	withCString(name, func(name *C.char) {
		if cv := C.named_parameter(b.info, name); cv != nil {
			v, ok = takeValue(cv), true
		}
	})
	return v, ok
}

// Setting is the value of one of DuckDB's settings, such as threads, for the session that asks.
// Before 1.5.6 DuckDB does not tell them: then, and where there is no such setting, ok is false.
func (b *Bind) Setting(name string) (v Value, ok bool) {
	withCString(name, func(name *C.char) {
		if cv := C.setting(b.info, name); cv != nil {
			v, ok = takeValue(cv), true
		}
	})
	return v, ok
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
