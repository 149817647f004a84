// SPDX-License-Identifier: MIT
// nerotrack: numbers, predicted boxes, regions of other detectors, and when it forgets.
#include "nn/vision/tracker_kind.h"
#include "plugins/infer/attach.h"
#include "plugins/meta/classes.h"
#include "tests/plugins/frames.h"
#include "tests/support/landscape.h"
#include "tests/support/test.h"

#include <math.h>

enum { WIDTH = 320, HEIGHT = 240 };

static GstHarness *track_new(const char *format)
{
    GstHarness *h = gst_harness_new("nerotrack");
    frame_caps(h, format, WIDTH, HEIGHT, "");
    return h;
}

static nn_box person(int frame, float y, float score)
{
    const float x = 20 + 3 * (float)frame;
    return (nn_box){.x0 = x, .y0 = y, .x1 = x + 20, .y1 = y + 50, .score = score};
}

static GstBuffer *push(GstHarness *h, GstBuffer *b)
{
    GstBuffer *out = gst_harness_push_and_pull(h, b);
    assert_non_null(out);
    return out;
}

static GstBuffer *frame(int number)
{
    return frame_new("I420", WIDTH, HEIGHT, number * 40 * GST_MSECOND);
}

// Pushes a frame with these boxes, `age` frames old, and pulls it.
static GstBuffer *push_boxes(GstHarness *h, int number, const nn_box *boxes, int count, int age)
{
    GstBuffer *b = frame(number);
    frame_add_boxes(b, boxes, count, WIDTH, HEIGHT, 40 * (float)age);
    nero_meta_get(b)->result.source_pts = (guint64)(number - age) * 40 * GST_MSECOND;
    return push(h, b);
}

static const nn_result *result_of(GstBuffer *b)
{
    NeroMeta *m = nero_meta_get(b);
    gpointer state = NULL;
    int metas = 0;
    assert_non_null(m);
    while (nero_meta_next(b, &state))
        metas++;
    assert_int_equal(metas, 1);
    return &m->result;
}

static GstVideoRegionOfInterestMeta *region(GstBuffer *b, int n)
{
    gpointer state = NULL;
    GstMeta *m = NULL;
    for (int i = 0; i <= n; i++)
        m = gst_buffer_iterate_meta_filtered(b, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
    return (GstVideoRegionOfInterestMeta *)m;
}

static int object_id(GstVideoRegionOfInterestMeta *r)
{
    int id = 0;
    assert_non_null(r);
    GstStructure *s = gst_video_region_of_interest_meta_get_param(r, "object_id");
    return s && gst_structure_get_int(s, "id", &id) ? id : 0;
}

static void test_numbers(void **state)
{
    (void)state;
    GstHarness *h = track_new("I420");
    for (int f = 0; f < 10; f++) {
        const nn_box boxes[3] = {person(f, 20, 0.9f),
                                 person(f, 150, 0.8f),
                                 {.x0 = 200, .y0 = 20, .x1 = 240, .y1 = 60, .score = 0.45f}};
        GstBuffer *b = push_boxes(h, f, boxes, 3, 0);
        const nn_result *r = result_of(b);
        assert_int_equal(r->count, 3);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(r->boxes[i].track_id, i < 2 ? i + 1 : 0);
            assert_false(r->boxes[i].predicted);
            assert_int_equal(object_id(region(b, i)), i < 2 ? i + 1 : 0);
        }
        assert_true(r->boxes[1].y0 == 150);
        assert_string_equal(nero_labels_name(nero_meta_labels(nero_meta_get(b)), 0), "person");
        assert_null(region(b, 3));
        gst_buffer_unref(b);
    }
    GstStructure *stats = NULL;
    gint tracks = 0, active = 0;
    g_object_get(h->element, "stats", &stats, NULL);
    assert_true(gst_structure_get_int(stats, "tracks", &tracks));
    assert_true(gst_structure_get_int(stats, "active", &active));
    assert_int_equal(tracks, 2);
    assert_int_equal(active, 2);
    gst_structure_free(stats);
    g_object_set(h->element, "keep-untracked", FALSE, NULL);
    const nn_box faint = {.x0 = 200, .y0 = 20, .x1 = 240, .y1 = 60, .score = 0.45f};
    GstBuffer *b = push_boxes(h, 10, &faint, 1, 0);
    for (int i = 0; i < result_of(b)->count; i++)
        assert_true(result_of(b)->boxes[i].predicted);
    gst_buffer_unref(b);
    gst_harness_teardown(h);
}

// Frames without inference get the boxes moved on, marked; so do those with an older frame's.
static void test_predicted(void **state)
{
    (void)state;
    for (int carried = 0; carried < 2; carried++) {
        GstHarness *h = track_new("I420");
        for (int f = 0; f < 30; f++) {
            const int age = f % 3;
            const nn_box box = person(f - age, 20, 0.9f);
            GstBuffer *b = age && !carried ? push(h, frame(f)) : push_boxes(h, f, &box, 1, age);
            const nn_result *r = result_of(b);
            assert_int_equal(r->count, 1);
            assert_int_equal(r->boxes[0].track_id, 1);
            assert_int_equal(r->boxes[0].predicted, age > 0);
            assert_int_equal(object_id(region(b, 0)), 1);
            assert_null(region(b, 1));
            assert_true(fabsf(r->age_ms - 40 * (float)age) < 0.5f);
            if (f > 12)
                assert_true(fabsf(r->boxes[0].x0 - person(f, 20, 0).x0) < 1);
            gst_buffer_unref(b);
        }
        gst_harness_teardown(h);
    }
}

// Results that a worker finishes later: each is measured once, for the frame it belongs to.
static void test_late(void **state)
{
    (void)state;
    GstHarness *h = track_new("I420");
    for (int f = 0; f < 40; f++) {
        const int from = f / 4 * 4 - 4; // the worker takes four frames
        const nn_box box = person(from, 20, 0.9f);
        GstBuffer *b = from < 0 ? push(h, frame(f)) : push_boxes(h, f, &box, 1, f - from);
        if (from >= 12) {
            const nn_result *r = result_of(b);
            assert_int_equal(r->count, 1);
            assert_int_equal(r->boxes[0].track_id, 1);
            assert_true(r->boxes[0].predicted);
            assert_true(fabsf(r->boxes[0].x0 - person(f, 20, 0).x0) < 2);
        }
        gst_buffer_unref(b);
    }
    gst_harness_teardown(h);
}

// A hidden object is shown for a moment; a number is kept for lost-time.
static void test_hidden(void **state)
{
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        GstHarness *h = track_new("I420");
        g_object_set(h->element, "lost-time", turn ? 200 : 2000, NULL);
        for (int f = 0; f < 10; f++) {
            const nn_box box = person(f, 20, 0.9f);
            gst_buffer_unref(push_boxes(h, f, &box, 1, 0));
        }
        int shown = 0;
        for (int f = 10; f < 30; f++) {
            GstBuffer *b = push_boxes(h, f, NULL, 0, 0);
            shown += result_of(b)->count;
            gst_buffer_unref(b);
        }
        assert_int_equal(shown, 2);
        const nn_box box = person(22, 20, 0.9f); // it slowed down
        GstBuffer *b = push_boxes(h, 30, &box, 1, 0);
        assert_int_equal(result_of(b)->boxes[0].track_id, turn ? 2 : 1);
        gst_buffer_unref(b);
        gst_harness_teardown(h);
    }
}

static int number_of(GstHarness *h, int f)
{
    const nn_box box = person(f, 20, 0.9f);
    GstBuffer *b = push_boxes(h, f, &box, 1, 0);
    const int id = result_of(b)->boxes[0].track_id;
    gst_buffer_unref(b);
    return id;
}

// After a seek, another segment or another size tracking starts anew, and numbers are not reused.
// EOS and gaps pass.
static void test_forgets(void **state)
{
    (void)state;
    GstHarness *h = track_new("I420");
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    assert_int_equal(number_of(h, 0), 1);
    assert_int_equal(number_of(h, 1), 1);
    assert_true(gst_harness_push_event(h, gst_event_new_gap(80 * GST_MSECOND, 40 * GST_MSECOND)));
    assert_int_equal(number_of(h, 3), 1);
    assert_true(gst_harness_push_event(h, gst_event_new_flush_start()));
    assert_true(gst_harness_push_event(h, gst_event_new_flush_stop(TRUE)));
    assert_true(gst_harness_push_event(h, gst_event_new_segment(&segment)));
    assert_int_equal(number_of(h, 0), 2);
    segment.start = 40 * GST_MSECOND;
    assert_true(gst_harness_push_event(h, gst_event_new_segment(&segment)));
    assert_int_equal(number_of(h, 1), 3);
    GstCaps *caps = gst_caps_from_string("video/x-raw,format=I420,width=320,height=240,"
                                         "framerate=25/1,pixel-aspect-ratio=2/1");
    assert_true(gst_harness_push_event(h, gst_event_new_caps(caps))); // the same size
    gst_caps_unref(caps);
    assert_int_equal(number_of(h, 2), 3);
    assert_int_equal(number_of(h, 1), 4); // time went back
    frame_caps(h, "I420", WIDTH * 2, HEIGHT, "");
    GstBuffer *b = frame_new("I420", WIDTH * 2, HEIGHT, 200 * GST_MSECOND);
    const nn_box box = person(2, 20, 0.9f);
    frame_add_boxes(b, &box, 1, WIDTH * 2, HEIGHT, 0);
    b = push(h, b);
    assert_int_equal(result_of(b)->boxes[0].track_id, 5);
    gst_buffer_unref(b);
    assert_true(gst_harness_push_event(h, gst_event_new_eos()));
    gst_harness_teardown(h);
}

static GstBuffer *push_regions(GstHarness *h, int f, int count)
{
    static const char *const names[] = {"face", "cat"};
    GstBuffer *b = frame(f);
    for (int i = 0; i < count; i++) {
        const nn_box p = person(f, 20 + 100 * (float)i, 0);
        gst_buffer_add_video_region_of_interest_meta(b, names[i], (guint)p.x0, (guint)p.y0, 20, 50);
        if (i == 0)
            gst_video_region_of_interest_meta_add_param(
                region(b, 0), gst_structure_new("detection", "confidence", G_TYPE_DOUBLE, 0.8,
                                                "label_id", G_TYPE_INT, 3, NULL));
    }
    return push(h, b);
}

// Regions of other detectors get "object_id", and stay as they are.
static void test_foreign(void **state)
{
    (void)state;
    GstHarness *h = track_new("I420");
    for (int f = 0; f < 10; f++) {
        GstBuffer *b = push_regions(h, f, 2);
        assert_null(nero_meta_get(b));
        assert_int_equal(object_id(region(b, 0)), 1);
        assert_int_equal(object_id(region(b, 1)), 2);
        assert_null(region(b, 2));
        GstStructure *s = gst_video_region_of_interest_meta_get_param(region(b, 0), "detection");
        assert_true(gst_structure_has_field(s, "label_id"));
        gst_buffer_unref(b);
    }
    GstBuffer *b = push_regions(h, 10, 1); // the cat is missed
    GstVideoRegionOfInterestMeta *cat = region(b, 1);
    gboolean predicted = FALSE;
    assert_int_equal(object_id(cat), 2);
    assert_string_equal(g_quark_to_string(cat->roi_type), "cat");
    gst_structure_get_boolean(gst_video_region_of_interest_meta_get_param(cat, "detection"),
                              "predicted", &predicted);
    assert_true(predicted);
    assert_true(abs((int)cat->x - (int)person(10, 0, 0).x0) <= 1 && cat->id > 0);
    gst_buffer_unref(b);
    gst_harness_teardown(h);
}

// neroinfer is asked for faint boxes before the first frame; they continue tracks only, also those
// with much score, whose class has a higher threshold.
static void test_faint(void **state)
{
    (void)state;
    GstHarness *h = track_new("I420");
    gboolean asked = FALSE;
    for (int f = 0; f < 6; f++) {
        const nn_box sure = person(f, 20, 0.9f);
        nn_box faint[2] = {person(f, 20, 0.5f), person(f, 150, 0.75f)};
        const float thresholds[] = {0.8f, 0.4f};
        GstBuffer *b = frame(f);
        frame_add_boxes(b, &sure, f == 0 ? 1 : 0, WIDTH, HEIGHT, 0);
        NeroMeta *m = nero_meta_get(b);
        m->threshold = 0.4f;
        m->class_thresholds = g_bytes_new(thresholds, sizeof thresholds);
        const nn_result with = {
            .boxes = faint, .count = 2, .frame_width = WIDTH, .frame_height = HEIGHT};
        assert_int_equal(nn_result_copy(&m->faint, &with), NN_OK);
        b = push(h, b);
        const nn_result *r = result_of(b);
        assert_int_equal(r->count, 1);
        assert_int_equal(r->boxes[0].track_id, 1);
        assert_false(r->boxes[0].predicted);
        assert_true(r->boxes[0].score == (f == 0 ? 0.9f : 0.5f));
        assert_true(g_bytes_get_size(nero_meta_get(b)->class_thresholds) == sizeof thresholds);
        assert_true(nero_meta_get(b)->threshold > 0.39f);
        gst_buffer_unref(b);
    }
    for (GstEvent *e; (e = gst_harness_try_pull_upstream_event(h)); gst_event_unref(e))
        asked = asked || gst_event_has_name(e, "nero-wants-faint");
    assert_true(asked);
    gst_harness_teardown(h);
}

// The picture is read, never written; formats that are converted row by row do without colours.
static void test_formats(void **state)
{
    (void)state;
    const char *const more[] = {"P010_10LE", "v210", "GRAY16_LE", "RGB16"};
    for (int i = 0; i < 18; i++) {
        const char *format = i < 14 ? frame_formats[i] : more[i - 14];
        GstHarness *h = track_new(format);
        for (int f = 0; f < 3; f++) {
            GstBuffer *b = frame_new(format, WIDTH, HEIGHT, f * 40 * GST_MSECOND);
            GBytes *before = frame_bytes(b);
            const nn_box box = person(f, 20, 0.9f);
            frame_add_boxes(b, &box, 1, WIDTH, HEIGHT, 0);
            b = push(h, b);
            GBytes *after = frame_bytes(b);
            assert_true(g_bytes_equal(before, after));
            assert_int_equal(result_of(b)->boxes[0].track_id, 1);
            g_bytes_unref(before);
            g_bytes_unref(after);
            gst_buffer_unref(b);
        }
        gst_harness_teardown(h);
    }
}

// A buffer that others hold (tee) is not changed; a map and marks of the meta stay.
static void test_shared(void **state)
{
    (void)state;
    GstHarness *h = track_new("I420");
    GstBuffer *b = frame(0);
    const nn_box box = person(0, 20, 0.9f);
    frame_add_boxes(b, &box, 1, WIDTH, HEIGHT, 0);
    NeroMeta *m = nero_meta_get(b);
    m->painted = TRUE;
    assert_int_equal(nn_label_map_resize(&m->result.map, 4, 3), NN_OK);
    memset(m->result.map.label, 2, 12);
    GstBuffer *out = push(h, gst_buffer_ref(b));
    assert_int_equal(nero_meta_get(b)->result.boxes[0].track_id, 0);
    assert_int_equal(result_of(out)->boxes[0].track_id, 1);
    assert_true(nero_meta_get(out)->painted);
    assert_int_equal(result_of(out)->map.width, 4);
    assert_int_equal(result_of(out)->map.label[11], 2);
    gst_buffer_unref(out);
    gst_buffer_unref(b);
    gst_harness_teardown(h);
}

// tracking-type has a value for every tracker, and each numbers an object.
static void test_trackers(void **state)
{
    (void)state;
    const nn_tracker_kind *kind;
    for (int i = 0; (kind = nn_tracker_kind_at(i)); i++) {
        g_autofree char *text = g_strdup_printf("nerotrack tracking-type=%s", kind->name);
        GstHarness *h = gst_harness_new_parse(text);
        frame_caps(h, "I420", 160, 120, "");
        const nn_box box = {.x0 = 20, .y0 = 20, .x1 = 60, .y1 = 100, .score = 0.95f};
        for (guint n = 0; n < 3; n++) {
            GstBuffer *b = frame_new("I420", 160, 120, n * 40 * GST_MSECOND);
            frame_add_boxes(b, &box, 1, 160, 120, 0);
            b = gst_harness_push_and_pull(h, b);
            assert_int_equal(nero_meta_get(b)->result.boxes[0].track_id, 1);
            gst_buffer_unref(b);
        }
        gst_harness_teardown(h);
    }
}

// Boxes with regions; the id of the first one.
static int attach(GstBuffer *b, const nn_box *boxes, int count, NeroLabels *labels)
{
    const nn_result r = {
        .boxes = (nn_box *)boxes, .count = count, .frame_width = WIDTH, .frame_height = HEIGHT};
    NeroMeta *m = nero_attach_result(b, &r, 0, NULL, labels);
    assert_non_null(m);
    return m->first_region;
}

// What a classifier and a detector inside of the boxes found stays with them; the first detector
// stays the first, also on a frame where it has nothing.
static void test_relations(void **state)
{
    (void)state;
    static const char *const names[] = {"person"}, *const faces[] = {"face"};
    NeroLabels *people = nero_labels_new("people", names, 1);
    NeroLabels *labels = nero_labels_new("faces", faces, 1);
    GstHarness *h = track_new("I420");
    for (int n = 0; n < 6; n++) {
        const nn_box boxes[] = {person(n, 20, 0.7f), person(n, 120, 0.9f)};
        const nn_box face = {.x0 = 25, .y0 = 122, .x1 = 35, .y1 = 132, .score = 0.8f};
        const gboolean alone = n == 4;
        GstBuffer *b = frame(n);
        const int first = alone ? 0 : attach(b, boxes, 2, people);
        if (!alone)
            nero_class_add(nero_region_find(b, first), &(NeroClass){.score = 0.6}, labels);
        const int found = attach(b, &face, 1, labels);
        nero_region_find(b, found)->parent_id = alone ? 0 : first + 1;
        b = push(h, b);
        gpointer next = NULL;
        const NeroMeta *m = nero_meta_next(b, &next), *second = nero_meta_next(b, &next);
        assert_int_equal(m->result.count, 2);
        assert_int_equal(m->result.boxes[0].predicted, alone);
        assert_string_equal(nero_labels_name(m->labels, 0), "person");
        assert_string_equal(nero_labels_model(second->labels), "faces");
        assert_int_equal(second->result.boxes[0].track_id, 0);
        assert_null(nero_meta_next(b, &next));
        const GstVideoRegionOfInterestMeta *child = nero_region_find(b, second->first_region);
        assert_int_equal(child->parent_id,
                         alone ? 0 : m->first_region); // the better score is first
        for (int i = 0; i < 2; i++) {
            GstVideoRegionOfInterestMeta *r = nero_region_find(b, m->first_region + i);
            assert_true((r->y > 100) == (i == 0));
            assert_non_null(gst_video_region_of_interest_meta_get_param(r, "object_id"));
            assert_int_equal(gst_video_region_of_interest_meta_get_param(r, "faces") != NULL,
                             i == 1 && !alone);
        }
        GstBuffer *copy = gst_buffer_copy(b); // copies find their regions
        assert_int_equal(nero_meta_get(copy)->first_region, m->first_region);
        gst_buffer_unref(copy);
        gst_buffer_unref(b);
    }
    nero_labels_unref(people);
    nero_labels_unref(labels);
    gst_harness_teardown(h);
}

// Played backwards, an object keeps its number.
static void test_backwards(void **state)
{
    (void)state;
    GstSegment s;
    GstHarness *h = track_new("I420");
    gst_segment_init(&s, GST_FORMAT_TIME);
    s.rate = -1;
    gst_harness_push_event(h, gst_event_new_segment(&s));
    for (int n = 20; n > 0; n--) {
        const nn_box box = person(n, 20, 0.9f);
        GstBuffer *b = push_boxes(h, n, &box, 1, 0);
        assert_int_equal(result_of(b)->boxes[0].track_id, 1);
        gst_buffer_unref(b);
    }
    gst_harness_teardown(h);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),   cmocka_unit_test(test_predicted),
        cmocka_unit_test(test_late),      cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_forgets),   cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_faint),     cmocka_unit_test(test_formats),
        cmocka_unit_test(test_shared),    cmocka_unit_test(test_trackers),
        cmocka_unit_test(test_relations), cmocka_unit_test(test_backwards)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
