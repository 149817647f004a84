// SPDX-License-Identifier: MIT
// The tracker with everything, on drawn scenes: colours, posts, missed objects, cuts, the edge of
// the frame; and the sparse assignment against the dense one.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/eval/tracking_metrics.h"
#include "nn/vision/appearance.h"
#include "nn/vision/linear_assignment.h"
#include "nn/vision/track.h"
#include "nn/vision/track_match.h"
#include "nn/vision/tracker_kind.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

enum { W = 640, H = 360, OBJECTS = 8, FRAMES = 400 };

static uint8_t y_plane[W * H], u_plane[W * H / 4], v_plane[W * H / 4];
static const nn_frame frame = {.format = NN_PIXEL_I420,
                               .width = W,
                               .height = H,
                               .plane = {y_plane, u_plane, v_plane},
                               .stride = {W, W / 2, W / 2}};

static void fill(float x0, float y0, float x1, float y1, int y, int u, int v)
{
    for (int r = (int)fmaxf(y0, 0); r < (int)fminf(y1, H); r++)
        for (int c = (int)fmaxf(x0, 0); c < (int)fminf(x1, W); c++) {
            y_plane[r * W + c] = (uint8_t)y;
            u_plane[r / 2 * (W / 2) + c / 2] = (uint8_t)u;
            v_plane[r / 2 * (W / 2) + c / 2] = (uint8_t)v;
        }
}

typedef struct walker {
    float x, y, vx, vy;
    int luma, u, v; // of the upper part; the lower one is darker
} walker;

static void draw(const walker *w, int count)
{
    fill(0, 0, W, H, 120, 124, 130);
    for (int i = 0; i < count; i++) {
        fill(w[i].x, w[i].y, w[i].x + 24, w[i].y + 36, w[i].luma, w[i].u, w[i].v);
        fill(w[i].x, w[i].y + 36, w[i].x + 24, w[i].y + 72, w[i].luma / 2, 128, w[i].u);
    }
}

static nn_box box_of(const walker *w)
{
    return (nn_box){.x0 = w->x, .y0 = w->y, .x1 = w->x + 24, .y1 = w->y + 72, .score = 0.9f};
}

static float inside(const nn_box *a, const nn_box *b)
{
    const float w = fminf(a->x1, b->x1) - fmaxf(a->x0, b->x0);
    const float h = fminf(a->y1, b->y1) - fmaxf(a->y0, b->y0);
    return w > 0 && h > 0 ? w * h / ((a->x1 - a->x0) * (a->y1 - a->y0)) : 0;
}

// Simulated detections of the scene: none behind the post, few behind nearer objects, and some
// misses.
static int detect(const walker *w, nn_rng *rng, nn_box *boxes)
{
    const nn_box post = {.x0 = 300, .y0 = 0, .x1 = 330, .y1 = H};
    int n = 0;
    for (int i = 0; i < OBJECTS; i++) {
        nn_box b = box_of(&w[i]);
        float hidden = inside(&b, &post);
        for (int k = 0; k < OBJECTS; k++) {
            const nn_box other = box_of(&w[k]);
            if (k != i && w[k].y > w[i].y)
                hidden = fmaxf(hidden, inside(&b, &other));
        }
        b.x0 += nn_rng_range(rng, -1.5f, 1.5f);
        b.x1 += nn_rng_range(rng, -1.5f, 1.5f);
        b.y0 += nn_rng_range(rng, -2, 2);
        b.y1 += nn_rng_range(rng, -2, 2);
        b.score = 0.9f - hidden;
        if (hidden < 0.75f && nn_rng_uniform(rng) > 0.05f)
            boxes[n++] = b;
    }
    return n;
}

static void walk(walker *w, nn_rng *rng)
{
    for (int i = 0; i < OBJECTS; i++) {
        if (nn_rng_uniform(rng) < 0.01f) { // a person turns
            w[i].vx = nn_rng_range(rng, -4, 4);
            w[i].vy = nn_rng_range(rng, -1, 1);
        }
        w[i].vx = w[i].x < 10 ? fabsf(w[i].vx) : w[i].x > W - 34 ? -fabsf(w[i].vx) : w[i].vx;
        w[i].vy = w[i].y < 10 ? fabsf(w[i].vy) : w[i].y > H - 82 ? -fabsf(w[i].vy) : w[i].vy;
        w[i].x += w[i].vx;
        w[i].y += w[i].vy;
    }
}

static nn_tracking_score follow(const nn_track_options *options, uint64_t seed, bool colours)
{
    static const uint8_t looks[OBJECTS][3] = {{200, 128, 128}, {40, 128, 128}, {110, 100, 170},
                                              {120, 160, 100}, {90, 110, 110}, {180, 90, 140},
                                              {60, 150, 140},  {150, 140, 160}};
    walker w[OBJECTS];
    nn_rng rng = nn_rng_seed(seed);
    nn_tracker *t = nn_tracker_new(options);
    nn_tracking_metrics *m = nn_tracking_metrics_new(0.5f);
    assert_true(t && m);
    for (int i = 0; i < OBJECTS; i++)
        w[i] = (walker){nn_rng_range(&rng, 20, W - 44),
                        nn_rng_range(&rng, 20, H - 100),
                        nn_rng_range(&rng, -4, 4),
                        nn_rng_range(&rng, -1, 1),
                        looks[i][0],
                        looks[i][1],
                        looks[i][2]};
    for (int f = 0; f < FRAMES; f++) {
        nn_box boxes[4 * OBJECTS];
        nn_truth truths[OBJECTS];
        int ids[OBJECTS];
        walk(w, &rng);
        int n = detect(w, &rng, boxes);
        if (colours) {
            draw(w, OBJECTS);
            nn_tracker_show(t, &frame);
        }
        assert_int_equal(nn_tracker_update(t, boxes, n, 1, NULL), NN_OK);
        n += nn_tracker_predict(t, 0, boxes + n, 4 * OBJECTS - n);
        for (int i = 0; i < OBJECTS; i++) {
            const nn_box b = box_of(&w[i]);
            truths[i] = (nn_truth){.x0 = b.x0, .y0 = b.y0, .x1 = b.x1, .y1 = b.y1};
            ids[i] = i;
        }
        assert_int_equal(nn_tracking_metrics_add(m, truths, ids, OBJECTS, boxes, n, NULL), NN_OK);
    }
    nn_tracking_score s;
    assert_int_equal(nn_tracking_metrics_compute(m, &s, NULL), NN_OK);
    nn_tracking_metrics_free(m);
    nn_tracker_free(t);
    return s;
}

// Over several scenes: better than ByteTrack in every score, by far in identities.
static void test_scenes(void **state)
{
    (void)state;
    enum { SCENES = 6 };
    double idf1[3] = {0}, mota[3] = {0};
    int switches[3] = {0};
    nn_track_options plain = nn_track_defaults;
    nn_track_scores(&plain, 0.4f);
    for (int i = 0; i < SCENES; i++)
        for (int k = 0; k < 3; k++) {
            const nn_tracking_score s =
                follow(k ? &nn_track_video : &plain, (uint64_t)i + 1, k == 2);
            idf1[k] += s.idf1 / SCENES;
            mota[k] += s.mota / SCENES;
            switches[k] += s.switches;
        }
    print_message("IDF1 %.3f %.3f %.3f, MOTA %.3f %.3f %.3f, switches %d %d %d\n", idf1[0], idf1[1],
                  idf1[2], mota[0], mota[1], mota[2], switches[0], switches[1], switches[2]);
    assert_true(idf1[2] > idf1[0] + 0.1 && idf1[2] > idf1[1] && idf1[2] > 0.85);
    assert_true(mota[2] > mota[0] && switches[2] < switches[0]);
}

// Sparse problems have the optimal sum of dense ones, also when they fall into independent parts.
static void test_sparse(void **state)
{
    (void)state;
    enum { SIDE = 12 };
    nn_rng rng = nn_rng_seed(4);
    nn_track_matcher m = {0};
    for (int turn = 0; turn < 400; turn++) {
        const int rows = (int)nn_rng_below(&rng, SIDE), columns = (int)nn_rng_below(&rng, SIDE);
        const float limit = 0.8f;
        float cost[SIDE * SIDE];
        int to[SIDE], dense[SIDE], taken[SIDE] = {0};
        double sum = 0, wanted = 0;
        nn_track_matcher_clear(&m);
        for (int i = 0; i < rows * columns; i++) {
            cost[i] = nn_rng_uniform(&rng) < 0.15f ? nn_rng_uniform(&rng) : 1;
            if (cost[i] < limit)
                assert_true(nn_track_matcher_add(&m, i / columns, i % columns, cost[i]));
        }
        assert_true(nn_track_matcher_solve(&m, rows, columns, limit, to));
        void *room = nn_alloc((size_t)nn_linear_assignment_room(rows, columns));
        nn_linear_assignment(cost, rows, columns, limit, dense, room);
        nn_free(room);
        for (int r = 0; r < rows; r++) {
            wanted += dense[r] >= 0 ? (double)(cost[r * columns + dense[r]] - limit) : 0;
            sum += to[r] >= 0 ? (double)(cost[r * columns + to[r]] - limit) : 0;
            assert_true(to[r] < 0 || (to[r] < columns && !taken[to[r]]++));
        }
        assert_true(fabs(sum - wanted) < 1e-5);
    }
    nn_track_matcher_release(&m);
}

// The same picture looks alike in all formats, and another one does not.
static void test_looks(void **state)
{
    (void)state;
    static uint8_t rgb[W * H * 3];
    const walker w = {.x = 100, .y = 100, .luma = 200, .u = 90, .v = 160};
    const nn_box b = box_of(&w), away = {.x0 = 700, .y0 = 0, .x1 = 760, .y1 = 90};
    draw(&w, 1);
    for (int i = 0; i < W * H; i++) {
        const int at = i / W / 2 * (W / 2) + i % W / 2;
        const float y = y_plane[i], u = (float)u_plane[at] - 128, v = (float)v_plane[at] - 128;
        rgb[3 * i] = (uint8_t)fminf(fmaxf(y + 1.402f * v, 0), 255);
        rgb[3 * i + 1] = (uint8_t)fminf(fmaxf(y - 0.344f * u - 0.714f * v, 0), 255);
        rgb[3 * i + 2] = (uint8_t)fminf(fmaxf(y + 1.772f * u, 0), 255);
    }
    nn_frame other = {
        .format = NN_PIXEL_RGB, .width = W, .height = H, .plane = {rgb}, .stride = {3 * W}};
    nn_appearance a, same, grey, none;
    nn_appearance_measure(&a, &frame, &b);
    nn_appearance_measure(&same, &other, &b);
    assert_true(a.known && same.known && nn_appearance_distance(&a, &same) < 0.02f);
    other.format = NN_PIXEL_GRAY8;
    other.plane[0] = y_plane;
    other.stride[0] = W;
    nn_appearance_measure(&grey, &other, &b);
    assert_true(grey.known && nn_appearance_distance(&a, &grey) > 0.1f);
    nn_appearance_measure(&none, &frame, &away);
    assert_false(none.known);
    assert_true(nn_appearance_distance(&a, &none) == 0);
    nn_appearance_blend(&none, &a, 0.1f);
    assert_true(none.known && nn_appearance_distance(&a, &none) < 1e-5f);
    nn_appearance_blend(&none, &grey, 0.5f);
    assert_true(nn_appearance_distance(&none, &grey) < nn_appearance_distance(&a, &grey));
}

static int update(nn_tracker *t, const walker *w, int count)
{
    nn_box b[2];
    for (int i = 0; i < count; i++)
        b[i] = box_of(&w[i]);
    nn_tracker_show(t, &frame);
    assert_int_equal(nn_tracker_update(t, b, count, 1, NULL), NN_OK);
    return count ? b[0].track_id : 0;
}

// An unseen object is predicted for a moment; at the edge of the frame it is dropped.
static void test_predict(void **state)
{
    (void)state;
    for (int edge = 0; edge < 2; edge++) {
        nn_tracker *t = nn_tracker_new(&nn_track_video);
        walker w = {.x = edge ? W - 54 : 100, .y = 50, .luma = 200, .u = 128, .v = 128};
        nn_box b[4];
        for (int f = 0; f < 10; f++, w.x += 3)
            update(t, &w, 1);
        assert_int_equal(nn_tracker_predict(t, 0, b, 4), 0);
        assert_int_equal(nn_tracker_predict(t, 2, b, 4), 1);
        assert_true(b[0].predicted && b[0].track_id == 1);
        assert_true(edge ? b[0].x1 <= W : fabsf(b[0].x0 - (w.x + 3)) < 1.5f);
        int shown = 0;
        for (int f = 0; f < 10; f++) {
            update(t, &w, 0);
            shown += nn_tracker_predict(t, 0, b, 4);
        }
        assert_true(edge ? shown <= 1 : shown == 2);
        assert_int_equal(nn_tracker_count(t), edge ? 0 : 1);
        nn_tracker_free(t);
    }
}

// Two objects meet behind a wall: the number follows the colour, not only the position.
static void test_return(void **state)
{
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        nn_tracker *t = nn_tracker_new(&nn_track_video);
        walker w = {.x = 100, .y = 50, .luma = 200, .u = 100, .v = 150};
        for (int f = 0; f < 20; f++, w.x += 4) {
            draw(&w, 1);
            assert_int_equal(update(t, &w, 1), 1);
        }
        for (int f = 0; f < 25; f++, w.x += 3)
            update(t, &w, 0);
        w.x += 30; // faster than expected
        if (turn)
            w.luma = 50, w.u = 150, w.v = 110;
        draw(&w, 1);
        assert_int_equal(update(t, &w, 1), turn ? 2 : 1);
        nn_tracker_free(t);
    }
}

// A second, smaller box inside of a person is the person.
static void test_double(void **state)
{
    (void)state;
    nn_tracker *t = nn_tracker_new(&nn_track_video);
    walker w = {.x = 100, .y = 50, .luma = 200, .u = 128, .v = 128};
    draw(&w, 1);
    for (int f = 0; f < 5; f++) {
        nn_box b[2] = {box_of(&w), box_of(&w)};
        b[1].y1 -= 30;
        nn_tracker_show(t, &frame);
        assert_int_equal(nn_tracker_update(t, b, 2, 1, NULL), NN_OK);
        assert_int_equal(b[0].track_id, 1);
        assert_int_equal(b[1].track_id, 0);
    }
    assert_int_equal(nn_tracker_count(t), 1);
    nn_tracker_free(t);
}

// A box around two people who meet is nobody, whether it is less sure than theirs or they are
// followed; the same box without them is somebody.
static void test_united(void **state)
{
    (void)state;
    for (int sure = 0; sure < 2; sure++) {
        nn_tracker *t = nn_tracker_new(&nn_track_video);
        walker w[2] = {{.x = 100, .y = 50, .luma = 200, .u = 128, .v = 128},
                       {.x = 123, .y = 80, .luma = 60, .u = 100, .v = 150}};
        draw(w, 2);
        for (int f = 0; f < 12; f++) {
            nn_box b[3] = {box_of(&w[0]), box_of(&w[1])};
            b[2] = (nn_box){b[0].x0, b[0].y0, b[1].x1, b[1].y1, .score = sure ? 0.95f : 0.7f};
            b[1].x0 += 2; // partly hidden, so that the track's shape changes
            nn_tracker_show(t, &frame);
            assert_int_equal(nn_tracker_update(t, b, f < 6 ? 2 : 3, 1, NULL), NN_OK);
            assert_int_equal(b[0].track_id, 1);
            assert_int_equal(b[1].track_id, 2);
            assert_true(f < 6 || b[2].track_id == 0);
        }
        assert_int_equal(nn_tracker_count(t), 2);
        nn_box alone = {100, 50, 147, 152, .score = 0.95f};
        nn_tracker_reset(t);
        nn_tracker_show(t, &frame);
        assert_int_equal(nn_tracker_update(t, &alone, 1, 1, NULL), NN_OK);
        assert_int_equal(alone.track_id, 3);
        nn_tracker_free(t);
    }
}

// The box around both is no reason to leave one's own.
static void test_own_box(void **state)
{
    (void)state;
    nn_tracker *t = nn_tracker_new(&nn_track_video);
    const nn_box a = {.x0 = 100, .y0 = 50, .x1 = 150, .y1 = 150, .score = 0.8f},
                 c = {.x0 = 110, .y0 = 120, .x1 = 160, .y1 = 220, .score = 0.8f};
    for (int f = 0; f < 12; f++) {
        // the lower one is expected to be as large as the box around both, and is not
        nn_box b[3] = {a, c, {.x0 = 100, .y0 = 50, .x1 = 160, .y1 = 220, .score = 0.7f}};
        if (f < 6)
            b[1] = b[2];
        assert_int_equal(nn_tracker_update(t, b, f < 6 ? 2 : 3, 1, NULL), NN_OK);
        assert_int_equal(b[1].track_id, b[0].track_id == 1 ? 2 : 1);
    }
    nn_tracker_free(t);
}

// Boxes that no detector should give do no harm.
static void test_odd_boxes(void **state)
{
    (void)state;
    nn_tracker *t = nn_tracker_new(&nn_track_video);
    for (int f = 0; f < 4; f++) {
        nn_box b[] = {{.x0 = NAN, .y0 = 0, .x1 = 1, .y1 = 1, .score = 1},
                      {.x0 = 5, .y0 = 5, .x1 = 5, .y1 = 9, .score = 1},
                      {.x0 = 0, .y0 = 0, .x1 = 10, .y1 = 10, .score = NAN},
                      {.x0 = -1e30f, .y0 = -1e30f, .x1 = 1e30f, .y1 = 1e30f, .score = 1},
                      {.x0 = 9, .y0 = 9, .x1 = INFINITY, .y1 = 20, .score = 1},
                      {.x0 = 10, .y0 = 10, .x1 = 40, .y1 = 90, .score = 1}};
        nn_box out[8];
        nn_tracker_show(t, &frame);
        assert_int_equal(nn_tracker_update(t, b, 6, 1, NULL), NN_OK);
        assert_true(b[5].track_id > 0);
        assert_int_equal(b[0].track_id + b[1].track_id + b[2].track_id, 0);
        nn_tracker_predict(t, 1, out, 8);
    }
    nn_tracker_free(t);
}

// Every tracker of the table follows most objects of a scene.
static void test_kinds(void **state)
{
    (void)state;
    const nn_tracker_kind *kind, *found;
    nn_track_options o;
    nn_error err;
    for (int i = 0; (kind = nn_tracker_kind_at(i)); i++) {
        assert_true(strlen(kind->about) > 10);
        assert_int_equal(nn_tracker_kind_find(&found, kind->name, &err), NN_OK);
        assert_ptr_equal(found, kind);
        kind->options(&o);
        nn_track_scores(&o, 0.4f);
        const nn_tracking_score s = follow(&o, 1, true);
        print_message("%s: IDF1 %.3f, MOTA %.3f\n", kind->name, s.idf1, s.mota);
        assert_true(s.mota > 0.5 && s.idf1 > 0.4);
    }
    assert_string_equal(nn_tracker_kind_at(0)->name, "zero-term");
    assert_int_equal(nn_tracker_kind_find(&found, "sort", &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "zero-term-imageless, bytetrack, ocsort"));
}

// The number of an object that walks, is hidden for some frames and stands where it was last seen.
static int return_to_last(const char *name)
{
    const nn_tracker_kind *kind;
    nn_track_options o;
    assert_int_equal(nn_tracker_kind_find(&kind, name, NULL), NN_OK);
    kind->options(&o);
    nn_tracker *t = nn_tracker_new(&o);
    nn_box b = {0};
    for (int f = 0; f <= 10; f++) {
        const float x = 10 * (float)f;
        b = (nn_box){.x0 = x, .y0 = 50, .x1 = x + 20, .y1 = 110, .score = 0.9f};
        assert_int_equal(nn_tracker_update(t, &b, 1, 1, NULL), NN_OK);
        assert_int_equal(b.track_id, 1);
    }
    for (int f = 0; f < 4; f++)
        assert_int_equal(nn_tracker_update(t, NULL, 0, 1, NULL), NN_OK);
    assert_int_equal(nn_tracker_update(t, &b, 1, 1, NULL), NN_OK);
    nn_tracker_free(t);
    return (int)b.track_id;
}

// OC-SORT's second round; ByteTrack expects the object further on.
static void test_last_box(void **state)
{
    (void)state;
    assert_int_equal(return_to_last("ocsort"), 1);
    assert_int_equal(return_to_last("bytetrack"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenes),    cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_looks),     cmocka_unit_test(test_predict),
        cmocka_unit_test(test_return),    cmocka_unit_test(test_double),
        cmocka_unit_test(test_united),    cmocka_unit_test(test_own_box),
        cmocka_unit_test(test_odd_boxes), cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_last_box)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
