// SPDX-License-Identifier: MIT
// The frame reader: every frame, in order, the same each time; sizes; and inputs that cannot be
// read.
#include "pipeline/reader.h"

#include "clip.h"

#include <glib.h>
#include <setjmp.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint32_t hash_frame(const nn_frame *f)
{
    uint32_t h = 2166136261u;
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < 3 * f->width; x++)
            h = (h ^ f->plane[0][(size_t)y * (size_t)f->stride[0] + (size_t)x]) * 16777619u;
    return h;
}

static int read_all(const char *input, int width, int height, uint32_t *hashes)
{
    vp_reader *r;
    nn_frame f;
    nn_error err;
    int n = 0, got;
    assert_int_equal(vp_reader_open(&r, input, width, height, &err), NN_OK);
    while ((got = vp_reader_next(r, &f, &err)) == 1) {
        assert_int_equal(f.format, NN_PIXEL_RGB);
        assert_int_equal(f.width, width ? width : CLIP_WIDTH);
        assert_int_equal(f.height, height ? height : CLIP_HEIGHT);
        assert_true(f.stride[0] >= 3 * f.width);
        if (n < CLIP_FRAMES)
            hashes[n] = hash_frame(&f);
        n++;
    }
    assert_int_equal(got, 0);
    assert_int_equal(vp_reader_next(r, &f, &err), 0); // the end stays the end
    vp_reader_close(r);
    return n;
}

static void reads_every_frame_twice_the_same(void **state)
{
    (void)state;
    uint32_t a[CLIP_FRAMES], b[CLIP_FRAMES];
    g_autofree char *clip = clip_make("a clip.avi");
    assert_int_equal(read_all(clip, 0, 0, a), CLIP_FRAMES);
    assert_int_equal(read_all(clip, 0, 0, b), CLIP_FRAMES);
    assert_memory_equal(a, b, sizeof a);
    for (int i = 1; i < CLIP_FRAMES; i++)
        assert_int_not_equal(a[i], a[i - 1]); // the ball moves
}

static void resizes(void **state)
{
    (void)state;
    uint32_t h[CLIP_FRAMES];
    g_autofree char *clip = clip_make("resize.avi");
    assert_int_equal(read_all(clip, 97, 31, h), CLIP_FRAMES);
}

static void closes_before_the_end(void **state)
{
    (void)state;
    vp_reader *r;
    nn_frame f;
    nn_error err;
    g_autofree char *clip = clip_make("early.avi");
    assert_int_equal(vp_reader_open(&r, clip, 0, 0, &err), NN_OK);
    assert_int_equal(vp_reader_next(r, &f, &err), 1);
    vp_reader_close(r);
    vp_reader_close(NULL);
}

// Opening or reading must fail with a line that has both words in it.
static void expect_failure(const char *input, const char *word, const char *word2)
{
    vp_reader *r = NULL;
    nn_frame f;
    nn_error err = {0};
    if (vp_reader_open(&r, input, 0, 0, &err) == NN_OK)
        assert_int_equal(vp_reader_next(r, &f, &err), -1);
    vp_reader_close(r);
    if (!strstr(err.text, word) || !strstr(err.text, word2))
        fail_msg("'%s' names neither '%s' nor '%s'", err.text, word, word2);
    assert_null(strchr(err.text, '\n'));
}

static void refuses_what_is_no_video(void **state)
{
    (void)state;
    g_autofree char *missing = clip_path("missing.avi");
    g_autofree char *text = clip_text("text.avi", "this is not a video\n");
    g_autofree char *empty = clip_text("empty.avi", "");
    expect_failure(missing, "missing.avi", "No such file");
    expect_failure(text, "text.avi", "not a video");
    expect_failure(empty, "empty.avi", "empty");
    expect_failure("/dev/null", "/dev/null", "");
    expect_failure("rubbish://host/x", "rubbish", "");
    expect_failure("", "no input", "");
    expect_failure(NULL, "no input", "");
}

static void refuses_sound_without_video(void **state)
{
    (void)state;
    g_autofree char *wav = clip_path("sound.wav");
    g_autofree char *text = g_strdup_printf(
        "audiotestsrc num-buffers=20 ! audioconvert ! wavenc ! filesink location=%s", wav);
    clip_play(text);
    expect_failure(wav, "sound.wav", "has no video");
}

static void refuses_impossible_sizes(void **state)
{
    (void)state;
    vp_reader *r;
    nn_error err;
    assert_int_equal(vp_reader_open(&r, "test", -1, 5, &err), NN_EINVAL);
    assert_int_equal(vp_reader_open(&r, "test", 0, 5, &err), NN_EINVAL);
    assert_int_equal(vp_reader_open(&r, "test", 20000, 5, &err), NN_EINVAL);
    assert_null(r);
}

static void reads_a_cut_file_to_its_end(void **state)
{
    (void)state;
    g_autofree char *clip = clip_make("whole.avi");
    g_autofree char *cut = clip_path("cut.avi");
    char *bytes;
    gsize size;
    assert_true(g_file_get_contents(clip, &bytes, &size, NULL));
    assert_true(g_file_set_contents(cut, bytes, (gssize)size / 2, NULL));
    g_free(bytes);
    vp_reader *r;
    nn_frame f;
    nn_error err;
    int n = 0, got;
    assert_int_equal(vp_reader_open(&r, cut, 0, 0, &err), NN_OK);
    while ((got = vp_reader_next(r, &f, &err)) == 1)
        n++;
    vp_reader_close(r);
    assert_in_range(n, 5, CLIP_FRAMES - 1); // what is there is read; an error afterwards is allowed
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_frame_twice_the_same),
        cmocka_unit_test(resizes),
        cmocka_unit_test(closes_before_the_end),
        cmocka_unit_test(refuses_what_is_no_video),
        cmocka_unit_test(refuses_sound_without_video),
        cmocka_unit_test(refuses_impossible_sizes),
        cmocka_unit_test(reads_a_cut_file_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
