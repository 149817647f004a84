// SPDX-License-Identifier: MIT
// Sets up the allocator of glibc; others stay as they are.
#include "pipeline/steady.h"

#ifdef __linux__
#include <features.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { LARGE = 128 * 1024, HEAPS = 2 };

void vp_steady_begin(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, LARGE);
    mallopt(M_TRIM_THRESHOLD, LARGE);
    mallopt(M_ARENA_MAX, HEAPS);
#endif
}

void vp_steady_share(void)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
#endif
}

void vp_steady_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
