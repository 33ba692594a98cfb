#include "shim.h"
#include <pthread.h>
#include <string.h>

bool cshim_forked;

static void in_child(void) { cshim_forked = true; }

// Go's threads are not in the child. Its table of functions lives on there, and a
// callback into Go there would wait for ever for a thread that does not exist.
void cshim_watch_forks(void) {
	static bool watching;
	if (!watching)
		watching = pthread_atfork(NULL, NULL, in_child) == 0;
}

char *cshim_forked_error(void) { return strdup(CSHIM_FORKED); }
