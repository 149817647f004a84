// SPDX-License-Identifier: MIT
// Copies between layouts with kernels and threads, against the plain ones.
#include "nn/base/memory.h"
#include "nn/ops/common/blocked_rows.h"
#include "tests/support/guard.h"
#include "tests/support/op_impls.h"
#include "tests/support/test.h"

#include <math.h>

static const nn_halo halos[] = {{0}, {2, 1, 3, 4}};

typedef struct image {
    nn_tensor t;
    float *memory; // owned
    int64_t floats;
} image;

// Pixels are `value`, or random without one; unused lanes hold 3.
static image image_new(const nn_shape *shape, const nn_halo *halo, uint64_t seed)
{
    image m = {.t = {.shape = *shape, .dtype = NN_F32}};
    int64_t origin = 0;
    m.floats = halo ? nn_blocked_plan(&m.t, halo, &origin) : nn_shape_count(shape);
    m.memory = nn_alloc((size_t)m.floats * sizeof *m.memory);
    assert_non_null(m.memory);
    if (seed)
        guard_fill(m.memory, m.floats, 2.0f, seed);
    else
        for (int64_t i = 0; i < m.floats; i++)
            m.memory[i] = NAN;
    m.t.data = m.memory + origin;
    return m;
}

static void check_copy(const nn_shape *shape, const nn_halo *from, const nn_halo *to,
                       const nn_kernels *kernels, nn_pool *pool)
{
    image x = image_new(shape, from, 7), want = image_new(shape, to, 0);
    image got = image_new(shape, to, 0);
    nn_blocked_copy(&want.t, &x.t);
    nn_blocked_copy_run(&got.t, &x.t, kernels, pool);
    assert_memory_equal(got.memory, want.memory, (size_t)got.floats * sizeof *got.memory);
    nn_free(x.memory);
    nn_free(want.memory);
    nn_free(got.memory);
}

static void test_copy(void **state)
{
    static const nn_shape shapes[] = {{4, {1, 8, 5, 16}},
                                      {4, {2, 19, 7, 13}},
                                      {4, {1, 1, 1, 1}},
                                      {4, {1, 3, 40, 50}},
                                      {4, {2, 24, 0, 4}}};
    const nn_kernels *kernels;
    const char *level;
    nn_pool *pool = nn_pool_new(2);
    (void)state;
    assert_non_null(pool);
    for (int l = 0; (kernels = guard_level(l, &level)) != NULL; l++)
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
            for (int h = 0; h < 2; h++) {
                check_copy(&shapes[s], NULL, &halos[h], kernels, pool);
                check_copy(&shapes[s], &halos[h], NULL, kernels, pool);
                check_copy(&shapes[s], &halos[h], &halos[1 - h], kernels, NULL);
            }
    nn_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
