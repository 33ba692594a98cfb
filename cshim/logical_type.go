package cshim

/*
#include <stdlib.h>
#include "duckdb_api.h"

static duckdb_logical_type create_type(duckdb_type id) { return cshim_api.create_logical_type(id); }
static duckdb_logical_type create_list(duckdb_logical_type child) { return cshim_api.create_list_type(child); }
static duckdb_logical_type create_struct(duckdb_logical_type *types, const char **names, idx_t n) {
	return cshim_api.create_struct_type(types, names, n);
}
static void set_alias(duckdb_logical_type type, const char *alias) { cshim_api.logical_type_set_alias(type, alias); }
static void destroy_type(duckdb_logical_type type) { cshim_api.destroy_logical_type(&type); }
static duckdb_state register_type(duckdb_connection c, duckdb_logical_type type) {
	return cshim_api.register_logical_type(c, type, NULL);
}
*/
import "C"

import "unsafe"

// TypeID is DuckDB's number for a kind of type.
type TypeID uint32

// The kinds of type. Any is for parameters: it accepts every argument, NULL included.
const (
	Boolean     TypeID = C.CSHIM_TYPE_BOOLEAN
	TinyInt     TypeID = C.CSHIM_TYPE_TINYINT
	SmallInt    TypeID = C.CSHIM_TYPE_SMALLINT
	Integer     TypeID = C.CSHIM_TYPE_INTEGER
	BigInt      TypeID = C.CSHIM_TYPE_BIGINT
	UTinyInt    TypeID = C.CSHIM_TYPE_UTINYINT
	USmallInt   TypeID = C.CSHIM_TYPE_USMALLINT
	UInteger    TypeID = C.CSHIM_TYPE_UINTEGER
	UBigInt     TypeID = C.CSHIM_TYPE_UBIGINT
	Float       TypeID = C.CSHIM_TYPE_FLOAT
	Double      TypeID = C.CSHIM_TYPE_DOUBLE
	HugeInt     TypeID = C.CSHIM_TYPE_HUGEINT
	UHugeInt    TypeID = C.CSHIM_TYPE_UHUGEINT
	Varchar     TypeID = C.CSHIM_TYPE_VARCHAR
	Blob        TypeID = C.CSHIM_TYPE_BLOB
	List        TypeID = C.CSHIM_TYPE_LIST
	Struct      TypeID = C.CSHIM_TYPE_STRUCT
	TimestampTZ TypeID = C.CSHIM_TYPE_TIMESTAMP_TZ
	Any         TypeID = C.CSHIM_TYPE_ANY
)

// Type describes a DuckDB type. It is plain Go data: the C object is made from it where DuckDB
// wants one, and destroyed right after.
type Type struct {
	ID     TypeID
	Alias  string  // the name of a type of our own, such as an alias of UBIGINT
	Child  *Type   // of a List
	Fields []Field // of a Struct
}

// Field is a named type: a member of a struct or a named parameter.
type Field struct {
	Name string
	Type Type
}

// ListOf returns the type LIST(child).
func ListOf(child Type) Type { return Type{ID: List, Child: &child} }

// StructOf returns the type STRUCT(fields...).
func StructOf(fields ...Field) Type { return Type{ID: Struct, Fields: fields} }

// RegisterType adds a type to the database, under its Alias and in every schema.
func (c *Conn) RegisterType(t Type) error {
	var state C.duckdb_state
	t.with(func(lt C.duckdb_logical_type) { state = C.register_type(c.conn, lt) })
	if state != C.CSHIM_SUCCESS {
		return refused("type", t.Alias)
	}
	return nil
}

// with calls use with a C object of the type, and destroys the object afterwards.
func (t Type) with(use func(C.duckdb_logical_type)) {
	lt := t.create()
	defer C.destroy_type(lt)
	use(lt)
}

func (t Type) create() C.duckdb_logical_type {
	var lt C.duckdb_logical_type
	switch t.ID {
	case List:
		t.Child.with(func(child C.duckdb_logical_type) { lt = C.create_list(child) })
	case Struct:
		lt = createStruct(t.Fields)
	default:
		lt = C.create_type(C.duckdb_type(t.ID))
	}
	if t.Alias != "" {
		withCString(t.Alias, func(alias *C.char) { C.set_alias(lt, alias) })
	}
	return lt
}

func createStruct(fields []Field) C.duckdb_logical_type {
	types := make([]C.duckdb_logical_type, len(fields))
	names := make([]*C.char, len(fields))
	for i, f := range fields {
		types[i] = f.Type.create()
		defer C.destroy_type(types[i])
		names[i] = C.CString(f.Name)
		defer C.free(unsafe.Pointer(names[i]))
	}
	return C.create_struct(unsafe.SliceData(types), unsafe.SliceData(names), C.idx_t(len(fields)))
}

// withCString calls use with a C copy of s, and frees the copy afterwards.
func withCString(s string, use func(*C.char)) {
	cs := C.CString(s)
	defer C.free(unsafe.Pointer(cs))
	use(cs)
}
