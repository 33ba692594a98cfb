#include "duckdb_api.h"
#include <stdio.h>

struct cshim_api cshim_api;

bool cshim_has_1_5_6(void *const *table) {
	int major, minor, patch, end = 0;
	const char *(*library_version)(void) = (const char *(*)(void))table[7];
	const char *version = library_version ? library_version() : "";
	if (sscanf(version, "v%d.%d.%d%n", &major, &minor, &patch, &end) != 3 || version[end])
		return false;
	return major > 1 || (major == 1 && (minor > 5 || (minor == 5 && patch >= 6)));
}

enum cshim_fill cshim_fill_from_slots(void *const *table, size_t slots) {
	struct cshim_api api = {0};
#define FILL(slot, result, name, arguments)                                                                            \
	if (!table[slot])                                                                                              \
		return CSHIM_FILL_EMPTY_SLOT;                                                                          \
	api.name = (result(*) arguments)table[slot];
	CSHIM_FUNCTIONS(FILL)
	if (slots >= CSHIM_API_SLOTS_1_5_6) {
		CSHIM_FUNCTIONS_1_5_6(FILL)
	}
#undef FILL
	if (cshim_api.connect && cshim_api.connect != api.connect)
		return CSHIM_FILL_OTHER_LIBRARY;
	cshim_api = api;
	cshim_watch_forks();
	return CSHIM_FILLED;
}
