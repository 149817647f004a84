// SPDX-License-Identifier: MIT
// resize against numbers from torch and against direct sampling; gradients, threads, errors.
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>

// torch 1.13, interpolate() of x[i] = (7 i mod 11) - 5 as 1x1x3x5.
static const struct {
    const char *what;
    nn_resize_params p;
    int out_h, out_w;
    float want[40];
} torch_cases[] = {
    {"nearest, size", {NN_RESIZE_NEAREST, {7, 4}, {0, 0}, 0}, 7, 4, {-5, 2,  -2, 5,  -5, 2,  -2,
                                                                     5,  -5, 2,  -2, 5,  -3, 4,
                                                                     0,  -4, -3, 4,  0,  -4, -1,
                                                                     -5, 2,  -2, -1, -5, 2,  -2}},
    {"nearest, scale",
     {NN_RESIZE_NEAREST, {0, 0}, {1.7f, 1.7f}, 0},
     5,
     8,
     {-5, -5, 2,  2, -2, -2, 5, 1, -5, -5, 2,  2, -2, -2, 5,  1,  -3, -3, 4,  4,
      0,  0,  -4, 3, -3, -3, 4, 4, 0,  0,  -4, 3, -1, -1, -5, -5, 2,  2,  -2, 5}},
    {"bilinear, half pixels, size",
     {NN_RESIZE_BILINEAR, {7, 4}, {0, 0}, 0},
     7,
     4,
     {-4.125f,    0.5f,        2.375f,     1.5f,        -3.839286f, 0.7857143f, 1.678571f,
      1.589286f,  -2.982143f,  1.642857f,  -0.4107143f, 1.857143f,  -2.125f,    2.5f,
      -2.5f,      2.125f,      -1.857143f, 0.4107141f,  -1.642857f, 2.982143f,  -1.589286f,
      -1.678571f, -0.7857143f, 3.839286f,  -1.5f,       -2.375f,    -0.5f,      4.125f}},
    {"bilinear, corners",
     {NN_RESIZE_BILINEAR, {7, 4}, {0, 0}, 1},
     7,
     4,
     {-5.0f,       0.6666665f, 2.666667f,  1.0f,       -4.333333f, 1.333333f,  0.8888891f,
      1.666667f,   -3.666667f, 2.0f,       -0.888889f, 2.333333f,  -3.0f,      2.666667f,
      -2.666667f,  3.0f,       -2.333333f, 0.8888886f, -2.0f,      3.666667f,  -1.666667f,
      -0.8888893f, -1.333333f, 4.333333f,  -1.0f,      -2.666666f, -0.666667f, 5.0f}},
    {"bilinear, half pixels, scale",
     {NN_RESIZE_BILINEAR, {0, 0}, {1.7f, 1.7f}, 0},
     5,
     8,
     {-5.0f,      -2.323529f, 1.794118f,   -0.2352943f, -0.9705874f, 3.147059f,  3.705882f,
      1.352941f,  -4.235294f, -1.558823f,  2.558824f,   0.5294116f,  -0.824394f, 0.8192043f,
      1.625432f,  1.74654f,   -3.058823f,  -0.3823527f, 3.735295f,   1.705882f,  -0.5994813f,
      -2.762112f, -1.575259f, 2.352077f,   -1.882353f,  -1.556228f,  -1.054499f, 0.1704152f,
      0.5294114f, -1.82353f,  -0.6176457f, 3.500001f,   -1.0f,       -2.529412f, -4.882353f,
      -1.088235f, 1.411764f,  -0.9411769f, 0.2647071f,  4.382354f}},
};
enum { TORCH_CASES = sizeof torch_cases / sizeof *torch_cases };

static void forward_is_torchs(void **state)
{
    const nn_shape in = nn_shape_4d(1, 1, 3, 5);
    (void)state;
    for (int c = 0; c < TORCH_CASES; c++) {
        const nn_shape out = nn_shape_4d(1, 1, torch_cases[c].out_h, torch_cases[c].out_w);
        op_run r;
        op_run_init(&r, &nn_op_resize, &torch_cases[c].p, &in, 1, 1, 0);
        assert_true(nn_shape_equal(&r.out.shape, &out));
        for (int i = 0; i < 15; i++)
            nn_tensor_f32(&r.in[0])[i] = (float)(i * 7 % 11 - 5);
        op_run_forward(&r);
        op_expect_close(torch_cases[c].what, nn_tensor_f32(&r.out), torch_cases[c].want,
                        nn_shape_count(&out), 1e-6);
        op_run_release(&r);
    }
}

typedef struct resize_case {
    nn_shape in;
    nn_resize_params p;
} resize_case;

static const resize_case cases[] = {
    {{4, {2, 3, 4, 6}}, {NN_RESIZE_NEAREST, {0, 0}, {2, 2}, 0}},
    {{4, {2, 3, 8, 6}}, {NN_RESIZE_NEAREST, {0, 0}, {0.5f, 0.5f}, 0}},
    {{4, {1, 2, 7, 9}}, {NN_RESIZE_NEAREST, {5, 20}, {0, 0}, 0}},
    {{4, {2, 3, 4, 6}}, {NN_RESIZE_BILINEAR, {0, 0}, {2, 2}, 0}},
    {{4, {2, 3, 4, 6}}, {NN_RESIZE_BILINEAR, {0, 0}, {2, 2}, 1}},
    {{4, {1, 2, 9, 7}}, {NN_RESIZE_BILINEAR, {4, 16}, {0, 0}, 0}},
    {{4, {1, 2, 9, 7}}, {NN_RESIZE_BILINEAR, {4, 16}, {0, 0}, 1}},
    {{4, {1, 2, 1, 1}}, {NN_RESIZE_BILINEAR, {3, 5}, {0, 0}, 1}},
    {{4, {1, 2, 3, 4}}, {NN_RESIZE_BILINEAR, {1, 1}, {0, 0}, 1}},
    {{4, {1, 2, 3, 4}}, {NN_RESIZE_BILINEAR, {3, 4}, {0, 0}, 0}},
};
enum { CASES = sizeof cases / sizeof *cases };

static float sample(const op_run *r, int64_t plane, int64_t y, int64_t x)
{
    const int64_t h = r->in[0].shape.dim[2], w = r->in[0].shape.dim[3];
    y = y < 0 ? 0 : y >= h ? h - 1 : y;
    x = x < 0 ? 0 : x >= w ? w - 1 : x;
    return nn_tensor_f32(&r->in[0])[(plane * h + y) * w + x];
}

// Position on an axis of size `in` for output `at` of `out`.
static double position(const nn_resize_params *p, int64_t at, int64_t in, int64_t out)
{
    if (p->mode == NN_RESIZE_NEAREST)
        return floor((double)at * (double)in / (double)out + 1e-9);
    if (p->align_corners)
        return out > 1 ? (double)(at * (in - 1)) / (double)(out - 1) : 0.0;
    return fmax(((double)at + 0.5) * (double)in / (double)out - 0.5, 0.0);
}

static void forward_is_direct_sampling(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        op_run r;
        op_run_init(&r, &nn_op_resize, &cases[c].p, &cases[c].in, 1, 1, (uint64_t)c);
        op_run_forward(&r);
        const nn_shape *in = &cases[c].in, *out = &r.out.shape;
        for (int64_t i = 0; i < nn_shape_count(out); i++) {
            const int64_t x = i % out->dim[3], y = i / out->dim[3] % out->dim[2];
            const int64_t plane = i / out->dim[3] / out->dim[2];
            const double py = position(&cases[c].p, y, in->dim[2], out->dim[2]);
            const double px = position(&cases[c].p, x, in->dim[3], out->dim[3]);
            const int64_t y0 = (int64_t)py, x0 = (int64_t)px;
            const double wy = py - (double)y0, wx = px - (double)x0;
            const double top = (1 - wx) * (double)sample(&r, plane, y0, x0) +
                               wx * (double)sample(&r, plane, y0, x0 + 1);
            const double bottom = (1 - wx) * (double)sample(&r, plane, y0 + 1, x0) +
                                  wx * (double)sample(&r, plane, y0 + 1, x0 + 1);
            const double want = (1 - wy) * top + wy * bottom;
            assert_true(fabs((double)nn_tensor_f32(&r.out)[i] - want) <= 1e-5);
        }
        op_run_release(&r);
    }
}

// Output sizes are computed in float32: in float64, 10 times 0.7f is less than 7.
static void sizes_are_those_of_float32(void **state)
{
    static const struct {
        int in, out;
        float scale;
    } listed[] = {{10, 7, 0.7f}, {20, 7, 0.35f}, {10, 9, 0.9f}, {10, 13, 1.3f}, {30, 18, 0.6f}};
    (void)state;
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        const nn_shape in = nn_shape_4d(1, 1, listed[i].in, listed[i].in);
        const nn_resize_params p = {.scale = {listed[i].scale, listed[i].scale}};
        nn_shape out;
        assert_int_equal(nn_op_resize.shape(&p, &in, 1, &out, NULL), NN_OK);
        assert_int_equal(out.dim[2], listed[i].out);
        assert_int_equal(out.dim[3], listed[i].out);
    }
}

// The nearest pixel as ONNX Runtime 1.30 finds it where rounding decides: input i is i.
static void nearest_pixels_are_onnx_runtimes(void **state)
{
    static const struct {
        int in, out, at, want;
        nn_sample_place place;
        nn_sample_rounding rounding;
    } listed[] = {
        {20, 26, 19, 14, NN_PLACE_HALF_PIXEL, NN_ROUND_HALF_DOWN},   // 14.5, in float32 above
        {10, 52, 39, 7, NN_PLACE_ASYMMETRIC, NN_ROUND_HALF_DOWN},    // 7.5, above
        {20, 6, 4, 15, NN_PLACE_HALF_PIXEL_TORCH, NN_ROUND_HALF_UP}, // 14.5, below
        {20, 12, 9, 14, NN_PLACE_ASYMMETRIC, NN_ROUND_DOWN},         // 15, below
    };
    (void)state;
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        const int n = listed[i].in, size = listed[i].out;
        const nn_resample_params p = {.mode = NN_SAMPLE_NEAREST,
                                      .place = listed[i].place,
                                      .rounding = listed[i].rounding,
                                      .size = {1, size},
                                      .scale = {1, (float)size / (float)n}};
        const nn_shape in = nn_shape_4d(1, 1, 1, n);
        op_run r;
        op_run_init(&r, &nn_op_resample, &p, &in, 1, 1, 0);
        for (int x = 0; x < n; x++)
            nn_tensor_f32(&r.in[0])[x] = (float)x;
        op_run_forward(&r);
        assert_true(nn_tensor_f32(&r.out)[listed[i].at] == (float)listed[i].want);
        op_run_release(&r);
    }
}

static void a_second_input_gives_the_size(void **state)
{
    const nn_resize_params p = {NN_RESIZE_NEAREST, {9, 9}, {3, 3}, 0};
    const nn_shape in[] = {nn_shape_4d(1, 2, 3, 4), nn_shape_4d(7, 5, 6, 8)};
    const nn_shape want = nn_shape_4d(1, 2, 6, 8), absent = {.rank = -1};
    nn_shape out;
    (void)state;
    assert_int_equal(nn_op_resize.shape(&p, in, 2, &out, NULL), NN_OK);
    assert_true(nn_shape_equal(&out, &want));
    gradcheck(&nn_op_resize, &p, in, 2, 3, NULL);
    assert_int_equal(nn_op_resize.shape(&p, (nn_shape[]){in[0], absent}, 2, &out, NULL), NN_OK);
    assert_int_equal(out.dim[2], 9);
}

static void gradients_are_the_differences(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++)
        gradcheck(&nn_op_resize, &cases[c].p, &cases[c].in, 1, 5, NULL);
}

static void threads_and_levels_agree(void **state)
{
    const nn_shape big = nn_shape_4d(2, 7, 43, 61);
    (void)state;
    for (int c = 0; c < CASES; c++) {
        op_expect_same(&nn_op_resize, &cases[c].p, &cases[c].in, 1, 1e-6);
        op_expect_same(&nn_op_resize, &cases[c].p, &big, 1, 1e-6);
    }
}

static void wrong_settings_are_named(void **state)
{
    nn_resize_params p = {NN_RESIZE_NEAREST, {0, 0}, {0.1f, 2}, 0};
    nn_shape in[] = {nn_shape_4d(1, 2, 3, 4), nn_shape_2d(3, 4)};
    (void)state;
    op_expect_shape_error(&nn_op_resize, &p, in, 1, "axis 2 of 3 with a scale of 0.1");
    p.scale[0] = NAN;
    op_expect_shape_error(&nn_op_resize, &p, in, 1, "scale of nan");
    p.scale[0] = 1e30f;
    op_expect_shape_error(&nn_op_resize, &p, in, 1, "1e+30");
    op_expect_shape_error(&nn_op_resize, &p, in, 2, "target must be NxCxHxW, it is 3x4");
    op_expect_shape_error(&nn_op_resize, &p, in + 1, 1, "input must be NxCxHxW");
    in[0].dim[3] = 0;
    op_expect_shape_error(&nn_op_resize, &p, in, 1, "1x2x3x0");
    p.mode = 7;
    in[0].dim[3] = 4;
    op_expect_shape_error(&nn_op_resize, &p, in, 1, "mode 7");
    in[0].rank = -1;
    op_expect_shape_error(&nn_op_resize, &p, in, 1, "missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_is_torchs),
        cmocka_unit_test(forward_is_direct_sampling),
        cmocka_unit_test(sizes_are_those_of_float32),
        cmocka_unit_test(nearest_pixels_are_onnx_runtimes),
        cmocka_unit_test(a_second_input_gives_the_size),
        cmocka_unit_test(gradients_are_the_differences),
        cmocka_unit_test(threads_and_levels_agree),
        cmocka_unit_test(wrong_settings_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
