// SPDX-License-Identifier: MIT
// Aligned allocation on top of aligned_alloc; large blocks ask for large pages.
#include "nn/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Large networks span thousands of 4 KiB pages, more than a TLB holds; large blocks therefore ask
// for huge pages.
enum { LARGE_PAGE = 2 << 20, LARGE_BLOCK = 4 << 20 };

bool nn_mul_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static void *alloc_large(size_t bytes)
{
    if (bytes > PTRDIFF_MAX - LARGE_PAGE)
        return NULL;
    size_t rounded = (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    void *p = aligned_alloc(LARGE_PAGE, rounded);
#ifdef MADV_HUGEPAGE
    if (p)
        madvise(p, rounded, MADV_HUGEPAGE); // a hint; without it everything works, only slower
#endif
    return p;
}

void *nn_alloc(size_t bytes)
{
    if (bytes > PTRDIFF_MAX - NN_ALIGN)
        return NULL;
    if (bytes >= LARGE_BLOCK)
        return alloc_large(bytes);
    size_t rounded = nn_align_up(bytes);
    return aligned_alloc(NN_ALIGN, rounded ? rounded : NN_ALIGN);
}

// Zeroes a block. Whole pages of a large block are given back to the kernel, which zeroes them when
// they are touched again (madvise(2), MADV_DONTNEED): memory that is planned but never used costs
// nothing.
static void clear(char *p, size_t bytes)
{
    size_t done = 0;
#ifdef MADV_DONTNEED
    const size_t whole = bytes / LARGE_PAGE * LARGE_PAGE;
    if (bytes >= LARGE_BLOCK && madvise(p, whole, MADV_DONTNEED) == 0)
        done = whole;
#endif
    memset(p + done, 0, bytes - done);
}

void *nn_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (!nn_mul_size(count, size, &bytes))
        return NULL;
    void *p = nn_alloc(bytes);
    if (p)
        clear(p, bytes);
    return p;
}

void *nn_realloc(void *p, size_t old_bytes, size_t new_bytes)
{
    void *q = nn_alloc(new_bytes);
    if (!q)
        return NULL;
    if (p)
        memcpy(q, p, old_bytes < new_bytes ? old_bytes : new_bytes);
    free(p);
    return q;
}

char *nn_strdup(const char *s)
{
    if (!s)
        return NULL;
    size_t n = strlen(s) + 1;
    char *copy = nn_alloc(n);
    if (copy)
        memcpy(copy, s, n);
    return copy;
}

uint64_t nn_memory_of_machine(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

void nn_free(void *p)
{
    free(p);
}
