// SPDX-License-Identifier: MIT
// Results that follow their picture: every flip and turn, cuts, borders, maps of classes.
#include "nn/vision/transform.h"

#include "nn/base/memory.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>

enum { W = 200, H = 100 };

static const nn_box box = {.x0 = 20, .y0 = 40, .x1 = 60, .y1 = 90, .score = 0.9f, .label = 3};

typedef struct Case {
    const char *name;
    nn_transform move;
    int width, height;
    nn_box want; // only its corners count
} Case;

static const Case cases[] = {
    {"nothing", {1, 0, 0, 0, 1, 0}, W, H, {.x0 = 20, .y0 = 40, .x1 = 60, .y1 = 90}},
    {"mirrored", {-1, 0, W, 0, 1, 0}, W, H, {.x0 = 140, .y0 = 40, .x1 = 180, .y1 = 90}},
    {"upside down", {1, 0, 0, 0, -1, H}, W, H, {.x0 = 20, .y0 = 10, .x1 = 60, .y1 = 60}},
    {"turned by 180", {-1, 0, W, 0, -1, H}, W, H, {.x0 = 140, .y0 = 10, .x1 = 180, .y1 = 60}},
    {"turned clockwise", {0, -1, H, 1, 0, 0}, H, W, {.x0 = 10, .y0 = 20, .x1 = 60, .y1 = 60}},
    {"turned back", {0, 1, 0, -1, 0, W}, H, W, {.x0 = 40, .y0 = 140, .x1 = 90, .y1 = 180}},
    {"over its diagonal", {0, 1, 0, 1, 0, 0}, H, W, {.x0 = 40, .y0 = 20, .x1 = 90, .y1 = 60}},
    {"between borders", {1, 0, 0, 0, 1, 50}, W, W, {.x0 = 20, .y0 = 90, .x1 = 60, .y1 = 140}},
    {"cut", {1, 0, -30, 0, 1, -60}, 170, 40, {.x0 = 0, .y0 = 0, .x1 = 30, .y1 = 30}},
    {"scaled and cut", {2, 0, -60, 0, 0.5, -30}, 50, 12, {.x0 = 0, .y0 = 0, .x1 = 50, .y1 = 12}},
};

static void moves_boxes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Case *c = &cases[i];
        nn_box b = box;
        assert_true(nn_transform_box(&c->move, c->width, c->height, &b));
        if (fabsf(b.x0 - c->want.x0) + fabsf(b.y0 - c->want.y0) + fabsf(b.x1 - c->want.x1) +
                fabsf(b.y1 - c->want.y1) >
            1e-4f)
            fail_msg("%s: %g %g %g %g", c->name, (double)b.x0, (double)b.y0, (double)b.x1,
                     (double)b.y1);
        assert_int_equal(b.label, 3);
    }
}

static void boxes_outside_go(void **state)
{
    (void)state;
    nn_box boxes[] = {{.x0 = 0, .x1 = 20, .y0 = 0, .y1 = 20, .label = 1},
                      {.x0 = 30, .x1 = 60, .y0 = 0, .y1 = 20, .label = 2}};
    nn_result r = {.boxes = boxes, .count = 2, .capacity = 2, .frame_width = W, .frame_height = H};
    const nn_transform cut = {1, 0, -20, 0, 1, 0}; // the first one ends at the new edge
    assert_int_equal(nn_result_transform(&r, &cut, W - 20, H), NN_OK);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.boxes[0].label, 2);
    assert_int_equal(r.frame_width, W - 20);
}

// A map of 4x2 places over a frame of 200x100.
static nn_result with_map(void)
{
    nn_result r;
    nn_result_init(&r);
    r.frame_width = W;
    r.frame_height = H;
    assert_int_equal(nn_label_map_resize(&r.map, 4, 2), NN_OK);
    memcpy(r.map.label, "\1\2\3\4\5\6\7\10", 8);
    return r;
}

static void expect_map(const nn_transform *m, int frame_w, int frame_h, int w, int h,
                       const char *want)
{
    nn_result r = with_map();
    assert_int_equal(nn_result_transform(&r, m, frame_w, frame_h), NN_OK);
    assert_int_equal(r.map.width, w);
    assert_int_equal(r.map.height, h);
    assert_memory_equal(r.map.label, want, (size_t)(w * h));
    nn_result_release(&r);
}

static void moves_maps(void **state)
{
    (void)state;
    const nn_transform larger = {2, 0, 0, 0, 3, 0}, mirrored = {-1, 0, W, 0, 1, 0};
    const nn_transform clockwise = {0, -1, H, 1, 0, 0}, cut = {1, 0, -50, 0, 1, -50};
    const nn_transform borders = nn_transform_into(W, H, 0, 50, W, H);
    expect_map(&larger, 2 * W, 3 * H, 4, 2, "\1\2\3\4\5\6\7\10");
    expect_map(&mirrored, W, H, 4, 2, "\4\3\2\1\10\7\6\5");
    expect_map(&clockwise, H, W, 2, 4, "\5\1\6\2\7\3\10\4");
    expect_map(&cut, 150, 50, 3, 1, "\6\7\10");
    expect_map(&borders, W, W, 4, 4, "\0\0\0\0\1\2\3\4\5\6\7\10\0\0\0\0");
}

static void what_is_no_move_is_refused(void **state)
{
    (void)state;
    const nn_transform bad[] = {{1, 0.5, 0, 0, 1, 0},
                                {0, 0, 0, 0, 1, 0},
                                {1, 0, 0, 0, NAN, 0},
                                {1, 0, INFINITY, 0, 1, 0},
                                {1, 0, 0, 1, 0, 0}};
    nn_result r = with_map();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(nn_result_transform(&r, &bad[i], W, H), NN_EINVAL);
    assert_int_equal(nn_result_transform(&r, &cases[0].move, 0, H), NN_EINVAL);
    alloc_reset(0);
    assert_int_equal(nn_result_transform(&r, &cases[1].move, W, H), NN_ENOMEM);
    alloc_reset(-1);
    assert_memory_equal(r.map.label, "\1\2\3\4\5\6\7\10", 8);
    nn_result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves_boxes),
        cmocka_unit_test(boxes_outside_go),
        cmocka_unit_test(moves_maps),
        cmocka_unit_test(what_is_no_move_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
