// The part of DuckDB's C API that this repository uses, and nothing else.
//
// DuckDB hands an extension one struct of function pointers. Its first 357 members, the band
// called v1.2.0, never move: member i is the same function in every DuckDB from 1.2 on. So a
// function is known by its slot, and one binary loads everywhere. CSHIM_FUNCTIONS is the single
// place where slot, name and prototype are written down; everything else is expanded from it.
//
// Compile with -DCSHIM_USE_DUCKDB_H to take every type from the real duckdb.h instead: that is
// how testdata/compat.c proves, at compile time, that what is written here is what DuckDB has.
#ifndef CSHIM_DUCKDB_API_H
#define CSHIM_DUCKDB_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The version of the band: what get_api is asked for.
#define CSHIM_API_VERSION "v1.2.0"
// Members of the band; a table of functions has at least this many.
#define CSHIM_API_SLOTS 357

// DuckDB 1.5.6 made a second band stable. A DuckDB that does not know its name fails the load
// when asked for it, so it is asked for its version first: see cshim_has_1_5_6.
#define CSHIM_API_VERSION_1_5_6 "v1.5.6"
#define CSHIM_API_SLOTS_1_5_6 546

// Handles: each is a pointer to something only DuckDB knows.
#define CSHIM_HANDLES(H) \
	H(database) H(connection) H(extension_info) H(logical_type) H(create_type_info) H(value) \
	H(data_chunk) H(vector) H(function_info) H(bind_info) H(init_info) H(replacement_scan_info) \
	H(table_function) H(scalar_function) H(scalar_function_set) H(cast_function) H(client_context) \
	H(error_data) H(file_system) H(file_open_options) H(file_handle)

// Type ids: T(name, number).
#define CSHIM_TYPES(T) \
	T(INVALID, 0) T(BOOLEAN, 1) T(TINYINT, 2) T(SMALLINT, 3) T(INTEGER, 4) T(BIGINT, 5) \
	T(UTINYINT, 6) T(USMALLINT, 7) T(UINTEGER, 8) T(UBIGINT, 9) T(FLOAT, 10) T(DOUBLE, 11) \
	T(HUGEINT, 16) T(VARCHAR, 17) T(BLOB, 18) T(LIST, 24) T(STRUCT, 25) T(TIMESTAMP_TZ, 31) T(UHUGEINT, 32) \
	T(ANY, 34)

#define CSHIM_TYPE_CONSTANT(name, number) CSHIM_TYPE_##name = number,
enum { CSHIM_TYPES(CSHIM_TYPE_CONSTANT) };
enum { CSHIM_SUCCESS = 0, CSHIM_ERROR = 1 };          // duckdb_state
enum { CSHIM_CAST_NORMAL = 0, CSHIM_CAST_TRY = 1 };   // duckdb_cast_mode
enum { CSHIM_FILE_FLAG_READ = 1 };                    // duckdb_file_flag
enum { CSHIM_ERROR_PERMISSION = 34 };                 // duckdb_error_type

// A VARCHAR in a vector: up to 12 bytes lie in the 16 themselves (prefix and the 8 after it),
// longer text lies elsewhere and prefix repeats its first 4 bytes.
typedef struct {
	uint32_t length;
	char prefix[4];
	union {
		char *pointer;
		uint64_t offset; // ours, before the text has its place in the vector: see vector.c
		char inlined[8];
	} rest;
} cshim_string;

// A LIST in a vector: a range of rows of the child vector.
typedef struct {
	uint64_t offset;
	uint64_t length;
} cshim_list_entry;

#ifdef CSHIM_USE_DUCKDB_H
#include "duckdb.h"
#else
#define CSHIM_HANDLE(name) typedef struct cshim_opaque_##name *duckdb_##name;
CSHIM_HANDLES(CSHIM_HANDLE)

typedef uint64_t idx_t;
// DuckDB's are enums; an enum without negative values is an unsigned int to the C ABI.
typedef unsigned int duckdb_type;
typedef unsigned int duckdb_state;
typedef unsigned int duckdb_cast_mode;
typedef unsigned int duckdb_config_option_scope;
typedef unsigned int duckdb_file_flag;
typedef unsigned int duckdb_error_type;

typedef void (*duckdb_delete_callback_t)(void *);
typedef void (*duckdb_table_function_bind_t)(duckdb_bind_info);
typedef void (*duckdb_table_function_init_t)(duckdb_init_info);
typedef void (*duckdb_table_function_t)(duckdb_function_info, duckdb_data_chunk);
typedef void (*duckdb_scalar_function_t)(duckdb_function_info, duckdb_data_chunk, duckdb_vector);
typedef bool (*duckdb_cast_function_t)(duckdb_function_info, idx_t, duckdb_vector, duckdb_vector);
typedef void (*duckdb_replacement_callback_t)(duckdb_replacement_scan_info, const char *, void *);

// What LOAD passes to the entry point.
struct duckdb_extension_access {
	void (*set_error)(duckdb_extension_info info, const char *error);
	duckdb_database *(*get_database)(duckdb_extension_info info);
	const void *(*get_api)(duckdb_extension_info info, const char *version);
};
#endif

// F(slot, result, name without duckdb_, (arguments)), in the order of the slots.
#define CSHIM_FUNCTIONS(F) \
	F(3, duckdb_state, connect, (duckdb_database, duckdb_connection *)) \
	F(6, void, disconnect, (duckdb_connection *)) \
	F(7, const char *, library_version, (void)) \
	F(25, void, free, (void *)) \
	F(26, idx_t, vector_size, (void)) \
	F(92, void, destroy_value, (duckdb_value *)) \
	F(94, duckdb_value, create_varchar_length, (const char *, idx_t)) \
	F(118, bool, get_bool, (duckdb_value)) \
	F(126, uint64_t, get_uint64, (duckdb_value)) \
	F(136, duckdb_logical_type, get_value_type, (duckdb_value)) \
	F(142, char *, get_varchar, (duckdb_value)) \
	F(149, bool, is_null_value, (duckdb_value)) \
	F(151, idx_t, get_list_size, (duckdb_value)) \
	F(152, duckdb_value, get_list_child, (duckdb_value, idx_t)) \
	F(156, duckdb_logical_type, create_logical_type, (duckdb_type)) \
	F(158, void, logical_type_set_alias, (duckdb_logical_type, const char *)) \
	F(159, duckdb_logical_type, create_list_type, (duckdb_logical_type)) \
	F(163, duckdb_logical_type, create_struct_type, (duckdb_logical_type *, const char **, idx_t)) \
	F(166, duckdb_type, get_type_id, (duckdb_logical_type)) \
	F(184, void, destroy_logical_type, (duckdb_logical_type *)) \
	F(185, duckdb_state, register_logical_type, (duckdb_connection, duckdb_logical_type, duckdb_create_type_info)) \
	F(190, duckdb_vector, data_chunk_get_vector, (duckdb_data_chunk, idx_t)) \
	F(191, idx_t, data_chunk_get_size, (duckdb_data_chunk)) \
	F(192, void, data_chunk_set_size, (duckdb_data_chunk, idx_t)) \
	F(194, void *, vector_get_data, (duckdb_vector)) \
	F(195, uint64_t *, vector_get_validity, (duckdb_vector)) \
	F(196, void, vector_ensure_validity_writable, (duckdb_vector)) \
	F(198, void, vector_assign_string_element_len, (duckdb_vector, idx_t, const char *, idx_t)) \
	F(199, duckdb_vector, list_vector_get_child, (duckdb_vector)) \
	F(201, duckdb_state, list_vector_set_size, (duckdb_vector, idx_t)) \
	F(202, duckdb_state, list_vector_reserve, (duckdb_vector, idx_t)) \
	F(203, duckdb_vector, struct_vector_get_child, (duckdb_vector, idx_t)) \
	F(209, duckdb_scalar_function, create_scalar_function, (void)) \
	F(210, void, destroy_scalar_function, (duckdb_scalar_function *)) \
	F(211, void, scalar_function_set_name, (duckdb_scalar_function, const char *)) \
	F(213, void, scalar_function_set_special_handling, (duckdb_scalar_function)) \
	F(215, void, scalar_function_add_parameter, (duckdb_scalar_function, duckdb_logical_type)) \
	F(216, void, scalar_function_set_return_type, (duckdb_scalar_function, duckdb_logical_type)) \
	F(217, void, scalar_function_set_extra_info, (duckdb_scalar_function, void *, duckdb_delete_callback_t)) \
	F(218, void, scalar_function_set_function, (duckdb_scalar_function, duckdb_scalar_function_t)) \
	F(220, void *, scalar_function_get_extra_info, (duckdb_function_info)) \
	F(221, void, scalar_function_set_error, (duckdb_function_info, const char *)) \
	F(222, duckdb_scalar_function_set, create_scalar_function_set, (const char *)) \
	F(223, void, destroy_scalar_function_set, (duckdb_scalar_function_set *)) \
	F(224, duckdb_state, add_scalar_function_to_set, (duckdb_scalar_function_set, duckdb_scalar_function)) \
	F(225, duckdb_state, register_scalar_function_set, (duckdb_connection, duckdb_scalar_function_set)) \
	F(242, duckdb_table_function, create_table_function, (void)) \
	F(243, void, destroy_table_function, (duckdb_table_function *)) \
	F(244, void, table_function_set_name, (duckdb_table_function, const char *)) \
	F(245, void, table_function_add_parameter, (duckdb_table_function, duckdb_logical_type)) \
	F(246, void, table_function_add_named_parameter, (duckdb_table_function, const char *, duckdb_logical_type)) \
	F(247, void, table_function_set_extra_info, (duckdb_table_function, void *, duckdb_delete_callback_t)) \
	F(248, void, table_function_set_bind, (duckdb_table_function, duckdb_table_function_bind_t)) \
	F(249, void, table_function_set_init, (duckdb_table_function, duckdb_table_function_init_t)) \
	F(250, void, table_function_set_local_init, (duckdb_table_function, duckdb_table_function_init_t)) \
	F(251, void, table_function_set_function, (duckdb_table_function, duckdb_table_function_t)) \
	F(252, void, table_function_supports_projection_pushdown, (duckdb_table_function, bool)) \
	F(253, duckdb_state, register_table_function, (duckdb_connection, duckdb_table_function)) \
	F(254, void *, bind_get_extra_info, (duckdb_bind_info)) \
	F(255, void, bind_add_result_column, (duckdb_bind_info, const char *, duckdb_logical_type)) \
	F(256, idx_t, bind_get_parameter_count, (duckdb_bind_info)) \
	F(257, duckdb_value, bind_get_parameter, (duckdb_bind_info, idx_t)) \
	F(258, duckdb_value, bind_get_named_parameter, (duckdb_bind_info, const char *)) \
	F(259, void, bind_set_bind_data, (duckdb_bind_info, void *, duckdb_delete_callback_t)) \
	F(260, void, bind_set_cardinality, (duckdb_bind_info, idx_t, bool)) \
	F(261, void, bind_set_error, (duckdb_bind_info, const char *)) \
	F(262, void *, init_get_extra_info, (duckdb_init_info)) \
	F(263, void *, init_get_bind_data, (duckdb_init_info)) \
	F(264, void, init_set_init_data, (duckdb_init_info, void *, duckdb_delete_callback_t)) \
	F(265, idx_t, init_get_column_count, (duckdb_init_info)) \
	F(266, idx_t, init_get_column_index, (duckdb_init_info, idx_t)) \
	F(267, void, init_set_max_threads, (duckdb_init_info, idx_t)) \
	F(268, void, init_set_error, (duckdb_init_info, const char *)) \
	F(269, void *, function_get_extra_info, (duckdb_function_info)) \
	F(271, void *, function_get_init_data, (duckdb_function_info)) \
	F(272, void *, function_get_local_init_data, (duckdb_function_info)) \
	F(273, void, function_set_error, (duckdb_function_info, const char *)) \
	F(274, void, add_replacement_scan, \
	  (duckdb_database, duckdb_replacement_callback_t, void *, duckdb_delete_callback_t)) \
	F(275, void, replacement_scan_set_function_name, (duckdb_replacement_scan_info, const char *)) \
	F(276, void, replacement_scan_add_parameter, (duckdb_replacement_scan_info, duckdb_value)) \
	F(277, void, replacement_scan_set_error, (duckdb_replacement_scan_info, const char *)) \
	F(307, duckdb_cast_function, create_cast_function, (void)) \
	F(308, void, cast_function_set_source_type, (duckdb_cast_function, duckdb_logical_type)) \
	F(309, void, cast_function_set_target_type, (duckdb_cast_function, duckdb_logical_type)) \
	F(310, void, cast_function_set_implicit_cast_cost, (duckdb_cast_function, int64_t)) \
	F(311, void, cast_function_set_function, (duckdb_cast_function, duckdb_cast_function_t)) \
	F(312, void, cast_function_set_extra_info, (duckdb_cast_function, void *, duckdb_delete_callback_t)) \
	F(313, void *, cast_function_get_extra_info, (duckdb_function_info)) \
	F(314, duckdb_cast_mode, cast_function_get_cast_mode, (duckdb_function_info)) \
	F(315, void, cast_function_set_error, (duckdb_function_info, const char *)) \
	F(317, duckdb_state, register_cast_function, (duckdb_connection, duckdb_cast_function)) \
	F(318, void, destroy_cast_function, (duckdb_cast_function *))

// Of the second band: NULL where DuckDB has it not.
#define CSHIM_FUNCTIONS_1_5_6(F) \
	F(431, duckdb_value, client_context_get_config_option, \
	  (duckdb_client_context, const char *, duckdb_config_option_scope *)) \
	F(469, void, destroy_error_data, (duckdb_error_data *)) \
	F(470, duckdb_error_type, error_data_error_type, (duckdb_error_data)) \
	F(471, const char *, error_data_message, (duckdb_error_data)) \
	F(477, duckdb_file_system, client_context_get_file_system, (duckdb_client_context)) \
	F(478, void, destroy_file_system, (duckdb_file_system *)) \
	F(479, duckdb_state, file_system_open, \
	  (duckdb_file_system, const char *, duckdb_file_open_options, duckdb_file_handle *)) \
	F(480, duckdb_error_data, file_system_error_data, (duckdb_file_system)) \
	F(481, duckdb_file_open_options, create_file_open_options, (void)) \
	F(482, duckdb_state, file_open_options_set_flag, (duckdb_file_open_options, duckdb_file_flag, bool)) \
	F(483, void, destroy_file_open_options, (duckdb_file_open_options *)) \
	F(484, void, destroy_file_handle, (duckdb_file_handle *)) \
	F(485, duckdb_error_data, file_handle_error_data, (duckdb_file_handle)) \
	F(486, duckdb_state, file_handle_close, (duckdb_file_handle)) \
	F(487, int64_t, file_handle_read, (duckdb_file_handle, void *, int64_t)) \
	F(489, duckdb_state, file_handle_seek, (duckdb_file_handle, int64_t)) \
	F(492, int64_t, file_handle_size, (duckdb_file_handle)) \
	F(501, void, destroy_client_context, (duckdb_client_context *)) \
	F(531, void, table_function_get_client_context, (duckdb_bind_info, duckdb_client_context *))

#define CSHIM_MEMBER(slot, result, name, arguments) result(*name) arguments;

// The functions by name: cshim_api.connect(...). Filled once, by cshim_fill_from_slots.
struct cshim_api {
	CSHIM_FUNCTIONS(CSHIM_MEMBER)
	CSHIM_FUNCTIONS_1_5_6(CSHIM_MEMBER)
};
extern struct cshim_api cshim_api;

enum cshim_fill { CSHIM_FILLED, CSHIM_FILL_EMPTY_SLOT, CSHIM_FILL_OTHER_LIBRARY };

// Says whether a table brings the second band: that of a release from 1.5.6 on. Who builds
// between two releases calls it v1.6.0-dev123, which does not tell what is in it.
bool cshim_has_1_5_6(void *const *table);

// Copies the functions out of a table of so many pointers, CSHIM_API_SLOTS or, with the second
// band, CSHIM_API_SLOTS_1_5_6. It may go away afterwards. A second call must bring the same
// functions: one process can hold two DuckDB libraries, but one table cannot serve both.
enum cshim_fill cshim_fill_from_slots(void *const *table, size_t slots);

// Whether this process is a child that was forked after the functions were filled in: then Go must
// not be entered, and what DuckDB asks has CSHIM_FORKED for an answer.
extern bool cshim_forked;
void cshim_watch_forks(void);
#define CSHIM_FORKED \
	"this process was forked after LOAD, and what was loaded does not live on in a child; start the " \
	"child as a new program (in Python: multiprocessing.get_context('spawn')), or LOAD only in the child"

#endif
