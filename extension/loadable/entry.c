// The entry point. DuckDB derives its name from the file's: waldump.duckdb_extension.
#include "duckdb_api.h"
#include "_cgo_export.h"
#include <stdlib.h>

#ifdef _WIN32
__declspec(dllexport)
#else
__attribute__((visibility("default")))
#endif
bool waldump_init_c_api(duckdb_extension_info info, struct duckdb_extension_access *access) {
	// Where get_api or get_database give nothing, they have told DuckDB why themselves.
	const void *functions = access->get_api(info, CSHIM_API_VERSION);
	int slots = CSHIM_API_SLOTS;
	if (functions && cshim_has_1_5_6(functions)) {
		functions = access->get_api(info, CSHIM_API_VERSION_1_5_6);
		slots = CSHIM_API_SLOTS_1_5_6;
	}
	if (!functions)
		return false;
	duckdb_database *database = access->get_database(info);
	if (!database)
		return false;
	if (cshim_forked) { // it was loaded before
		access->set_error(info, CSHIM_FORKED);
		return false;
	}
	// *database is gone after LOAD; what it registers stays.
	char *error = waldumpLoad((void *)functions, slots, *database);
	if (!error)
		return true;
	access->set_error(info, error);
	free(error);
	return false;
}
