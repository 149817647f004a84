// SPDX-License-Identifier: MIT
// Where a network looks: areas, boxes that count, tiles that changed. The network is one that finds
// bright rectangles of a known list, where it sees enough of them.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/vision/regions.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>

enum { W = 960, H = 640, MOST = 100 };

static const nn_object_sizes network = {.input_w = 320, .input_h = 320, .least = 12, .most = 200};

typedef struct view {
    nn_regions *regions;
    uint8_t *pixels;
    nn_frame frame;
    nn_box things[16];
    int thing_count;
    nn_result found;
    int looked; // parts that the last frame needed
    nn_rect parts[64];
} view;

static void open_view(view *v, const nn_region_options *o)
{
    nn_error err = {.status = NN_OK};
    *v = (view){.regions = nn_regions_new(), .pixels = test_malloc((size_t)W * H)};
    memset(v->pixels, 90, (size_t)W * H);
    v->frame = (nn_frame){.format = NN_PIXEL_GRAY8, .width = W, .height = H};
    v->frame.plane[0] = v->pixels;
    v->frame.stride[0] = W;
    nn_result_init(&v->found);
    if (nn_regions_set(v->regions, o, &err) != NN_OK)
        fail_msg("%s", err.text);
}

static void close_view(view *v)
{
    nn_regions_free(v->regions);
    nn_result_release(&v->found);
    test_free(v->pixels);
}

static void paint(view *v, const nn_box *b, int level)
{
    for (int y = (int)b->y0; y < (int)b->y1; y++)
        memset(v->pixels + (size_t)y * W + (size_t)b->x0, level, (size_t)(b->x1 - b->x0));
}

static void add_thing(view *v, float x, float y, float w, float h)
{
    v->things[v->thing_count] = (nn_box){.x0 = x, .y0 = y, .x1 = x + w, .y1 = y + h, .score = 0.8f};
    paint(v, &v->things[v->thing_count++], 200);
}

static void infer(const view *v, const nn_rect *a, nn_result *r)
{
    assert_int_equal(nn_result_reserve(r, 16), NN_OK);
    r->count = 0;
    r->input_width = network.input_w;
    r->input_height = network.input_h;
    r->infer_ms = 3;
    const float scale = fminf(320.0f / (float)a->width, 320.0f / (float)a->height);
    for (int i = 0; i < v->thing_count; i++) {
        nn_box b = v->things[i];
        b.x0 = fmaxf(b.x0 - (float)a->x, 0), b.x1 = fminf(b.x1 - (float)a->x, (float)a->width);
        b.y0 = fmaxf(b.y0 - (float)a->y, 0), b.y1 = fminf(b.y1 - (float)a->y, (float)a->height);
        if (b.x1 - b.x0 > 12 / scale && b.y1 - b.y0 > 12 / scale)
            r->boxes[r->count++] = b;
    }
}

static nn_status look(view *v, double seconds, nn_error *err)
{
    const nn_rect *areas;
    nn_status status =
        nn_regions_begin(v->regions, &v->frame, &network, seconds, &areas, &v->looked, err);
    for (int i = 0; i < v->looked && status == NN_OK; i++) {
        v->parts[i] = areas[i];
        infer(v, &areas[i], &nn_regions_results(v->regions)[i]);
    }
    return status == NN_OK ? nn_regions_finish(v->regions, MOST, &v->found, err) : status;
}

static void see(view *v, double seconds)
{
    nn_error err = {.status = NN_OK};
    if (look(v, seconds, &err) != NN_OK)
        fail_msg("%s", err.text);
}

static void assert_found(const view *v, int thing)
{
    int n = 0;
    for (int i = 0; i < v->found.count; i++)
        n += nn_box_iou(&v->found.boxes[i], &v->things[thing]) > 0.95f;
    assert_int_equal(n, 1);
}

static void test_tiles(void **state)
{
    (void)state;
    view v;
    open_view(&v, &(nn_region_options){.tiles = "3x2", .overlap = 0.2f});
    assert_false(nn_regions_is_plain(v.regions));
    add_thing(&v, 100, 100, 30, 20);   // too small for the whole frame
    add_thing(&v, 340, 300, 30, 24);   // at a seam
    add_thing(&v, 500, 100, 400, 500); // larger than a tile
    for (int i = 0; i < 2; i++) {
        see(&v, i);
        assert_int_equal(v.looked, 7);
        assert_int_equal(v.found.count, 3);
        for (int k = 0; k < 3; k++)
            assert_found(&v, k);
    }
    assert_int_equal(v.found.frame_width, W);
    assert_true(v.found.infer_ms == 3);
    close_view(&v);
}

static void test_plain(void **state)
{
    (void)state;
    view v;
    open_view(&v, &(nn_region_options){.tiles = NULL});
    assert_true(nn_regions_is_plain(v.regions));
    add_thing(&v, 100, 100, 60, 60);
    see(&v, 0);
    assert_int_equal(v.looked, 1);
    assert_int_equal(v.parts[0].width, W);
    assert_found(&v, 0);
    close_view(&v);
}

static void test_areas(void **state)
{
    (void)state;
    view v;
    // a rectangle in pixels, and a triangle in fractions: its corners at 480, 960 and 480, 640
    // pixels
    open_view(&v,
              &(nn_region_options){.roi = "10,10,310,310; 0.5,0,1,0,0.5,1", .ignore = "0,0,60,60"});
    add_thing(&v, 100, 100, 30, 20); // in the rectangle: large enough without the rest of the frame
    add_thing(&v, 14, 30, 30, 28);   // its foot is to be ignored
    add_thing(&v, 270, 280, 80, 80); // reaches into the rectangle: cut there
    add_thing(&v, 500, 100, 50, 100); // in the triangle
    add_thing(&v, 860, 80, 50, 200);  // its foot is not
    add_thing(&v, 330, 500, 60, 60);  // in none
    see(&v, 0);
    assert_int_equal(v.looked, 2);
    assert_int_equal(v.parts[0].x, 8);
    assert_int_equal(v.parts[0].width, 304);
    assert_int_equal(v.parts[1].x, 480);
    assert_int_equal(v.parts[1].width, 480);
    assert_int_equal(v.parts[1].height, 640);
    assert_int_equal(v.found.count, 3);
    assert_found(&v, 0);
    assert_found(&v, 3);
    close_view(&v);
    // only what is ignored: the whole frame is looked at
    open_view(&v, &(nn_region_options){.ignore = "0,0.5,1,1"});
    assert_false(nn_regions_is_plain(v.regions));
    add_thing(&v, 100, 100, 60, 60);
    add_thing(&v, 100, 300, 60, 60);
    see(&v, 0);
    assert_int_equal(v.found.count, 1);
    assert_found(&v, 0);
    close_view(&v);
    // to the lower border of the frame
    open_view(&v, &(nn_region_options){.roi = "0,0.5,0.4,0.5,0.4,1,0,1"});
    add_thing(&v, 100, 560, 60, 80);
    see(&v, 0);
    assert_found(&v, 0);
    close_view(&v);
    nn_error err;
    open_view(&v, &(nn_region_options){.roi = "2000,10,2200,100"});
    assert_int_equal(look(&v, 0, &err), NN_EINVAL);
    assert_string_equal(err.text, "roi: no area lies in the frame of 960x640");
    close_view(&v);
}

static void test_refused(void **state)
{
    static const struct {
        nn_region_options o;
        const char *says;
    } bad[] = {
        {{.tiles = "4"}, "tiles: \"4\": tiles are off, auto, or columns x rows such as 3x2"},
        {{.overlap = 0.6f}, "tile-overlap: 0.6 is not within 0 .. 0.5"},
        {{.motion = true}, "tile-refresh: 0 seconds; it must be above 0"},
        {{.roi = "0.1,0.2"}, "roi: 1 of at least 2 points"},
        {{.ignore = "0,0,1,1;x"}, "ignore: area 2: \"x\" is not a number; points are x,y,x,y,..."},
    };
    (void)state;
    view v;
    open_view(&v, &(nn_region_options){.tiles = "2x2"});
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nn_error err;
        assert_int_equal(nn_region_options_check(&bad[i].o, &err), NN_EINVAL);
        assert_string_equal(err.text, bad[i].says);
        assert_int_equal(nn_regions_set(v.regions, &bad[i].o, &err), NN_EINVAL);
    }
    see(&v, 0);
    assert_int_equal(v.looked, 5); // the old options stay
    close_view(&v);
}

static void add_noise(view *v, nn_rng *rng, float sigma)
{
    for (size_t i = 0; i < (size_t)W * H; i++) {
        const float level = (float)v->pixels[i] + sigma * nn_rng_normal(rng);
        v->pixels[i] = (uint8_t)fmaxf(fminf(level, 255), 0);
    }
}

static void test_motion(void **state)
{
    (void)state;
    view v;
    open_view(&v,
              &(nn_region_options){.tiles = "3x2", .overlap = 0.2f, .motion = true, .refresh = 7});
    add_thing(&v, 100, 100, 30, 24);
    add_thing(&v, 600, 400, 30, 24);
    see(&v, 0);
    assert_int_equal(v.looked, 7);
    nn_rng rng = nn_rng_seed(1);
    uint8_t *clean = test_malloc((size_t)W * H);
    memcpy(clean, v.pixels, (size_t)W * H);
    for (int i = 1; i < 10; i++) { // a still scene with the noise of a camera at night
        memcpy(v.pixels, clean, (size_t)W * H);
        add_noise(&v, &rng, 5);
        see(&v, 0.1 * i);
        assert_int_equal(v.looked, 0);
        assert_int_equal(v.found.count, 2);
        assert_true(v.found.infer_ms == 0);
        assert_found(&v, 0);
        assert_found(&v, 1);
    }
    memcpy(v.pixels, clean, (size_t)W * H);
    paint(&v, &v.things[0], 90); // one thing moves by 6 pixels
    v.thing_count = 0;
    add_thing(&v, 106, 100, 30, 24);
    v.thing_count = 2;
    see(&v, 0.95);
    assert_int_equal(v.looked, 2); // the frame and the tile
    assert_int_equal(v.parts[0].width, W);
    assert_int_equal(v.parts[1].x, 0);
    assert_found(&v, 0);
    assert_found(&v, 1);
    int looked = 0; // each part once in 7 seconds, in turns
    for (int i = 10; i < 80; i++) {
        see(&v, 0.1 * i + 0.01);
        assert_true(v.looked <= 2);
        looked += v.looked;
    }
    assert_int_equal(looked, 5);               // two had their turn just before
    for (size_t i = 0; i < (size_t)W * H; i++) // a light goes on
        v.pixels[i] = (uint8_t)(v.pixels[i] + 20);
    see(&v, 8.1);
    assert_int_equal(v.looked, 7);
    see(&v, 8.2);
    assert_int_equal(v.looked, 0);
    see(&v, 0); // time went back: what lies between was never seen
    assert_int_equal(v.looked, 7);
    nn_regions_forget(v.regions);
    see(&v, 0.1);
    assert_int_equal(v.looked, 7);
    v.frame.width = W / 2;
    see(&v, 0.2);
    assert_int_equal(v.looked, 7);
    test_free(clean);
    close_view(&v);
}

// Something that moves too slowly for a difference between two frames is seen in the end.
static void test_slow(void **state)
{
    (void)state;
    view v;
    int looked = 0;
    open_view(&v, &(nn_region_options){.motion = true, .refresh = 1e6});
    for (int i = 0; i < 60; i++) {
        for (size_t k = 0; k < (size_t)W * H / 8; k++)
            v.pixels[k] = (uint8_t)(90 + i / 2);
        see(&v, i);
        looked += v.looked;
    }
    assert_true(looked >= 3 && looked <= 6);
    close_view(&v);
}

static nn_status look_from_new(void *ctx, nn_error *err)
{
    view *v = ctx;
    nn_regions_free(v->regions);
    v->regions = nn_regions_new();
    if (!v->regions)
        return nn_fail(err, NN_ENOMEM, "no memory");
    const nn_region_options o = {
        .tiles = "2x1", .roi = "0,0,.9,.9", .ignore = "0,0,.1,.1", .motion = true, .refresh = 1};
    const nn_rect *areas;
    int count;
    nn_status status = nn_regions_set(v->regions, &o, err);
    if (status == NN_OK)
        status = nn_regions_begin(v->regions, &v->frame, &network, 0, &areas, &count, err);
    return status == NN_OK ? nn_regions_finish(v->regions, MOST, &v->found, err) : status;
}

static void test_memory(void **state)
{
    (void)state;
    view v;
    open_view(&v, &(nn_region_options){.motion = true, .refresh = 1});
    assert_true(alloc_fail_each(look_from_new, &v) > 8);
    close_view(&v);
    open_view(&v, &(nn_region_options){.tiles = "3x2", .motion = true, .refresh = 0.5});
    add_thing(&v, 100, 100, 30, 24);
    for (int i = 0; i < 12; i++) { // nothing is allocated later
        if (i == 3)
            alloc_reset(-1);
        see(&v, i);
    }
    assert_int_equal(alloc_count(), 0);
    close_view(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiles),   cmocka_unit_test(test_plain),  cmocka_unit_test(test_areas),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_motion), cmocka_unit_test(test_slow),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
