// SPDX-License-Identifier: MIT
// Winograd implementations of conv2d against its forward: odd sizes and channels, borders, batches,
// lines, groups, dilation, what is added, activations.
#include "nn/ops/ops.h"
#include "tests/support/op_impls.h"
#include "tests/support/test.h"

enum { WEIGHT_AND_BIAS = 1 << 1 | 1 << 2 };

typedef struct conv_case {
    int images, channels, outputs, height, width, kernel;
    int32_t pad[4];
    bool bias, skip;
    nn_act act;
} conv_case;

typedef struct conv_extra {
    int kernel_w, groups, dilation[2]; // 0: kernel, 1, 1
    const char *impl;                  // NULL: the last one of the kernel
    int stride;                        // 0: 1
    bool dense;                        // the image
} conv_extra;

static int or_one(int n)
{
    return n ? n : 1;
}

static int make_shapes(const conv_case *c, const conv_extra *e, nn_shape in[4])
{
    const int kernel_w = e->kernel_w ? e->kernel_w : c->kernel;
    const int high = (c->kernel - 1) * or_one(e->dilation[0]), step = or_one(e->stride);
    const int wide = (kernel_w - 1) * or_one(e->dilation[1]);
    in[0] = nn_shape_4d(c->images, c->channels, c->height, c->width);
    in[1] = nn_shape_4d(c->outputs, c->channels / or_one(e->groups), c->kernel, kernel_w);
    in[2] = nn_shape_1d(c->outputs);
    if (!c->bias)
        in[2].rank = -1;
    in[3] = nn_shape_4d(c->images, c->outputs,
                        (c->height + c->pad[0] + c->pad[2] - high - 1) / step + 1,
                        (c->width + c->pad[1] + c->pad[3] - wide - 1) / step + 1);
    return c->skip ? 4 : 3;
}

static void check_extra(const conv_case *c, const conv_extra *e)
{
    nn_conv2d_params p = {.stride = {or_one(e->stride), or_one(e->stride)},
                          .dilation = {or_one(e->dilation[0]), or_one(e->dilation[1])},
                          .groups = or_one(e->groups),
                          .act = c->act};
    memcpy(p.pad, c->pad, sizeof p.pad);
    nn_shape in[4];
    const int n = make_shapes(c, e, in);
    const op_impls_options options = {
        .constant = WEIGHT_AND_BIAS,
        .blocked = !e->dense,
        .impl = e->impl          ? e->impl
                : c->kernel == 3 ? "winograd_f6x6_3x3"
                                 : "winograd_f2x2_5x5",
        .tolerance = 6e-5,
    };
    op_expect_impls(&nn_op_conv2d, &p, in, n, &options);
}

static void check_case(const conv_case *c)
{
    check_extra(c, &(conv_extra){0});
}

static void small_images_of_all_sizes(void **state)
{
    (void)state;
    for (int h = 1; h <= 9; h++)
        for (int w = 1; w <= 9; w++)
            check_case(&(conv_case){1,
                                    9,
                                    17,
                                    h,
                                    w,
                                    3,
                                    {1, 1, 1, 1},
                                    true,
                                    (h + w) % 2,
                                    w % 2 ? NN_ACT_RELU : NN_ACT_NONE});
    for (int size = 1; size <= 8; size++)
        check_case(
            &(conv_case){1, 5, 9, size, 9 - size, 5, {2, 2, 2, 2}, true, size % 2, NN_ACT_NONE});
}

static void channels_need_not_fill_blocks(void **state)
{
    const int counts[] = {1, 3, 7, 8, 16, 24, 31, 70};
    (void)state;
    for (int i = 0; i < 8; i++)
        for (int o = 0; o < 8; o++)
            check_case(&(conv_case){
                1, counts[i], counts[o], 6, 7, 3, {1, 1, 1, 1}, i % 2, o % 2, NN_ACT_NONE});
}

static void padding_may_differ_from_side_to_side(void **state)
{
    (void)state;
    check_case(&(conv_case){1, 16, 16, 9, 12, 3, {0, 0, 0, 0}, true, false, NN_ACT_NONE});
    check_case(&(conv_case){1, 16, 16, 9, 12, 3, {2, 0, 1, 3}, true, true, NN_ACT_RELU});
    check_case(&(conv_case){1, 16, 16, 9, 12, 3, {0, 3, 4, 0}, true, false, NN_ACT_NONE});
    check_case(&(conv_case){1, 16, 16, 9, 12, 5, {1, 4, 0, 2}, true, false, NN_ACT_NONE});
}

static void batches_and_many_tiles(void **state)
{
    (void)state;
    check_case(&(conv_case){3, 8, 24, 7, 7, 3, {1, 1, 1, 1}, true, true, NN_ACT_RELU});
    check_case(&(conv_case){2, 16, 40, 29, 53, 3, {1, 1, 1, 1}, true, true, NN_ACT_RELU});
    check_case(&(conv_case){1, 16, 8, 66, 61, 3, {1, 1, 1, 1}, false, false, NN_ACT_NONE});
    check_case(&(conv_case){2, 8, 96, 27, 30, 5, {2, 2, 2, 2}, true, false, NN_ACT_RELU});
    check_case(&(conv_case){1, 264, 136, 14, 14, 3, {1, 1, 1, 1}, true, true, NN_ACT_RELU});
}

static void every_activation(void **state)
{
    (void)state;
    for (int act = 0; act < NN_ACT_COUNT; act++)
        check_case(&(conv_case){1, 16, 24, 11, 6, 3, {1, 1, 1, 1}, true, act % 2, (nn_act)act});
}

static void lines_of_all_sizes(void **state)
{
    static const struct {
        const char *name;
        int h, w;
    } impls[] = {{"winograd_f1x4_1x3", 1, 3},
                 {"winograd_f4x1_3x1", 3, 1},
                 {"winograd_f1x6_1x7", 1, 7},
                 {"winograd_f6x1_7x1", 7, 1}};
    (void)state;
    for (int i = 0; i < 4; i++) {
        const int h = impls[i].h, w = impls[i].w;
        const conv_extra e = {.kernel_w = w, .impl = impls[i].name};
        conv_case c = {1, 16, 40, 0, 0, h, {h / 2, w / 2, h / 2, w / 2}, true, false, NN_ACT_RELU};
        for (c.height = 1; c.height <= 13; c.height += 3)
            for (c.width = 1; c.width <= 13; c.width += 2)
                check_extra(&c, &e);
        c = (conv_case){2, 48, 72, 17, 17, h, {h - 1, w - 1, 0, 0}, true, true, NN_ACT_NONE};
        check_extra(&c, &e);
    }
}

static void groups_see_their_own_channels(void **state)
{
    (void)state;
    check_extra(&(conv_case){1, 48, 96, 11, 9, 3, {1, 1, 1, 1}, true, true, NN_ACT_RELU},
                &(conv_extra){.groups = 3});
    check_extra(&(conv_case){2, 32, 160, 14, 14, 5, {2, 2, 2, 2}, true, false, NN_ACT_SILU},
                &(conv_extra){.groups = 2});
    check_extra(&(conv_case){1, 64, 128, 26, 26, 3, {1, 1, 1, 1}, false, false, NN_ACT_NONE},
                &(conv_extra){.groups = 8});
}

static void dilation_splits_images(void **state)
{
    (void)state;
    for (int size = 1; size <= 9; size++)
        check_extra(&(conv_case){1,
                                 16,
                                 24,
                                 size,
                                 10 - size,
                                 3,
                                 {2, 2, 2, 2},
                                 true,
                                 size % 2,
                                 size % 3 ? NN_ACT_RELU : NN_ACT_MISH},
                    &(conv_extra){.dilation = {2, 2}});
    check_extra(&(conv_case){2, 24, 40, 13, 19, 3, {3, 1, 3, 1}, true, true, NN_ACT_SILU},
                &(conv_extra){.dilation = {3, 1}});
    check_extra(&(conv_case){1, 32, 64, 23, 21, 3, {0, 4, 2, 1}, true, true, NN_ACT_RELU},
                &(conv_extra){.groups = 2, .dilation = {1, 2}});
    check_extra(&(conv_case){1, 16, 32, 29, 33, 3, {12, 12, 12, 12}, true, false, NN_ACT_RELU},
                &(conv_extra){.dilation = {12, 12}});
    check_extra(&(conv_case){1, 16, 16, 12, 15, 1, {0, 6, 0, 6}, true, false, NN_ACT_RELU},
                &(conv_extra){.kernel_w = 7, .dilation = {1, 2}, .impl = "winograd_f1x6_1x7"});
}

static void a_stride_of_two_splits_lines(void **state)
{
    static const char *const impls[] = {"winograd_f2x2_3x3_s2", "winograd_f4x4_3x3_s2"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        const conv_extra e = {.stride = 2, .impl = impls[i]};
        for (int h = 1; h <= 17; h += 4)
            for (int w = 1 + h / 4 % 2; w <= 18; w += 5)
                check_extra(
                    &(conv_case){1, 9, 17, h, w, 3, {1, 1, 1, 1}, w % 2, h % 8 == 1, NN_ACT_RELU},
                    &e);
        for (int c = 1; c < 70; c += 30)
            check_extra(
                &(conv_case){2, c, 71 - c, 12, 9, 3, {1, 1, 1, 1}, true, false, NN_ACT_NONE}, &e);
        check_extra(&(conv_case){1, 16, 40, 9, 12, 3, {0, 0, 0, 0}, true, true, NN_ACT_SILU}, &e);
        check_extra(&(conv_case){1, 16, 40, 9, 12, 3, {2, 0, 1, 3}, true, true, NN_ACT_RELU}, &e);
        check_extra(&(conv_case){3, 24, 40, 36, 34, 3, {0, 1, 3, 2}, true, true, NN_ACT_RELU}, &e);
        check_extra(&(conv_case){1, 136, 72, 14, 14, 3, {1, 1, 1, 1}, true, false, NN_ACT_RELU},
                    &e);
        check_extra(&(conv_case){1, 32, 64, 15, 14, 3, {1, 1, 1, 1}, true, false, NN_ACT_RELU},
                    &(conv_extra){.stride = 2, .impl = impls[i], .groups = 2});
    }
}

// Where there are many weights; the transform back makes more of what float16 rounds.
static void weights_of_half_size(void **state)
{
    static const struct {
        const char *impl;
        int channels, outputs;
        int32_t stride;
    } cases[] = {{"winograd_f4x4_3x3_f16", 170, 172, 1},
                 {"winograd_f2x2_3x3_f16", 257, 258, 1},
                 {"winograd_f2x2_3x3_s2_f16", 170, 255, 2}};
    (void)state;
    for (int i = 0; i < 3; i++) {
        const op_conv_case c = {1,
                                cases[i].channels,
                                7,
                                6,
                                cases[i].outputs,
                                3,
                                3,
                                .stride = {cases[i].stride, cases[i].stride},
                                .pad = {1, 1, 1, 1},
                                .bias = true,
                                .half = true};
        op_expect_conv_impls(
            &c, (op_impls_options){
                    .blocked = 1, .half = true, .impl = cases[i].impl, .tolerance = 2e-3});
    }
}

static void few_channels_go_by_rows(void **state)
{
    static const struct {
        int kernel, kernel_w, stride;
    } windows[] = {{7, 7, 2}, {11, 11, 4}, {3, 3, 1}, {3, 3, 2}, {5, 7, 3}, {9, 2, 1}, {2, 4, 4}};
    (void)state;
    for (int i = 0; i < 7; i++) {
        const conv_extra e = {.kernel_w = windows[i].kernel_w,
                              .stride = windows[i].stride,
                              .impl = "winograd_nchw",
                              .dense = true};
        const int k = windows[i].kernel;
        for (int n = 0; n < 12; n++)
            check_extra(&(conv_case){1 + n % 2,
                                     1 + n % 4,
                                     8 + 5 * n,
                                     k + 5 * n,
                                     windows[i].kernel_w + 7 * n,
                                     k,
                                     {n % (k + 1), 2 * n % 5, n % 3, 3 * n % 4},
                                     n % 3 > 0,
                                     false,
                                     n % 4 ? NN_ACT_RELU : NN_ACT_SILU},
                        &e);
    }
    check_extra(&(conv_case){1, 3, 64, 40, 224, 7, {3, 3, 3, 3}, true, false, NN_ACT_RELU},
                &(conv_extra){.stride = 2, .impl = "winograd_nchw", .dense = true});
}

// Problems that Winograd cannot solve get no such implementation.
static void others_are_left_alone(void **state)
{
    const nn_conv2d_params plain = {{1, 1}, {1, 1}, {-1}, 1, NN_ACT_NONE};
    const nn_shape in[2] = {nn_shape_4d(1, 16, 9, 9), nn_shape_4d(16, 16, 3, 3)};
    const nn_shape out = nn_shape_4d(1, 16, 9, 9);
    nn_op_problem c = {.params = &plain,
                       .in = in,
                       .n_in = 2,
                       .out = &out,
                       .constant = WEIGHT_AND_BIAS,
                       .blocked = 1,
                       .threads = 1,
                       .kernels = nn_kernels_best()};
    (void)state;
    for (int i = 0; i < 7; i++) {
        nn_conv2d_params p = plain;
        nn_op_impl impls[NN_OP_MAX_IMPLS];
        bool found = false;
        c.params = &p;
        c.exact = i == 1;
        c.constant = i == 2 ? 0 : WEIGHT_AND_BIAS;
        if (i == 3)
            p.stride[1] = 2;
        if (i == 4)
            p.stride[0] = 2;
        if (i == 6) // a stride and a dilation
            p.stride[0] = p.stride[1] = p.dilation[0] = p.dilation[1] = 2;
        if (i == 5) // eight output channels each: not a whole panel
            p.groups = 2;
        const int count = nn_op_conv2d.impls(&c, impls);
        for (int k = 0; k < count; k++)
            found = found || !strncmp(impls[k].name, "winograd", 8);
        assert_int_equal(found, i == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_images_of_all_sizes),
        cmocka_unit_test(channels_need_not_fill_blocks),
        cmocka_unit_test(padding_may_differ_from_side_to_side),
        cmocka_unit_test(batches_and_many_tiles),
        cmocka_unit_test(every_activation),
        cmocka_unit_test(lines_of_all_sizes),
        cmocka_unit_test(groups_see_their_own_channels),
        cmocka_unit_test(dilation_splits_images),
        cmocka_unit_test(a_stride_of_two_splits_lines),
        cmocka_unit_test(weights_of_half_size),
        cmocka_unit_test(few_channels_go_by_rows),
        cmocka_unit_test(others_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
