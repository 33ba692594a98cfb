// Package cshim is the only package that knows DuckDB's C API. It offers table functions,
// scalar functions, casts, types and replacement scans to Go code that never sees a C pointer.
//
// The API is reached through a table of function pointers (duckdb_api.h), which [Load] fills
// from whatever the host brings: the struct that LOAD hands to an extension, or the symbols of a
// DuckDB linked into a Go program. So the package needs neither DuckDB's headers nor its library
// to build.
//
// Three rules keep the two runtimes apart:
//
//   - C holds no Go pointer. What DuckDB has to keep for us is a [runtime/cgo.Handle], an integer,
//     registered together with the callback that deletes it. Deleting also calls the value's
//     Close method, if it has one.
//   - Go holds no C pointer after a call returns. [Conn], [Bind], [Chunk] and [Vector] are valid
//     only inside the call that received them, and [Value] is a copy. Only [Context] and [File]
//     are kept, by what has to close them.
//   - No panic crosses into C. Every callback recovers, and the panic's message becomes the
//     query's error.
//
// DuckDB calls a C function (the .c files), which collects what Go needs and calls Go once.
package cshim
