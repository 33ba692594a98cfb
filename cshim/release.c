#include "shim.h"
#include "_cgo_export.h"

void cshim_release(void *handle) {
	if (!cshim_forked)
		cshimRelease((uintptr_t)handle);
}
