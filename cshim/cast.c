#include "shim.h"
#include "_cgo_export.h"
#include <stdlib.h>

static bool cast(duckdb_function_info info, idx_t count, duckdb_vector input, duckdb_vector output) {
	char *error = cshimCast((uintptr_t)cshim_api.cast_function_get_extra_info(info),
	                        cshim_api.cast_function_get_cast_mode(info) == CSHIM_CAST_TRY, count, input, output);
	if (!error)
		return true;
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
