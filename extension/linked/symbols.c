#include "duckdb_api.h"

#define DECLARE(slot, result, name, arguments) extern result duckdb_##name arguments;
CSHIM_FUNCTIONS(DECLARE)

#define SYMBOL(slot, result, name, arguments) [slot] = (void *)duckdb_##name,
static void *const symbols[CSHIM_API_SLOTS] = {CSHIM_FUNCTIONS(SYMBOL)};

void *const *linked_symbol_table(void) { return symbols; }
