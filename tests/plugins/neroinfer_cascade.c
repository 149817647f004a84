// SPDX-License-Identifier: MIT
// neroinfer inside of regions: what a classifier and a detector attach to the boxes of others, and
// which objects are inferred again.
#include "plugins/common/objects.h"
#include "plugins/elements.h"
#include "plugins/meta/classes.h"
#include "tests/plugins/fake_detector.h"
#include "tests/plugins/frames.h"
#include "tests/plugins/infer.h"
#include "tests/support/test.h"

#include <gst/video/video.h>
#include <math.h>

#define ROI "neroinfer inference-region=roi-list name=c "

static GstHarness *open_chain(const char *elements)
{
    fake_reset();
    GstHarness *h = gst_harness_new_parse(elements);
    assert_non_null(h);
    gst_harness_set_live(h, FALSE);
    frame_caps(h, "GRAY8", W, H, "");
    return h;
}

// A frame, black on the left and white on the right.
static GstBuffer *half_white(GstClockTime pts)
{
    GstBuffer *b = frame_new("GRAY8", W, H, pts);
    GstMapInfo map;
    assert_true(gst_buffer_map(b, &map, GST_MAP_WRITE));
    for (gsize i = 0; i < map.size; i++)
        map.data[i] = i % W < W / 2 ? 0 : 255;
    gst_buffer_unmap(b, &map);
    return b;
}

// Adds a region of another element, tracked when `object` > 0.
static void add_region(GstBuffer *b, const char *type, int id, int x, int y, int w, int h,
                       int object)
{
    GstVideoRegionOfInterestMeta *r =
        gst_buffer_add_video_region_of_interest_meta(b, type, x, y, w, h);
    r->id = id;
    if (object > 0)
        gst_video_region_of_interest_meta_add_param(
            r, gst_structure_new("object_id", "id", G_TYPE_INT, object, NULL));
}

static GstBuffer *push(GstHarness *h, GstBuffer *b)
{
    GstBuffer *out = gst_harness_push_and_pull(h, b);
    assert_non_null(out);
    return out;
}

static const GstStructure *class_of(GstBuffer *b, int id)
{
    GstVideoRegionOfInterestMeta *r = nero_region_find(b, id);
    assert_non_null(r);
    return gst_video_region_of_interest_meta_get_param(r, "tone");
}

static void expect_class(GstBuffer *b, int id, const char *label, gboolean predicted, double age)
{
    const GstStructure *s = class_of(b, id);
    int label_id;
    double confidence, age_ms;
    gboolean marked;
    assert_non_null(s);
    assert_true(nero_class_is(s));
    assert_string_equal(gst_structure_get_string(s, "label"), label);
    assert_string_equal(gst_structure_get_string(s, "model_name"), "tone");
    assert_string_equal(gst_structure_get_string(s, "type"), "classification_result");
    assert_true(gst_structure_get(s, "label_id", G_TYPE_INT, &label_id, "confidence", G_TYPE_DOUBLE,
                                  &confidence, "predicted", G_TYPE_BOOLEAN, &marked, "age_ms",
                                  G_TYPE_DOUBLE, &age_ms, NULL));
    assert_int_equal(label_id, !strcmp(label, "light"));
    assert_float_equal(confidence, 0.8, 1e-6);
    assert_int_equal(marked, predicted);
    assert_float_equal(age_ms, age, 1e-6);
}

// A classifier behind a detector: the boxes of one class, all in one batch, and nothing else.
static void test_classes(void **state)
{
    (void)state;
    GstHarness *h = open_chain("neroinfer model=street ! " ROI "model=tone");
    fake_seen seen = fake_get();
    GstBuffer *out = push(h, half_white(0));
    expect_class(out, 1, "dark", FALSE, 0);  // the person
    expect_class(out, 2, "light", FALSE, 0); // the car
    assert_int_equal(fake_get().runs, seen.runs + 2);
    assert_int_equal(fake_get().frames, seen.frames + 3);
    g_autoptr(GArray) objects = g_array_new(FALSE, FALSE, sizeof(NeroObject));
    assert_int_equal(nero_objects_read(out, objects), 2);
    assert_string_equal(g_array_index(objects, NeroObject, 0).class, "dark");
    assert_int_equal(g_array_index(objects, NeroObject, 1).region, 2);
    assert_string_equal(g_array_index(objects, NeroObject, 1).class, "light");
    gst_buffer_unref(out);
    g_autoptr(GstElement) c = gst_bin_get_by_name(GST_BIN(h->element), "c");
    g_object_set(c, "object-class", "car", NULL);
    out = push(h, half_white(1));
    assert_null(class_of(out, 1));
    expect_class(out, 2, "light", FALSE, 0);
    gst_buffer_unref(out);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(c, bus);
    for (int i = 0; i < 6; i++) { // said once for each class that no model has
        g_object_set(c, "object-class", i < 3 ? "unicorn" : "car", NULL);
        gst_buffer_unref(push(h, half_white(1)));
        GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
        assert_int_equal(m != NULL, i == 0);
        gst_clear_message(&m);
    }
    gst_element_set_bus(c, NULL);
    g_object_set(c, "threshold", 0.9, NULL); // too little for any
    out = push(h, half_white(2));
    assert_null(class_of(out, 2));
    gst_buffer_unref(out);
    gst_harness_teardown(h);
    assert_int_equal(fake_get().alive, 0);
}

// Classes, and the ids of parents, follow the picture.
static void test_moved(void **state)
{
    (void)state;
    GstHarness *h =
        open_chain("neroinfer model=street ! " ROI "model=tone ! neroinfer model=farm "
                   "inference-region=roi-list object-class=car ! videoscale add-borders=false ! "
                   "video/x-raw,width=32 ! queue");
    GstBuffer *out = push(h, half_white(0));
    expect_class(out, 1, "dark", FALSE, 0);
    expect_class(out, 2, "light", FALSE, 0);
    GstVideoRegionOfInterestMeta *child = nero_region_find(out, 3);
    assert_non_null(child);
    assert_int_equal(child->parent_id, 2);
    assert_string_equal(g_quark_to_string(child->roi_type), "cow");
    assert_int_equal(child->x, (W / 2 + 10) / 2);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

static void play(GstHarness *h, int frames, int object, const char *expected)
{
    for (int i = 0; i < frames; i++) {
        GstBuffer *b = half_white(i * 40 * GST_MSECOND);
        add_region(b, "thing", 9, W / 2, 3, 20, 20, object);
        const int before = fake_get().frames;
        GstBuffer *out = push(h, b);
        const int age = expected[i] - '0';
        assert_int_equal(fake_get().frames - before, age == 0);
        expect_class(out, 9, "light", age > 0, 40 * age);
        gst_buffer_unref(out);
    }
}

// A tracked object is inferred again when its interval is over; others always.
static void test_reclassify(void **state)
{
    (void)state;
    GstHarness *h = open_chain(ROI "model=tone reclassify-interval=3");
    play(h, 7, 4, "0120120");
    play(h, 3, 0, "000");
    gst_harness_push_event(h, gst_event_new_flush_start());
    gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
    frame_caps(h, "GRAY8", W, H, "");
    play(h, 2, 4, "01"); // all is forgotten
    g_autoptr(GstElement) c = gst_harness_find_element(h, "neroinfer");
    g_object_set(c, "reclassify-interval", 0, NULL);
    play(h, 9, 5, "012345678");
    g_object_set(c, "reclassify-interval", 1, NULL);
    play(h, 3, 5, "000");
    gst_harness_teardown(h);
}

// What a detector finds in a region lies in the frame and names its parent.
static void test_children(void **state)
{
    (void)state;
    GstHarness *h = open_chain(ROI "model=farm threshold=0.5");
    GstBuffer *b = half_white(5);
    add_region(b, "field", 7, 8, 4, 30, 40, 0);
    add_region(b, "field", 8, 20, 6, 30, 40, 0);
    add_region(b, "far", 9, 200, 200, 10, 10, 0); // not in the frame
    GstBuffer *out = push(h, b);
    NeroMeta *m = nero_meta_get(out);
    assert_non_null(m);
    assert_int_equal(m->result.count, 2);
    assert_int_equal(m->result.frame_width, W);
    assert_int_equal(m->first_region, 10);
    for (int i = 0; i < 2; i++) {
        const nn_box *box = &m->result.boxes[i];
        GstVideoRegionOfInterestMeta *r = nero_region_find(out, 10 + i);
        assert_non_null(r);
        assert_true(r->parent_id == 7 || r->parent_id == 8);
        assert_float_equal(box->x0, r->parent_id == 7 ? 18 : 30, 1e-6);
        assert_float_equal(box->y1, r->parent_id == 7 ? 29 : 31, 1e-6);
        assert_int_equal(r->x, (int)box->x0);
    }
    g_autoptr(GArray) objects = g_array_new(FALSE, FALSE, sizeof(NeroObject));
    assert_int_equal(nero_objects_read(out, objects), 2);
    assert_true(g_array_index(objects, NeroObject, 0).parent >= 7);
    gst_buffer_unref(out);
    out = push(h, half_white(6)); // no regions: nothing to do
    assert_null(nero_meta_get(out));
    gst_buffer_unref(out);
    assert_int_equal(fake_get().runs, 2 + 1); // two to measure the latency
    gst_harness_teardown(h);
}

// Keypoints and masks of what a detector finds in regions lie in the frame, also in frames that are
// not inferred, where they move and grow with their regions.
static void test_details(void **state)
{
    (void)state;
    GstHarness *h = open_chain(ROI "model=posed threshold=0.5 inference-interval=2");
    static const struct {
        int x, y, w, h;
        float point_x, point_y, mask_x1, mask_y1;
    } at[] = {{8, 4, 30, 40, 23, 19, 28, 29}, {2, 6, 60, 40, 32, 21, 42, 31}};
    for (int i = 0; i < 6; i++) {
        GstBuffer *b = half_white(i * 40 * GST_MSECOND);
        add_region(b, "field", 6, 0, 0, 30, 40, 4);
        add_region(b, "field", 7, at[i % 2].x, at[i % 2].y, at[i % 2].w, at[i % 2].h, 5);
        GstBuffer *out = push(h, b);
        const nn_result *r = &nero_meta_get(out)->result;
        const int first = nero_meta_get(out)->first_region;
        assert_int_equal(r->count, 2);
        assert_int_equal(r->details.count, 2); // of this frame only
        for (int k = 0; k < 2; k++) {
            const nn_detail *d = nn_result_detail(r, &r->boxes[k]);
            const gboolean second = nero_region_find(out, first + k)->parent_id == 7;
            assert_int_equal(r->boxes[k].predicted, i % 2);
            assert_non_null(d);
            const nn_keypoint *p = nn_detail_keypoints(&r->details, d);
            assert_float_equal(p->x, second ? at[i % 2].point_x : 15, 1e-4);
            assert_float_equal(p->y, second ? at[i % 2].point_y : 15, 1e-4);
            assert_float_equal(d->mask_x1, second ? at[i % 2].mask_x1 : 20, 1e-4);
            assert_float_equal(d->mask_y1, second ? at[i % 2].mask_y1 : 25, 1e-4);
            assert_int_equal(nn_detail_mask(&r->details, d)[0], 1);
            assert_int_equal(nn_detail_mask(&r->details, d)[1], 0);
        }
        gst_buffer_unref(out);
    }
    gst_harness_teardown(h);
}

static int stat(GstHarness *h, const char *field)
{
    g_autoptr(GstElement) e = gst_harness_find_element(h, "neroinfer");
    g_autoptr(GstStructure) s = NULL;
    int value = -1;
    g_object_get(e, "stats", &s, NULL);
    if (!gst_structure_get_int(s, field, &value))
        gst_structure_get_uint(s, field, (guint *)&value);
    return value;
}

// Regions that move to the right, two pixels a frame; tracked.
static GstBuffer *moving(int i, int regions)
{
    GstBuffer *b = half_white(i * 40 * GST_MSECOND);
    for (int k = 0; k < regions; k++)
        add_region(b, "field", k + 1, 2 * (i % 10), k, 30, 40, k + 5);
    return b;
}

// All regions of a frame must fit the budget together: the size falls once, to the right one.
static void test_budget(void **state)
{
    (void)state;
    GstHarness *h = open_chain(ROI "model=large latency-budget=80");
    fake_slow_each(30); // 120 ms, 83 ms, 54 ms, ...
    for (int i = 0; i < 12; i++) {
        GstBuffer *out = push(h, moving(i, 4));
        const NeroMeta *m = nero_meta_get(out);
        assert_int_equal(m->result.count, 8);
        assert_int_equal(m->result.input_width, fake_get().input_w);
        assert_int_equal(nero_meta_interval(m), 1);
        gst_buffer_unref(out);
    }
    assert_int_equal(stat(h, "size-changes"), 1);
    assert_int_equal(stat(h, "input-width"), 416);
    gst_harness_teardown(h);
}

// A model of one size: every Nth frame. In the others the boxes move with their regions.
static void test_interval(void **state)
{
    (void)state;
    int carried = 0, wrong = 0;
    GstHarness *h = open_chain(ROI "model=fixed latency-budget=20");
    fake_slow_each(30);
    for (int i = 0; i < 30; i++) {
        const int runs = fake_get().runs;
        GstBuffer *out = push(h, moving(i, 2));
        NeroMeta *m = nero_meta_get(out);
        const gboolean inferred = fake_get().runs > runs;
        assert_int_equal(m->result.count, 4);
        for (int k = 0; k < 4; k++) {
            const nn_box *b = &m->result.boxes[k];
            const GstVideoRegionOfInterestMeta *r = nero_region_find(out, m->first_region + k);
            assert_int_equal(b->predicted, !inferred);
            assert_true(r->parent_id == 1 || r->parent_id == 2);
            // behind the start of a round the regions have jumped back, and the boxes with them
            wrong += fabsf(b->x0 - (float)(2 * (i % 10) + (b->label ? 15 : 10))) > 0.01f;
        }
        assert_true((m->result.age_ms > 0) == !inferred);
        carried += !inferred;
        gst_buffer_unref(out);
    }
    assert_int_equal(wrong, 0);
    assert_true(stat(h, "interval") >= 3);
    assert_true(carried >= 10);
    gst_harness_teardown(h);
}

// Frames without regions leave the turn to the next one. Regions that nobody tracks are known by
// their place, and what was in one that is gone is gone.
static void test_turns(void **state)
{
    (void)state;
    GstHarness *h = open_chain(ROI "model=farm inference-interval=4");
    for (int i = 0; i < 5; i++)
        gst_buffer_unref(push(h, half_white(i)));
    const int frames = fake_get().frames;
    static const int columns[] = {8, 9, 40}, boxes[] = {2, 2, 0};
    for (int i = 0; i < 3; i++) {
        GstBuffer *b = half_white(5 + i);
        add_region(b, "field", 7, columns[i], 4, 24, 40, 0);
        GstBuffer *out = push(h, b);
        assert_int_equal(nero_meta_get(out)->result.count, boxes[i]);
        for (int k = 0; k < boxes[i]; k++)
            assert_int_equal(nero_region_find(out, 8 + k)->parent_id, 7);
        gst_buffer_unref(out);
    }
    assert_int_equal(fake_get().frames, frames + 1);
    gst_harness_push_event(h, gst_event_new_flush_start());
    gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
    frame_caps(h, "GRAY8", W, H, "");
    GstBuffer *b = half_white(9);
    add_region(b, "field", 7, 8, 4, 24, 40, 0);
    GstBuffer *out = push(h, b); // all is forgotten
    assert_true(!nero_meta_get(out) || fake_get().frames == frames + 2);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

static void test_refused(void **state)
{
    (void)state;
    GstHarness *h = open_chain(ROI "model=masks");
    GstBus *bus = gst_bus_new();
    g_autoptr(GstElement) c = gst_harness_find_element(h, "neroinfer");
    gst_element_set_bus(c, bus);
    GstBuffer *b = half_white(0);
    add_region(b, "thing", 1, 0, 0, 10, 10, 0);
    assert_int_equal(gst_harness_push(h, b), GST_FLOW_ERROR);
    GstMessage *m = frame_message(bus, GST_MESSAGE_ERROR);
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(m, &error, NULL);
    assert_non_null(strstr(error->message, "inference-region=full-frame"));
    gst_message_unref(m);
    gst_element_set_bus(c, NULL);
    gst_harness_teardown(h);
    gst_object_unref(bus);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    GST_ELEMENT_REGISTER(neroinfer, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),    cmocka_unit_test(test_moved),
        cmocka_unit_test(test_reclassify), cmocka_unit_test(test_children),
        cmocka_unit_test(test_details),    cmocka_unit_test(test_budget),
        cmocka_unit_test(test_interval),   cmocka_unit_test(test_turns),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
