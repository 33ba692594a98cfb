package linked

/*
#cgo CFLAGS: -I${SRCDIR}/../../cshim
void *const *linked_symbol_table(void);
*/
import "C"

import "unsafe"

// symbolTable is the table of functions that LOAD would bring, built from the symbols of the
// DuckDB that duckdb-go links: the functions we use are in their slots, the others are NULL.
func symbolTable() unsafe.Pointer { return unsafe.Pointer(C.linked_symbol_table()) }
