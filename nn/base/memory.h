// SPDX-License-Identifier: MIT
// Aligned, size-checked allocation; the only place where the engine asks for memory.
#ifndef NN_BASE_MEMORY_H
#define NN_BASE_MEMORY_H

#include "nn/base/api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NN_ALIGN = 64 }; // bytes: one cache line, one AVX-512 register

// `bytes` of uninitialised memory aligned to NN_ALIGN; NULL when there is none. bytes may be 0.
NN_API void *nn_alloc(size_t bytes);
// count * size zeroed bytes, NULL on overflow or when there is none. Aligned to NN_ALIGN.
NN_API void *nn_calloc(size_t count, size_t size);
// Grows a block made by nn_alloc to new_bytes keeping old_bytes; NULL leaves `p` as it was.
NN_API void *nn_realloc(void *p, size_t old_bytes, size_t new_bytes);
// Copy of a string, NULL when `s` is NULL or memory is short.
NN_API char *nn_strdup(const char *s);
// Frees what the functions above returned; NULL is a no-op.
NN_API void nn_free(void *p);

// Bytes of memory that the machine has; 0 when it does not say.
uint64_t nn_memory_of_machine(void);

// *out = a * b, false on overflow.
bool nn_mul_size(size_t a, size_t b, size_t *out);

#endif
