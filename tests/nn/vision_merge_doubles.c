// SPDX-License-Identifier: MIT
// One thing that parts of a frame find twice comes out once: under two names, or by a part that
// another one overrules. Things that lie on each other stay.
#include "nn/vision/merge_passes.h"
#include "tests/support/test.h"

enum { W = 1200, H = 800, MOST = 8 };

static const nn_object_sizes sizes = {.input_w = 400, .input_h = 320, .least = 12, .most = 100};

// The whole frame at a third of its size, and two tiles, 0 .. 668 and 532 .. 1200, pixel by pixel.
typedef struct parts {
    nn_region_pass part[3];
    nn_box found[3][MOST];
    bool agnostic;
    nn_result merged;
} parts;

static void begin(parts *s)
{
    const nn_rect areas[3] = {{0, 0, W, H}, {0, 0, 668, H}, {532, 0, 668, H}};
    for (int i = 0; i < 3; i++) {
        const float scale = i == 0 ? 1.0f / 3 : 1;
        s->part[i] = (nn_region_pass){
            .area = areas[i], .scale_x = scale, .scale_y = scale, .boxes = s->found[i]};
    }
}

static void find(parts *s, int part, int label, float score, float x, float y, float w, float h)
{
    s->found[part][s->part[part].count++] =
        (nn_box){.x0 = x, .y0 = y, .x1 = x + w, .y1 = y + h, .score = score, .label = label};
}

// Merges what was found, and begins anew.
static int merge(parts *s)
{
    nn_pass_merger *m = nn_pass_merger_new();
    assert_non_null(m);
    assert_int_equal(
        nn_pass_merger_run(m, s->part, 3, W, H, &sizes, s->agnostic, MOST, &s->merged, NULL),
        NN_OK);
    nn_pass_merger_free(m);
    begin(s);
    return s->merged.count;
}

static int only_label(parts *s)
{
    assert_int_equal(merge(s), 1);
    return s->merged.boxes[0].label;
}

static int set_up(void **state)
{
    parts *s = test_calloc(1, sizeof *s);
    nn_result_init(&s->merged);
    begin(s);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    parts *s = *state;
    nn_result_release(&s->merged);
    test_free(s);
    return 0;
}

// A part names one thing twice: IoU 0.7, where a rider and a motorcycle have less.
static void test_two_names(void **state)
{
    parts *s = *state;
    find(s, 1, 0, 0.6f, 100, 100, 60, 40);
    find(s, 1, 1, 0.5f, 100, 100, 60, 28);
    assert_int_equal(only_label(s), 0);
    find(s, 1, 0, 0.6f, 100, 100, 60, 40);
    find(s, 1, 1, 0.5f, 100, 100, 60, 24); // 0.6
    assert_int_equal(merge(s), 2);
}

// One part has two boxes that are alike under two names; another one sees the first loosely.
static void test_loose_names(void **state)
{
    parts *s = *state;
    find(s, 0, 0, 0.7f, 90, 90, 80, 60);
    find(s, 1, 0, 0.5f, 100, 100, 60, 40);
    find(s, 1, 1, 0.6f, 100, 100, 60, 41);
    assert_int_equal(merge(s), 1);
}

// Classes that exclude each other: two tiles name one thing differently, IoU 0.43.
static void test_agnostic(void **state)
{
    parts *s = *state;
    for (int i = 0; i < 2; i++) {
        s->agnostic = i;
        find(s, 1, 0, 0.6f, 580, 100, 40, 30);
        find(s, 2, 1, 0.5f, 596, 100, 40, 30);
        find(s, 2, 1, 0.5f, 700, 100, 40, 30);
        assert_int_equal(merge(s), i ? 2 : 3);
    }
}

// The frame takes a bus of 20 pixels for a car, with a loose box. A tile shows it whole and larger.
static void test_finer_name(void **state)
{
    parts *s = *state;
    find(s, 0, 0, 0.8f, 95, 90, 70, 60);
    find(s, 1, 1, 0.5f, 100, 100, 60, 40); // IoU 0.57
    assert_int_equal(only_label(s), 1);
    find(s, 0, 0, 0.8f, 100, 100, 60, 60);
    find(s, 1, 1, 0.5f, 100, 100, 60, 27); // 0.45
    assert_int_equal(only_label(s), 1);
    find(s, 0, 0, 0.4f, 90, 90, 70, 50); // a box twice as large around it: 0.34
    find(s, 1, 1, 0.5f, 100, 100, 60, 20);
    assert_int_equal(only_label(s), 1);
    find(s, 0, 0, 0.4f, 90, 90, 70, 50); // 0.17: a small thing in front of another
    find(s, 1, 1, 0.5f, 100, 100, 60, 10);
    assert_int_equal(merge(s), 2);
    find(s, 0, 0, 0.8f, 100, 100, 60, 60); // the frame sees both: two things
    find(s, 0, 1, 0.5f, 100, 100, 60, 27);
    find(s, 1, 1, 0.5f, 100, 100, 60, 27);
    assert_int_equal(merge(s), 2);
    find(s, 0, 0, 0.8f, 640, 100, 60, 60); // the tile shows half of it
    find(s, 1, 1, 0.5f, 640, 100, 27, 60);
    assert_int_equal(only_label(s), 0);
}

// In the tile it is larger than what the network knows, which names a part of it.
static void test_coarser_name(void **state)
{
    parts *s = *state;
    find(s, 0, 0, 0.7f, 100, 100, 180, 120);
    find(s, 1, 1, 0.5f, 100, 100, 180, 46); // IoU 0.38
    assert_int_equal(only_label(s), 0);
    find(s, 0, 0, 0.5f, 100, 100, 180, 120); // no one is surer
    find(s, 1, 1, 0.5f, 100, 100, 180, 46);
    assert_int_equal(merge(s), 2);
    find(s, 0, 0, 0.4f, 100, 100, 180, 120); // the tile is surer
    find(s, 1, 1, 0.5f, 100, 100, 180, 46);
    assert_int_equal(only_label(s), 1);
    find(s, 0, 0, 0.4f, 100, 100, 300, 240); // more than twice as large as most
    find(s, 1, 1, 0.5f, 100, 100, 300, 90);
    assert_int_equal(merge(s), 2);
}

// Two boxes of a part on one thing, which the neighbour shows whole, too, and finds once.
static void test_overruled(void **state)
{
    parts *s = *state;
    find(s, 1, 0, 0.8f, 580, 100, 40, 30);
    find(s, 1, 0, 0.6f, 580, 100, 22, 30); // IoU 0.55
    find(s, 2, 0, 0.8f, 580, 100, 40, 30);
    assert_int_equal(merge(s), 1);
    find(s, 1, 0, 0.8f, 580, 100, 40, 30);
    find(s, 1, 0, 0.6f, 600, 100, 40, 30); // 0.33
    find(s, 2, 0, 0.8f, 580, 100, 40, 30);
    assert_int_equal(merge(s), 1);
    find(s, 1, 0, 0.8f, 580, 100, 40, 30);
    find(s, 1, 0, 0.6f, 604, 100, 40, 30); // 0.25: the neighbour has missed one
    find(s, 2, 0, 0.8f, 580, 100, 40, 30);
    assert_int_equal(merge(s), 2);
    find(s, 1, 0, 0.8f, 580, 100, 40, 30); // both found both
    find(s, 1, 0, 0.6f, 600, 100, 40, 30);
    find(s, 2, 0, 0.8f, 580, 100, 40, 30);
    find(s, 2, 0, 0.6f, 600, 100, 40, 30);
    assert_int_equal(merge(s), 2);
    find(s, 1, 0, 0.8f, 300, 100, 40, 30); // nobody else shows it
    find(s, 1, 0, 0.6f, 320, 100, 40, 30);
    assert_int_equal(merge(s), 2);
}

// A part of a long bus is taken for a truck, in one tile: one thing, the whole. What is narrower,
// or lies in a thing that is not long, is another one; so are a rider and a motorcycle.
static void test_length(void **state)
{
    parts *s = *state;
    find(s, 1, 1, 0.6f, 100, 100, 80, 20);
    find(s, 1, 0, 0.5f, 130, 100, 48, 18);
    assert_int_equal(only_label(s), 1);
    find(s, 1, 0, 0.6f, 100, 130, 18, 48); // upright, and the length is a bit surer
    find(s, 1, 1, 0.5f, 100, 100, 20, 80);
    assert_int_equal(only_label(s), 1);
    find(s, 1, 0, 0.9f, 130, 100, 48, 20); // much surer
    find(s, 1, 1, 0.5f, 100, 100, 80, 20);
    assert_int_equal(only_label(s), 0);
    find(s, 1, 0, 0.49f, 131, 101, 42, 16); // it reaches beyond the end by a quarter
    find(s, 1, 1, 0.53f, 100, 100, 63, 19);
    assert_int_equal(only_label(s), 1);
    find(s, 1, 0, 0.49f, 143, 101, 42, 16); // by half: the next one in the queue
    find(s, 1, 1, 0.53f, 100, 100, 63, 19);
    assert_int_equal(merge(s), 2);
    find(s, 1, 0, 0.5f, 105, 100, 70, 11);
    find(s, 1, 1, 0.6f, 100, 100, 80, 20);
    assert_int_equal(merge(s), 2);
    find(s, 1, 1, 0.6f, 100, 100, 40, 90);
    find(s, 1, 0, 0.5f, 100, 140, 40, 50);
    assert_int_equal(merge(s), 2);
}

// Two tiles have different ideas of one thing in their strip, and each has missed that of the
// other. Where one tile has both, they are two things.
static void test_ideas(void **state)
{
    parts *s = *state;
    find(s, 1, 0, 0.5f, 570, 100, 40, 50);
    find(s, 2, 0, 0.6f, 586, 114, 40, 50); // 0.28
    assert_int_equal(merge(s), 1);
    assert_float_equal(s->merged.boxes[0].score, 0.6, 1e-6);
    find(s, 1, 0, 0.5f, 570, 100, 40, 50);
    find(s, 2, 0, 0.6f, 594, 120, 40, 50); // 0.14
    assert_int_equal(merge(s), 2);
    find(s, 1, 0, 0.5f, 570, 100, 40, 50);
    find(s, 2, 0, 0.6f, 586, 114, 40, 50);
    find(s, 2, 0, 0.4f, 570, 100, 40, 50);
    assert_int_equal(merge(s), 2);
}

// Two boxes of one part, of which another part found one thing between them, or one of two names.
static void test_one_between(void **state)
{
    parts *s = *state;
    find(s, 1, 0, 0.6f, 560, 100, 50, 30);
    find(s, 1, 0, 0.5f, 560, 122, 50, 30); // 0.15 of the first
    find(s, 2, 0, 0.55f, 560, 108, 50, 30);
    assert_int_equal(merge(s), 1);
    find(s, 1, 0, 0.6f, 560, 100, 50, 30);
    find(s, 1, 0, 0.5f, 560, 122, 50, 30);
    find(s, 2, 0, 0.55f, 560, 102, 50, 30); // 0.18 of the second
    assert_int_equal(merge(s), 2);
    find(s, 1, 0, 0.6f, 560, 100, 60, 40);
    find(s, 1, 1, 0.5f, 560, 100, 60, 24); // 0.6
    find(s, 2, 0, 0.6f, 560, 100, 60, 40);
    assert_int_equal(only_label(s), 0);
}

// The frame shows a bus, a tile, for which it is too large, its back, under another name, and
// neither is surer. Neither has both: they are two ideas of one thing. Where one part has both,
// they are two things.
static void test_two_ideas(void **state)
{
    parts *s = *state;
    for (int both = 0; both < 2; both++) {
        find(s, 0, 1, 0.5f, 200, 100, 240, 100);
        find(s, 1, 0, 0.5f, 240, 100, 108, 100); // IoU 0.45
        if (both)
            find(s, 0, 0, 0.5f, 240, 100, 108, 100);
        assert_int_equal(merge(s), both ? 2 : 1);
    }
    find(s, 0, 1, 0.5f, 200, 100, 120, 100);
    find(s, 1, 0, 0.5f, 200, 40, 120, 100); // 0.43: a rider and a motorcycle
    assert_int_equal(merge(s), 2);
}

// A border of two parts cuts a slanted thing, whose end looks like another class and is narrower
// than its box there.
static void test_slanted_end(void **state)
{
    parts *s = *state;
    const struct {
        float y, w, h;
        int left;
    } ends[] = {{300, 68, 68, 1}, {330, 30, 40, 2}}; // the other one is something in front of it
    for (int i = 0; i < 2; i++) {
        s->part[0].area = (nn_rect){532, 100, 668, 700};
        s->part[0].scale_x = s->part[0].scale_y = 1;
        find(s, 1, 1, 0.5f, 480, 300, 120, 120);
        find(s, 0, 0, 0.6f, 532, ends[i].y, ends[i].w, ends[i].h);
        find(s, 2, 0, 0.6f, 532, ends[i].y, ends[i].w, ends[i].h);
        assert_int_equal(merge(s), ends[i].left);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_loose_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_agnostic, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_finer_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_coarser_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_overruled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_between, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_ideas, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slanted_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ideas, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
