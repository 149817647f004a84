// SPDX-License-Identifier: MIT
// Wrappers that the linker puts in place of the engine's allocator (--wrap).
#include "tests/support/alloc.h"

#include "nn/base/memory.h"
#include "tests/support/test.h"

#include <stdatomic.h>

static atomic_long count;
static atomic_long limit = -1;

void *__real_nn_alloc(size_t bytes);
void *__real_nn_calloc(size_t n, size_t size);
void *__real_nn_realloc(void *p, size_t old_bytes, size_t new_bytes);
void *__wrap_nn_alloc(size_t bytes);
void *__wrap_nn_calloc(size_t n, size_t size);
void *__wrap_nn_realloc(void *p, size_t old_bytes, size_t new_bytes);

static int refused(void)
{
    long n = atomic_fetch_add(&count, 1), from = atomic_load(&limit);
    return from >= 0 && n >= from;
}

void *__wrap_nn_alloc(size_t bytes)
{
    return refused() ? NULL : __real_nn_alloc(bytes);
}

void *__wrap_nn_calloc(size_t n, size_t size)
{
    return refused() ? NULL : __real_nn_calloc(n, size);
}

void *__wrap_nn_realloc(void *p, size_t old_bytes, size_t new_bytes)
{
    return refused() ? NULL : __real_nn_realloc(p, old_bytes, new_bytes);
}

long alloc_count(void)
{
    return atomic_load(&count);
}

void alloc_reset(long fail_from)
{
    atomic_store(&limit, fail_from);
    atomic_store(&count, 0);
}

int alloc_fail_each(nn_status (*run)(void *ctx, nn_error *err), void *ctx)
{
    for (int failures = 0;; failures++) {
        nn_error err = {0};
        alloc_reset(failures);
        const nn_status status = run(ctx, &err);
        alloc_reset(-1);
        if (status == NN_OK)
            return failures;
        if (status != NN_ENOMEM)
            fail_msg("failure %d: status %d: %s", failures, status, err.text);
        assert_true(err.text[0] != '\0');
    }
}
