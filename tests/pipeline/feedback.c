// SPDX-License-Identifier: MIT
// The user's feedback reaches the caller with the frame that was shown; pictures of the stream come
// from time to time without delaying it; a slow window shows what is new.
#include "pipeline/state.h"

#include "camera.h"
#include "clip.h"
#include "tests/plugins/models.h"
#include "tests/support/test.h"

#include <SDL.h>
#include <glib.h>

typedef struct Watch {
    vp_pipeline *p;
    int said, pictures;
    bool slow;
} Watch;

static void push_click(float x, float y)
{
    SDL_Event e = {.button = {.type = SDL_MOUSEBUTTONDOWN, .windowID = 1}};
    e.button.button = SDL_BUTTON_LEFT;
    e.button.x = (int)x;
    e.button.y = (int)y;
    SDL_PushEvent(&e);
    SDL_Event key = {.key = {.type = SDL_KEYDOWN, .windowID = 1}};
    key.key.keysym.sym = SDLK_x;
    SDL_PushEvent(&key);
}

// Any frame may be in the window by then; a box is often at this place, and one click on it is
// enough.
static void click_on_frames(void *user, int64_t frame, const nn_result *result)
{
    Watch *w = user;
    if (frame % 5 == 0 && result && result->count > 0)
        push_click((result->boxes[0].x0 + result->boxes[0].x1) / 2,
                   (result->boxes[0].y0 + result->boxes[0].y1) / 2);
    if (frame > 500)
        vp_pipeline_stop(w->p);
}

static void on_feedback(void *user, const vp_feedback *f)
{
    Watch *w = user;
    const nn_frame *p = f->still.picture;
    nn_error err = {0};
    w->said++;
    assert_int_equal(nn_frame_check(p, &err), NN_OK);
    assert_int_equal(p->format, NN_PIXEL_RGB);
    assert_int_equal(p->width, 640);
    assert_int_equal(p->stride[0], 3 * p->width);
    assert_true(f->verdict == VP_WRONG || f->verdict == VP_WITHDRAWN);
    assert_int_equal(f->still.label_count, 2);
    assert_string_equal(f->label, f->still.labels[f->box.label]);
    assert_string_equal(f->still.model, "model");
    assert_non_null(f->still.result);
    bool found = false; // it is one of the boxes of its frame
    for (int i = 0; i < f->still.result->count; i++)
        found = found || nn_box_iou(&f->box, &f->still.result->boxes[i]) > 0.999f;
    assert_true(found);
    vp_pipeline_stop(w->p);
}

static void run(const vp_options *o, Watch *w)
{
    nn_error err = {0};
    if (vp_pipeline_open(&w->p, o, &err) != NN_OK || vp_pipeline_run(w->p, &err) != NN_OK)
        fail_msg("%s", err.text);
    vp_pipeline_free(w->p);
}

static char *model;

static vp_options defaults(Watch *w)
{
    return (vp_options){.input = "test",
                        .model = model,
                        .threshold = -1,
                        .iou_threshold = -1,
                        .interval = 1,
                        .threads = 1,
                        .user = w};
}

static void feedback_comes_with_its_frame(void **state)
{
    (void)state;
    Watch w = {0};
    vp_options o = defaults(&w);
    g_setenv("SDL_VIDEODRIVER", "dummy", TRUE);
    o.view = VP_VIEW_WINDOW;
    o.on_frame = click_on_frames;
    o.on_feedback = on_feedback;
    run(&o, &w);
    assert_true(w.said > 0);
    g_unsetenv("SDL_VIDEODRIVER");
}

static void on_picture(void *user, const vp_still *still)
{
    Watch *w = user;
    const uint8_t *rgb = still->picture->plane[0];
    int bright = 0; // the ball on black
    for (int i = 0; i < 640 * 480; i++)
        bright += rgb[3 * i] > 128;
    assert_in_range(bright, 300, 10000);
    assert_int_equal(still->picture->format, NN_PIXEL_RGB);
    w->pictures++;
    if (w->slow)
        g_usleep(200000);
}

static void pictures_do_not_hold_up(void **state)
{
    (void)state;
    for (int slow = 0; slow < 2; slow++) {
        Watch w = {.slow = slow};
        vp_options o = defaults(&w);
        o.max_frames = 300;
        o.on_picture = on_picture;
        o.picture_ms = slow ? 1 : 20;
        gint64 start = g_get_monotonic_time();
        run(&o, &w);
        const double ms = (double)(g_get_monotonic_time() - start) / 1000;
        assert_true(w.pictures >= 1);
        assert_true(w.pictures <= ms / (slow ? 200 : 20) + 2);
    }
}

enum { SHOWN = 5, SLOW_MS = 400 }; // pictures in a window, and how long it takes for each

// Frames on their way to the window, and how long each has waited for it.
typedef struct Ways {
    vp_pipeline *p;
    GMutex lock;
    GHashTable *since; // by the time of the frame
    gint64 waited[SHOWN];
    int count;
} Ways;

static GstPadProbeReturn note_coming(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Ways *w = data;
    const GstClockTime pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    (void)pad;
    g_mutex_lock(&w->lock);
    g_hash_table_insert(w->since, GSIZE_TO_POINTER(pts),
                        GSIZE_TO_POINTER((gsize)g_get_monotonic_time()));
    g_mutex_unlock(&w->lock);
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn draw_slowly(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Ways *w = data;
    const GstClockTime pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    (void)pad;
    g_mutex_lock(&w->lock);
    const gsize since =
        !GST_CLOCK_TIME_IS_VALID(pts) // from before the stream runs
            ? 0
            : GPOINTER_TO_SIZE(g_hash_table_lookup(w->since, GSIZE_TO_POINTER(pts)));
    g_mutex_unlock(&w->lock);
    if (since && w->count < SHOWN)
        w->waited[w->count++] = g_get_monotonic_time() - (gint64)since;
    if (w->count == SHOWN)
        vp_pipeline_stop(w->p);
    g_usleep(SLOW_MS * 1000);
    return GST_PAD_PROBE_OK;
}

static void add_probe(vp_pipeline *p, const char *name, GstPadProbeCallback probe, Ways *ways)
{
    g_autoptr(GstElement) e = gst_bin_get_by_name(GST_BIN(p->pipeline), name);
    assert_non_null(e);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(e, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, probe, ways, NULL);
}

static int by_time(const void *a, const void *b)
{
    const gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return x < y ? -1 : x > y;
}

// A camera sends a picture each 20 ms. Four of them in a queue would be old when they are shown.
static void a_slow_window_shows_what_is_new(void **state)
{
    (void)state;
    g_autofree char *jpeg = clip_picture("slow.jpg");
    camera *c = camera_open(jpeg, 5000, 1);
    Ways ways = {.since = g_hash_table_new(NULL, NULL)};
    vp_options o = defaults(NULL);
    nn_error err = {0};
    g_setenv("SDL_VIDEODRIVER", "dummy", TRUE);
    o.input = camera_uri(c);
    o.view = VP_VIEW_WINDOW;
    if (vp_pipeline_open(&ways.p, &o, &err) != NN_OK)
        fail_msg("%s", err.text);
    add_probe(ways.p, "shown", note_coming, &ways);
    add_probe(ways.p, "view", draw_slowly, &ways);
    if (vp_pipeline_run(ways.p, &err) != NN_OK)
        fail_msg("%s", err.text);
    vp_pipeline_free(ways.p);
    assert_int_equal(ways.count, SHOWN);
    qsort(ways.waited, SHOWN, sizeof *ways.waited, by_time);
    assert_in_range(ways.waited[SHOWN / 2], 0, 3 * SLOW_MS * G_TIME_SPAN_MILLISECOND);
    g_hash_table_unref(ways.since);
    camera_close(c);
    g_unsetenv("SDL_VIDEODRIVER");
}

int main(void)
{
    model = clip_path("model.safetensors");
    model_write(model);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feedback_comes_with_its_frame),
        cmocka_unit_test(pictures_do_not_hold_up),
        cmocka_unit_test(a_slow_window_shows_what_is_new),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    g_free(model);
    return failed;
}
