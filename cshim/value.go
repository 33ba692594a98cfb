package cshim

/*
#include "duckdb_api.h"

static bool is_null(duckdb_value v) { return cshim_api.is_null_value(v); }
// The type belongs to the value: it is not ours to destroy.
static duckdb_type type_id(duckdb_value v) { return cshim_api.get_type_id(cshim_api.get_value_type(v)); }
static bool get_bool(duckdb_value v) { return cshim_api.get_bool(v); }
static uint64_t get_uint64(duckdb_value v) { return cshim_api.get_uint64(v); }
static char *get_varchar(duckdb_value v) { return cshim_api.get_varchar(v); }
static void free_varchar(char *s) { cshim_api.free(s); }
static idx_t list_size(duckdb_value v) { return cshim_api.get_list_size(v); }
static duckdb_value list_child(duckdb_value v, idx_t i) { return cshim_api.get_list_child(v, i); }
static void destroy_value(duckdb_value v) { cshim_api.destroy_value(&v); }
*/
import "C"

// Value is an argument of a table function: a copy, safe to keep.
type Value struct {
	id     TypeID
	null   bool
	number uint64
	text   string
	list   []Value
}

// IsNull reports whether the value is NULL, of any type.
func (v Value) IsNull() bool { return v.null }

// Type returns the kind of the value's type. A bare NULL is a SQLNull from DuckDB 2.0 on and an Integer
// before, so ask IsNull first.
func (v Value) Type() TypeID { return v.id }

// Varchar returns the value as DuckDB prints it; "" for NULL. A text with a NUL
// byte ends there, for want of a function that says its length.
func (v Value) Varchar() string { return v.text }

// Bool returns a BOOLEAN's value.
func (v Value) Bool() bool { return v.number != 0 }

// Uint64 returns an integer's value; 0 if it is negative.
func (v Value) Uint64() uint64 { return v.number }

// List returns a list's elements.
func (v Value) List() []Value { return v.list }

// takeValue copies a C value and destroys it.
func takeValue(cv C.duckdb_value) Value {
	defer C.destroy_value(cv)
	v := Value{id: TypeID(C.type_id(cv)), null: bool(C.is_null(cv))}
	if v.null {
		return v
	}
	switch v.id {
	case Boolean:
		if C.get_bool(cv) {
			v.number = 1
		}
	case TinyInt, SmallInt, Integer, BigInt, UTinyInt, USmallInt, UInteger, UBigInt:
		v.number = uint64(C.get_uint64(cv))
	case List:
		v.list = make([]Value, C.list_size(cv))
		for i := range v.list {
			v.list[i] = takeValue(C.list_child(cv, C.idx_t(i)))
		}
	}
	text := C.get_varchar(cv)
	defer C.free_varchar(text)
	v.text = C.GoString(text)
	return v
}
