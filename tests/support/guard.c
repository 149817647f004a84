// SPDX-License-Identifier: MIT
// For kernel tests: buffers between canaries, and the CPU levels of this machine.
#include "tests/support/guard.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "tests/support/test.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum { EDGE = 128, CANARY = 0xa7 };

guard guard_new(size_t bytes, size_t shift)
{
    guard g = {.bytes = bytes};
    g.block = nn_alloc(bytes + 2 * EDGE + shift);
    assert_non_null(g.block);
    memset(g.block, CANARY, bytes + 2 * EDGE + shift);
    g.data = g.block + EDGE + shift;
    ASAN_POISON_MEMORY_REGION(g.block + EDGE + shift + bytes, EDGE);
    return g;
}

void guard_free(guard *g)
{
    const unsigned char *data = g->data;
    ASAN_UNPOISON_MEMORY_REGION(data + g->bytes, EDGE);
    for (const unsigned char *p = g->block; p < data; p++)
        if (*p != CANARY)
            fail_msg("wrote %d bytes in front of the buffer", (int)(data - p));
    for (int i = 0; i < EDGE; i++)
        if (data[g->bytes + (size_t)i] != CANARY)
            fail_msg("wrote at %d bytes behind the buffer", i);
    nn_free(g->block);
    *g = (guard){0};
}

const nn_kernels *guard_level(int i, const char **name)
{
    static const unsigned masks[] = {0,
                                     NN_CPU_AVX2,
                                     NN_CPU_AVX2 | NN_CPU_AVX512,
                                     NN_CPU_AVX2 | NN_CPU_AVX512 | NN_CPU_WIDE,
                                     NN_CPU_AVX2 | NN_CPU_AVX512 | NN_CPU_AVX512_BF16,
                                     NN_CPU_NEON};
    static nn_kernels table;
    for (size_t k = 0; k < sizeof masks / sizeof *masks; k++) {
        const unsigned runs = nn_cpu_flags() | NN_CPU_WIDE; // which says what is fast
        if ((masks[k] & runs) != masks[k] || i-- > 0)
            continue;
        nn_kernels_init(&table, masks[k]);
        *name = nn_cpu_name(masks[k]);
        return &table;
    }
    return NULL;
}

void guard_fill(float *x, int64_t n, float range, uint64_t seed)
{
    static const float extremes[] = {0.0f,  -0.0f,  1.0f,   -1.0f,   1e-40f, -1e-40f,
                                     88.0f, -88.0f, 100.0f, -100.0f, 1e-20f, -1e-20f};
    nn_rng r = nn_rng_seed(seed);
    for (int64_t i = 0; i < n; i++) {
        const int64_t kind = nn_rng_below(&r, 64);
        x[i] = kind < 12 ? extremes[kind] : nn_rng_range(&r, -range, range);
    }
}
