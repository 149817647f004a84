// SPDX-License-Identifier: MIT
// Aligned allocation with checked sizes. The engine allocates memory here only.
#ifndef NN_BASE_MEMORY_H
#define NN_BASE_MEMORY_H

#include "nn/base/api.h"
#include "nn/base/arith.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Uninitialised memory of `bytes` >= 0 bytes, aligned to NN_ALIGN; NULL when memory is short.
NN_API void *nn_alloc(size_t bytes);
// Zeroed memory for count * size bytes, aligned to NN_ALIGN; NULL when memory is short or the
// product overflows.
NN_API void *nn_calloc(size_t count, size_t size);
// Enlarges a block of nn_alloc to new_bytes and keeps its first old_bytes; on failure returns NULL
// and leaves `p` as it was.
NN_API void *nn_realloc(void *p, size_t old_bytes, size_t new_bytes);
// Gives the whole pages of a part of a block back to the system; their content is lost. For what is
// read no more, and freed later.
void nn_memory_discard(const void *part, size_t bytes);
// A copy of a string; NULL when `s` is NULL or memory is short.
NN_API char *nn_strdup(const char *s);
// Frees what the functions above returned; NULL is a no-op.
NN_API void nn_free(void *p);

// Physical memory of the machine in bytes; 0 when unknown.
uint64_t nn_memory_of_machine(void);

// *out = a * b; false on overflow.
bool nn_mul_size(size_t a, size_t b, size_t *out);

#endif
