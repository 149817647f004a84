// SPDX-License-Identifier: MIT
// Figures of what networks see: colours of numbers, the part of a picture that is seen, bars,
// pages.
#include "app/visualize/figure.h"
#include "nn/base/features.h"
#include "nn/base/memory.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>

static nn_image make_image(int width, int height, uint8_t grey)
{
    nn_image image = {width, height, nn_alloc((size_t)3 * (size_t)width * (size_t)height)};
    memset(image.rgb, grey, (size_t)3 * (size_t)width * (size_t)height);
    return image;
}

static void test_scale(void **state)
{
    (void)state;
    float values[1000];
    for (int i = 0; i < 1000; i++)
        values[i] = (float)i / 1000;
    app_map m = {values, 1, 10, 100};
    values[0] = NAN; // is no number of the scale
    assert_float_equal(app_map_magnitude(&m, 1), 0.999, 1e-6);
    assert_float_equal(app_map_magnitude(&m, 0.5), 0.5, 0.002);
    app_scale s = app_map_scale(&m, 1);
    assert_int_equal(s.colours, NN_COLOUR_HEAT);
    assert_true(s.low == 0 && !s.balanced);
    values[1] = -0.1f; // as SiLU has
    assert_int_equal(app_map_scale(&m, 1).colours, NN_COLOUR_HEAT);
    values[1] = -2;
    s = app_map_scale(&m, 1);
    assert_int_equal(s.colours, NN_COLOUR_SIGNED);
    assert_true(s.low == -2 && s.high == 2);
    memset(values, 0, sizeof values);
    s = app_map_scale(&m, 1); // nothing at all: still a scale
    assert_true(s.high > s.low);
}

static void test_paint(void **state)
{
    (void)state;
    nn_error err = {0};
    uint32_t table[NN_COLOUR_STEPS];
    const float values[] = {0, 0.5f, 1, 7, NAN, -1};
    const app_map m = {values, 1, 2, 3};
    const app_scale s = {.colours = NN_COLOUR_HEAT, .high = 1};
    const int expected[] = {0, 128, 255, 255, 0, 0};
    nn_image image;
    nn_colour_map_fill(NN_COLOUR_HEAT, table);
    assert_int_equal(app_map_paint(&image, &m, &s, &err), NN_OK);
    for (int i = 0; i < 6; i++)
        for (int c = 0; c < 3; c++)
            assert_int_equal(image.rgb[3 * i + c], table[expected[i]] >> (16 - 8 * c) & 255);
    nn_image_release(&image);
    const float planes[] = {-1, 0, 0, 1, 1, 0}; // red, green, blue of two pixels
    const app_map colours = {planes, 3, 1, 2};
    const app_scale balanced = app_map_scale(&colours, 1);
    assert_int_equal(app_map_paint(&image, &colours, &balanced, &err), NN_OK);
    assert_memory_equal(image.rgb, ((uint8_t[]){0, 128, 255, 128, 255, 128}), 6);
    nn_image_release(&image);
    float strength[2];
    app_map_strength(&colours, strength);
    assert_true(strength[0] == 1 && strength[1] == 1);
}

// Heat in the left half of a picture: there it is seen, and at the right the picture.
static void test_blend(void **state)
{
    (void)state;
    const float values[] = {1, 0, 1, 0};
    const app_map m = {values, 1, 2, 2};
    const app_scale s = {.colours = NN_COLOUR_HEAT, .high = 1};
    nn_image image = make_image(40, 20, 100);
    app_map_blend(&image, &m, &s, 0.8);
    assert_true(image.rgb[0] > 200);                    // light yellow
    assert_true(image.rgb[3 * 39] < 100);               // darker than the picture
    assert_true(image.rgb[3 * 39] > 40);                // which is still there
    assert_true(image.rgb[3 * 20] < image.rgb[3 * 15]); // no step between the cells
    assert_true(image.rgb[3 * 15] - image.rgb[3 * 16] < 40);
    nn_image_release(&image);
}

static void test_seen(void **state)
{
    (void)state;
    nn_error err = {0};
    const nn_letterbox fit = nn_letterbox_fit(640, 320, 100, 100);
    app_seen s = app_seen_find(&fit); // the whole frame, in the middle of the input
    assert_true(s.x == 0 && s.y == 0 && s.width == 640 && s.height == 320);
    assert_true(s.in_x == 0 && s.in_y == 25 && s.in_width == 100 && s.in_height == 50);
    const nn_letterbox crop = nn_letterbox_crop(640, 320, 100, 100, 0.5f);
    s = app_seen_find(&crop); // the middle of the frame, all of the input
    assert_true(s.x == 240 && s.y == 80 && s.width == 160 && s.height == 160);
    assert_true(s.in_x == 0 && s.in_y == 0 && s.in_width == 100 && s.in_height == 100);
    nn_image image = make_image(640, 320, 0), part;
    int reduced;
    image.rgb[3 * (80 * 640 + 240)] = 255;
    assert_int_equal(app_seen_cut(&part, &image, &s, 80, &reduced, &err), NN_OK);
    assert_true(reduced == 2 && part.width == 80 && part.height == 80);
    assert_true(part.rgb[0] == 64 && part.rgb[3] == 0); // one of four pixels
    nn_image_release(&part);
    nn_image_release(&image);
    // A map of half the input's size under the letterbox: rows 12 to 38 of 50.
    float *values = nn_calloc(2 * 50 * 50, sizeof(float));
    const app_map m = {values, 2, 50, 50};
    app_map cut;
    values[2500 + 12 * 50 + 7] = 3;
    s = app_seen_find(&fit);
    assert_int_equal(app_seen_cut_map(&cut, &m, &fit, &s, &err), NN_OK);
    assert_true(cut.channels == 2 && cut.width == 50 && cut.height == 26);
    assert_true(cut.data[26 * 50 + 7] == 3);
    nn_free((float *)cut.data);
    nn_free(values);
}

// A dot in the input: the square around it, in the input and in the frame, never outside of it.
static void test_around(void **state)
{
    (void)state;
    float *values = nn_calloc(100 * 100, sizeof(float));
    const app_map m = {values, 1, 100, 100};
    const nn_letterbox fit = nn_letterbox_fit(640, 320, 100, 100);
    const app_seen all = app_seen_find(&fit);
    app_seen s = app_seen_around(&all, &m, &fit, 20);
    assert_memory_equal(&s, &all, sizeof s); // nothing there: everything
    values[50 * 100 + 40] = -1;
    values[10] = 0.03f; // too little
    s = app_seen_around(&all, &m, &fit, 20);
    assert_true(s.in_x == 30 && s.in_y == 40 && s.in_width == 20 && s.in_height == 20);
    assert_true(s.x == 192 && s.y == 96 && s.width == 128 && s.height == 128);
    values[74 * 100 + 99] = 1; // in the corner of what is seen
    values[50 * 100 + 40] = 0;
    s = app_seen_around(&all, &m, &fit, 20);
    assert_true(s.in_x == 80 && s.in_y == 55 && s.in_width == 20 && s.in_height == 20);
    assert_true(s.x + s.width <= 640 && s.y + s.height <= 320);
    nn_free(values);
}

static void test_ticks(void **state)
{
    (void)state;
    static const struct {
        double low, high;
        int most, count;
        double first, last;
    } rows[] = {{0, 1, 7, 6, 0, 1},         {0, 3.7, 5, 4, 0, 3},   {-2, 2, 7, 5, -2, 2},
                {0, 0.0123, 5, 5, 0, 0.01}, {0, 8e9, 5, 5, 0, 8e9}, {-0.3, 0.3, 2, 1, 0, 0},
                {0, INFINITY, 5, 0, 0, 0},  {1, 1, 5, 0, 0, 0}};
    for (int i = 0; i < (int)G_N_ELEMENTS(rows); i++) {
        double t[APP_BAR_TICKS];
        const int n = app_bar_ticks(rows[i].low, rows[i].high, rows[i].most, t);
        assert_int_equal(n, rows[i].count);
        if (n > 0) {
            assert_float_equal(t[0], rows[i].first, 1e-12);
            assert_float_equal(t[n - 1], rows[i].last, 1e-12 + 1e-12 * rows[i].high);
        }
    }
}

// A figure of `count` pictures of width x height; its page.
static nn_image draw(int count, int width, int height, bool bars)
{
    nn_error err = {0};
    nn_image page;
    app_figure f = {.title = g_strdup("A title"), .width = 120, .height = 120 * height / width};
    app_figure_add_fact(&f, "a model");
    app_figure_add_fact(&f, "of %d layers, and more words than fit into the first line of it", 7);
    for (int i = 0; i < count; i++) {
        app_figure_cell *c = app_figure_add(&f);
        c->image = make_image(width, height, 200);
        c->title = g_strdup_printf("\xff picture %d", i);
        c->has_bar = bars;
        c->scale = (app_scale){.colours = NN_COLOUR_SIGNED, .low = -1, .high = 1};
        for (int k = 0; k < APP_MARKS + 2; k++) // the last ones do not fit
            app_figure_mark(c, -5, 3, 1e9f, 20, 0xff0000, "name");
    }
    if (app_figure_write(&f, test_temp("f.png").text, &err) != NN_OK)
        fail_msg("%s", err.text);
    app_figure_release(&f);
    assert_null(f.cells);
    if (nn_image_load(&page, test_temp("f.png").text, &err) != NN_OK)
        fail_msg("%s", err.text);
    return page;
}

static void test_page(void **state)
{
    (void)state;
    nn_image page = draw(2, 60, 60, false); // beside each other
    assert_int_equal(page.width, 460);
    const int two = page.height;
    nn_image_release(&page);
    page = draw(2, 300, 30, false); // wide pictures: below each other
    assert_true(page.height > 2 * 12 + 60);
    nn_image_release(&page);
    page = draw(2, 60, 60, true);
    assert_int_equal(page.height, two);
    bool blue = false;
    for (int i = 0; i < page.width * page.height; i++)
        blue = blue || page.rgb[3 * i + 2] > page.rgb[3 * i] + 80;
    assert_true(blue); // the lower end of a bar
    nn_image_release(&page);
    page = draw(64, 60, 60, false);
    assert_true(page.width > 800 && page.height > 800 && page.width < 2000 && page.height < 2000);
    nn_image_release(&page);
}

static void test_refused(void **state)
{
    (void)state;
    nn_error err = {0};
    app_figure f = {.width = 31000, .height = 10};
    app_figure_add(&f);
    assert_int_equal(app_figure_write(&f, test_temp("g.png").text, &err), NN_EINVAL);
    f.width = 10;
    assert_int_equal(app_figure_write(&f, test_temp("nowhere/g.png").text, &err), NN_ENOTFOUND);
    app_figure_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale), cmocka_unit_test(test_paint),  cmocka_unit_test(test_blend),
        cmocka_unit_test(test_seen),  cmocka_unit_test(test_around), cmocka_unit_test(test_ticks),
        cmocka_unit_test(test_page),  cmocka_unit_test(test_refused)};
    return NN_HAS_pango ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
