package cshim

/*
#include "shim.h"

static void add_parameter(duckdb_table_function f, duckdb_logical_type t) { cshim_api.table_function_add_parameter(f, t); }
static void add_named_parameter(duckdb_table_function f, const char *name, duckdb_logical_type t) {
	cshim_api.table_function_add_named_parameter(f, name, t);
}
static duckdb_state register_table_function(duckdb_connection c, duckdb_table_function f) {
	return cshim_api.register_table_function(c, f);
}
static void destroy_table_function(duckdb_table_function f) { cshim_api.destroy_table_function(&f); }
static void set_max_threads(duckdb_init_info info, idx_t n) { cshim_api.init_set_max_threads(info, n); }
static idx_t column_count(duckdb_init_info info) { return cshim_api.init_get_column_count(info); }
static idx_t column_index(duckdb_init_info info, idx_t i) { return cshim_api.init_get_column_index(info, i); }
*/
import "C"

// TableFunction is a function for FROM. Per query DuckDB calls Bind once, Init once, then Local
// once and Scan many times on each of its threads.
//
// A value that Bind, Init or Local returns and that has a Close method is closed when DuckDB
// destroys it: exactly once, on any thread, after the last call that could use it. A value
// returned together with an error is not kept, and so not closed.
type TableFunction struct {
	Name   string
	Params []Type
	Named  []Field // optional parameters, written name := value

	// Bind checks the arguments and describes the columns. Its data serves every execution of
	// a prepared statement, so it must not be changed by a scan.
	Bind func(b *Bind) (bindData any, err error)

	// Init starts a scan. The columns are those the query needs, as indexes of Bind's columns;
	// vector i of a chunk is columns[i]. Where the query needs only the number of rows, there is
	// one column, -1, and nothing to write but the size. Scan runs on up to maxThreads threads
	// (at least one).
	Init func(bindData any, columns []int) (global any, maxThreads int, err error)

	// Local makes what one thread needs for its scan. May be nil.
	Local func(global any) (local any, err error)

	// Scan fills one chunk. A size of 0 ends the scan of this thread.
	Scan func(global, local any, c *Chunk) error
}

// bound holds what DuckDB keeps between bind and init.
type bound struct {
	data    any
	columns int
}

func (b bound) Close() { closeValue(b.data) }

// scan holds what DuckDB keeps for all threads of a scan.
type scan struct{ global any }

func (s scan) Close() { closeValue(s.global) }

// thread holds what DuckDB keeps for one thread of a scan. It is empty until the
// thread's first chunk: where DuckDB makes it, the API does not yet show us the scan it
// belongs to.
type thread struct {
	local any
	made  bool
}

func (t *thread) Close() { closeValue(t.local) }

// RegisterTableFunction makes a table function known in every schema of the database.
func (c *Conn) RegisterTableFunction(f TableFunction) error {
	var cf C.duckdb_table_function
	withCString(f.Name, func(name *C.char) { cf = C.cshim_new_table_function(name, newHandle(&f)) })
	defer C.destroy_table_function(cf)
	for _, p := range f.Params {
		p.with(func(t C.duckdb_logical_type) { C.add_parameter(cf, t) })
	}
	for _, p := range f.Named {
		p.Type.with(func(t C.duckdb_logical_type) {
			withCString(p.Name, func(name *C.char) { C.add_named_parameter(cf, name, t) })
		})
	}
	if C.register_table_function(c.conn, cf) != C.CSHIM_SUCCESS {
		return refused("table function", f.Name)
	}
	return nil
}

//export cshimTableBind
func cshimTableBind(function C.uintptr_t, info C.duckdb_bind_info, data *C.uintptr_t) *C.char {
	return guarded(func() error {
		b := &Bind{info: info}
		user, err := valueOf[*TableFunction](function).Bind(b)
		if err != nil {
			return err
		}
		*data = newHandle(bound{user, b.columns})
		return nil
	})
}

//export cshimTableInit
func cshimTableInit(function, data C.uintptr_t, info C.duckdb_init_info, global *C.uintptr_t) *C.char {
	return guarded(func() error {
		b := valueOf[bound](data)
		columns := make([]int, C.column_count(info))
		for i := range columns {
			// Beyond the last column lie DuckDB's virtual ones, with numbers that differ
			// from version to version.
			columns[i] = -1
			if j := C.column_index(info, C.idx_t(i)); j < C.idx_t(b.columns) {
				columns[i] = int(j)
			}
		}
		user, maxThreads, err := valueOf[*TableFunction](function).Init(b.data, columns)
		if err != nil {
			return err
		}
		C.set_max_threads(info, C.idx_t(max(maxThreads, 1)))
		*global = newHandle(scan{user})
		return nil
	})
}

//export cshimTableLocal
func cshimTableLocal() C.uintptr_t { return newHandle(&thread{}) }

//export cshimTableScan
func cshimTableScan(function, global, local C.uintptr_t, chunk C.duckdb_data_chunk) *C.char {
	return guarded(func() (err error) {
		f, s, t := valueOf[*TableFunction](function), valueOf[scan](global), valueOf[*thread](local)
		if !t.made && f.Local != nil {
			if t.local, err = f.Local(s.global); err != nil {
				t.local = nil
				return err
			}
		}
		t.made = true
		return f.Scan(s.global, t.local, &Chunk{chunk: chunk})
	})
}
