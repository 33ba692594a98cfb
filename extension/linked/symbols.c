#include "duckdb_api.h"

#define DECLARE(slot, result, name, arguments) extern result duckdb_##name arguments;
CSHIM_FUNCTIONS(DECLARE)
CSHIM_FUNCTIONS_1_5_6(DECLARE)

#define SYMBOL(slot, result, name, arguments) [slot] = (void *)duckdb_##name,
static void *const symbols[CSHIM_API_SLOTS_1_5_6] = {CSHIM_FUNCTIONS(SYMBOL) CSHIM_FUNCTIONS_1_5_6(SYMBOL)};

void *const *linked_symbol_table(void) { return symbols; }
