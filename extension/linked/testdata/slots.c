// A DuckDB extension that does nothing but write down the table of functions that LOAD brings.
// The test that compiles it says where, with -DOUT.
#include "duckdb_api.h"
#include <stdio.h>

__attribute__((visibility("default")))
bool slots_init_c_api(duckdb_extension_info info, struct duckdb_extension_access *access) {
	FILE *out = fopen(OUT, "wb");
	if (!out)
		return false;
	size_t n = fwrite(access->get_api(info, CSHIM_API_VERSION), sizeof(void *), CSHIM_API_SLOTS, out);
	return fclose(out) == 0 && n == CSHIM_API_SLOTS;
}
