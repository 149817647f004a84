// SPDX-License-Identifier: MIT
// Frames that a program draws become a video with their times and colours, whole or not at all.
#include "pipeline/writer.h"
#include "pipeline/reader.h"
#include "tests/pipeline/clip.h"
#include "tests/support/test.h"

#include <glib.h>

enum { WIDTH = 101, HEIGHT = 63, FRAMES = 12 }; // odd: rows are padded, and sides made even

// Frame `i` is as bright as its number says.
static void add(vp_writer *w, int i, int64_t time)
{
    nn_error err = {0};
    g_autofree uint8_t *rgb = g_malloc(3 * WIDTH * HEIGHT);
    memset(rgb, 20 * i, 3 * WIDTH * HEIGHT);
    if (vp_writer_add(w, rgb, time, &err) != NN_OK)
        fail_msg("%s", err.text);
}

static void test_frames(void **state)
{
    (void)state;
    nn_error err = {0};
    vp_writer *w;
    vp_reader *r;
    nn_frame f;
    g_autofree char *path = clip_path("drawn.mp4");
    if (vp_writer_open(&w, path, WIDTH, HEIGHT, 10, &err) != NN_OK)
        fail_msg("%s", err.text);
    for (int i = 0; i < FRAMES; i++)
        add(w, i, i % 2 ? -1 : i * INT64_C(100000000));
    assert_false(g_file_test(path, G_FILE_TEST_EXISTS)); // not before it is complete
    if (vp_writer_close(w, NN_OK, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(vp_reader_open(&r, path, 0, 0, &err), NN_OK);
    for (int i = 0; i < FRAMES; i++) {
        assert_int_equal(vp_reader_next(r, &f, &err), 1);
        assert_int_equal(f.width, WIDTH + 1);
        assert_int_equal(f.height, HEIGHT + 1);
        const uint8_t grey = f.plane[0][30 * f.stride[0] + 3 * 50];
        assert_true(abs(grey - 20 * i) <= 12);
        assert_true(llabs((long long)vp_reader_time(r) - i * 100000000LL) < 2000000);
    }
    assert_int_equal(vp_reader_next(r, &f, &err), 0);
    vp_reader_close(r);
}

static void test_refused(void **state)
{
    (void)state;
    nn_error err = {0};
    vp_writer *w;
    g_autofree char *path = clip_path("half.mp4"), *text = clip_path("drawn.txt");
    assert_int_equal(vp_writer_open(&w, path, WIDTH, HEIGHT, 0, &err), NN_OK);
    add(w, 1, 0);
    assert_int_equal(vp_writer_close(w, NN_EIO, &err), NN_EIO); // the caller failed
    assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    assert_int_not_equal(vp_writer_open(&w, text, WIDTH, HEIGHT, 0, &err), NN_OK);
    assert_non_null(strstr(err.text, "drawn.txt"));
    assert_null(w);
    assert_int_equal(vp_writer_close(NULL, NN_OK, &err), NN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_frames),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
