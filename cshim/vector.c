#include "shim.h"
#include <string.h>

enum { INLINE_LENGTH = 12 };

// Copies the arena into the heap of the vector as the string of row 0, which the caller restores.
// Returns NULL where DuckDB does not take it: invalid UTF-8 becomes a NULL row, without an error.
static char *copy_to_heap(duckdb_vector vector, cshim_string *row, const char *arena, idx_t length) {
	memset(row, 0, sizeof *row);
	cshim_api.vector_assign_string_element_len(vector, 0, arena, length);
	return row->length == length ? row->rest.pointer : NULL;
}

enum cshim_strings cshim_set_strings(duckdb_vector vector, idx_t n, const char *arena, idx_t arena_length) {
	cshim_string *rows = cshim_api.vector_get_data(vector);
	uint64_t heap = 0;

	if (arena_length > UINT32_MAX)
		return CSHIM_STRINGS_REFUSED;
	if (n == 0)
		return CSHIM_STRINGS_SET;
	// An arena that fits into a string has no long text, and no place in the heap either.
	if (arena_length > INLINE_LENGTH) {
		cshim_string first = rows[0];
		heap = (uint64_t)(uintptr_t)copy_to_heap(vector, &rows[0], arena, arena_length);
		rows[0] = first;
		if (!heap)
			return CSHIM_STRINGS_REFUSED;
	}
	// Without branches: short and long rows come in no order that a processor could foresee.
	// Bit 63 says it all: of 12 - length, that a row is long; of the offset or of the room left
	// after its end, that it lies outside of the arena.
	uint64_t outside = 0;
	for (idx_t i = 0; i < n; i++) {
		uint64_t length = rows[i].length;
		uint64_t offset = rows[i].rest.offset;
		uint64_t is_long = -((INLINE_LENGTH - length) >> 63);
		outside |= is_long & (offset | (arena_length - offset - length));
		rows[i].rest.offset = offset + (heap & is_long);
	}
	return outside >> 63 ? CSHIM_STRINGS_OUTSIDE : CSHIM_STRINGS_SET;
}
