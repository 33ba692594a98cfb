#define _GNU_SOURCE
#include "shim.h"
#include <dlfcn.h>
#include <setjmp.h>
#include <unwind.h>

// DuckDB is C++. Where it gets no memory, some functions of its C API throw the exception at
// their caller (duckdb_vector_assign_string_element_len, 1.4 to 2.0), and an uncaught one
// ends the process. C cannot catch, and a C++ file would bring a second C++ library into the host.
// But the unwinder asks each frame with a personality routine whether it takes the exception
// (Itanium C++ ABI, 1.6). cshim_catch has one that always does.

// A catcher is a call of cshim_catch.
struct catcher {
	jmp_buf place;
	struct catcher *outer;
};

static __thread struct catcher *innermost;

// end_catch frees the exception. It counts as caught in the C++ library that threw it, if that
// library lets us tell it; otherwise std::uncaught_exceptions() stays one too high in this thread.
static void end_catch(struct _Unwind_Exception *exception) {
	Dl_info thrower, found;
	void *library = NULL;

	if (exception->exception_cleanup && dladdr((void *)exception->exception_cleanup, &thrower))
		library = dlopen(thrower.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (library) {
		void *(*begin)(void *) = (void *(*)(void *))dlsym(library, "__cxa_begin_catch");
		void (*end)(void) = (void (*)(void))dlsym(library, "__cxa_end_catch");
		int same = begin && end && dladdr((void *)begin, &found) && found.dli_fbase == thrower.dli_fbase;
		dlclose(library);
		if (same) {
			begin(exception);
			end();
			return;
		}
	}
	if (exception->exception_cleanup)
		exception->exception_cleanup(_URC_FOREIGN_EXCEPTION_CAUGHT, exception);
}

// The unwinder asks twice: first who takes the exception, then, when all frames below have been
// cleaned up, to go on there.
__attribute__((visibility("hidden"), used)) _Unwind_Reason_Code
cshim_personality(int version, _Unwind_Action actions, _Unwind_Exception_Class thrower, struct _Unwind_Exception *exception, struct _Unwind_Context *context) {
	(void)version;
	(void)thrower;
	(void)context;
	if (actions & _UA_SEARCH_PHASE)
		return _URC_HANDLER_FOUND;
	if (!(actions & _UA_HANDLER_FRAME))
		return _URC_CONTINUE_UNWIND;
	end_catch(exception);
	longjmp(innermost->place, 1);
}

__attribute__((noinline)) bool cshim_catch(void (*call)(void *), void *argument) {
	struct catcher here;
	bool caught;

	// 0x1b: the address is relative to this place, and has four bytes.
	__asm__ volatile(".cfi_personality 0x1b, cshim_personality");
	here.outer = innermost;
	innermost = &here;
	caught = setjmp(here.place) != 0;
	if (!caught)
		call(argument);
	innermost = here.outer;
	return caught;
}
