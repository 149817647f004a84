// SPDX-License-Identifier: MIT
// Sources without objects: drawn patterns, folders of plain pictures.
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/data/negatives.h"
#include "nn/data/patterns.h"

enum { WIDTH = 168, HEIGHT = 120, KINDS = 12 };

// Patterns of a number and seed are always the same, of other numbers other ones; none but blanks
// is of one colour.
static void test_patterns(void **state)
{
    (void)state;
    static uint8_t rgb[3 * WIDTH * HEIGHT], more[3 * WIDTH * HEIGHT];
    for (int i = 0; i < 4 * KINDS; i++) {
        const char *name = nn_pattern_draw(rgb, WIDTH, HEIGHT, i, 7);
        assert_string_equal(name, nn_pattern_draw(more, WIDTH, HEIGHT, i, 7));
        assert_memory_equal(rgb, more, sizeof rgb);
        int others = 0;
        for (int p = 1; p < WIDTH * HEIGHT; p++)
            others += memcmp(rgb, rgb + 3 * p, 3) != 0;
        assert_true(strcmp(name, "blank") == 0 ? others == 0 : others > 20);
        nn_pattern_draw(more, WIDTH, HEIGHT, i + KINDS, 7);
        assert_true(memcmp(rgb, more, sizeof rgb) != 0);
    }
    // Bars are of one colour from the top down to where their row ends, past a third of the height.
    for (int i = 0; i < 8 * KINDS; i += KINDS) {
        assert_string_equal(nn_pattern_draw(rgb, WIDTH, HEIGHT, i, 7), "bars");
        for (int y = 1; y < HEIGHT / 3; y++)
            assert_memory_equal(rgb, rgb + 3 * y * WIDTH, 3 * WIDTH);
    }
}

static void test_sources(void **state)
{
    (void)state;
    test_make_dir("plain");
    test_make_dir("deep");
    test_make_dir("deep/images");
    test_make_dir("deep/labels");
    static uint8_t rgb[3 * 8 * 6];
    const nn_image image = {8, 6, rgb};
    static const char *const names[] = {"plain/a.png", "plain/b.png", "deep/images/c.png"};
    for (int i = 0; i < 3; i++)
        assert_int_equal(nn_image_save_png(&image, test_temp(names[i]).text, NULL), NN_OK);
    test_write_text("plain/broken.jpg", "no picture");
    test_write_text("deep/labels/c.txt", "0 0.5 0.5 0.5 0.5\n");
    nn_dataset d;
    nn_error err = {0};
    const nn_source source = {.path = "none", .share = 2, .unknown = {1u << 2}};
    const test_path plain = test_temp("plain"), deep = test_temp("deep");
    assert_int_equal(nn_dataset_init(&d, 0, (nn_notes){0}, &err), NN_OK);
    assert_int_equal(nn_dataset_add_pictures(&d, plain.text, &source, &err), NN_OK);
    assert_int_equal(nn_dataset_add_pictures(&d, deep.text, &source, &err), NN_OK);
    assert_int_equal(nn_dataset_add_patterns(&d, &source, 5, 1, &err), NN_OK);
    assert_true(d.count == 8 && d.source_count == 3 && d.skipped == 1);
    for (int i = 0; i < d.count; i++) { // nothing but that a class is not known
        assert_int_equal(d.samples[i].truth_count, 1);
        assert_int_equal(d.samples[i].truths[0].ignore, NN_IGNORE_CLASS);
        nn_image picture;
        bool borrowed;
        assert_int_equal(nn_dataset_picture(&d, i, &picture, &borrowed, &err), NN_OK);
        assert_true(picture.width == d.samples[i].width && borrowed == (i >= 3));
        if (!borrowed)
            nn_image_release(&picture);
    }
    test_make_dir("empty");
    const test_path empty = test_temp("empty");
    assert_int_equal(nn_dataset_add_pictures(&d, empty.text, &source, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "no picture (JPEG, PNG"));
    nn_dataset_release(&d);
}

static nn_status fill(void *ctx, nn_error *err)
{
    (void)ctx;
    nn_dataset d;
    const nn_source source = {.path = "none"};
    nn_status status = nn_dataset_init(&d, 0, (nn_notes){0}, err);
    if (status == NN_OK)
        status = nn_dataset_add_patterns(&d, &source, 2, 1, err);
    nn_dataset_release(&d);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(alloc_fail_each(fill, NULL), 4); // sources, samples, two pictures
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
