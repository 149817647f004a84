// SPDX-License-Identifier: MIT
// Rows of convolved planes: every level against sums by definition, with canaries round the rows.
#include "tests/kernels/bench.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include "nn/base/rng.h"

#include <float.h>
#include <math.h>

enum { LANES = 8, MAX_N = 101, MAX_DEPTH = 75, REACH = 90 };

typedef enum added { NOTHING, OWN, OTHER, ADDED } added; // which skip: none, out itself, another

typedef struct row_case {
    int64_t n;
    int depth;
    added skip;
    nn_act act;
} row_case;

static double apply(nn_act act, double x)
{
    switch (act) {
    case NN_ACT_RELU:
        return fmax(x, 0.0);
    case NN_ACT_LEAKY_RELU:
        return x < 0.0 ? (double)0.1f * x : x;
    case NN_ACT_LEAKY_RELU_001:
        return x < 0.0 ? (double)0.01f * x : x;
    case NN_ACT_RELU6:
        return fmin(fmax(x, 0.0), 6.0);
    case NN_ACT_HARD_SWISH:
        return x * fmin(fmax(x + 3.0, 0.0), 6.0) / 6.0;
    default:
        return x;
    }
}

static void expect_sums(const row_case *c, const nn_rowconv *t, const float *x, const float *skip,
                        const float *got, const char *level)
{
    for (int64_t i = 0; i < c->n; i++)
        for (int o = 0; o < LANES; o++) {
            double sum = (double)t->bias[o] + (skip ? (double)skip[i * LANES + o] : 0.0);
            double size = fabs((double)t->bias[o]) + fabs(sum);
            for (int k = 0; k < c->depth; k++) {
                const double part =
                    (double)x[t->offset[k] + i] * (double)t->weight[k * NN_ROWCONV_STRIDE + o];
                sum += part;
                size += fabs(part);
            }
            const double want = apply(c->act, sum), is = (double)got[i * LANES + o];
            if (!(fabs(is - want) <= 2 * (c->depth + 6) * (double)FLT_EPSILON * size + 1e-37))
                fail_msg("%s: pixel %d of %d, channel %d, depth %d, skip %d, %d: %g, not %g", level,
                         (int)i, (int)c->n, o, c->depth, c->skip, (int)c->act, is, want);
        }
}

static void check_case(const nn_kernels *k, const char *level, const row_case *c)
{
    const int64_t floats = REACH + c->n + NN_ROWCONV_OVER;
    guard x = guard_new((size_t)floats * sizeof(float), 4);
    guard weight = guard_new((size_t)(c->depth * NN_ROWCONV_STRIDE) * sizeof(float), 4);
    guard bias = guard_new(LANES * sizeof(float), 4);
    guard skip = guard_new((size_t)(c->n * LANES) * sizeof(float), 4);
    guard out = guard_new((size_t)(c->n * LANES) * sizeof(float), 4);
    float before[MAX_N * LANES];
    int32_t offset[MAX_DEPTH];
    nn_rng rng = nn_rng_seed(5);
    guard_fill(x.data, floats, 2.0f, 1);
    guard_fill(weight.data, c->depth * NN_ROWCONV_STRIDE, 2.0f, 2);
    guard_fill(bias.data, LANES, 2.0f, 3);
    guard_fill(skip.data, c->n * LANES, 2.0f, 4);
    guard_fill(out.data, c->n * LANES, 2.0f, 6);
    memcpy(before, out.data, out.bytes);
    for (int i = 0; i < c->depth; i++) // the first reads to the end of the planes
        offset[i] = (int32_t)(i ? nn_rng_below(&rng, REACH) : REACH);
    const nn_rowconv t = {offset, c->depth, weight.data, bias.data, c->act};
    const float *used = c->skip == OWN ? out.data : c->skip == OTHER ? skip.data : NULL;
    k->rowconv.run(&t, out.data, used, x.data, c->n);
    expect_sums(c, &t, x.data, c->skip == OWN ? before : used, out.data, level);
    guard *const all[] = {&x, &weight, &bias, &skip, &out};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        guard_free(all[i]);
}

static void sums_are_those_of_the_definition(void **state)
{
    static const nn_act acts[] = {NN_ACT_NONE,  NN_ACT_RELU,       NN_ACT_LEAKY_RELU,
                                  NN_ACT_RELU6, NN_ACT_HARD_SWISH, NN_ACT_LEAKY_RELU_001};
    static const int depths[] = {0, 1, 2, 27, MAX_DEPTH};
    const char *level;
    const nn_kernels *k;
    (void)state;
    for (int l = 0; (k = guard_level(l, &level)) != NULL; l++)
        for (int n = 0; n <= MAX_N; n++)
            for (int i = 0; i < 15; i++) {
                const row_case c = {.n = n,
                                    .depth = depths[i % 5],
                                    .skip = (added)(i % ADDED),
                                    .act = acts[(n + i) % 6]};
                check_case(k, level, &c);
            }
}

static void nan_passes(void **state)
{
    float x[16 + NN_ROWCONV_OVER] = {0}, weight[NN_ROWCONV_STRIDE], out[16 * LANES];
    const float bias[LANES] = {0};
    const int32_t offset = 0;
    const char *level;
    const nn_kernels *k;
    (void)state;
    x[3] = NAN;
    for (int i = 0; i < NN_ROWCONV_STRIDE; i++)
        weight[i] = 1.0f;
    for (int l = 0; (k = guard_level(l, &level)) != NULL; l++) {
        const nn_rowconv t = {&offset, 1, weight, bias, NN_ACT_RELU};
        k->rowconv.run(&t, out, NULL, x, 16);
        for (int i = 0; i < 16 * LANES; i++)
            if (!isnan(out[i]) != (i / LANES != 3))
                fail_msg("%s: output %d is %g", level, i, (double)out[i]);
    }
}

static void picks_are_every_nth(void **state)
{
    const char *level;
    const nn_kernels *k;
    (void)state;
    for (int l = 0; (k = guard_level(l, &level)) != NULL; l++)
        for (int stride = 1; stride <= 5; stride++)
            for (int64_t n = 0; n <= MAX_N; n++) {
                const int64_t floats = n ? (n - 1) * stride + 1 : 0;
                guard from = guard_new((size_t)floats * sizeof(float), 4);
                guard to = guard_new((size_t)n * sizeof(float), 4);
                for (int64_t i = 0; i < floats; i++)
                    ((float *)from.data)[i] = (float)i;
                k->rowconv.pick(to.data, from.data, n, stride);
                for (int64_t i = 0; i < n; i++)
                    if (((float *)to.data)[i] != (float)(i * stride))
                        fail_msg("%s: stride %d, float %d of %d", level, stride, (int)i, (int)n);
                guard_free(&from);
                guard_free(&to);
            }
}

int main(int argc, char **argv)
{
    if (bench_asked(argc, argv))
        return bench_rowconv(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_definition),
        cmocka_unit_test(nan_passes),
        cmocka_unit_test(picks_are_every_nth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
