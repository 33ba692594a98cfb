// What Debian 12's libstdc++.a asks of glibc and 2.28 does not have; build/zigcc links it.
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

// glibc 2.32: where it is 0, reference counts are atomic. Go has threads.
char __libc_single_threaded = 0;

// glibc 2.36: std::random_device calls it.
uint32_t arc4random(void) {
	uint32_t n;
	if (getrandom(&n, sizeof n, 0) != sizeof n)
		abort();
	return n;
}
