// A DuckDB extension that does nothing but write down the table of functions that LOAD brings,
// each as its offset in the library that it is in: OUT is the file, set by the compiler.
#define _GNU_SOURCE
#include "duckdb_api.h"
#include <dlfcn.h>
#include <stdio.h>

__attribute__((visibility("default")))
bool slots_init_c_api(duckdb_extension_info info, struct duckdb_extension_access *access) {
	void *const *table = access->get_api(info, CSHIM_API_VERSION);
	FILE *out = fopen(OUT, "w");
	if (!table || !out)
		return false;
	int slots = CSHIM_API_SLOTS;
	if (cshim_has_1_5_6(table)) {
		table = access->get_api(info, CSHIM_API_VERSION_1_5_6);
		slots = CSHIM_API_SLOTS_1_5_6;
	}
	for (int i = 0; i < slots; i++) {
		Dl_info where;
		if (dladdr(table[i], &where))
			fprintf(out, "%d %lx\n", i, (unsigned long)table[i] - (unsigned long)where.dli_fbase);
	}
	return fclose(out) == 0;
}
