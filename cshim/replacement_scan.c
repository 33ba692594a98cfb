#include "shim.h"
#include "_cgo_export.h"
#include <stdlib.h>

static void replace(duckdb_replacement_scan_info info, const char *table, void *handle) {
	if (cshim_forked) // of every unknown table: the call itself has the error
		return;
	char *error = cshimReplacementScan((uintptr_t)handle, info, (char *)table);
	if (error)
		cshim_api.replacement_scan_set_error(info, error);
	free(error);
}

void cshim_add_replacement_scan(duckdb_database database, uintptr_t handle) {
	cshim_api.add_replacement_scan(database, replace, (void *)handle, cshim_release);
}
