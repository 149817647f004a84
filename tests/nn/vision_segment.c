// SPDX-License-Identifier: MIT
// Maps of classes: from logits to the frame, in results that grow, copy and scale.
#include "nn/vision/decode/decode.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/vision/bilinear.h"

#include <math.h>

enum { IN_H = 64, IN_W = 96, CLASSES = 3, STRIDE = 4, H = IN_H / STRIDE, W = IN_W / STRIDE };

static float logits[2 * CLASSES * H * W];

static nn_head_output make_output(void)
{
    return (nn_head_output){
        .name = "mask", .tensor = nn_tensor_dense(NN_F32, nn_shape_4d(2, CLASSES, H, W), logits)};
}

// In the second sample: class 1 left of `column`, class 2 on the right; background nowhere.
static void split_at(double column)
{
    for (int i = 0; i < 2 * CLASSES * H * W; i++)
        logits[i] = -5;
    float *second = logits + CLASSES * H * W;
    for (int i = 0; i < H * W; i++) {
        const float at = (float)((i % W + 0.5) * STRIDE - column);
        second[H * W + i] = -at;
        second[2 * H * W + i] = at;
    }
}

static nn_status paint(nn_label_map *map, const nn_letterbox *l, const bool *mask, int item)
{
    const nn_decoder *d = nn_decoder_find("segment");
    const nn_head_output o = make_output();
    const nn_decode_options options = {.classes = CLASSES, .label_mask = mask};
    assert_int_equal(d->check(d, &o, 1, IN_H, IN_W, CLASSES, NULL), NN_OK);
    return d->paint(d, &o, 1, item, l, &options, map);
}

// Where the classes meet in frame pixels, to the width of a place of the map.
static void expect_edge(const nn_letterbox *l, double column)
{
    nn_label_map map = {0};
    assert_int_equal(paint(&map, l, NULL, 1), NN_OK);
    assert_int_equal(map.width, (int)fmaxf(1, rintf(l->scale_x * (float)l->frame_w)));
    assert_int_equal(map.height, (int)fmaxf(1, rintf(l->scale_y * (float)l->frame_h)));
    const double place = (double)l->frame_w / map.width;
    const double want = (column - (double)l->pad_x) / (double)l->scale_x;
    for (int y = 0; y < map.height; y++)
        for (int x = 0; x < map.width; x++) {
            const double centre = (x + 0.5) * place;
            if (fabs(centre - want) < place)
                continue;
            const int label = map.label[y * map.width + x];
            if (label != (centre < want ? 1 : 2))
                fail_msg("class %d at %g, the edge is at %g", label, centre, want);
        }
    nn_label_map_release(&map);
}

static void test_places(void **state)
{
    (void)state;
    const nn_letterbox ways[] = {
        nn_letterbox_fit(IN_W, IN_H, IN_W, IN_H),  nn_letterbox_fit(300, 100, IN_W, IN_H),
        nn_letterbox_fit(50, 200, IN_W, IN_H),     nn_letterbox_fit(7, 5, IN_W, IN_H),
        nn_letterbox_stretch(200, 30, IN_W, IN_H), nn_letterbox_fit(1, 1, IN_W, IN_H),
        nn_letterbox_fit(1920, 1080, IN_W, IN_H),  nn_letterbox_cover(300, 100, IN_W, IN_H),
        nn_letterbox_fit(2000, 3, IN_W, IN_H),
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        split_at(47.3);
        expect_edge(&ways[i], 47.3);
        split_at(50.9);
        expect_edge(&ways[i], 50.9);
    }
}

static void test_masked(void **state)
{
    (void)state;
    const nn_letterbox l = nn_letterbox_fit(IN_W, IN_H, IN_W, IN_H);
    const bool wanted[CLASSES] = {true, true, false};
    nn_label_map map = {0};
    split_at(48);
    assert_int_equal(paint(&map, &l, wanted, 1), NN_OK);
    assert_int_equal(map.label[0], 1);
    assert_int_equal(map.label[IN_W - 1], 0);
    float share[CLASSES];
    nn_label_map_shares(&map, share, CLASSES);
    assert_true(fabsf(share[1] - 0.5f) < 1e-6f && fabsf(share[0] - 0.5f) < 1e-6f && share[2] == 0);
    // Another sample, all alike: the first class. Then what went wrong is still a class.
    assert_int_equal(paint(&map, &l, NULL, 0), NN_OK);
    assert_int_equal(map.label[100], 0);
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < CLASSES * H * W; i += 1 + i % 3)
            logits[i] = bad[k];
        assert_int_equal(paint(&map, &l, NULL, 0), NN_OK);
        for (int i = 0; i < IN_W * IN_H; i++)
            assert_in_range(map.label[i], 0, CLASSES - 1);
    }
    nn_label_map_release(&map);
}

// A single plane is one class: above 0.5 where all are probabilities, else above 0.
static void test_single_plane(void **state)
{
    (void)state;
    static const struct {
        float left, right;
        int label[2];
    } cases[] = {{0.1f, 0.9f, {0, 1}},
                 {0.2f, 0.4f, {0, 0}},
                 {-0.3f, 0.4f, {0, 1}},
                 {0.4f, 1.2f, {1, 1}},
                 {NAN, 0.9f, {0, 1}}};
    const nn_decoder *d = nn_decoder_find("segment");
    const nn_letterbox l = nn_letterbox_fit(IN_W, IN_H, IN_W, IN_H);
    const nn_decode_options options = {.classes = 2};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        nn_label_map map = {0};
        const nn_head_output o = {
            .name = "mask", .tensor = nn_tensor_dense(NN_F32, nn_shape_4d(2, 1, H, W), logits)};
        for (int i = 0; i < 2 * H * W; i++)
            logits[i] = i < H * W ? -1 : i % W < W / 2 ? cases[k].left : cases[k].right;
        assert_int_equal(d->check(d, &o, 1, IN_H, IN_W, 2, NULL), NN_OK);
        assert_int_equal(d->paint(d, &o, 1, 1, &l, &options, &map), NN_OK);
        assert_int_equal(map.label[IN_W / 4], cases[k].label[0]);
        assert_int_equal(map.label[3 * IN_W / 4], cases[k].label[1]);
        assert_int_equal(d->paint(d, &o, 1, 0, &l, &options, &map), NN_OK);
        assert_int_equal(map.label[3 * IN_W / 4], 0);
        nn_label_map_release(&map);
    }
}

// Numbers of classes of every pixel, for a frame half as large as the input with bars beside it.
static void test_labels(void **state)
{
    (void)state;
    static float labels[2 * IN_H * IN_W];
    const nn_decoder *d = nn_decoder_find("segment_labels");
    const nn_letterbox l = nn_letterbox_fit(IN_W / 4, IN_H / 2, IN_W, IN_H);
    const bool wanted[] = {false, true, false, true};
    const nn_shape shapes[] = {{4, {2, 1, IN_H, IN_W}},
                               {3, {2, IN_H, IN_W}},
                               {3, {2, IN_H / 2, IN_W / 2}},
                               {2, {IN_H, IN_W}}};
    nn_label_map map = {0};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        const nn_head_output o = {.name = "argmax",
                                  .tensor = nn_tensor_dense(NN_F32, shapes[k], labels)};
        const int rank = shapes[k].rank, item = rank > 2;
        const int w = (int)shapes[k].dim[rank - 1], h = (int)shapes[k].dim[rank - 2];
        nn_decode_options options = {.classes = 4};
        for (int i = 0; i < 2 * h * w; i++) // the first sample is of class 3
            labels[i] = i < item * h * w ? 3 : (float)(i % w < w / 2 ? 1 : i / w % 2 ? 2 : 7);
        assert_int_equal(d->check(d, &o, 1, IN_H, IN_W, 4, NULL), NN_OK);
        assert_int_equal(d->paint(d, &o, 1, item, &l, &options, &map), NN_OK);
        assert_int_equal(map.width, IN_W / 2);
        assert_int_equal(map.height, IN_H);
        for (int y = 0; y < map.height; y++)
            for (int x = 0; x < map.width; x++) // 7 is no class
                assert_int_equal(map.label[y * map.width + x], x < map.width / 2             ? 1
                                                               : y * h / map.height % 2 != 0 ? 2
                                                                                             : 0);
        options.label_mask = wanted;
        assert_int_equal(d->paint(d, &o, 1, item, &l, &options, &map), NN_OK);
        assert_int_equal(map.label[0], 1);
        assert_int_equal(map.label[(IN_H - 1) * map.width + map.width - 1], 0);
        labels[item * h * w + w / 4] = NAN;
        assert_int_equal(d->paint(d, &o, 1, item, &l, &options, &map), NN_OK);
        assert_int_equal(d->check(d, &o, 1, IN_H, IN_W / 2, 4, NULL), NN_ESHAPE);
        assert_int_equal(d->check(d, &o, 1, IN_H, IN_W, 256, NULL), NN_ESHAPE);
    }
    nn_label_map_release(&map);
}

static void test_memory(void **state)
{
    (void)state;
    const nn_letterbox l = nn_letterbox_fit(IN_W, IN_H, IN_W, IN_H);
    nn_label_map map = {0};
    split_at(48);
    alloc_reset(0);
    assert_int_equal(paint(&map, &l, NULL, 1), NN_ENOMEM);
    alloc_reset(-1);
    assert_int_equal(paint(&map, &l, NULL, 1), NN_OK);
    assert_int_equal(alloc_count(), 1);
    assert_int_equal(paint(&map, &l, NULL, 1), NN_OK);
    assert_int_equal(alloc_count(), 1); // the same size, or a smaller one, takes what is there
    nn_label_map_release(&map);
}

static void test_results(void **state)
{
    (void)state;
    nn_result a, b;
    nn_result_init(&a);
    nn_result_init(&b);
    a.frame_width = a.frame_height = 10;
    assert_int_equal(nn_label_map_resize(&a.map, 3, 2), NN_OK);
    memcpy(a.map.label, "\1\2\3\4\5\6", 6);
    assert_int_equal(nn_result_copy(&b, &a), NN_OK);
    assert_int_equal(b.map.width, 3);
    assert_int_equal(b.map.height, 2);
    assert_memory_equal(b.map.label, a.map.label, 6);
    assert_ptr_not_equal(b.map.label, a.map.label);
    nn_result_scale(&b, 2, 3);
    assert_int_equal(b.map.width, 3); // it covers any frame
    const uint8_t *kept = b.map.label;
    a.map.width = 0;
    assert_int_equal(nn_result_copy(&b, &a), NN_OK);
    assert_int_equal(b.map.width, 0);
    a.map.width = 2;
    assert_int_equal(nn_result_copy(&b, &a), NN_OK);
    assert_ptr_equal(b.map.label, kept);
    nn_result_release(&a);
    nn_result_release(&b);
    assert_null(b.map.label);
}

static void test_shapes(void **state)
{
    (void)state;
    const nn_decoder *d = nn_decoder_find("segment");
    const struct {
        int64_t dim[4];
        int classes;
    } cases[] = {
        {{1, 21, 64, 96}, 21}, {{1, 2, 8, 12}, 2},  {{1, 2, 7, 12}, 2},    {{1, 2, 6, 12}, 0},
        {{1, 1, 64, 96}, 2},   {{1, 3, 64, 97}, 0}, {{1, 256, 64, 96}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int64_t *k = cases[i].dim;
        const nn_head_output o = {
            .name = "out",
            .tensor = {.dtype = NN_F32, .shape = nn_shape_4d(k[0], k[1], k[2], k[3])}};
        nn_error err = {0};
        assert_int_equal(d->classes(d, &o, 1, IN_H, IN_W), cases[i].classes);
        const nn_status status = d->check(d, &o, 1, IN_H, IN_W, 0, &err);
        assert_int_equal(status, cases[i].classes ? NN_OK : NN_ESHAPE);
        assert_int_equal(d->check(d, &o, 1, IN_H, IN_W, 5, &err), NN_ESHAPE);
        assert_non_null(strstr(err.text, "Nx5xhxw"));
    }
}

static void test_lerp(void **state)
{
    (void)state;
    nn_bilinear l[4];
    nn_bilinear_axis(l, 4, -0.25, 0.5, 2); // two samples doubled
    const float want[] = {0, 0.25f, 0.75f, 1};
    for (int i = 0; i < 4; i++) {
        assert_in_range(l[i].b, l[i].a, 1);
        const float x[] = {0, 1};
        assert_true(fabsf((1 - l[i].part) * x[l[i].a] + l[i].part * x[l[i].b] - want[i]) < 1e-6f);
    }
    assert_true(nn_bilinear_stride(96, 24) == 4 && nn_bilinear_stride(96, 23) == 4);
    assert_true(nn_bilinear_stride(96, 64) == 1.5 && nn_bilinear_stride(7, 7) == 1);
    assert_true(fabs(nn_bilinear_stride(96, 22) - 96.0 / 22) < 1e-12);
    nn_bilinear_axis(l, 4, -3, 2, 1);
    for (int i = 0; i < 4; i++)
        assert_true(l[i].a == 0 && l[i].b == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),       cmocka_unit_test(test_masked),
        cmocka_unit_test(test_single_plane), cmocka_unit_test(test_labels),
        cmocka_unit_test(test_memory),       cmocka_unit_test(test_results),
        cmocka_unit_test(test_shapes),       cmocka_unit_test(test_lerp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
