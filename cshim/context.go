package cshim

/*
#include "duckdb_api.h"
#include <stdlib.h>
#include <string.h>

// config_option is the value of a setting; NULL if it is not set, or DuckDB does not
// tell.
static duckdb_value config_option(duckdb_client_context context, const char *name) {
	duckdb_config_option_scope scope;
	return cshim_api.client_context_get_config_option(context, name, &scope);
}
static void destroy_context(duckdb_client_context context) { cshim_api.destroy_client_context(&context); }

// A failure is what DuckDB says: a copy, which the caller frees, and whether it is a matter of
// permission.
struct failure {
	char *message;
	bool permission;
};
static struct failure failure_of(duckdb_error_data error) {
	const char *message = error ? cshim_api.error_data_message(error) : NULL;
	struct failure f = {strdup(message ? message : ""), false};
	if (error) {
		f.permission = cshim_api.error_data_error_type(error) == CSHIM_ERROR_PERMISSION;
		cshim_api.destroy_error_data(&error);
	}
	return f;
}

// open_file opens a file for reading; NULL, and a failure, where that fails. The last error
// belongs to the file system: so each call has one of its own.
static duckdb_file_handle open_file(duckdb_client_context context, const char *path, struct failure *failure) {
	duckdb_file_handle file = NULL;
	duckdb_file_system files = cshim_api.client_context_get_file_system(context);
	duckdb_file_open_options options = cshim_api.create_file_open_options();
	cshim_api.file_open_options_set_flag(options, CSHIM_FILE_FLAG_READ, true);
	if (cshim_api.file_system_open(files, path, options, &file) != CSHIM_SUCCESS || !file) {
		file = NULL;
		*failure = failure_of(cshim_api.file_system_error_data(files));
	}
	cshim_api.destroy_file_open_options(&options);
	cshim_api.destroy_file_system(&files);
	return file;
}
static int64_t file_size(duckdb_file_handle file) { return cshim_api.file_handle_size(file); }
// read_at reads n bytes at offset, fewer at the file's end; a negative number where that fails.
static int64_t read_at(duckdb_file_handle file, char *p, int64_t n, int64_t offset) {
	if (cshim_api.file_handle_seek(file, offset) != CSHIM_SUCCESS)
		return -1;
	int64_t have = 0;
	while (have < n) {
		int64_t more = cshim_api.file_handle_read(file, p + have, n - have);
		if (more < 0)
			return more;
		if (more == 0)
			break;
		have += more;
	}
	return have;
}
static struct failure file_failure(duckdb_file_handle file) {
	return failure_of(cshim_api.file_handle_error_data(file));
}
// close_file gives the handle back. One that could not be closed stays: destroying it would try
// again, and the exception would have nowhere to go.
static bool close_file(duckdb_file_handle file) {
	if (cshim_api.file_handle_close(file) != CSHIM_SUCCESS)
		return false;
	cshim_api.destroy_file_handle(&file);
	return true;
}
*/
import "C"

import (
	"errors"
	"io"
	"unsafe"
)

// Context is a session of DuckDB's: its settings, and its file systems. It lives until it is
// closed, but can be used only while a query of the session runs, by any thread of it.
type Context struct{ context C.duckdb_client_context }

// Setting returns the value of one of DuckDB's settings, such as threads; ok is false where there is
// none of that name.
func (c *Context) Setting(name string) (v Value, ok bool) {
	withCString(name, func(name *C.char) {
		if cv := C.config_option(c.context, name); cv != nil {
			v, ok = takeValue(cv), true
		}
	})
	return v, ok
}

// Close gives the context back, not the files opened through it.
func (c *Context) Close() { C.destroy_context(c.context) }

// File is a file that DuckDB has opened for reading, wherever it lies. One thread at a time may
// use it.
type File struct{ handle C.duckdb_file_handle }

// ErrPermission is wrapped by the error of [Context.Open] for a file that DuckDB's settings forbid.
var ErrPermission = errors.New("not permitted")

// permissionError has DuckDB's own words.
type permissionError struct{ error }

func (permissionError) Is(target error) bool { return target == ErrPermission }

// Open opens a file for reading, by the file system that its path belongs to, if the settings of
// the session allow it.
func (c *Context) Open(path string) (*File, error) {
	var file C.duckdb_file_handle
	var failure C.struct_failure
	withCString(path, func(path *C.char) { file = C.open_file(c.context, path, &failure) })
	if file == nil {
		return nil, takeFailure(failure)
	}
	return &File{file}, nil
}

func takeFailure(f C.struct_failure) error {
	defer C.free(unsafe.Pointer(f.message))
	err := errors.New(C.GoString(f.message))
	if err.Error() == "" {
		err = errors.New("DuckDB does not say why")
	}
	if f.permission {
		return permissionError{err}
	}
	return err
}

// Size returns how many bytes the file has.
func (f *File) Size() (int64, error) {
	n := int64(C.file_size(f.handle))
	if n < 0 {
		return 0, takeFailure(C.file_failure(f.handle))
	}
	return n, nil
}

// ReadAt reads at offset, as [io.ReaderAt] says.
func (f *File) ReadAt(p []byte, offset int64) (int, error) {
	to := (*C.char)(unsafe.Pointer(unsafe.SliceData(p)))
	n := int64(C.read_at(f.handle, to, C.int64_t(len(p)), C.int64_t(offset)))
	switch {
	case n < 0:
		return 0, takeFailure(C.file_failure(f.handle))
	case n < int64(len(p)):
		return int(n), io.EOF
	}
	return int(n), nil
}

// Close closes the file. Where that fails, its handle is lost.
func (f *File) Close() error {
	if !C.close_file(f.handle) {
		return takeFailure(C.file_failure(f.handle))
	}
	return nil
}
