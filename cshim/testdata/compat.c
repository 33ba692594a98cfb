// Compiled, never run, with -DCSHIM_USE_DUCKDB_H against the real duckdb.h: every prototype,
// constant and layout of ours must be DuckDB's.
#include "../duckdb_api.h"

#define SAME_TYPE(a, b) __builtin_types_compatible_p(a, b)

#define CHECK_FUNCTION(slot, result, name, arguments)                                                                  \
	_Static_assert(SAME_TYPE(__typeof__(duckdb_##name), result arguments), "prototype of duckdb_" #name);          \
	_Static_assert(slot < CSHIM_API_SLOTS, "slot of duckdb_" #name);
CSHIM_FUNCTIONS(CHECK_FUNCTION)

// Where the band that 1.5.6 made stable begins, duckdb.h does not say: test/slots asks DuckDB.
#define CHECK_FUNCTION_1_5_6(slot, result, name, arguments)                                                            \
	_Static_assert(SAME_TYPE(__typeof__(duckdb_##name), result arguments), "prototype of duckdb_" #name);          \
	_Static_assert(slot >= CSHIM_API_SLOTS && slot < CSHIM_API_SLOTS_1_5_6, "slot of duckdb_" #name);
CSHIM_FUNCTIONS_1_5_6(CHECK_FUNCTION_1_5_6)

#define CHECK_TYPE(name, number) _Static_assert(CSHIM_TYPE_##name == DUCKDB_TYPE_##name, "DUCKDB_TYPE_" #name);
CSHIM_TYPES(CHECK_TYPE)
_Static_assert(CSHIM_SUCCESS == DuckDBSuccess && CSHIM_ERROR == DuckDBError, "duckdb_state");
_Static_assert(CSHIM_CAST_NORMAL == DUCKDB_CAST_NORMAL && CSHIM_CAST_TRY == DUCKDB_CAST_TRY, "duckdb_cast_mode");
_Static_assert(CSHIM_FILE_FLAG_READ == DUCKDB_FILE_FLAG_READ, "duckdb_file_flag");
_Static_assert(CSHIM_ERROR_PERMISSION == DUCKDB_ERROR_PERMISSION, "duckdb_error_type");

// Without duckdb.h, handles are pointers and enums are unsigned ints.
#define CHECK_HANDLE(name) _Static_assert(sizeof(duckdb_##name) == sizeof(void *), "duckdb_" #name);
CSHIM_HANDLES(CHECK_HANDLE)
#define CHECK_ENUM(name) _Static_assert(sizeof(name) == sizeof(unsigned int) && (name)-1 > 0, #name);
CHECK_ENUM(duckdb_type)
CHECK_ENUM(duckdb_state)
CHECK_ENUM(duckdb_cast_mode)
CHECK_ENUM(duckdb_config_option_scope)
CHECK_ENUM(duckdb_file_flag)
CHECK_ENUM(duckdb_error_type)
_Static_assert(SAME_TYPE(idx_t, uint64_t), "idx_t");

// The callbacks and the access struct are declared twice, so compare them by hand.
#define CHECK_CALLBACK(type, ...) _Static_assert(SAME_TYPE(type, __VA_ARGS__), #type);
CHECK_CALLBACK(duckdb_delete_callback_t, void (*)(void *))
CHECK_CALLBACK(duckdb_table_function_bind_t, void (*)(duckdb_bind_info))
CHECK_CALLBACK(duckdb_table_function_init_t, void (*)(duckdb_init_info))
CHECK_CALLBACK(duckdb_table_function_t, void (*)(duckdb_function_info, duckdb_data_chunk))
CHECK_CALLBACK(duckdb_scalar_function_t, void (*)(duckdb_function_info, duckdb_data_chunk, duckdb_vector))
CHECK_CALLBACK(duckdb_cast_function_t, bool (*)(duckdb_function_info, idx_t, duckdb_vector, duckdb_vector))
CHECK_CALLBACK(duckdb_replacement_callback_t, void (*)(duckdb_replacement_scan_info, const char *, void *))

#define CHECK_ACCESS(slot, member, ...)                                                                                \
	_Static_assert(offsetof(struct duckdb_extension_access, member) == slot * sizeof(void *), #member);            \
	_Static_assert(SAME_TYPE(__typeof__(((struct duckdb_extension_access *)0)->member), __VA_ARGS__), #member);
CHECK_ACCESS(0, set_error, void (*)(duckdb_extension_info, const char *))
CHECK_ACCESS(1, get_database, duckdb_database *(*)(duckdb_extension_info))
CHECK_ACCESS(2, get_api, const void *(*)(duckdb_extension_info, const char *))
_Static_assert(sizeof(struct duckdb_extension_access) == 3 * sizeof(void *), "duckdb_extension_access");

#define SAME_OFFSET(a, x, b, y) _Static_assert(offsetof(a, x) == offsetof(b, y), #a "." #x);
_Static_assert(sizeof(cshim_string) == sizeof(duckdb_string_t), "duckdb_string_t");
SAME_OFFSET(cshim_string, length, duckdb_string_t, value.pointer.length)
SAME_OFFSET(cshim_string, prefix, duckdb_string_t, value.pointer.prefix)
SAME_OFFSET(cshim_string, rest.pointer, duckdb_string_t, value.pointer.ptr)
SAME_OFFSET(cshim_string, prefix, duckdb_string_t, value.inlined.inlined)
_Static_assert(sizeof(cshim_list_entry) == sizeof(duckdb_list_entry), "duckdb_list_entry");
SAME_OFFSET(cshim_list_entry, offset, duckdb_list_entry, offset)
SAME_OFFSET(cshim_list_entry, length, duckdb_list_entry, length)
