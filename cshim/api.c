#include "duckdb_api.h"

struct cshim_api cshim_api;

enum cshim_fill cshim_fill_from_slots(void *const *table) {
	struct cshim_api api;
#define FILL(slot, result, name, arguments)                                                                            \
	if (!table[slot])                                                                                              \
		return CSHIM_FILL_EMPTY_SLOT;                                                                          \
	api.name = (result(*) arguments)table[slot];
	CSHIM_FUNCTIONS(FILL)
#undef FILL
	if (cshim_api.connect && cshim_api.connect != api.connect)
		return CSHIM_FILL_OTHER_LIBRARY;
	cshim_api = api;
	return CSHIM_FILLED;
}
