// SPDX-License-Identifier: MIT
// gather, pad, tile, arg_max, suppression, conv_transpose, resample: against plain loops,
// gradients, refusals.
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

static void test_gather(void **state)
{
    (void)state;
    const nn_shape in[] = {{3, {2, 4, 3}}, {2, {2, 2}}};
    const nn_gather_params p = {1};
    op_run r;
    op_run_init(&r, &nn_op_gather, &p, in, 2, 1, 3);
    const float index[] = {3, 0, -1, 99};
    const int from[] = {3, 0, 3, 3};
    memcpy(r.in[1].data, index, sizeof index);
    op_run_forward(&r);
    assert_true(nn_shape_equal(&r.out.shape, &(nn_shape){4, {2, 2, 2, 3}}));
    for (int n = 0; n < 2; n++)
        for (int i = 0; i < 4; i++)
            for (int c = 0; c < 3; c++)
                assert_true(nn_tensor_f32(&r.out)[(n * 4 + i) * 3 + c] ==
                            nn_tensor_f32(&r.in[0])[(n * 4 + from[i]) * 3 + c]);
    gradcheck_run(&r, NULL);
    op_run_release(&r);
    op_expect_shape_error(&nn_op_gather, &(nn_gather_params){3}, in, 2, "axis");
    const nn_shape deep[] = {{5, {1, 1, 1, 1, 1}}, {5, {1, 1, 1, 1, 1}}};
    op_expect_shape_error(&nn_op_gather, &p, deep, 2, "9 axes");
}

// Source of a padded index by the definition of the mode; -1: outside.
static int pad_source(int at, int size, int mode)
{
    if (at >= 0 && at < size)
        return at;
    if (mode == NN_PAD_CONSTANT)
        return -1;
    if (mode == NN_PAD_EDGE)
        return at < 0 ? 0 : size - 1;
    return at < 0 ? -at : 2 * size - 2 - at;
}

static void test_pad(void **state)
{
    (void)state;
    const nn_shape in = nn_shape_4d(1, 2, 3, 4);
    for (int mode = NN_PAD_CONSTANT; mode <= NN_PAD_EDGE; mode++) {
        const nn_pad_params p = {
            .rank = 4, .begin = {0, 0, 2, -1}, .end = {0, 0, 1, 3}, .mode = mode, .value = 9};
        op_run r;
        op_run_init(&r, &nn_op_pad, &p, &in, 1, 1, 4);
        op_run_forward(&r);
        assert_true(nn_shape_equal(&r.out.shape, &(nn_shape){4, {1, 2, 6, 6}}));
        for (int c = 0; c < 2; c++)
            for (int y = 0; y < 6; y++)
                for (int x = 0; x < 6; x++) {
                    int sy = pad_source(y - 2, 3, mode), sx = pad_source(x + 1, 4, mode);
                    float want =
                        sy < 0 || sx < 0 ? 9 : nn_tensor_f32(&r.in[0])[(c * 3 + sy) * 4 + sx];
                    assert_true(nn_tensor_f32(&r.out)[(c * 6 + y) * 6 + x] == want);
                }
        gradcheck_run(&r, NULL);
        op_run_release(&r);
        op_expect_same(&nn_op_pad, &p, &in, 1, 0);
    }
    const nn_pad_params far = {.rank = 4, .begin = {0, 0, 3, 0}, .mode = NN_PAD_REFLECT};
    op_expect_shape_error(&nn_op_pad, &far, &in, 1, "axis 2");
    const nn_pad_params gone = {.rank = 4, .begin = {0, 0, -4, 0}};
    op_expect_shape_error(&nn_op_pad, &gone, &in, 1, "axis 2");
}

static void test_tile(void **state)
{
    (void)state;
    const nn_shape in = nn_shape_make(3, (int64_t[]){2, 3, 2});
    const nn_tile_params p = {.rank = 3, .repeats = {2, 1, 3}};
    op_run r;
    op_run_init(&r, &nn_op_tile, &p, &in, 1, 1, 5);
    op_run_forward(&r);
    for (int n = 0; n < 4; n++)
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < 6; i++)
                assert_true(nn_tensor_f32(&r.out)[(n * 3 + c) * 6 + i] ==
                            nn_tensor_f32(&r.in[0])[(n % 2 * 3 + c) * 2 + i % 2]);
    gradcheck_run(&r, NULL);
    op_run_release(&r);
    const nn_tile_params none = {.rank = 3, .repeats = {1, 0, 1}};
    op_expect_shape_error(&nn_op_tile, &none, &in, 1, "axis 1");
}

static void test_arg_max(void **state)
{
    (void)state;
    const nn_shape in = nn_shape_2d(2, 4);
    static const float x[] = {1, 5, 5, 0, -1, -2, -2, -1};
    static const struct {
        nn_arg_max_params p;
        float y[2];
    } cases[] = {
        {{.axis = 1}, {1, 0}},
        {{.axis = -1, .last = 1}, {2, 3}},
        {{.axis = 1, .min = 1}, {3, 1}},
        {{.axis = 1, .min = 1, .last = 1, .keep_dims = 1}, {3, 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_run r;
        op_run_init(&r, &nn_op_arg_max, &cases[i].p, &in, 1, 1, 6);
        memcpy(r.in[0].data, x, sizeof x);
        op_run_forward(&r);
        assert_int_equal(r.out.shape.rank, cases[i].p.keep_dims ? 2 : 1);
        assert_memory_equal(r.out.data, cases[i].y, sizeof cases[i].y);
        op_run_release(&r);
    }
    assert_null(nn_op_arg_max.backward);
}

static void test_non_max_suppression(void **state)
{
    (void)state;
    // Two that overlap by half, a distant one, one with its corners exchanged on top of the first.
    static const float corners[] = {0, 0, 4, 4, 0, 0, 4, 8, 20, 20, 22, 22, 4, 4, 0, 0};
    static const float centres[] = {2, 2, 4, 4, 4, 2, 8, 4, 21, 21, 2, 2, 2, 2, 4, 4};
    static const float scores[] = {0.5f, 0.9f, 0.3f, 0.5f, 0.1f, 0.2f, 0.8f, 0.1f};
    const nn_shape in[] = {{3, {1, 4, 4}}, {3, {1, 2, 4}}};
    static const struct {
        nn_nms_params p;
        int rows, kept;
        float y[8][3];
    } cases[] = {
        {{9, 0.4f, 0, 0}, 8, 4, {{0, 0, 1}, {0, 0, 2}, {0, 1, 2}, {0, 1, 1}}},
        {{9, 0.5f, 0.25f, 0}, 8, 4, {{0, 0, 1}, {0, 0, 0}, {0, 0, 2}, {0, 1, 2}}},
        {{1, 0.5f, 0, 0}, 2, 2, {{0, 0, 1}, {0, 1, 2}}},
        {{2, 1, 0.85f, 0}, 4, 1, {{0, 0, 1}}},
        {{0, 1, 0, 0}, 0, 0, {{0}}},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        nn_nms_params p = cases[i / 2].p;
        op_run r;
        p.centred = i % 2;
        op_run_init(&r, &nn_op_non_max_suppression, &p, in, 2, 1, 8);
        memcpy(r.in[0].data, p.centred ? centres : corners, sizeof corners);
        memcpy(r.in[1].data, scores, sizeof scores);
        op_run_forward(&r);
        assert_int_equal(r.out.shape.dim[0], cases[i / 2].rows);
        assert_int_equal(r.out.shape.dim[1], 3);
        for (int k = 0; k < 3 * cases[i / 2].rows; k++)
            assert_true(nn_tensor_f32(&r.out)[k] ==
                        (k < 3 * cases[i / 2].kept ? cases[i / 2].y[k / 3][k % 3] : -1));
        op_run_release(&r);
    }
    const nn_shape wrong[] = {{3, {1, 4, 4}}, {3, {1, 2, 5}}};
    op_expect_shape_error(&nn_op_non_max_suppression, &cases[0].p, wrong, 2, "scores");
}

// The definition: every input pixel adds its kernel to the output.
static void plain_conv_transpose(const op_run *r, const nn_conv_transpose_params *p, double *out)
{
    const int64_t *x = r->in[0].shape.dim, *w = r->in[1].shape.dim, *y = r->out.shape.dim;
    const int64_t groups = p->groups, in = x[1] / groups, per = w[1];
    for (int64_t i = 0; i < nn_shape_count(&r->out.shape); i++)
        out[i] = r->n_in > 2 ? (double)nn_tensor_f32(&r->in[2])[i / (y[2] * y[3]) % y[1]] : 0;
    for (int64_t n = 0; n < x[0]; n++)
        for (int64_t c = 0; c < x[1]; c++)
            for (int64_t o = 0; o < per; o++)
                for (int64_t i = 0; i < x[2] * x[3] * w[2] * w[3]; i++) {
                    const int64_t kx = i % w[3], ky = i / w[3] % w[2],
                                  px = i / (w[3] * w[2]) % x[3], py = i / (w[3] * w[2] * x[3]);
                    const int64_t oy = py * p->stride[0] - p->pad[0] + ky * p->dilation[0];
                    const int64_t ox = px * p->stride[1] - p->pad[1] + kx * p->dilation[1];
                    if (oy < 0 || oy >= y[2] || ox < 0 || ox >= y[3])
                        continue;
                    out[((n * y[1] + c / in * per + o) * y[2] + oy) * y[3] + ox] +=
                        (double)nn_tensor_f32(&r->in[0])[((n * x[1] + c) * x[2] + py) * x[3] + px] *
                        (double)nn_tensor_f32(&r->in[1])[((c * per + o) * w[2] + ky) * w[3] + kx];
                }
}

static void test_conv_transpose(void **state)
{
    (void)state;
    static const struct {
        nn_conv_transpose_params p;
        nn_shape in[3];
        int n_in;
    } cases[] = {
        {{{1, 1}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 1}, {{4, {1, 2, 3, 4}}, {4, {2, 3, 3, 2}}}, 2},
        {{{2, 3}, {1, 1}, {1, 2}, {1, 0, 0, 1}, 1},
         {{4, {2, 3, 3, 2}}, {4, {3, 9, 3, 3}}, {1, {9}}},
         3},
        {{{2, 2}, {2, 1}, {1, 0}, {1, 1, 1, 1}, 2},
         {{4, {2, 4, 3, 3}}, {4, {4, 3, 2, 4}}, {1, {6}}},
         3},
        {{{2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 4}, {{4, {1, 4, 2, 2}}, {4, {4, 1, 2, 2}}}, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_run r;
        op_run_init(&r, &nn_op_conv_transpose, &cases[i].p, cases[i].in, cases[i].n_in, 1, i);
        op_run_forward(&r);
        const int64_t count = nn_shape_count(&r.out.shape);
        double *want = malloc((size_t)count * sizeof *want);
        float *rounded = malloc((size_t)count * sizeof *rounded);
        plain_conv_transpose(&r, &cases[i].p, want);
        for (int64_t k = 0; k < count; k++)
            rounded[k] = (float)want[k];
        op_expect_close("conv_transpose", nn_tensor_f32(&r.out), rounded, count, 1e-5);
        free(want);
        free(rounded);
        op_run_release(&r);
        gradcheck(&nn_op_conv_transpose, &cases[i].p, cases[i].in, cases[i].n_in, i, NULL);
        op_expect_same(&nn_op_conv_transpose, &cases[i].p, cases[i].in, cases[i].n_in, 1e-5);
    }
    nn_conv_transpose_params bad = cases[0].p;
    bad.output_pad[0] = 1;
    op_expect_shape_error(&nn_op_conv_transpose, &bad, cases[0].in, 2, "range");
    bad = cases[0].p;
    bad.pad[0] = 9;
    op_expect_shape_error(&nn_op_conv_transpose, &bad, cases[0].in, 2, "no output");
}

// Every sampling mode; expected values are those of ONNX's tests (onnx_backend.c).
static void test_resample(void **state)
{
    (void)state;
    const nn_shape in = nn_shape_4d(2, 2, 3, 4);
    for (int mode = NN_SAMPLE_NEAREST; mode <= NN_SAMPLE_CUBIC; mode++)
        for (int place = NN_PLACE_HALF_PIXEL; place <= NN_PLACE_CROP; place++)
            for (int up = 0; up < 2; up++) {
                const nn_resample_params p = {.mode = mode,
                                              .place = place,
                                              .rounding = (mode + place) % 4,
                                              .exclude_outside = up,
                                              .size = {up ? 7 : 2, up ? 5 : 3},
                                              .scale = {up ? 7 / 3.f : 2 / 3.f, up ? 1.25f : 0.75f},
                                              .crop = {0.2f, -0.1f, 0.7f, 0.9f},
                                              .cubic = -0.75f,
                                              .value = 3};
                gradcheck(&nn_op_resample, &p, &in, 1, (uint64_t)(mode * 10 + place), NULL);
                op_expect_same(&nn_op_resample, &p, &in, 1, 0);
            }
    // Linear at half pixels: twice as wide, the first sample hangs over the edge.
    const nn_shape row = nn_shape_4d(1, 1, 1, 2);
    const nn_resample_params p = {.mode = NN_SAMPLE_LINEAR, .size = {1, 4}, .scale = {1, 2}};
    op_run r;
    op_run_init(&r, &nn_op_resample, &p, &row, 1, 1, 1);
    memcpy(r.in[0].data, (float[]){1, 2}, 8);
    op_run_forward(&r);
    assert_memory_equal(r.out.data, ((float[]){1, 1.25f, 1.75f, 2}), 16);
    op_run_release(&r);
    const nn_resample_params none = {.size = {0, 4}, .scale = {0.1f, 1}};
    op_expect_shape_error(&nn_op_resample, &none, &in, 1, "axis 2 to 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gather),
        cmocka_unit_test(test_pad),
        cmocka_unit_test(test_tile),
        cmocka_unit_test(test_arg_max),
        cmocka_unit_test(test_non_max_suppression),
        cmocka_unit_test(test_conv_transpose),
        cmocka_unit_test(test_resample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
