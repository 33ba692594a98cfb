#include "shim.h"
#include "_cgo_export.h"

void cshim_release(void *handle) { cshimRelease((uintptr_t)handle); }
