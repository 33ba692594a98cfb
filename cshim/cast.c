#include "shim.h"
#include "_cgo_export.h"
#include <stdlib.h>
#include <string.h>

// TRY_CAST does not look at the error: without NULL it would take garbage for converted rows.
static void set_all_null(duckdb_vector v, idx_t count) {
	uint64_t *valid = cshim_writable_validity(v);
	if (valid)
		memset(valid, 0, (count + 63) / 64 * sizeof(uint64_t));
}

static bool cast(duckdb_function_info info, idx_t count, duckdb_vector input, duckdb_vector output) {
	char *error = CSHIM_GO(cshimCast((uintptr_t)cshim_api.cast_function_get_extra_info(info),
	                                 cshim_api.cast_function_get_cast_mode(info) == CSHIM_CAST_TRY, count, input, output));
	if (!error)
		return true;
	if (cshim_forked)
		set_all_null(output, count);
	cshim_api.cast_function_set_error(info, error);
	free(error);
	return false;
}

duckdb_cast_function cshim_new_cast_function(uintptr_t handle) {
	duckdb_cast_function f = cshim_api.create_cast_function();
	cshim_api.cast_function_set_extra_info(f, (void *)handle, cshim_release);
	cshim_api.cast_function_set_function(f, cast);
	return f;
}
