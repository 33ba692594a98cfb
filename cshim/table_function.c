#include "shim.h"
#include "_cgo_export.h"
#include <stdlib.h>

static void bind(duckdb_bind_info info) {
	uintptr_t data = 0;
	char *error = CSHIM_GO(cshimTableBind((uintptr_t)cshim_api.bind_get_extra_info(info), info, &data));
	if (error)
		cshim_api.bind_set_error(info, error);
	else
		cshim_api.bind_set_bind_data(info, (void *)data, cshim_release);
	free(error);
}

static void init(duckdb_init_info info) {
	uintptr_t global = 0;
	char *error = CSHIM_GO(cshimTableInit((uintptr_t)cshim_api.init_get_extra_info(info),
	                                      (uintptr_t)cshim_api.init_get_bind_data(info), info, &global));
	if (error)
		cshim_api.init_set_error(info, error);
	else
		cshim_api.init_set_init_data(info, (void *)global, cshim_release);
	free(error);
}

static void local_init(duckdb_init_info info) {
	uintptr_t local = cshim_forked ? 0 : cshimTableLocal();
	cshim_api.init_set_init_data(info, (void *)local, cshim_release);
}

static void scan(duckdb_function_info info, duckdb_data_chunk chunk) {
	char *error = CSHIM_GO(cshimTableScan((uintptr_t)cshim_api.function_get_extra_info(info),
	                                      (uintptr_t)cshim_api.function_get_init_data(info),
	                                      (uintptr_t)cshim_api.function_get_local_init_data(info), chunk));
	if (error)
		cshim_api.function_set_error(info, error);
	free(error);
}

duckdb_table_function cshim_new_table_function(const char *name, uintptr_t handle) {
	duckdb_table_function f = cshim_api.create_table_function();
	cshim_api.table_function_set_name(f, name);
	cshim_api.table_function_set_extra_info(f, (void *)handle, cshim_release);
	cshim_api.table_function_set_bind(f, bind);
	cshim_api.table_function_set_init(f, init);
	cshim_api.table_function_set_local_init(f, local_init);
	cshim_api.table_function_set_function(f, scan);
	cshim_api.table_function_supports_projection_pushdown(f, true);
	return f;
}
