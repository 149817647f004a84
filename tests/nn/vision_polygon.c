// SPDX-License-Identifier: MIT
// Areas from text: units, rectangles, texts that cannot be meant; inside, bounds and shared area.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/vision/polygon.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

static nn_polygon area(const char *text)
{
    nn_polygon p;
    nn_error err = {.status = NN_OK};
    if (nn_polygon_parse(&p, text, strlen(text), &err) != NN_OK)
        fail_msg("%s: %s", text, err.text);
    return p;
}

static void assert_near(double a, double b)
{
    if (!(fabs(a - b) < 1e-4 * (1 + fabs(b))))
        fail_msg("%.6f is not %.6f", a, b);
}

static void test_units(void **state)
{
    (void)state;
    nn_polygon p = area(" 0.25, .5 ,1,1"), q;
    assert_false(p.pixels);
    assert_true(p.rectangle);
    assert_int_equal(p.count, 4);
    nn_polygon_to_pixels(&q, &p, 640, 480);
    nn_box b;
    nn_polygon_bounds(&q, &b);
    assert_near(b.x0, 160);
    assert_near(b.y0, 240);
    assert_near(b.x1, 640);
    assert_near(b.y1, 480);
    p = area("10,20,110.5,220");
    assert_true(p.pixels);
    nn_polygon_to_pixels(&q, &p, 640, 480); // pixels stay pixels
    assert_near(nn_polygon_area(&q), 100.5 * 200);
    p = area("0,0,1,0,0.5,1");
    assert_false(p.pixels);
    assert_false(p.rectangle);
    assert_near(nn_polygon_area(&p), 0.5);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "a number is missing"},
        {"  ", "a number is missing"},
        {"1,2,3,", "a number is missing"},
        {"1,2,,4", "a number is missing"},
        {"a,2,3,4", "\"a\" is not a number"},
        {"1,2,3x,4", "\"3x\" is not a number"},
        {"1e3,2,3,4", "\"1e3\" is not a number"},
        {"nan,2,3,4", "\"nan\" is not a number"},
        {"1..2,2,3,4", "\"1..2\" is not a number"},
        {".,2,3,4", "\".\" is not a number"},
        {"0.1,-0.2,0.3,0.4", "\"-0.2\" is negative"},
        {"1 2,3,4", "a comma is missing before \"2\""},
        {"0.1,0.2,0.3", "3 numbers: each point has an x and a y"},
        {"0.1,0.2", "1 of at least 2 points"},
        {"0.25,0.5,640,480", "0.5 and 640: fractions of the frame (0..1) and pixels are mixed"},
        {"0.1,0.2,1.2,0.9", "mixed"},
        {"0.1,0.2,0.1,0.9", "no width or no height"},
        {"0.1,0.1,0.2,0.2,0.3,0.3", "no width or no height"},
        {"0,0,10,10,10,0,0,10", "the edges behind points 1 and 3 cross"},
        {"9999999,2,3,4", "no frame is so large"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nn_polygon p;
        nn_error err = {.status = NN_OK};
        assert_int_equal(nn_polygon_parse(&p, bad[i].text, strlen(bad[i].text), &err), NN_EINVAL);
        if (!strstr(err.text, bad[i].says))
            fail_msg("\"%s\" gives \"%s\", not \"%s\"", bad[i].text, err.text, bad[i].says);
    }
}

static void test_many_points(void **state)
{
    (void)state;
    char text[2048];
    nn_polygon p;
    nn_error err;
    for (int count = NN_POLYGON_POINTS; count <= NN_POLYGON_POINTS + 1; count++) {
        int n = 0;
        for (int i = 0; i < count; i++) {
            const double t = 2 * 3.14159265358979 * i / count;
            n += snprintf(text + n, sizeof text - (size_t)n, "%s%d,%d", i ? "," : "",
                          (int)(5000 + 4000 * cos(t)), (int)(5000 + 4000 * sin(t)));
        }
        const nn_status status = nn_polygon_parse(&p, text, (size_t)n, &err);
        assert_int_equal(status, count == NN_POLYGON_POINTS ? NN_OK : NN_EINVAL);
    }
    assert_string_equal(err.text, "more than 64 points");
}

// A line takes two points, which are no rectangle there.
static void test_points(void **state)
{
    (void)state;
    nn_polygon p;
    nn_error err;
    assert_int_equal(nn_points_parse(&p, "0.1,0.2,0.8,0.2", 15, 2, 2, &err), NN_OK);
    assert_int_equal(p.count, 2);
    assert_near(p.point[1].x, 0.8);
    assert_int_equal(nn_points_parse(&p, "0.1,0.2,0.8,0.2,1,1", 19, 2, 2, &err), NN_EINVAL);
    assert_string_equal(err.text, "3 points; at most 2");
    assert_int_equal(nn_points_parse(&p, "0.1,0.2,0.8,0.2;x", 15, 2, 2, &err), NN_OK); // length
}

static void test_list(void **state)
{
    (void)state;
    nn_polygon *list;
    int count;
    nn_error err;
    assert_int_equal(nn_polygon_parse_list(&list, &count, "0,0,.5,.5; 10,10,20,10,15,20 ;", &err),
                     NN_OK);
    assert_int_equal(count, 2);
    assert_false(list[0].pixels);
    assert_true(list[1].pixels);
    nn_free(list);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            nn_polygon_parse_list(&list, &count, (const char *[]){NULL, "", " \t"}[i], &err),
            NN_OK);
        assert_null(list);
        assert_int_equal(count, 0);
    }
    assert_int_equal(nn_polygon_parse_list(&list, &count, "0,0,.5,.5;;0,0,1,1", &err), NN_EINVAL);
    assert_string_equal(err.text, "area 2: a number is missing; points are x,y,x,y,...");
    assert_null(list);
    char many[9 * (NN_POLYGONS + 1) + 1];
    for (int i = 0; i <= NN_POLYGONS; i++)
        memcpy(many + 9 * i, "0,0,1,1; ", 10);
    assert_int_equal(nn_polygon_parse_list(&list, &count, many, &err), NN_EINVAL);
    assert_string_equal(err.text, "65 areas; at most 64");
}

static void test_inside(void **state)
{
    (void)state;
    // a C, open to the right
    const nn_polygon p = area("10,10,50,10,50,20,20,20,20,40,50,40,50,50,10,50");
    assert_true(nn_polygon_contains(&p, 15, 30));
    assert_false(nn_polygon_contains(&p, 35, 30));
    assert_true(nn_polygon_contains(&p, 45, 45));
    assert_false(nn_polygon_contains(&p, 5, 45));
    // each point of a grid lies in exactly one of two halves, on their common edge too
    const nn_polygon left = area("0,0,30,0,10,40,0,40"), right = area("30,0,60,0,60,40,10,40");
    for (int y = 1; y < 40; y++)
        for (int x = 1; x < 60; x++)
            assert_int_equal(nn_polygon_contains(&left, (float)x, (float)y) +
                                 nn_polygon_contains(&right, (float)x, (float)y),
                             1);
    const nn_box foot = {.x0 = 20, .y0 = 21, .x1 = 60, .y1 = 45}; // its middle is outside
    assert_true(nn_polygon_contains_foot(&p, &foot));
    const nn_box border = {.x0 = 20, .y0 = 21, .x1 = 60, .y1 = 50}; // of area and frame
    assert_true(nn_polygon_contains_foot(&p, &border));
    assert_false(nn_polygon_contains(&p, 40, 50));
}

// Shared areas against counting the points of a fine grid.
static void test_overlap(void **state)
{
    (void)state;
    static const char *shapes[] = {
        "10,10,50,10,50,20,20,20,20,40,50,40,50,50,10,50", // C
        "50,50,10,50,10,10,30,35,50,10",                   // M, the other way round
        "5,5,60,5,30,60",
        "20,20,40,40",
    };
    nn_rng rng = nn_rng_seed(7);
    for (int i = 0; i < 80; i++) {
        const nn_polygon p = area(shapes[i % 4]);
        nn_box b = {.x0 = 60 * nn_rng_uniform(&rng), .y0 = 60 * nn_rng_uniform(&rng)};
        b.x1 = b.x0 + 1 + 40 * nn_rng_uniform(&rng);
        b.y1 = b.y0 + 1 + 40 * nn_rng_uniform(&rng);
        int hits = 0;
        enum { N = 200 };
        for (int y = 0; y < N; y++)
            for (int x = 0; x < N; x++)
                hits += nn_polygon_contains(&p, b.x0 + (b.x1 - b.x0) * ((float)x + 0.5f) / N,
                                            b.y0 + (b.y1 - b.y0) * ((float)y + 0.5f) / N);
        const double size = (double)((b.x1 - b.x0) * (b.y1 - b.y0));
        const double found = nn_polygon_overlap(&p, &b);
        if (!(fabs(found - size * hits / (N * N)) < 0.02 * size))
            fail_msg("shape %d: %.3f of %.3f", i % 4, found, size * hits / (N * N));
    }
    const nn_polygon p = area(shapes[0]);
    assert_near(nn_polygon_overlap(&p, &(nn_box){.x0 = 0, .y0 = 0, .x1 = 90, .y1 = 90}),
                nn_polygon_area(&p));
    assert_near(nn_polygon_overlap(&p, &(nn_box){.x0 = 25, .y0 = 25, .x1 = 45, .y1 = 35}), 0);
    assert_near(nn_polygon_overlap(&p, &(nn_box){.x0 = 45, .y0 = 45, .x1 = 25, .y1 = 35}), 0);
}

static nn_status read_list(void *ctx, nn_error *err)
{
    nn_polygon *list;
    int count;
    const nn_status status = nn_polygon_parse_list(&list, &count, ctx, err);
    assert_true(status == NN_OK ? list && count == 2 : !list && count == 0);
    nn_free(list);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(alloc_fail_each(read_list, "0,0,1,1;0,0,1,0,1,1"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_many_points), cmocka_unit_test(test_points),
        cmocka_unit_test(test_list),        cmocka_unit_test(test_inside),
        cmocka_unit_test(test_overlap),     cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
