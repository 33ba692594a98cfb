// What the Go files of this package call in its .c files.
#ifndef CSHIM_SHIM_H
#define CSHIM_SHIM_H

#include "duckdb_api.h"

// Calls Go for the error of a callback, unless this process was forked since LOAD.
#define CSHIM_GO(call) (cshim_forked ? cshim_forked_error() : (call))
char *cshim_forked_error(void);

// Makes a call, and returns whether it ended with a C++ exception: DuckDB had no memory.
bool cshim_catch(void (*call)(void *), void *argument);

// Destroy callback of everything that carries a handle: gives it back to Go.
void cshim_release(void *handle);

// Each returns a new function whose callbacks reach the Go value behind handle. The handle is
// released when DuckDB no longer needs the function.
duckdb_table_function cshim_new_table_function(const char *name, uintptr_t handle);
duckdb_scalar_function cshim_new_scalar_function(const char *name, uintptr_t handle);
duckdb_cast_function cshim_new_cast_function(uintptr_t handle);
void cshim_add_replacement_scan(duckdb_database database, uintptr_t handle);

enum cshim_strings { CSHIM_STRINGS_SET, CSHIM_STRINGS_REFUSED, CSHIM_STRINGS_OUTSIDE, CSHIM_STRINGS_NO_MEMORY };
enum cshim_strings cshim_set_strings(duckdb_vector vector, idx_t n, const char *arena, idx_t arena_length);

// Each returns NULL where DuckDB has no memory.
uint64_t *cshim_writable_validity(duckdb_vector vector);
duckdb_vector cshim_resized_child(duckdb_vector list, idx_t n, void **data);

#endif
