#include "shim.h"
#include <string.h>

enum { INLINE_LENGTH = 12 };

struct text {
	duckdb_vector vector;
	const char *bytes;
	idx_t length;
};

static void assign_to_row_0(void *argument) {
	struct text *t = argument;
	cshim_api.vector_assign_string_element_len(t->vector, 0, t->bytes, t->length);
}

// Copies the arena into the heap of the vector as the string of row 0, which the caller restores.
static enum cshim_strings copy_to_heap(duckdb_vector vector, cshim_string *row, const char *arena, idx_t length, char **copy) {
	struct text t = {vector, arena, length};

	memset(row, 0, sizeof *row);
	if (cshim_catch(assign_to_row_0, &t))
		return CSHIM_STRINGS_NO_MEMORY;
	// Invalid UTF-8 becomes a NULL row, without an error.
	if (row->length != length)
		return CSHIM_STRINGS_REFUSED;
	*copy = row->rest.pointer;
	return CSHIM_STRINGS_SET;
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
		char *copy = NULL;
		enum cshim_strings copied = copy_to_heap(vector, &rows[0], arena, arena_length, &copy);
		rows[0] = first;
		if (copied != CSHIM_STRINGS_SET)
			return copied;
		heap = (uint64_t)(uintptr_t)copy;
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

static void make_validity(void *vector) { cshim_api.vector_ensure_validity_writable(vector); }

uint64_t *cshim_writable_validity(duckdb_vector vector) {
	return cshim_catch(make_validity, vector) ? NULL : cshim_api.vector_get_validity(vector);
}

struct list {
	duckdb_vector vector;
	idx_t length;
	bool resized;
};

static void resize_list(void *argument) {
	struct list *l = argument;
	l->resized = cshim_api.list_vector_reserve(l->vector, l->length) == CSHIM_SUCCESS &&
	             cshim_api.list_vector_set_size(l->vector, l->length) == CSHIM_SUCCESS;
}

duckdb_vector cshim_resized_child(duckdb_vector list, idx_t n, void **data) {
	struct list l = {list, n, false};

	if (cshim_catch(resize_list, &l) || !l.resized)
		return NULL;
	duckdb_vector child = cshim_api.list_vector_get_child(list);
	*data = cshim_api.vector_get_data(child);
	return child;
}
