// SPDX-License-Identifier: MIT
// Pictures as inputs: folders, patterns, all kinds, servers, the way up; and odd names of files.
#include "nn/io/image/image.h"

#include "camera.h"
#include "clip.h"
#include "pipeline/input.h"
#include "pipeline/pipeline.h"
#include "pipeline/reader.h"
#include "tests/plugins/models.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

enum { W = 48, H = 32 };

static char *model, *dir;
static uint8_t rgb[3][3 * W * H];

static char *in_dir(const char *name)
{
    return g_build_filename(dir, name, NULL);
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    g_autofree char *path = in_dir(name);
    assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
}

static void write_png(const char *name, int height)
{
    g_autofree char *path = in_dir(name);
    const nn_image image = {W, height, rgb[0]};
    assert_int_equal(nn_image_save_png(&image, path, NULL), NN_OK);
}

static int make_files(void **state)
{
    (void)state;
    model = clip_path("model.safetensors");
    model_write(model);
    dir = clip_path("pictures");
    g_mkdir(dir, 0777);
    for (int i = 0; i < 3; i++)
        picture_paint(rgb[i], W, H, i + 1);
    write_png("a10.png", H);
    write_png("a9.png", H / 2); // of another size
    write_png("b.png", H);
    size_t size;
    uint8_t *bmp = picture_bmp(rgb[0], W, H, &size);
    write_file("a2.bmp", bmp, size);
    write_file("broken.jpg", "\xff\xd8\xff\xe0", 4);
    write_file("notes.txt", "no picture", 10);
    free(bmp);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    static const char *const names[] = {"a10.png", "a9.png",     "b.png",
                                        "a2.bmp",  "broken.jpg", "notes.txt"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = in_dir(names[i]);
        g_unlink(path);
    }
    g_rmdir(dir);
    g_free(dir);
    g_free(model);
    return 0;
}

static void note_line(void *user, const char *line)
{
    g_string_append_printf(user, "%s\n", line);
}

// The lines of JSON of a run, in g_free's memory; with `want` 0 the error text.
static char *run(const char *input, int want, GString *notes)
{
    g_autofree char *json = clip_path("found.jsonl");
    char *text = NULL;
    vp_pipeline *p;
    nn_error err = {0};
    const vp_options o = {.input = input,
                          .model = model,
                          .threshold = -1,
                          .iou_threshold = -1,
                          .interval = 1,
                          .threads = 1,
                          .json = json,
                          .on_notice = notes ? note_line : NULL,
                          .user = notes};
    nn_status status = vp_pipeline_open(&p, &o, &err);
    if (status == NN_OK) {
        status = vp_pipeline_run(p, &err);
        if (status == NN_OK)
            assert_int_equal(vp_pipeline_stats(p).frames, want);
        vp_pipeline_free(p);
    }
    if ((status == NN_OK) != (want > 0))
        fail_msg("%s: %s", input, err.text);
    if (status != NN_OK)
        return g_strdup(err.text);
    assert_true(g_file_get_contents(json, &text, NULL, NULL));
    g_unlink(json);
    return text;
}

// Line `number` (from 1) has this file and height.
static void expect_line(const char *text, int number, const char *name, int height)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *file = g_strdup_printf("/%s\"", name);
    g_autofree char *size = g_strdup_printf("{\"height\":%d,\"width\":%d}", height, W);
    assert_true((int)g_strv_length(lines) > number);
    const char *line = lines[number - 1];
    if (!g_str_has_prefix(line, "{\"file\":\"") || !strstr(line, file) || !strstr(line, size))
        fail_msg("not %s %s: %s", file, size, line);
}

static void reads_folders_in_natural_order(void **state)
{
    (void)state;
    GString *notes = g_string_new(NULL);
    g_autofree char *text = run(dir, 4, notes);
    expect_line(text, 1, "a2.bmp", H);
    expect_line(text, 2, "a9.png", H / 2);
    expect_line(text, 3, "a10.png", H);
    expect_line(text, 4, "b.png", H);
    assert_non_null(strstr(notes->str, "broken.jpg: a picture of 0x0"));
    assert_non_null(strstr(notes->str, ", left out"));
    assert_null(strstr(notes->str, "notes.txt"));
    g_string_free(notes, TRUE);
}

static void reads_patterns(void **state)
{
    (void)state;
    g_autofree char *glob = in_dir("a*"), *sequence = in_dir("a%d.png"),
                    *none = in_dir("x%03d.png");
    g_autofree char *text = run(glob, 3, NULL), *numbered = run(sequence, 2, NULL);
    expect_line(text, 1, "a2.bmp", H);
    expect_line(text, 3, "a10.png", H);
    expect_line(numbered, 1, "a9.png", H / 2);
    assert_non_null(strstr(numbered, "\"timestamp\":40000000,\""));
    assert_non_null(strstr(text, "\"timestamp\":1000000000,\""));
    g_autofree char *said = run(none, 0, NULL);
    assert_non_null(strstr(said, "no file matches '"));
    g_autofree char *one = in_dir("broken.jpg"), *why = run(one, 0, NULL);
    assert_non_null(strstr(why, "broken.jpg: a picture of 0x0"));
}

static void never_writes_over_a_picture(void **state)
{
    (void)state;
    g_autofree char *picture = in_dir("b.png");
    vp_pipeline *p;
    nn_error err = {0};
    const vp_options o = {.input = dir, .model = model, .interval = 1, .snapshot = picture};
    assert_int_equal(vp_pipeline_open(&p, &o, &err), NN_EINVAL);
    assert_non_null(strstr(err.text, "which is an input"));
}

static void plays_what_moves(void **state)
{
    (void)state;
    typedef uint8_t *make(const uint8_t *, int, int, int, size_t *);
    make *const makers[] = {picture_gif, picture_webp};
    for (int m = 0; m < 2; m++) {
        size_t size;
        vp_reader *r;
        nn_frame f;
        nn_error err = {0};
        g_autofree char *path = clip_path("moves"); // told by content
        uint8_t *bytes = makers[m](rgb[0], W, H, 3, &size);
        if (!bytes)
            continue;
        assert_true(g_file_set_contents(path, (char *)bytes, (gssize)size, NULL));
        free(bytes);
        g_autofree char *text = run(path, 3, NULL);
        assert_non_null(strstr(text, "\"timestamp\":80000000,\""));
        assert_int_equal(vp_reader_open(&r, path, 0, 0, &err), NN_OK);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(vp_reader_next(r, &f, &err), 1);
            assert_int_equal(f.plane[0][2], m == 0 ? (60 * (i + 1)) / 51 * 51 : 60 * (i + 1));
        }
        assert_int_equal(vp_reader_next(r, &f, &err), 0);
        vp_reader_close(r);
        g_unlink(path);
    }
}

static void fetches_a_picture_once(void **state)
{
    (void)state;
    g_autofree char *path = in_dir("a2.bmp"), *broken = in_dir("broken.jpg");
    camera *c = camera_open(path, 0, 100);
    g_autofree char *text = run(camera_uri(c), 1, NULL);
    assert_int_equal(camera_connections(c), 1);
    assert_non_null(strstr(text, "\"resolution\":{\"height\":32,\"width\":48}"));
    camera_close(c);
    c = camera_open(broken, 0, 100);
    g_autofree char *said = run(camera_uri(c), 0, NULL);
    if (!strstr(said, "127.0.0.1") || strchr(said, '\n'))
        fail_msg("%s", said);
    camera_close(c);
}

// Sets a rotation of 90 degrees in a MOV file (ISO 14496-12, 8.3.2).
static void turn_track(const char *path, int height)
{
    char *bytes;
    gsize size;
    assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    char *tkhd = memmem(bytes, size, "tkhd", 4);
    const gint32 matrix[9] = {0, 0x10000, 0, -0x10000, 0, 0, height << 16, 0, 0x40000000};
    assert_non_null(tkhd);
    for (int i = 0; i < 9; i++) {
        const gint32 big = GINT32_TO_BE(matrix[i]);
        memcpy(tkhd + 44 + 4 * i, &big, 4);
    }
    assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
    g_free(bytes);
}

// A phone's video: stored on its side, with a word about it.
static void turns_videos(void **state)
{
    (void)state;
    g_autofree char *path = clip_path("turned.mov"), *shot = clip_path("shot.png");
    g_autofree char *record = clip_path("upright.mkv");
    g_autofree char *text =
        g_strdup_printf("videotestsrc num-buffers=3 ! video/x-raw,width=64,height=160 ! jpegenc ! "
                        "qtmux ! filesink location=\"%s\"",
                        path);
    clip_play(text);
    turn_track(path, 160);
    vp_pipeline *p;
    nn_error err = {0};
    nn_image image;
    vp_reader *r;
    nn_frame f;
    const vp_options o = {.input = path,
                          .model = model,
                          .threshold = -1,
                          .iou_threshold = -1,
                          .interval = 1,
                          .threads = 1,
                          .view = VP_VIEW_OFFSCREEN,
                          .record = record,
                          .snapshot = shot};
    if (vp_pipeline_open(&p, &o, &err) != NN_OK || vp_pipeline_run(p, &err) != NN_OK)
        fail_msg("%s", err.text);
    vp_pipeline_free(p);
    assert_int_equal(nn_image_load(&image, shot, &err), NN_OK);
    assert_int_equal(image.width, 160);
    assert_int_equal(image.height, 64);
    nn_image_release(&image);
    if (vp_reader_open(&r, record, 0, 0, &err) != NN_OK || vp_reader_next(r, &f, &err) != 1)
        fail_msg("%s", err.text);
    assert_int_equal(f.width, 160);
    assert_int_equal(f.height, 64);
    vp_reader_close(r);
}

static void takes_odd_names(void **state)
{
    (void)state;
    static const char *const names[] = {"a:b.mp4",     "http:x",        "rtsp::x",   "a..b",
                                        "back\\s.png", "with space",    "100%d.png", "-dash.png",
                                        "[x]*.png",    "lat\xe9in.png", "q?#&=.png"};
    const GStatBuf none = {0};
    GStatBuf st = none;
    g_autofree char *from = in_dir("b.png"), *here = g_get_current_dir();
    char *bytes;
    gsize size;
    assert_true(g_file_get_contents(from, &bytes, &size, NULL));
    g_autofree char *there = clip_path("odd");
    g_mkdir(there, 0777);
    assert_int_equal(g_chdir(there), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        assert_true(g_file_set_contents(names[i], bytes, (gssize)size, NULL));
        assert_int_equal(g_stat(names[i], &st), 0);
        g_autofree char *text = run(names[i], 1, NULL);
        assert_true(g_utf8_validate(text, -1, NULL));
        g_unlink(names[i]);
    }
    g_free(bytes);
    assert_int_equal(g_chdir(here), 0);
    g_rmdir(there);
}

static void names_what_it_does_not_know(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"foo://bar", "unknown protocol foo"},
        {"cam9:none.mp4", "cannot open 'cam9:none.mp4': No such file"},
        {"*.nothing", "no file matches '*.nothing'"},
        {"none.png", "No such file"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        vp_input input;
        nn_error err = {0};
        assert_int_not_equal(vp_input_parse(&input, cases[i][0], &err), NN_OK);
        if (!strstr(err.text, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], err.text);
    }
    g_autofree char *empty = clip_path("empty");
    g_mkdir(empty, 0777);
    g_autofree char *said = run(empty, 0, NULL);
    assert_non_null(strstr(said, "has no picture (JPEG, PNG"));
    g_rmdir(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_folders_in_natural_order),
        cmocka_unit_test(reads_patterns),
        cmocka_unit_test(never_writes_over_a_picture),
        cmocka_unit_test(plays_what_moves),
        cmocka_unit_test(fetches_a_picture_once),
        cmocka_unit_test(turns_videos),
        cmocka_unit_test(takes_odd_names),
        cmocka_unit_test(names_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, make_files, free_files);
}
