package cshim

/*
#include "shim.h"

static duckdb_vector chunk_vector(duckdb_data_chunk c, idx_t i, void **data) {
	duckdb_vector v = cshim_api.data_chunk_get_vector(c, i);
	*data = cshim_api.vector_get_data(v);
	return v;
}
static idx_t chunk_size(duckdb_data_chunk c) { return cshim_api.data_chunk_get_size(c); }
static void set_chunk_size(duckdb_data_chunk c, idx_t n) { cshim_api.data_chunk_set_size(c, n); }
static void *vector_data(duckdb_vector v) { return cshim_api.vector_get_data(v); }
static uint64_t *validity(duckdb_vector v) { return cshim_api.vector_get_validity(v); }
static duckdb_vector field_vector(duckdb_vector v, idx_t i) { return cshim_api.struct_vector_get_child(v, i); }
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// Chunk is a batch of rows, column by column: the output of a scan, or the arguments of a
// scalar function. It is valid only inside the call that received it.
type Chunk struct {
	chunk C.duckdb_data_chunk
	valid Mask
}

// Size returns the number of rows.
func (c *Chunk) Size() int { return int(C.chunk_size(c.chunk)) }

// SetSize sets how many rows a scan has written; 0 ends the scan.
func (c *Chunk) SetSize(n int) {
	if n < 0 || n > VectorSize() {
		panic(fmt.Sprintf("%d rows in a chunk of %d", n, VectorSize()))
	}
	C.set_chunk_size(c.chunk, C.idx_t(n))
}

// Vector returns the i-th column: of the projected ones in a scan, of the arguments in a call.
func (c *Chunk) Vector(i int) Vector {
	var v Vector
	v.vector = C.chunk_vector(c.chunk, C.idx_t(i), &v.data)
	return v
}

// Valid returns the rows of a scalar function's arguments where none is NULL. Only these hold
// data, and only these need a result: the others' is NULL whatever is written.
// It is nil, and says true for every row, with SpecialNulls and where nothing is NULL.
func (c *Chunk) Valid() Mask { return c.valid }

// Vector is one column of a [Chunk]. It is valid only inside the call that received the chunk.
type Vector struct {
	vector C.duckdb_vector
	data   unsafe.Pointer
}

// Data returns the vector's own memory, as n values of T: uint64 for a UBIGINT, [String] for a
// VARCHAR, [ListEntry] for a LIST. Rows that are NULL hold garbage, and so does every row of an
// output until it is written.
func Data[T any](v Vector, n int) []T { return unsafe.Slice((*T)(v.data), n) }

// Mask has one bit a row, set where the row is not NULL. A nil Mask has all of them set.
type Mask []uint64

// Valid reports whether row i is not NULL.
func (m Mask) Valid(i int) bool { return m == nil || m[i>>6]>>(i&63)&1 != 0 }

// SetNull sets row i to NULL.
func (m Mask) SetNull(i int) { m[i>>6] &^= 1 << (i & 63) }

// Validity returns the vector's own mask for its first n rows, to be written. DuckDB makes it when it
// is first asked for, all rows valid; so ask only where there may be a NULL to write.
func (v Vector) Validity(n int) Mask {
	valid := C.cshim_writable_validity(v.vector)
	if valid == nil {
		panic(errNoMemory)
	}
	return unsafe.Slice((*uint64)(valid), (n+63)/64)
}

// Valid returns the mask of an input vector, not to be written; nil if no row is NULL.
func (v Vector) Valid(n int) Mask {
	words := (*uint64)(C.validity(v.vector))
	if words == nil {
		return nil
	}
	return unsafe.Slice(words, (n+63)/64)
}

// errNoMemory is the error where DuckDB throws an exception at its C API.
var errNoMemory = errors.New("DuckDB has no memory left for a vector; raise memory_limit, or ask for fewer columns and threads")

// SetStrings gives long texts their place in the vector. The rows [0, n) already hold strings,
// those longer than [InlineLength] with Rest their offset in arena; the rest of such a row is
// final, and so is every short one. NULL rows must hold a short string, best the zero String.
//
// The arena is copied whole, with one call and one check of its UTF-8, instead of once a row.
// After an error the rows are unusable, and the query must fail.
func (v Vector) SetStrings(n int, arena []byte) error {
	switch C.cshim_set_strings(v.vector, C.idx_t(n), (*C.char)(unsafe.Pointer(unsafe.SliceData(arena))), C.idx_t(len(arena))) {
	case C.CSHIM_STRINGS_SET:
		return nil
	case C.CSHIM_STRINGS_NO_MEMORY:
		return errNoMemory
	case C.CSHIM_STRINGS_OUTSIDE:
		return fmt.Errorf("a string lies outside of its arena of %d bytes", len(arena))
	default:
		return errors.New("DuckDB refused a text: it is not valid UTF-8")
	}
}

// ResizeList makes room for n elements, of all rows together, in a LIST's child vector and
// returns it. The rows' [ListEntry] values are the caller's to write.
func (v Vector) ResizeList(n int) (Vector, error) {
	var child Vector
	child.vector = C.cshim_resized_child(v.vector, C.idx_t(n), &child.data)
	if child.vector == nil {
		return Vector{}, errNoMemory
	}
	return child, nil
}

// StructChild returns the vector of a STRUCT's i-th field. Its rows are the struct's; it has NULLs of
// its own.
func (v Vector) StructChild(i int) Vector { return newVector(C.field_vector(v.vector, C.idx_t(i))) }

func newVector(v C.duckdb_vector) Vector { return Vector{vector: v, data: C.vector_data(v)} }
