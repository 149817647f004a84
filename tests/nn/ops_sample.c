// SPDX-License-Identifier: MIT
// grid_sample and roi_align: against direct computations, gradients, refusals.
#include "nn/ops/ops.h"
#include "tests/support/gradcheck.h"
#include "tests/support/op_same.h"
#include "tests/support/test.h"

#include <math.h>

enum { H = 5, W = 4 };

// A pixel by the definition of the padding, for whole places.
static double pixel(const float *x, int row, int column, int padding, bool align)
{
    for (int pass = 0; padding == NN_GRID_REFLECTION && pass < 50; pass++) {
        row = row < 0 ? -row - !align : row >= H ? 2 * H - 2 + !align - row : row;
        column = column < 0 ? -column - !align : column >= W ? 2 * W - 2 + !align - column : column;
    }
    if (padding == NN_GRID_BORDER) {
        row = row < 0 ? 0 : row >= H ? H - 1 : row;
        column = column < 0 ? 0 : column >= W ? W - 1 : column;
    }
    return row >= 0 && row < H && column >= 0 && column < W ? x[row * W + column] : 0;
}

static double cubic(double d)
{
    d = fabs(d);
    return d <= 1  ? (1.25 * d - 2.25) * d * d + 1
           : d < 2 ? ((-0.75 * d + 3.75) * d - 6) * d + 3
                   : 0;
}

static double bump(int mode, double d)
{
    return mode == NN_GRID_BICUBIC ? cubic(d) : fabs(d) < 1 ? 1 - fabs(d) : 0;
}

static double sample(const float *x, double row, double column, int mode, int padding, bool align)
{
    double sum = 0;
    if (mode == NN_GRID_NEAREST)
        return pixel(x, (int)rint(row), (int)rint(column), padding, align);
    for (int i = -2; i <= 2; i++)
        for (int k = -2; k <= 2; k++) {
            const int r = (int)floor(row) + i, c = (int)floor(column) + k;
            sum += bump(mode, row - r) * bump(mode, column - c) * pixel(x, r, c, padding, align);
        }
    return sum;
}

static void try_grid(const nn_grid_sample_params *p)
{
    const nn_shape in[] = {{4, {2, 3, H, W}}, {4, {2, 4, 6, 2}}};
    op_run r;
    op_run_init(&r, &nn_op_grid_sample, p, in, 2, 1, 7);
    float *grid = r.in[1].data;
    for (int i = 0; i < 2 * 4 * 6 * 2; i++)
        grid[i] *= 1.7f; // some outside
    op_run_forward(&r);
    for (int u = 0; u < 2 * 3 * 24; u++) {
        const float *place = grid + 2 * (u / 72 * 24 + u % 24);
        const double row =
            p->align_corners ? (place[1] + 1) / 2 * (H - 1) : ((place[1] + 1.0) * H - 1) / 2;
        const double column =
            p->align_corners ? (place[0] + 1) / 2 * (W - 1) : ((place[0] + 1.0) * W - 1) / 2;
        const double want = sample(nn_tensor_f32(&r.in[0]) + u / 24 * H * W, row, column, p->mode,
                                   p->padding, p->align_corners);
        if (fabs(want - nn_tensor_f32(&r.out)[u]) > 2e-5)
            fail_msg("mode %d, padding %d, align %d: %g, not %g", p->mode, p->padding,
                     p->align_corners, (double)nn_tensor_f32(&r.out)[u], want);
    }
    gradcheck_run(&r, NULL);
    op_run_release(&r);
}

static void test_grid_sample(void **state)
{
    (void)state;
    for (int mode = NN_GRID_BILINEAR; mode <= NN_GRID_BICUBIC; mode++)
        for (int padding = NN_GRID_ZEROS; padding <= NN_GRID_REFLECTION; padding++)
            for (int align = 0; align < 2; align++)
                try_grid(&(nn_grid_sample_params){mode, padding, align});
    const nn_shape in[] = {{4, {2, 3, H, W}}, {4, {2, 4, 6, 2}}};
    const nn_shape big[] = {{4, {2, 9, 40, 30}}, {4, {2, 50, 60, 2}}};
    op_expect_same(&nn_op_grid_sample, &(nn_grid_sample_params){0, 0, 0}, big, 2, 1e-6);
    op_expect_shape_error(&nn_op_grid_sample, &(nn_grid_sample_params){3, 0, 0}, in, 2, "mode 3");
    const nn_shape bad[] = {{4, {2, 3, H, W}}, {4, {1, 4, 6, 2}}};
    op_expect_shape_error(&nn_op_grid_sample, &(nn_grid_sample_params){0}, bad, 2, "1x4x6x2");
}

// Numbers that are no places end outside and harm nothing.
static void test_grid_of_nonsense(void **state)
{
    (void)state;
    const nn_shape in[] = {{4, {1, 1, H, W}}, {4, {1, 1, 3, 2}}};
    static const float nonsense[] = {NAN, 0, INFINITY, -INFINITY, 3e38f, -3e38f};
    for (int mode = NN_GRID_BILINEAR; mode <= NN_GRID_BICUBIC; mode++)
        for (int padding = NN_GRID_ZEROS; padding <= NN_GRID_REFLECTION; padding++) {
            op_run r;
            op_run_init(&r, &nn_op_grid_sample, &(nn_grid_sample_params){mode, padding, 0}, in, 2,
                        1, 7);
            memcpy(r.in[1].data, nonsense, sizeof nonsense);
            op_run_forward(&r);
            for (int i = 0; i < 3 && padding == NN_GRID_ZEROS; i++)
                assert_true(nn_tensor_f32(&r.out)[i] == 0);
            op_run_release(&r);
        }
}

static double linear(const float *x, double row, double column)
{
    if (row < -1 || row > H || column < -1 || column > W)
        return 0;
    row = row < 0 ? 0 : row > H - 1 ? H - 1 : row;
    column = column < 0 ? 0 : column > W - 1 ? W - 1 : column;
    return sample(x, row, column, NN_GRID_BILINEAR, NN_GRID_BORDER, false);
}

static void test_roi_align(void **state)
{
    (void)state;
    static const float boxes[] = {0, 0, 8, 10, 2.5f, 1, 2.6f, 1.1f, -6, -6, 30, 40};
    const nn_shape in[] = {{4, {2, 3, H, W}}, {2, {3, 4}}, {1, {3}}};
    for (int half = 0; half < 2; half++) {
        const nn_roi_align_params p = {{2, 3}, 2, half, 0.5f, NN_ROI_MEAN};
        op_run r;
        op_run_init(&r, &nn_op_roi_align, &p, in, 3, 1, 7);
        memcpy(r.in[1].data, boxes, sizeof boxes);
        memcpy(r.in[2].data, (float[]){1, 0, 1}, 3 * sizeof(float));
        op_run_forward(&r);
        for (int u = 0; u < 3 * 3 * 6; u++) {
            const int roi = u / 18, c = u / 6 % 3, i = u / 3 % 2, j = u % 3;
            const float *x = nn_tensor_f32(&r.in[0]) + ((roi != 1) * 3 + c) * H * W;
            double side[4], sum = 0;
            for (int k = 0; k < 4; k++)
                side[k] = boxes[4 * roi + k] * 0.5 - 0.5 * half;
            for (int k = 2; k < 4 && !half; k++)
                side[k] = fmax(side[k], side[k - 2] + 1);
            const double height = (side[3] - side[1]) / 2, width = (side[2] - side[0]) / 3;
            for (int k = 0; k < 4; k++)
                sum += linear(x, side[1] + (i + 0.25 + k / 2 * 0.5) * height,
                              side[0] + (j + 0.25 + k % 2 * 0.5) * width);
            assert_true(fabs(sum / 4 - nn_tensor_f32(&r.out)[u]) < 1e-5);
        }
        op_run_release(&r);
    }
    assert_null(nn_op_roi_align.backward);
    op_expect_same(&nn_op_roi_align, &(nn_roi_align_params){{7, 7}, 0, 1, 3, NN_ROI_MEAN}, in, 3,
                   1e-6);
    op_expect_shape_error(&nn_op_roi_align, &(nn_roi_align_params){{0, 7}, 0, 1, 1, NN_ROI_MEAN},
                          in, 3, "0x7");
    op_expect_shape_error(&nn_op_roi_align, &(nn_roi_align_params){{7, 7}, 65, 1, 1, NN_ROI_MEAN},
                          in, 3, "65");
    const nn_shape bad[] = {{4, {2, 3, H, W}}, {2, {3, 4}}, {1, {2}}};
    op_expect_shape_error(&nn_op_roi_align, &(nn_roi_align_params){{7, 7}, 0, 1, 1, NN_ROI_MEAN},
                          bad, 3, "3x4");
    op_expect_shape_error(&nn_op_roi_align, &(nn_roi_align_params){{7, 7}, 0, 1, 1, 3}, in, 3,
                          "a mode that is none");
}

// The outputs of boxes in one image of one channel.
static void run_boxes(op_run *r, const nn_roi_align_params *p, const float *boxes, int count)
{
    const nn_shape in[] = {{4, {1, 1, H, W}}, {2, {count, 4}}, {1, {count}}};
    op_run_init(r, &nn_op_roi_align, p, in, 3, 1, 7);
    memcpy(r->in[1].data, boxes, (size_t)count * 4 * sizeof *boxes);
    memset(r->in[2].data, 0, (size_t)count * sizeof(float));
    op_run_forward(r);
}

// One sample in the middle of each part: the largest of its four weighted pixels.
static void test_roi_maxima(void **state)
{
    (void)state;
    static const float box[] = {0.5f, 0.25f, 3.5f, 4.25f};
    op_run r;
    run_boxes(&r, &(nn_roi_align_params){{2, 2}, 1, 0, 1, NN_ROI_MAX}, box, 1);
    for (int u = 0; u < 4; u++) {
        const double row = 0.25 + (u / 2 + 0.5) * 2, column = 0.5 + (u % 2 + 0.5) * 1.5;
        double most = -INFINITY;
        for (int k = 0; k < 4; k++) {
            const double y = floor(row) + k / 2, x = floor(column) + k % 2;
            const double weight = (1 - fabs(row - y)) * (1 - fabs(column - x));
            most = fmax(most, weight * (double)nn_tensor_f32(&r.in[0])[(int)y * W + (int)x]);
        }
        assert_true(fabs(most - (double)nn_tensor_f32(&r.out)[u]) < 1e-6);
    }
    op_run_release(&r);
}

// A part without pixels has no samples, and is 0; a box of nine pixels has nine samples a side.
static void test_roi_sample_counts(void **state)
{
    (void)state;
    static const float boxes[] = {1, 1, 2, 1, -4, -3, 5, 6};
    op_run r;
    for (int mode = NN_ROI_MEAN; mode <= NN_ROI_MAX; mode++) {
        run_boxes(&r, &(nn_roi_align_params){{1, 1}, 0, 1, 1, mode}, boxes, 1);
        assert_true(nn_tensor_f32(&r.out)[0] == 0);
        op_run_release(&r);
    }
    run_boxes(&r, &(nn_roi_align_params){{1, 1}, 0, 0, 1, NN_ROI_MEAN}, boxes, 2);
    double sum = 0;
    for (int k = 0; k < 81; k++)
        sum += linear(nn_tensor_f32(&r.in[0]), k / 9 - 2.5, k % 9 - 3.5);
    assert_true(fabs(sum / 81 - (double)nn_tensor_f32(&r.out)[1]) < 1e-6);
    op_run_release(&r);
}

// Boxes are rounded to pixels, of which the last one counts, too; parts overlap.
static void test_roi_pixels(void **state)
{
    (void)state;
    static const float boxes[] = {0, 1.4f, 5, 6.6f, 20, 20, 30, 30};
    static const int rows[2][2] = {{1, 3}, {2, 4}}, columns[2][2] = {{0, 2}, {2, 4}};
    op_run r;
    run_boxes(&r, &(nn_roi_align_params){{2, 2}, 0, 0, 0.5f, NN_ROI_PIXELS}, boxes, 2);
    for (int u = 0; u < 4; u++) { // rows 1 to 3, columns 0 to 3
        float most = -INFINITY;
        for (int y = rows[u / 2][0]; y < rows[u / 2][1]; y++)
            for (int x = columns[u % 2][0]; x < columns[u % 2][1]; x++)
                most = fmaxf(most, nn_tensor_f32(&r.in[0])[y * W + x]);
        assert_true(nn_tensor_f32(&r.out)[u] == most);
        assert_true(nn_tensor_f32(&r.out)[4 + u] == 0); // outside
    }
    op_run_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid_sample),       cmocka_unit_test(test_grid_of_nonsense),
        cmocka_unit_test(test_roi_align),         cmocka_unit_test(test_roi_maxima),
        cmocka_unit_test(test_roi_sample_counts), cmocka_unit_test(test_roi_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
