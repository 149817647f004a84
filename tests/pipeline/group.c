// SPDX-License-Identifier: MIT
// Several inputs at once: each gives what it gives alone, one that breaks leaves the others alone.
#include "pipeline/group.h"
#include "pipeline/mosaic.h"

#include "clip.h"
#include "nn/io/image/image.h"
#include "tests/plugins/models.h"
#include "tests/support/test.h"

#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static char *clip, *other, *model;

static int make_files(void **state)
{
    (void)state;
    clip = clip_make("clip.avi");
    other = clip_make("other.avi");
    model = clip_path("model.safetensors");
    model_write(model);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(clip);
    g_free(other);
    g_free(model);
    return 0;
}

static vp_options defaults(void)
{
    return (vp_options){.model = model,
                        .threshold = -1,
                        .iou_threshold = -1,
                        .interval = 1,
                        .threads = 1,
                        .track = true};
}

static vp_group *open_group(const vp_options *o, const char *const *inputs, int count)
{
    vp_group *g;
    nn_error err = {0};
    if (vp_group_open(&g, o, inputs, count, &err) != NN_OK)
        fail_msg("%s", err.text);
    return g;
}

static void run(vp_group *g)
{
    nn_error err = {0};
    if (vp_group_run(g, &err) != NN_OK)
        fail_msg("%s", err.text);
}

// Detections of the clip alone.
static int64_t alone(void)
{
    vp_pipeline *p;
    nn_error err = {0};
    vp_options o = defaults();
    o.input = clip;
    if (vp_pipeline_open(&p, &o, &err) != NN_OK || vp_pipeline_run(p, &err) != NN_OK)
        fail_msg("%s", err.text);
    const vp_stats s = vp_pipeline_stats(p);
    vp_pipeline_free(p);
    return s.detections;
}

static void gives_what_each_gives_alone(void **state)
{
    (void)state;
    const char *const inputs[] = {clip, other, clip};
    const vp_options o = defaults();
    const int64_t expected = alone();
    vp_group *g = open_group(&o, inputs, 3);
    run(g);
    for (int i = 0; i < 3; i++) {
        const vp_stats s = vp_group_stats(g, i);
        assert_int_equal(s.frames, CLIP_FRAMES);
        assert_int_equal(s.inferred, CLIP_FRAMES);
        assert_int_equal(s.detections, expected);
    }
    vp_group_free(g);
}

static void writes_all_lines_into_one_file(void **state)
{
    (void)state;
    const char *const inputs[] = {clip, other};
    g_autofree char *json = clip_path("all.jsonl"), *text = NULL;
    vp_options o = defaults();
    o.json = json;
    vp_group *g = open_group(&o, inputs, 2);
    run(g);
    vp_group_free(g);
    assert_true(g_file_get_contents(json, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    assert_int_equal(g_strv_length(lines), 2 * CLIP_FRAMES + 1); // nothing behind the last
    int of_other = 0;
    for (int i = 0; i < 2 * CLIP_FRAMES; i++) {
        assert_true(g_str_has_prefix(lines[i], "{\"frame\":") && g_str_has_suffix(lines[i], "}"));
        of_other += strstr(lines[i], "other.avi") != NULL;
    }
    assert_int_equal(of_other, CLIP_FRAMES);
}

static bool is_lit(const nn_image *f, int x0, int y0, int x1, int y1)
{
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            const uint8_t *p = f->rgb + 3 * ((size_t)y * (size_t)f->width + (size_t)x);
            if (p[0] > 40 || p[1] > 40 || p[2] > 40)
                return true;
        }
    return false;
}

static void shows_a_tile_for_each(void **state)
{
    (void)state;
    const char *const inputs[] = {clip, other, clip};
    g_autofree char *png = clip_path("tiles.png"), *film = clip_path("tiles.mp4");
    vp_options o = defaults();
    o.view = VP_VIEW_OFFSCREEN;
    o.snapshot = png;
    o.record = film;
    vp_group *g = open_group(&o, inputs, 3);
    run(g);
    vp_group_free(g);
    nn_image image = {0};
    nn_error err = {0};
    if (nn_image_load(&image, png, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(image.width, 1280);
    assert_int_equal(image.height, 720);
    assert_true(is_lit(&image, 0, 60, 640, 360)); // below the line of figures
    assert_true(is_lit(&image, 640, 0, 1280, 360));
    assert_true(is_lit(&image, 0, 360, 640, 720));
    assert_false(is_lit(&image, 640, 360, 1280, 720)); // there is no fourth input
    nn_image_release(&image);
    assert_true(g_file_test(film, G_FILE_TEST_EXISTS));
}

// A full disk: the inputs are read to their end, then the error says what is missing.
static void says_when_the_snapshot_cannot_be_written(void **state)
{
    (void)state;
    vp_options o = defaults();
    nn_error err = {0};
    struct rlimit before, most;
    const char *inputs[] = {clip, other};
    g_autofree char *png = clip_path("full.png");
    o.view = VP_VIEW_OFFSCREEN;
    o.snapshot = png;
    vp_group *g = open_group(&o, inputs, 2);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    most = (struct rlimit){100, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &most), 0);
    const nn_status status = vp_group_run(g, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, NN_EIO);
    assert_non_null(strstr(err.text, "Snapshot: "));
    assert_non_null(strstr(err.text, "full.png"));
    assert_int_equal(vp_group_stats(g, 1).frames, CLIP_FRAMES);
    vp_group_free(g);
}

static void names_an_input_that_is_missing(void **state)
{
    (void)state;
    const char *const inputs[] = {clip, "/dev/null/no.avi"};
    const vp_options o = defaults();
    vp_group *g;
    nn_error err = {0};
    assert_int_not_equal(vp_group_open(&g, &o, inputs, 2, &err), NN_OK);
    assert_null(g);
    assert_non_null(strstr(err.text, "/dev/null/no.avi"));
    assert_int_equal(vp_group_open(&g, &o, inputs, VP_GROUP_MAX + 1, &err), NN_EINVAL);
}

static void remember(void *user, const char *line)
{
    g_string_append_printf(user, "%s\n", line);
}

static void goes_on_without_a_broken_input(void **state)
{
    (void)state;
    g_autofree char *broken = clip_path("broken.avi");
    const char *const inputs[] = {broken, clip}, *const none[] = {broken, broken};
    GString *said = g_string_new(NULL);
    nn_error err = {0};
    vp_options o = defaults();
    o.on_notice = remember;
    o.user = said;
    assert_true(g_file_set_contents(broken, "RIFF of nothing at all", -1, NULL));
    vp_group *g = open_group(&o, inputs, 2);
    run(g);
    assert_int_equal(vp_group_stats(g, 0).frames, 0);
    assert_int_equal(vp_group_stats(g, 1).frames, CLIP_FRAMES);
    assert_non_null(strstr(said->str, "broken.avi"));
    vp_group_free(g);
    g = open_group(&o, none, 2);
    assert_int_not_equal(vp_group_run(g, &err), NN_OK);
    assert_non_null(strstr(err.text, "none of the 2 inputs"));
    vp_group_free(g);
    g_string_free(said, TRUE);
}

static void stop_at_20(void *user, int64_t frame, const nn_result *result)
{
    (void)result;
    if (frame == 20)
        vp_group_stop(*(vp_group **)user);
}

static void stops_when_asked(void **state)
{
    (void)state;
    const char *const inputs[] = {"test", "test"}; // endless
    vp_group *g;
    vp_options o = defaults();
    o.on_frame = stop_at_20;
    o.user = &g;
    g = open_group(&o, inputs, 2);
    run(g);
    assert_true(vp_group_stats(g, 0).frames + vp_group_stats(g, 1).frames >= 20);
    vp_group_free(g);
}

static char *message_of(vp_mosaic *m)
{
    char *text;
    g_object_get(vp_mosaic_view(m), "message", &text, NULL);
    return text;
}

// The window says what it waits for until the first picture of any input.
static void waits_in_words(void **state)
{
    (void)state;
    nn_error err = {0}, warning = {0};
    bool closed = false;
    vp_mosaic *m;
    vp_options o = defaults();
    o.view = VP_VIEW_WINDOW;
    g_autoptr(GstElement) input = gst_object_ref_sink(
        gst_parse_launch("videotestsrc is-live=true ! video/x-raw,format=BGRx,width=160,height=120 "
                         "! appsink name=tile",
                         NULL));
    g_autoptr(GstElement) tile = gst_bin_get_by_name(GST_BIN(input), "tile");
    assert_int_equal(vp_mosaic_new(&m, 2, &o, &err), NN_OK);
    vp_mosaic_connect(m, 1, tile);
    vp_mosaic_wait(m, "gate", NULL); // not yet
    g_autofree char *before = message_of(m);
    assert_true(!before || !*before);
    if (vp_mosaic_start(m, &err) != NN_OK)
        fail_msg("%s", err.text);
    vp_mosaic_wait(m, "gate, yard", "cannot connect");
    g_autofree char *said = message_of(m);
    assert_string_equal(said, "waiting for gate, yard \xe2\x80\xa6\ncannot connect");
    for (int i = 0; i < 15; i++) // black pictures end nothing
        assert_int_equal(vp_mosaic_watch(m, 100 * GST_MSECOND, &closed, &warning, &err), NN_OK);
    g_autofree char *still = message_of(m);
    assert_string_equal(still, said);
    gst_element_set_state(input, GST_STATE_PLAYING);
    const gint64 end = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    bool waits = true;
    while (waits && g_get_monotonic_time() < end) {
        if (vp_mosaic_watch(m, 10 * GST_MSECOND, &closed, &warning, &err) != NN_OK)
            fail_msg("%s", err.text);
        g_autofree char *text = message_of(m);
        waits = text && *text;
    }
    assert_false(waits);
    vp_mosaic_wait(m, "gate", NULL); // no more
    g_autofree char *after = message_of(m);
    assert_true(!after || !*after);
    gst_element_set_state(input, GST_STATE_NULL);
    vp_mosaic_free(m);
}

typedef struct slow_pictures {
    gint count; // atomic
    GstClockTime last;
} slow_pictures;

enum { PICTURE_MS = 100, SLOW_PICTURES = 20, RATE = 30 };

// As if each picture took so long to make.
static GstPadProbeReturn make_slow(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    slow_pictures *s = data;
    (void)pad;
    if (g_atomic_int_get(&s->count) == SLOW_PICTURES)
        return GST_PAD_PROBE_OK;
    g_usleep(PICTURE_MS * G_TIME_SPAN_MILLISECOND);
    s->last = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    g_atomic_int_inc(&s->count);
    return GST_PAD_PROBE_OK;
}

// A machine that is too slow for the rate of the window leaves out pictures.
static void keeps_up_with_the_time(void **state)
{
    (void)state;
    nn_error err = {0}, warning = {0};
    bool closed = false;
    vp_mosaic *m;
    slow_pictures s = {0};
    vp_options o = defaults();
    o.view = VP_VIEW_WINDOW;
    assert_int_equal(vp_mosaic_new(&m, 2, &o, &err), NN_OK);
    g_autoptr(GstObject) pipeline = gst_object_get_parent(GST_OBJECT(vp_mosaic_view(m)));
    g_autoptr(GstElement) mix = gst_bin_get_by_name(GST_BIN(pipeline), "mix");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(mix, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, make_slow, &s, NULL);
    if (vp_mosaic_start(m, &err) != NN_OK)
        fail_msg("%s", err.text);
    while (g_atomic_int_get(&s.count) < SLOW_PICTURES)
        assert_int_equal(vp_mosaic_watch(m, 10 * GST_MSECOND, &closed, &warning, &err), NN_OK);
    vp_mosaic_free(m);
    assert_true(s.last > 2 * SLOW_PICTURES * GST_SECOND / RATE);
}

int main(void)
{
    g_setenv("SDL_VIDEODRIVER", "dummy", TRUE);
    g_setenv("LC_ALL", "C", TRUE); // English
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_each_gives_alone),
        cmocka_unit_test(writes_all_lines_into_one_file),
        cmocka_unit_test(shows_a_tile_for_each),
        cmocka_unit_test(says_when_the_snapshot_cannot_be_written),
        cmocka_unit_test(names_an_input_that_is_missing),
        cmocka_unit_test(goes_on_without_a_broken_input),
        cmocka_unit_test(stops_when_asked),
        cmocka_unit_test(waits_in_words),
        cmocka_unit_test(keeps_up_with_the_time),
    };
    return cmocka_run_group_tests(tests, make_files, free_files);
}
