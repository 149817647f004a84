// SPDX-License-Identifier: MIT
// Boxes behind GStreamer's elements: moved with the picture, or dropped with a warning that names
// the element.
#include "frames.h"
#include "models.h"
#include "plugins/infer/attach.h"
#include "plugins/meta/frame_transform.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

enum { W = 200, H = 100 };

#define SQUARE "video/x-raw,width=200,height=200,pixel-aspect-ratio=1/1"
#define WIDE "video/x-raw,width=400,height=100,pixel-aspect-ratio=1/1"
#define FRAMES(n)                                                                                  \
    "videotestsrc pattern=black num-buffers=" n " ! "                                              \
    "video/x-raw,format=I420,width=200,height=100,framerate=10/1,pixel-aspect-ratio=1/1 ! "        \
    "identity name=in ! "

static const char *const names[] = {"person", "car"};
static test_path model; // a small one

// A car, and in the corner at the right a person.
static const nn_box boxes[] = {{20, 40, 60, 90, 0.75f, 1, 7, false, 0},
                               {180, 0, 200, 20, 0.5f, 0, 0, false, 0}};

typedef struct Seen {
    GMutex lock;
    int frames, metas, regions, count;
    nn_box box, second;
    int width, height;                   // of the result
    GstVideoRegionOfInterestMeta region; // of the car: only x, y, w, h count
    int region_id;
    double confidence, x_min; // of its "detection"
} Seen;

static GstPadProbeReturn attach(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    const nn_result r = {.boxes = (nn_box *)boxes,
                         .count = 2,
                         .capacity = 2,
                         .frame_width = W,
                         .frame_height = H,
                         .source_pts = UINT64_MAX};
    (void)pad;
    info->data = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    NeroLabels *labels = nero_labels_new("street", names, 2);
    assert_non_null(nero_attach_result(info->data, &r, 0, NULL, labels));
    nero_labels_unref(labels);
    (void)data;
    return GST_PAD_PROBE_OK;
}

static void see_regions(Seen *seen, GstBuffer *buffer)
{
    gpointer state = NULL;
    seen->regions = 0;
    for (GstMeta *m; (m = gst_buffer_iterate_meta_filtered(
                          buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));
         seen->regions++) {
        GstVideoRegionOfInterestMeta *r = (GstVideoRegionOfInterestMeta *)m;
        GstStructure *s = gst_video_region_of_interest_meta_get_param(r, "detection");
        if (strcmp(g_quark_to_string(r->roi_type), "car") != 0)
            continue;
        seen->region = *r;
        seen->region_id = r->id;
        seen->confidence = seen->x_min = -1;
        if (s)
            gst_structure_get(s, "confidence", G_TYPE_DOUBLE, &seen->confidence, "x_min",
                              G_TYPE_DOUBLE, &seen->x_min, NULL);
    }
}

static GstPadProbeReturn see(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Seen *seen = data;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    NeroMeta *m = nero_meta_get(buffer);
    (void)pad;
    g_mutex_lock(&seen->lock);
    seen->frames++;
    if (m) {
        seen->metas++;
        seen->count = m->result.count;
        seen->box = m->result.count > 0 ? m->result.boxes[0] : (nn_box){0};
        seen->second = m->result.count > 1 ? m->result.boxes[1] : (nn_box){0};
        seen->width = m->result.frame_width;
        seen->height = m->result.frame_height;
    }
    see_regions(seen, buffer);
    g_mutex_unlock(&seen->lock);
    return GST_PAD_PROBE_OK;
}

static void probe(GstElement *bin, const char *name, const char *pad_name,
                  GstPadProbeCallback callback, gpointer data)
{
    g_autoptr(GstElement) e = gst_bin_get_by_name(GST_BIN(bin), name);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(e, pad_name);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, callback, data, NULL);
}

// Plays to the end; returns the warnings that were posted, a line each, and their number.
static char *play(GstElement *pipeline, int *warnings)
{
    GString *texts = g_string_new(NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gboolean ended = FALSE;
    *warnings = 0;
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    while (!ended) {
        g_autoptr(GError) error = NULL;
        GstMessage *m = gst_bus_timed_pop_filtered(
            bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
        assert_non_null(m);
        if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR) {
            gst_message_parse_error(m, &error, NULL);
            fail_msg("%s: %s", GST_OBJECT_NAME(GST_MESSAGE_SRC(m)), error->message);
        }
        ended = GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS;
        if (!ended) {
            gst_message_parse_warning(m, &error, NULL);
            g_string_append_printf(texts, "%s\n", error->message);
            ++*warnings;
        }
        gst_message_unref(m);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    return g_string_free(texts, FALSE);
}

static Seen send_through(const char *chain)
{
    Seen seen = {0};
    int warnings;
    g_autoptr(GError) error = NULL;
    g_mutex_init(&seen.lock);
    g_autofree char *text = g_strdup_printf(FRAMES("3") "%s ! fakesink name=out", chain);
    g_autoptr(GstElement) pipeline = gst_parse_launch(text, &error);
    if (error)
        fail_msg("%s: %s", chain, error->message);
    probe(pipeline, "in", "src", attach, NULL);
    probe(pipeline, "out", "sink", see, &seen);
    g_free(play(pipeline, &warnings));
    g_mutex_clear(&seen.lock);
    assert_true(seen.frames > 0);
    return seen;
}

static void expect_box(const char *what, const nn_box *b, float x0, float y0, float x1, float y1)
{
    if (fabsf(b->x0 - x0) + fabsf(b->y0 - y0) + fabsf(b->x1 - x1) + fabsf(b->y1 - y1) > 0.01f)
        fail_msg("%s: %g %g %g %g instead of %g %g %g %g", what, (double)b->x0, (double)b->y0,
                 (double)b->x1, (double)b->y1, (double)x0, (double)y0, (double)x1, (double)y1);
}

static void expect_region(const char *what, const Seen *s, int x0, int y0, int x1, int y1)
{
    const GstVideoRegionOfInterestMeta *r = &s->region;
    if ((int)r->x != x0 || (int)r->y != y0 || (int)(r->x + r->w) != x1 || (int)(r->y + r->h) != y1)
        fail_msg("%s: region %u %u %u %u", what, r->x, r->y, r->x + r->w, r->y + r->h);
    if (fabs(s->confidence - 0.75) > 1e-6 || s->region_id != 1)
        fail_msg("%s: region %d has confidence %g", what, s->region_id, s->confidence);
}

// Where GStreamer gives the numbers, or the picture stays as it is.
static void boxes_move_with_the_picture(void **state)
{
    (void)state;
    static const struct {
        const char *chain;
        int width, height;
        int x0, y0, x1, y1; // of the car
    } cases[] = {
        {"videoconvert ! video/x-raw,format=RGB", 200, 100, 20, 40, 60, 90},
        {"videoscale ! video/x-raw,width=400,height=200", 400, 200, 40, 80, 120, 180},
        {"videoscale ! video/x-raw,width=200,height=200", 200, 200, 20, 80, 60, 180},
        {"videoscale add-borders=true ! " SQUARE, 200, 200, 20, 90, 60, 140},
        {"videoscale add-borders=true ! " WIDE, 400, 100, 120, 40, 160, 90},
        {"videoconvertscale ! " SQUARE, 200, 200, 20, 90, 60, 140},
        {"autovideoconvert", 200, 100, 20, 40, 60, 90},
        {"videoscale ! " SQUARE " ! videoscale ! video/x-raw,width=100,height=100", 100, 100, 10,
         45, 30, 70},
        {"imagefreeze num-buffers=4", 200, 100, 20, 40, 60, 90},
        {"videorate ! video/x-raw,framerate=30/1", 200, 100, 20, 40, 60, 90},
        {"videorate drop-only=true ! video/x-raw,framerate=5/1", 200, 100, 20, 40, 60, 90},
        {"videobalance saturation=0 ! gamma gamma=2 ! zebrastripe", 200, 100, 20, 40, 60, 90},
        {"jpegenc ! jpegdec", 200, 100, 20, 40, 60, 90},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Seen s = send_through(cases[i].chain);
        assert_int_equal(s.metas, s.frames);
        assert_int_equal(s.regions, 2);
        assert_int_equal(s.count, 2);
        assert_int_equal(s.width, cases[i].width);
        assert_int_equal(s.height, cases[i].height);
        expect_box(cases[i].chain, &s.box, (float)cases[i].x0, (float)cases[i].y0,
                   (float)cases[i].x1, (float)cases[i].y1);
        expect_region(cases[i].chain, &s, cases[i].x0, cases[i].y0, cases[i].x1, cases[i].y1);
        if (fabs(s.x_min - (double)cases[i].x0 / s.width) > 1e-6)
            fail_msg("%s: x_min %g", cases[i].chain, s.x_min);
    }
}

// Elements that change a picture and tell nobody how, in GStreamer before 1.28: no boxes rather
// than wrong ones.
static const char *const losing[][2] = {
    {"videoflip video-direction=horiz", "videoflip"},
    {"videoflip video-direction=90r", "videoflip"},
    {"videocrop left=10 top=20", "videocrop"},
    {"aspectratiocrop aspect-ratio=1/1", "aspectratiocrop"},
    {"videobox left=-10 top=-20", "videobox"},
    {"compositor", "compositor"},
    {"videocrop left=20 ! videoconvert ! video/x-raw,format=RGB ! queue", "videocrop"},
    {"videomedian", "videomedian"},
};

static gboolean tells_moves(void)
{
    guint major = 0, minor = 0, micro, nano;
    gst_version(&major, &minor, &micro, &nano);
    return major > 1 || minor >= 28;
}

static void wrong_boxes_are_left_behind(void **state)
{
    (void)state;
    if (tells_moves())
        skip();
    for (gsize i = 0; i < G_N_ELEMENTS(losing); i++) {
        const Seen s = send_through(losing[i][0]);
        if (s.metas + s.regions > 0)
            fail_msg("%s: %d, %d", losing[i][0], s.metas, s.regions);
    }
}

static gboolean drop_boxes(GstBuffer *buffer, GstMeta **meta, gpointer unused)
{
    (void)buffer;
    (void)unused;
    if ((*meta)->info->api == NERO_META_API_TYPE ||
        (*meta)->info->api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)
        *meta = NULL;
    return TRUE;
}

// A stand-in for a model's result of no boxes yet: what neroinfer attaches is taken off again.
static GstPadProbeReturn undress(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    (void)data;
    info->data = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    gst_buffer_foreach_meta(info->data, drop_boxes, NULL);
    return GST_PAD_PROBE_OK;
}

static void one_warning_says_where(void **state)
{
    (void)state;
    static const char *const sinks[] = {"nerooverlay ! fakesink",
                                        "neropublish location=/dev/null ! "
                                        "fakesink",
                                        "nerosink offscreen=yes sync=false"};
    if (tells_moves())
        skip();
    for (gsize i = 0; i < G_N_ELEMENTS(losing); i++) {
        int warnings;
        const char *sink = sinks[i % G_N_ELEMENTS(sinks)];
        g_autofree char *text =
            g_strdup_printf(FRAMES("20") "neroinfer model=%s async=false ! %s ! %s", model.text,
                            losing[i][0], sink);
        g_autoptr(GstElement) pipeline = gst_parse_launch(text, NULL);
        g_autofree char *said = play(pipeline, &warnings);
        g_autofree char *want = g_strdup_printf("come through %s, ", losing[i][1]);
        if (warnings != 1 || !strstr(said, want))
            fail_msg("%s ! %s: %d warnings: %s", losing[i][0], sink, warnings, said);
    }
}

static void nothing_lost_no_warning(void **state)
{
    (void)state;
    static const char *const chains[] = {
        "videocrop left=10 ! neroinfer name=i ! nerooverlay ! fakesink",
        "videocrop left=10 ! identity name=i ! nerooverlay ! fakesink",
        "neroinfer name=i ! videocrop ! nerooverlay ! fakesink",
        "neroinfer name=i ! videoscale ! " SQUARE " ! nerooverlay ! fakesink",
        "neroinfer name=i ! nerooverlay ! fakesink", // before the first result
    };
    for (gsize i = 0; i < G_N_ELEMENTS(chains); i++) {
        int warnings;
        g_autofree char *text = g_strdup_printf(FRAMES("20") "%s", chains[i]);
        g_autoptr(GstElement) pipeline = gst_parse_launch(text, NULL);
        g_autoptr(GstElement) e = gst_bin_get_by_name(GST_BIN(pipeline), "i");
        if (g_object_class_find_property(G_OBJECT_GET_CLASS(e), "model"))
            g_object_set(e, "model", model.text, NULL);
        if (i + 1 == G_N_ELEMENTS(chains))
            probe(pipeline, "i", "src", undress, NULL);
        g_autofree char *said = play(pipeline, &warnings);
        if (warnings)
            fail_msg("%s: %s", chains[i], said);
    }
}

// The scaler says only that the shape changed, its property that there are no borders.
static void stretched_pictures_have_stretched_boxes(void **state)
{
    (void)state;
    static const char *const ours[] = {"nerooverlay", "neropublish location=/dev/null"};
    for (gsize i = 0; i < G_N_ELEMENTS(ours); i++) {
        Seen seen = {0};
        int warnings;
        g_autofree char *text = g_strdup_printf(
            FRAMES("3") "neroinfer model=%s ! identity name=behind ! videoscale "
                        "add-borders=false ! " SQUARE " ! queue ! %s ! fakesink name=out",
            model.text, ours[i]);
        g_autoptr(GstElement) pipeline = gst_parse_launch(text, NULL);
        probe(pipeline, "behind", "sink", undress, NULL);
        probe(pipeline, "behind", "src", attach, NULL);
        probe(pipeline, "out", "sink", see, &seen);
        g_free(play(pipeline, &warnings));
        assert_int_equal(seen.metas, 3);
        expect_box(ours[i], &seen.box, 20, 80, 60, 180);
        expect_box(ours[i], &seen.second, 180, 0, 200, 40);
        expect_region(ours[i], &seen, 20, 80, 60, 180);
    }
}

// An element downstream that takes GstVideoCropMeta would make videocrop cut in name only.
static void frames_are_cut_before_us(void **state)
{
    (void)state;
    g_autofree char *infer = g_strdup_printf("neroinfer model=%s async=false", model.text);
    const char *const ours[] = {infer, "nerooverlay", "neropublish location=/dev/null"};
    for (gsize i = 0; i < G_N_ELEMENTS(ours); i++) {
        g_autofree char *text = g_strdup_printf("videocrop left=10 top=20 ! %s", ours[i]);
        GstHarness *h = gst_harness_new_parse(text);
        gst_harness_add_propose_allocation_meta(h, GST_VIDEO_META_API_TYPE, NULL);
        gst_harness_add_propose_allocation_meta(h, GST_VIDEO_CROP_META_API_TYPE, NULL);
        frame_caps(h, "I420", W, H, "");
        GstBuffer *out = gst_harness_push_and_pull(h, frame_new("I420", W, H, 0));
        assert_non_null(out);
        assert_null(gst_buffer_get_video_crop_meta(out));
        const GstVideoMeta *m = gst_buffer_get_video_meta(out);
        if (m)
            assert_int_equal(m->width, W - 10);
        gst_buffer_unref(out);
        gst_harness_teardown(h);
    }
}

// Positions of pixels as GStreamer 1.28 defines them, from the corners of two rectangles.
static void matrices_move_edges(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float m[3][3];
        int in[2], out[2], width, height;
        float x0, y0, x1, y1;
    } cases[] = {
        {"mirror", {{-1, 0, W - 1}, {0, 1, 0}, {0, 0, 1}}, {0}, {0}, W, H, 140, 40, 180, 90},
        {"clockwise", {{0, -1, H - 1}, {1, 0, 0}, {0, 0, 1}}, {0}, {0}, H, W, 10, 20, 60, 60},
        {"180", {{-1, 0, W - 1}, {0, -1, H - 1}, {0, 0, 1}}, {0}, {0}, W, H, 140, 10, 180, 60},
        {"cut", {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {10, 20}, {0}, W - 10, H - 20, 10, 20, 50, 70},
        {"border", {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {0}, {0, 50}, W, W, 20, 90, 60, 140},
        {"twice", {{2, 0, 0}, {0, 2, 0}, {0, 0, 1}}, {0}, {0}, 2 * W, 2 * H, 40, 80, 120, 180},
    };
    const float slanted[3][3] = {{1, 0.5f, 0}, {0, 1, 0}, {0, 0, 1}};
    const float lens[3][3] = {{1, 0, 0}, {0, 1, 0}, {0.1f, 0, 1}};
    nn_transform move;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        nn_box b = boxes[0];
        assert_true(nero_frame_transform_from_matrix(cases[i].m, cases[i].in, cases[i].out, &move));
        assert_true(nn_transform_box(&move, cases[i].width, cases[i].height, &b));
        expect_box(cases[i].name, &b, cases[i].x0, cases[i].y0, cases[i].x1, cases[i].y1);
    }
    assert_false(nero_frame_transform_from_matrix(slanted, (int[2]){0}, (int[2]){0}, &move));
    assert_false(nero_frame_transform_from_matrix(lens, (int[2]){0}, (int[2]){0}, &move));
}

// Boxes that are cut off go with their regions; the others keep theirs.
static void regions_go_with_their_boxes(void **state)
{
    (void)state;
    GstBuffer *b = gst_buffer_new();
    GstPadProbeInfo info = {.data = b};
    attach(NULL, &info, NULL);
    b = info.data;
    const nn_transform cut = {1, 0, -30, 0, 1, -30}; // the person is above the new frame
    assert_true(nero_meta_move(b, nero_meta_get(b), &cut, W - 30, H - 30));
    Seen seen = {0};
    see_regions(&seen, b);
    assert_int_equal(seen.regions, 1);
    expect_region("cut", &seen, 0, 10, 30, 60);
    assert_int_equal(nero_meta_get(b)->result.count, 1);
    gst_buffer_unref(b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_move_with_the_picture),
        cmocka_unit_test(wrong_boxes_are_left_behind),
        cmocka_unit_test(one_warning_says_where),
        cmocka_unit_test(nothing_lost_no_warning),
        cmocka_unit_test(stretched_pictures_have_stretched_boxes),
        cmocka_unit_test(frames_are_cut_before_us),
        cmocka_unit_test(matrices_move_edges),
        cmocka_unit_test(regions_go_with_their_boxes),
    };
    gst_init(&argc, &argv);
    model = test_temp("model.safetensors");
    model_write(model.text);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
