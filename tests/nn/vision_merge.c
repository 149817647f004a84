// SPDX-License-Identifier: MIT
// Boxes of the parts of a frame become one for each object: what a perfect and an inexact network
// see in tiles of constructed scenes, the hard cases by name, and many random ones.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/vision/merge_passes.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { W = 1200, H = 800, MOST = 64, PARTS = 40 };

static const nn_object_sizes sizes = {.input_w = 400, .input_h = 320, .least = 12, .most = 260};

// A scene, the parts that a network sees of it, and what it finds there.
typedef struct scene {
    nn_box truth[MOST];
    int count;
    nn_region_pass part[PARTS];
    nn_box found[PARTS][4 * MOST];
    int parts;
    nn_box merged[8 * MOST];
    int merged_count;
} scene;

static nn_box at(float x, float y, float w, float h, int label)
{
    return (nn_box){.x0 = x, .y0 = y, .x1 = x + w, .y1 = y + h, .score = 0.8f, .label = label};
}

static void add_truth(scene *s, nn_box b)
{
    s->truth[s->count++] = b;
}

static void add_part(scene *s, int x, int y, int w, int h)
{
    const float scale =
        fminf(1, fminf((float)sizes.input_w / (float)w, (float)sizes.input_h / (float)h));
    s->part[s->parts] = (nn_region_pass){
        .area = {x, y, w, h}, .scale_x = scale, .scale_y = scale, .boxes = s->found[s->parts]};
    s->parts++;
}

// The whole frame, then tiles.
static void cut(scene *s, int columns, int rows, float overlap)
{
    nn_rect areas[NN_TILES];
    const nn_tiling tiling = {.columns = columns, .rows = rows};
    const nn_rect whole = {0, 0, W, H};
    s->parts = 0;
    add_part(s, 0, 0, W, H);
    const int n = nn_tiles_cut(areas, &whole, &tiling, overlap);
    for (int i = 0; i < n; i++)
        add_part(s, areas[i].x, areas[i].y, areas[i].width, areas[i].height);
}

static void find(scene *s, int part, nn_box b)
{
    s->found[part][s->part[part].count++] = b;
}

// What a network finds in a part: things of `least` pixels of its input and more of which it sees a
// part of 0.2 or more, with errors of up to `error` pixels of the input and a tenth of the side.
static void look(scene *s, nn_rng *rng, float error, float least)
{
    for (int i = 0; i < s->parts; i++) {
        const nn_region_pass *p = &s->part[i];
        const float x0 = (float)p->area.x, x1 = (float)(p->area.x + p->area.width);
        const float y0 = (float)p->area.y, y1 = (float)(p->area.y + p->area.height);
        s->part[i].count = 0;
        for (int k = 0; k < s->count; k++) {
            nn_box b = s->truth[k];
            const float size = (b.x1 - b.x0) * (b.y1 - b.y0);
            b.x0 = fmaxf(b.x0, x0), b.x1 = fminf(b.x1, x1);
            b.y0 = fmaxf(b.y0, y0), b.y1 = fminf(b.y1, y1);
            const float w = b.x1 - b.x0, h = b.y1 - b.y0;
            if (!(w > 0 && h > 0) || w * h < 0.2f * size || sqrtf(w * h) * p->scale_x < least)
                continue;
            float *side[4] = {&b.x0, &b.y0, &b.x1, &b.y1};
            for (int e = 0; e < 4; e++)
                *side[e] +=
                    nn_rng_range(rng, -1, 1) * fminf(error / p->scale_x, 0.1f * (e % 2 ? h : w));
            b.x0 = fmaxf(b.x0, x0), b.x1 = fminf(b.x1, x1);
            b.y0 = fmaxf(b.y0, y0), b.y1 = fminf(b.y1, y1);
            b.score = nn_rng_range(rng, 0.5f, 0.95f);
            find(s, i, b);
        }
    }
}

static void merge(scene *s)
{
    nn_result r;
    nn_result_init(&r);
    nn_pass_merger *m = nn_pass_merger_new();
    assert_non_null(m);
    assert_int_equal(
        nn_pass_merger_run(m, s->part, s->parts, W, H, &sizes, false, 8 * MOST, &r, NULL), NN_OK);
    for (int i = 0; i < r.count; i++)
        assert_true(i == 0 || r.boxes[i].score <= r.boxes[i - 1].score);
    s->merged_count = r.count;
    if (r.count > 0)
        memcpy(s->merged, r.boxes, (size_t)r.count * sizeof *r.boxes);
    nn_pass_merger_free(m);
    nn_result_release(&r);
}

static void print(const scene *s)
{
    for (int i = 0; i < s->count; i++)
        print_message("truth %d: %.0f %.0f %.0f %.0f\n", s->truth[i].label, (double)s->truth[i].x0,
                      (double)s->truth[i].y0, (double)s->truth[i].x1, (double)s->truth[i].y1);
    for (int i = 0; i < s->merged_count; i++)
        print_message("found %d: %.0f %.0f %.0f %.0f\n", s->merged[i].label,
                      (double)s->merged[i].x0, (double)s->merged[i].y0, (double)s->merged[i].x1,
                      (double)s->merged[i].y1);
}

static int count_wrong(const scene *s, float iou)
{
    int wrong = abs(s->merged_count - s->count);
    for (int i = 0; i < s->count; i++) {
        int hits = 0;
        for (int k = 0; k < s->merged_count; k++)
            hits += s->merged[k].label == s->truth[i].label &&
                    nn_box_iou(&s->merged[k], &s->truth[i]) > iou;
        wrong += hits != 1;
    }
    return wrong;
}

// Every truth is found once with this IoU, and nothing else.
static void assert_all_once(const scene *s, float iou)
{
    if (count_wrong(s, iou) == 0)
        return;
    print(s);
    fail_msg("%d of %d objects", s->merged_count, s->count);
}

// Looked at by a perfect network, and by ones that err by some pixels.
static void check(scene *s, int columns, int rows, float overlap, float least)
{
    for (int i = 0; i < 30; i++) {
        nn_rng rng = nn_rng_stream(3, (uint64_t)i);
        cut(s, columns, rows, overlap);
        look(s, &rng, i == 0 ? 0 : 2, least);
        merge(s);
        assert_all_once(s, i == 0 ? 0.95f : 0.5f);
    }
}

static void test_small_at_seams(void **state)
{
    (void)state;
    scene *s = test_calloc(1, sizeof *s);
    for (int i = 0; i < 24; i++) // across all seams of 3 x 2 tiles
        add_truth(s, at(20 + 48 * (float)i, 380 + 3 * (float)(i % 7), 30, 24, i % 3));
    check(s, 3, 2, 0.2f, 8);
    check(s, 3, 2, 0, 8); // pieces abut
    test_free(s);
}

// Too small for the whole frame, larger than what tiles share, in the middle of four tiles: nobody
// sees it whole.
static void test_four_tiles(void **state)
{
    (void)state;
    scene *s = test_calloc(1, sizeof *s);
    add_truth(s, at(330, 200, 150, 140, 0));
    cut(s, 3, 3, 0.05f);
    nn_rng rng = nn_rng_seed(1);
    look(s, &rng, 0, 60);
    assert_int_equal(s->part[0].count, 0);
    int pieces = 0;
    for (int i = 1; i < s->parts; i++)
        pieces += s->part[i].count;
    assert_int_equal(pieces, 4);
    merge(s);
    assert_all_once(s, 0.95f);
    check(s, 3, 3, 0.05f, 60);
    check(s, 3, 3, 0, 60);
    check(s, 3, 3, 0.05f, 8); // the frame shows it, too
    test_free(s);
}

static void test_people_at_seam(void **state)
{
    (void)state;
    scene *s = test_calloc(1, sizeof *s);
    const float overlap = 0.2f; // seams of 2 tiles: 533 .. 667
    for (int i = 0; i < 5; i++) // shoulder to shoulder, and overlapping by a quarter
        add_truth(s, at(500 + 45 * (float)i, 300, 60, 150, 0));
    check(s, 2, 1, overlap, 8);
    check(s, 2, 2, overlap, 8);
    check(s, 3, 2, overlap, 8);
    s->count = 0; // one ends where the other begins, at a seam without overlap
    add_truth(s, at(540, 300, 60, 150, 0));
    add_truth(s, at(600, 300, 60, 150, 0));
    check(s, 2, 1, 0, 8);
    s->count = 0; // a child before its mother, of less than a quarter of her box
    add_truth(s, at(560, 300, 80, 180, 0));
    add_truth(s, at(580, 400, 36, 80, 0));
    check(s, 2, 1, overlap, 8);
    test_free(s);
}

static void test_larger_than_tile(void **state)
{
    (void)state;
    scene *s = test_calloc(1, sizeof *s);
    add_truth(s, at(100, 80, 900, 600, 1));
    add_truth(s, at(300, 700, 40, 60, 0));
    check(s, 3, 2, 0.2f, 8);
    check(s, 4, 4, 0.2f, 8);
    cut(s, 4, 4, 0.2f);
    nn_rng rng = nn_rng_seed(1);
    look(s, &rng, 0, 8);
    // inventions within the large thing, where no tile shows it whole
    for (int i = 1; i < s->parts; i++) {
        const nn_rect a = s->part[i].area;
        if (a.x > 150 && a.y > 100 && a.x + a.width < 950 && a.y + a.height < 650)
            find(s, i,
                 at((float)a.x + 20, (float)a.y + 20, 0.7f * (float)a.width, 0.7f * (float)a.height,
                    1));
    }
    find(s, 2, at(320, 100, 100, 100, 2)); // something else in front of it
    add_truth(s, at(320, 100, 100, 100, 2));
    merge(s);
    assert_all_once(s, 0.9f);
    test_free(s);
}

// The coarse view has one box for two things that tiles tell apart.
static void test_loose(void **state)
{
    (void)state;
    scene *s = test_calloc(1, sizeof *s);
    add_truth(s, at(200, 200, 22, 20, 0));
    add_truth(s, at(226, 200, 22, 20, 0));
    cut(s, 3, 2, 0.2f);
    nn_rng rng = nn_rng_seed(1);
    look(s, &rng, 0, 10);
    find(s, 0, at(196, 196, 56, 28, 0));
    merge(s);
    assert_all_once(s, 0.9f);
    s->count = 1; // one thing, boxed far too large
    look(s, &rng, 0, 10);
    find(s, 0, at(188, 184, 44, 44, 0));
    s->found[0][0].score = 0.99f;
    merge(s);
    assert_all_once(s, 0.9f);
    test_free(s);
}

// Tiles that show a thing larger than the network knows, which takes its ends for things then.
static void test_too_large(void **state)
{
    (void)state;
    scene *s = test_calloc(1, sizeof *s);
    add_truth(s, at(60, 60, 220, 190, 0)); // of 68 pixels in the frame, 600 in a tile
    cut(s, 4, 3, 0.2f);
    for (int i = 0; i < s->parts; i++)
        if (i > 0)
            s->part[i].scale_x = s->part[i].scale_y = 3;
    find(s, 0, s->truth[0]);
    find(s, 1, at(66, 64, 104, 180, 0));
    find(s, 1, at(172, 64, 104, 180, 0));
    merge(s);
    assert_all_once(s, 0.9f);
    test_free(s);
}

// A tile shows somebody at twice the size and takes head and legs for people of their own; another
// person, of whom it is surer, stands in front.
static void test_details(void **state)
{
    (void)state;
    scene *s = test_calloc(1, sizeof *s);
    add_truth(s, at(80, 60, 80, 220, 0));
    add_truth(s, at(100, 200, 36, 70, 0));
    cut(s, 2, 2, 0.2f);
    nn_box head = at(100, 62, 40, 44, 0), legs = at(84, 180, 70, 98, 0), front = s->truth[1];
    head.score = 0.5f, legs.score = 0.79f, front.score = 0.9f;
    find(s, 0, s->truth[0]);
    find(s, 1, s->truth[0]);
    find(s, 1, head);
    find(s, 1, legs);
    find(s, 1, front);
    merge(s);
    assert_int_equal(s->merged_count, 2);
    assert_all_once(s, 0.9f);
    s->part[0].count = 0; // nobody saw the person at a size that is known
    merge(s);
    assert_int_equal(s->merged_count, 4);
    test_free(s);
}

static void test_halves(void **state)
{
    (void)state;
    scene *s = test_calloc(1, sizeof *s);
    cut(s, 2, 1, 0.2f);                  // 0 .. 668, 532 .. 1200
    find(s, 1, at(640, 100, 28, 40, 0)); // the second tile sees that place whole and is silent
    merge(s);
    assert_int_equal(s->merged_count, 0);
    cut(s, 2, 2, 0.2f);
    find(s, 1, at(500, 100, 168, 80, 0)); // the second tile sees less of it: nobody knows better
    add_truth(s, at(500, 100, 168, 80, 0));
    merge(s);
    assert_all_once(s, 0.9f);
    // a piece under another name beside the whole
    cut(s, 2, 1, 0.2f);
    find(s, 0, at(400, 300, 300, 120, 5));
    find(s, 1, at(400, 300, 268, 120, 4));
    find(s, 2, at(532, 300, 168, 120, 5));
    s->truth[0] = at(400, 300, 300, 120, 5);
    merge(s);
    assert_all_once(s, 0.9f);
    test_free(s);
}

// Without any tile nothing is changed but the order.
static void test_one_part(void **state)
{
    (void)state;
    scene *s = test_calloc(1, sizeof *s);
    add_part(s, 0, 0, W, H);
    for (int i = 0; i < 20; i++)
        add_truth(s, at(100 + 12 * (float)i, 100, 30, 30, 0)); // IoU 0.43: suppression let them be
    nn_rng rng = nn_rng_seed(5);
    look(s, &rng, 0, 1);
    merge(s);
    assert_int_equal(s->merged_count, 20);
    merge(&(scene){.parts = 0});
    test_free(s);
}

static bool far_from_others(const scene *s, const nn_box *b, float shared)
{
    for (int i = 0; i < s->count; i++) {
        const nn_box *t = &s->truth[i];
        const float w = fminf(b->x1, t->x1) - fmaxf(b->x0, t->x0);
        const float h = fminf(b->y1, t->y1) - fmaxf(b->y0, t->y0);
        const float small =
            fminf((b->x1 - b->x0) * (b->y1 - b->y0), (t->x1 - t->x0) * (t->y1 - t->y0));
        if (w > 0 && h > 0 && w * h > shared * small)
            return false;
    }
    return true;
}

// Things of all sizes, which overlap by up to this part of the smaller one.
static void make_scene(scene *s, nn_rng *rng, float shared)
{
    memset(s, 0, sizeof *s);
    for (int k = 0; k < 60; k++) {
        const float w = 16 * powf(24, nn_rng_uniform(rng)), h = w * nn_rng_range(rng, 0.4f, 2.2f);
        const nn_box b = at(nn_rng_range(rng, 0, (float)W - w), nn_rng_range(rng, 0, (float)H - h),
                            w, h, (int)nn_rng_below(rng, 2));
        if (b.y0 >= 0 && b.y1 <= (float)H && w * h > 600 && far_from_others(s, &b, shared))
            add_truth(s, b);
    }
    cut(s, 2 + (int)nn_rng_below(rng, 3), 1 + (int)nn_rng_below(rng, 3),
        nn_rng_range(rng, 0.1f, 0.35f));
}

static void test_random(void **state)
{
    (void)state;
    scene *s = test_calloc(1, sizeof *s);
    int objects = 0;
    for (int i = 0; i < 400; i++) {
        nn_rng rng = nn_rng_stream(11, (uint64_t)i);
        make_scene(s, &rng, 0.25f);
        look(s, &rng, 1.5f, 8);
        merge(s);
        assert_all_once(s, 0.5f);
        objects += s->count;
    }
    assert_true(objects > 8000);
    test_free(s);
}

// A network that misses every fifth thing, in crowds.
static void test_misses(void **state)
{
    (void)state;
    scene *s = test_calloc(1, sizeof *s);
    int objects = 0, found = 0, twice = 0, others = 0;
    for (int i = 0; i < 400; i++) {
        nn_rng rng = nn_rng_stream(12, (uint64_t)i);
        make_scene(s, &rng, 0.45f);
        look(s, &rng, 1.5f, 8);
        for (int p = 0; p < s->parts; p++)
            for (int k = s->part[p].count - 1; k >= 0; k--)
                if (nn_rng_uniform(&rng) < 0.2f)
                    s->found[p][k] = s->found[p][--s->part[p].count];
        merge(s);
        int hits = 0;
        for (int k = 0; k < s->count; k++) {
            int of_this = 0;
            for (int m = 0; m < s->merged_count; m++)
                of_this += s->merged[m].label == s->truth[k].label &&
                           nn_box_iou(&s->merged[m], &s->truth[k]) > 0.5f;
            hits += of_this > 0;
            twice += of_this > 1;
        }
        objects += s->count;
        found += hits;
        others += s->merged_count - hits;
    }
    print_message("%d objects, %d found, %d twice, %d other boxes\n", objects, found, twice,
                  others);
    assert_true(found > 0.93 * objects);
    assert_true(twice < 4);
    assert_true(others < 0.02 * objects);
    test_free(s);
}

static nn_status merge_one(void *parts, nn_error *err)
{
    nn_result r;
    nn_result_init(&r);
    nn_pass_merger *m = nn_pass_merger_new();
    nn_status status = m ? nn_pass_merger_run(m, parts, 1, W, H, &sizes, false, 9, &r, err)
                         : nn_fail(err, NN_ENOMEM, "no memory");
    nn_pass_merger_free(m);
    nn_result_release(&r);
    return status;
}

static void test_limits(void **state)
{
    (void)state;
    nn_result r;
    nn_error err;
    nn_result_init(&r);
    nn_pass_merger *m = nn_pass_merger_new();
    nn_region_pass *parts = test_calloc(NN_PASSES + 1, sizeof *parts);
    assert_int_equal(nn_pass_merger_run(m, parts, NN_PASSES + 1, W, H, &sizes, false, 9, &r, &err),
                     NN_EINVAL);
    nn_box many[50];
    for (int i = 0; i < 50; i++) {
        many[i] = at(20 * (float)i, 10, 15, 15, 0);
        many[i].score = 0.01f * (float)i;
    }
    parts[0] = (nn_region_pass){{0, 0, W, H}, 1, 1, many, 50, NULL};
    assert_true(alloc_fail_each(merge_one, parts) >= 3);
    assert_int_equal(nn_pass_merger_run(m, parts, 1, W, H, &sizes, false, 9, &r, &err), NN_OK);
    assert_int_equal(r.count, 9);
    assert_true(r.boxes[0].score > 0.485f);
    test_free(parts);
    nn_pass_merger_free(m);
    nn_result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_at_seams), cmocka_unit_test(test_four_tiles),
        cmocka_unit_test(test_people_at_seam), cmocka_unit_test(test_larger_than_tile),
        cmocka_unit_test(test_loose),          cmocka_unit_test(test_halves),
        cmocka_unit_test(test_details),        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_one_part),       cmocka_unit_test(test_random),
        cmocka_unit_test(test_limits),         cmocka_unit_test(test_misses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
