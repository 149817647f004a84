// SPDX-License-Identifier: MIT
// Aligned allocation: small blocks from posix_memalign, large ones as mappings of their own, which
// the system has back as soon as they are freed.
#include "nn/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Large networks span thousands of 4 KiB pages, more than a TLB holds; blocks of a huge page or
// more therefore ask for such.
enum { HUGE_PAGE = 2 << 20, LARGE_BLOCK = 1 << 20 };

// A sanitizer sees the ends of blocks of its own allocator only.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { OWN_MAPS = 0 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)
enum { OWN_MAPS = 0 };
#else
enum { OWN_MAPS = 1 };
#endif
#else
enum { OWN_MAPS = 1 };
#endif

// Lies in the page before a block that is a mapping of its own. Only those begin with a page.
typedef struct map_head {
    size_t bytes; // of the mapping, from this page on
} map_head;

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static bool is_own_map(const void *p)
{
    return OWN_MAPS && p && (uintptr_t)p % page_size() == 0;
}

bool nn_mul_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

// `bytes` >= LARGE_BLOCK, zeroed. Huge blocks begin with a huge page.
static void *map_block(size_t bytes)
{
    const size_t page = page_size(), align = bytes >= HUGE_PAGE ? HUGE_PAGE : page;
    if (bytes > PTRDIFF_MAX - 2 * HUGE_PAGE)
        return NULL;
    const size_t whole = (bytes + page - 1) / page * page, mapped = whole + page + align - page;
    char *map = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    char *p = map + page + (align - ((uintptr_t)map + page) % align) % align;
    if (p - page > map)
        munmap(map, (size_t)(p - page - map));
    if (p + whole < map + mapped)
        munmap(p + whole, (size_t)(map + mapped - (p + whole)));
#ifdef MADV_HUGEPAGE
    if (align > page)
        madvise(p, whole, MADV_HUGEPAGE); // a hint; without it everything works, only slower
#endif
    ((map_head *)(void *)(p - page))->bytes = whole + page;
    return p;
}

// Small blocks begin with a multiple of SMALL_ALIGN. One that would begin with a page is made
// longer and begins NN_ALIGN later, which tells nn_free where it really begins.
enum { SMALL_ALIGN = 2 * NN_ALIGN };

static void *alloc_aligned(size_t bytes)
{
    void *p;
    return posix_memalign(&p, SMALL_ALIGN, bytes) == 0 ? p : NULL;
}

static void *alloc_small(size_t bytes)
{
    bytes = nn_align_up(bytes ? bytes : 1);
    char *p = alloc_aligned(bytes);
    if (!is_own_map(p))
        return p;
    free(p);
    p = alloc_aligned(bytes + NN_ALIGN);
    return is_own_map(p) ? p + NN_ALIGN : p;
}

void *nn_alloc(size_t bytes)
{
    if (bytes > PTRDIFF_MAX - NN_ALIGN)
        return NULL;
    return OWN_MAPS && bytes >= LARGE_BLOCK ? map_block(bytes) : alloc_small(bytes);
}

void nn_memory_discard(const void *part, size_t bytes)
{
#ifdef MADV_DONTNEED
    const uintptr_t page = page_size(), from = ((uintptr_t)part + page - 1) / page * page,
                    to = ((uintptr_t)part + bytes) / page * page;
    if (OWN_MAPS && to > from)
        madvise((void *)from, to - from, MADV_DONTNEED);
#else
    (void)part;
    (void)bytes;
#endif
}

// Zeroes a block that is not a new mapping. Large ones (of a sanitizer) are zeroed when they are
// touched: memory that is planned but never used costs nothing.
static void clear(char *p, size_t bytes)
{
    const size_t page = page_size(), from = (page - (uintptr_t)p % page) % page;
    size_t whole = 0;
#ifdef MADV_DONTNEED
    if (bytes >= LARGE_BLOCK)
        whole = (bytes - from) / page * page;
    if (whole > 0 && madvise(p + from, whole, MADV_DONTNEED) != 0)
        whole = 0;
#endif
    memset(p, 0, whole ? from : bytes);
    if (whole > 0)
        memset(p + from + whole, 0, bytes - from - whole);
}

void *nn_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (!nn_mul_size(count, size, &bytes))
        return NULL;
    void *p = nn_alloc(bytes);
    if (p && !is_own_map(p))
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
    nn_free(p);
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
    if (!is_own_map(p)) {
        free(OWN_MAPS && (uintptr_t)p % SMALL_ALIGN ? (char *)p - NN_ALIGN : p);
        return;
    }
    map_head *head = (map_head *)(void *)((char *)p - page_size());
    munmap(head, head->bytes);
}
