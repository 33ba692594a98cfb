package linked

/*
#cgo CFLAGS: -I${SRCDIR}/../../cshim
#include "duckdb_api.h"
void *const *linked_symbol_table(void);
*/
import "C"

import "unsafe"

// symbolTable returns the table of functions that LOAD would bring, built from the symbols of the
// DuckDB that duckdb-go links: the functions we use are in their slots, the others are NULL.
// All have the second band, whatever their version: a program without it would not link.
func symbolTable() unsafe.Pointer { return unsafe.Pointer(C.linked_symbol_table()) }

const symbolSlots = C.CSHIM_API_SLOTS_1_5_6
