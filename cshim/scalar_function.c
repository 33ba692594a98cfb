#include "shim.h"
#include "_cgo_export.h"
#include <stdlib.h>

static void call(duckdb_function_info info, duckdb_data_chunk arguments, duckdb_vector result) {
	char *error = CSHIM_GO(cshimScalarCall((uintptr_t)cshim_api.scalar_function_get_extra_info(info), arguments, result));
	if (error)
		cshim_api.scalar_function_set_error(info, error);
	free(error);
}

duckdb_scalar_function cshim_new_scalar_function(const char *name, uintptr_t handle) {
	duckdb_scalar_function f = cshim_api.create_scalar_function();
	cshim_api.scalar_function_set_name(f, name);
	cshim_api.scalar_function_set_extra_info(f, (void *)handle, cshim_release);
	cshim_api.scalar_function_set_function(f, call);
	return f;
}
