package cshim

/*
#include "shim.h"

static void set_function_name(duckdb_replacement_scan_info info, const char *name) {
	cshim_api.replacement_scan_set_function_name(info, name);
}
static void add_text_argument(duckdb_replacement_scan_info info, const char *text, idx_t length) {
	duckdb_value v = cshim_api.create_varchar_length(text, length);
	cshim_api.replacement_scan_add_parameter(info, v);
	cshim_api.destroy_value(&v);
}
*/
import "C"

import "unsafe"

// ReplacementScan is asked what FROM 'name' means where no table has this name: a call of a
// table function with VARCHAR arguments, or, with false, nothing it knows.
type ReplacementScan func(name string) (function string, args []string, ok bool)

// RegisterReplacementScan makes DuckDB ask replace about every unknown table.
func (c *Conn) RegisterReplacementScan(replace ReplacementScan) error {
	C.cshim_add_replacement_scan(c.database, newHandle(replace))
	return nil
}

//export cshimReplacementScan
func cshimReplacementScan(handle C.uintptr_t, info C.duckdb_replacement_scan_info, table *C.char) *C.char {
	return guarded(func() error {
		function, args, ok := valueOf[ReplacementScan](handle)(C.GoString(table))
		if !ok {
			return nil
		}
		withCString(function, func(name *C.char) { C.set_function_name(info, name) })
		for _, a := range args {
			C.add_text_argument(info, (*C.char)(unsafe.Pointer(unsafe.StringData(a))), C.idx_t(len(a)))
		}
		return nil
	})
}
