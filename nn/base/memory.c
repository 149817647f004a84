// SPDX-License-Identifier: MIT
// Aligned allocation on top of aligned_alloc.
#include "nn/base/memory.h"

#include <stdlib.h>
#include <string.h>

bool nn_mul_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

void *nn_alloc(size_t bytes)
{
    if (bytes > PTRDIFF_MAX - NN_ALIGN)
        return NULL;
    size_t rounded = (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
    return aligned_alloc(NN_ALIGN, rounded ? rounded : NN_ALIGN);
}

void *nn_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (!nn_mul_size(count, size, &bytes))
        return NULL;
    void *p = nn_alloc(bytes);
    if (p)
        memset(p, 0, bytes);
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

void nn_free(void *p)
{
    free(p);
}
