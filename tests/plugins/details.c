// SPDX-License-Identifier: MIT
// Masks, keypoints and rotated boxes on the way through elements: structures, scaling, drawing,
// JSON.
#include "nn/vision/palette.h"
#include "plugins/infer/attach.h"
#include "plugins/meta/give_detail.h"
#include "tests/plugins/lines.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

enum { W = 200, H = 100, POINTS = 17 };

// A person with keypoints on a line, a ring as a mask, and a rotated ship.
static nn_result make_result(void)
{
    nn_result r;
    nn_result_init(&r);
    assert_int_equal(nn_result_reserve(&r, 3), NN_OK);
    r.count = 3;
    r.frame_width = W;
    r.frame_height = H;
    r.boxes[0] = (nn_box){.x0 = 10, .y0 = 10, .x1 = 50, .y1 = 90, .score = 0.9f, .track_id = 4};
    r.boxes[1] = (nn_box){.x0 = 60, .y0 = 20, .x1 = 110, .y1 = 80, .score = 0.8f, .label = 1};
    r.boxes[2] = (nn_box){.x0 = 126, .y0 = 26, .x1 = 174, .y1 = 74, .score = 0.7f, .label = 1};
    nn_details d = {0};
    for (int i = 2; i >= 0; i--) { // in another order than the boxes
        assert_int_equal(nn_details_add(&d, &r.boxes[i].detail), NN_OK);
        nn_detail *x = nn_details_at(&d, r.boxes[i].detail);
        if (i == 2)
            x->rotated = (nn_rotated_box){150, 50, 60, 8, 0.7853982f};
        if (i == 1) {
            uint8_t *mask = nn_details_add_mask(&d, 50, 60);
            for (int y = 0; y < 60; y++)
                for (int k = 0; k < 50; k++) {
                    const double u = (k - 24.5) / 25, v = (y - 29.5) / 30, at = u * u + v * v;
                    mask[y * 50 + k] = at < 1 && at > 0.25;
                }
            x->mask_x0 = 60;
            x->mask_y0 = 20;
            x->mask_x1 = 110;
            x->mask_y1 = 80;
        }
        nn_keypoint *points = i == 0 ? nn_details_add_keypoints(&d, POINTS) : NULL;
        for (int k = 0; points && k < POINTS; k++)
            points[k] = (nn_keypoint){12 + 2 * (float)k, 14 + 4 * (float)k, k == 3 ? 0.1f : 0.9f};
    }
    r.details = d;
    return r;
}

static GstBuffer *make_frame(const char *format)
{
    static const char *const names[] = {"person", "ship"};
    nn_result r = make_result();
    NeroLabels *labels = nero_labels_new("detailed", names, 2);
    GstVideoInfo info = frame_info(format, W, H);
    GstBuffer *b = gst_buffer_new_allocate(NULL, info.size, NULL);
    gst_buffer_memset(b, 0, 128, info.size);
    GST_BUFFER_PTS(b) = 0;
    assert_non_null(nero_attach_result(b, &r, 0.5f, NULL, labels));
    nero_labels_unref(labels);
    nn_result_release(&r);
    return b;
}

static const GstStructure *structure_of(GstBuffer *b, int region, const char *name)
{
    gpointer state = NULL;
    const NeroMeta *m = nero_meta_get(b);
    for (GstMeta *meta; (meta = gst_buffer_iterate_meta_filtered(
                             b, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));) {
        GstVideoRegionOfInterestMeta *r = (GstVideoRegionOfInterestMeta *)meta;
        if (r->id == m->first_region + region)
            return gst_video_region_of_interest_meta_get_param(r, name);
    }
    return NULL;
}

static gconstpointer data_of(const GstStructure *s, gsize *size)
{
    const GValue *v = gst_structure_get_value(s, "data_buffer");
    return g_variant_get_fixed_array(g_value_get_variant(v), size, 1);
}

static void check_structures(GstBuffer *b)
{
    gsize size;
    double rotation, x_min;
    const GstStructure *s = structure_of(b, 0, "keypoints");
    assert_non_null(s);
    assert_string_equal(gst_structure_get_string(s, "format"), "keypoints");
    const float *at = data_of(s, &size);
    assert_int_equal(size, 2 * POINTS * sizeof *at);
    assert_float_equal(at[0], 2.0 / 40, 1e-3);
    assert_float_equal(at[2 * 16 + 1], (14 + 64 - 10) / 80.0, 1e-3);
    const GValue *names = gst_structure_get_value(s, "point_names");
    assert_int_equal(gst_value_array_get_size(names), POINTS);
    assert_string_equal(g_value_get_string(gst_value_array_get_value(names, 16)), "right_ankle");
    s = structure_of(b, 1, "segmentation_mask");
    assert_non_null(s);
    const guint8 *mask = data_of(s, &size);
    assert_int_equal(size, 50 * 60);
    assert_true(mask[30 * 50 + 5] == 1 && mask[30 * 50 + 25] == 0);
    assert_true(gst_structure_get_double(s, "x_min", &x_min));
    assert_float_equal(x_min, 0.3, 1e-6);
    s = structure_of(b, 2, "detection");
    assert_true(gst_structure_get_double(s, "rotation", &rotation));
    assert_float_equal(rotation, 0.7853982, 1e-5);
    assert_null(structure_of(b, 2, "keypoints"));
}

static void test_structures(void **state)
{
    (void)state;
    GstBuffer *b = make_frame("RGB");
    check_structures(b);
    GstBuffer *copy = gst_buffer_copy(b);
    gst_buffer_unref(b);
    check_structures(copy);
    const nn_result *r = nero_meta_result(nero_meta_get(copy));
    assert_int_equal(nn_result_detail(r, &r->boxes[0])->keypoint_count, POINTS);
    gst_buffer_unref(copy);
}

// Keypoints that another model finds in a region come to what the box has, in the place of others.
static void test_given(void **state)
{
    (void)state;
    nn_details given = {0};
    int32_t index;
    GstBuffer *b = make_frame("RGB");
    NeroMeta *m = nero_meta_get(b);
    const nn_result *r = nero_meta_result(m);
    assert_int_equal(nn_details_add(&given, &index), NN_OK);
    *nn_details_add_keypoints(&given, 1) = (nn_keypoint){70, 30, 0.8f};
    for (int i = 0; i < 3; i++) {
        assert_true(nero_meta_give_detail(b, m->first_region + i, &given, index));
        const nn_detail *d = nn_result_detail(r, &r->boxes[i]);
        assert_int_equal(d->keypoint_count, 1);
        assert_float_equal(nn_detail_keypoints(&r->details, d)->x, 70, 0);
        assert_int_equal(d->mask_width, i == 1 ? 50 : 0);
        assert_float_equal(d->rotated.width, i == 2 ? 60 : 0, 0);
        assert_non_null(structure_of(b, i, "keypoints"));
    }
    const nn_detail *ring = nn_result_detail(r, &r->boxes[1]);
    assert_int_equal(nn_detail_mask(&r->details, ring)[30 * 50 + 5], 1);
    assert_non_null(structure_of(b, 1, "segmentation_mask"));
    nn_details_release(&given);
    gst_buffer_unref(b);
}

// Twice as wide and as high.
static void test_moves(void **state)
{
    (void)state;
    GstHarness *h =
        gst_harness_new_parse("videoscale ! capsfilter caps=video/x-raw,width=400,height=200");
    frame_caps(h, "RGB", W, H, "");
    GstBuffer *b = gst_harness_push_and_pull(h, make_frame("RGB"));
    const nn_result *r = nero_meta_result(nero_meta_get(b));
    const nn_detail *d = nn_result_detail(r, &r->boxes[0]);
    assert_float_equal(nn_detail_keypoints(&r->details, d)[16].x, 2 * 44, 1e-3);
    d = nn_result_detail(r, &r->boxes[1]);
    assert_float_equal(d->mask_x1, 220, 1e-3);
    d = nn_result_detail(r, &r->boxes[2]);
    assert_float_equal(d->rotated.width, 120, 1e-3);
    check_structures(b); // fractions stay
    gst_buffer_unref(b);
    gst_harness_teardown(h);
}

static const guint8 *pixel(const GstMapInfo *map, int x, int y)
{
    return map->data + (gsize)(y * GST_ROUND_UP_4(3 * W) + 3 * x);
}

static gboolean is_grey(const GstMapInfo *map, int x, int y)
{
    const guint8 *p = pixel(map, x, y);
    return p[0] == 128 && p[1] == 128 && p[2] == 128;
}

// NEROSCALE_KEEP=FILE.ppm keeps what was drawn.
static void keep_picture(const GstMapInfo *map)
{
    const char *path = g_getenv("NEROSCALE_KEEP");
    FILE *f = path ? fopen(path, "wb") : NULL;
    if (!f)
        return;
    fprintf(f, "P6 %d %d 255\n", W, H);
    for (int y = 0; y < H; y++)
        fwrite(pixel(map, 0, y), 3, W, f);
    fclose(f);
}

static void test_drawing(void **state)
{
    (void)state;
    GstMapInfo map;
    GstHarness *h =
        gst_harness_new_parse("nerooverlay show-labels=false show-scores=false thickness=2");
    frame_caps(h, "RGB", W, H, "");
    GstBuffer *b = gst_harness_push_and_pull(h, make_frame("RGB"));
    assert_true(gst_buffer_map(b, &map, GST_MAP_READ));
    keep_picture(&map);
    assert_false(is_grey(&map, 65, 50));       // the ring
    assert_true(is_grey(&map, 85, 50));        // and its hole
    const guint8 *white = pixel(&map, 12, 14); // the first keypoint
    assert_true(white[0] > 240 && white[1] > 240 && white[2] > 240);
    assert_false(is_grey(&map, 150, 50 - 6)); // a long side of the rotated box
    assert_true(is_grey(&map, 150, 50));      // its middle
    assert_true(is_grey(&map, 126, 50));      // its bounds are not drawn
    assert_true(is_grey(&map, 173, 30));
    gst_buffer_unmap(b, &map);
    gst_buffer_unref(b);
    gst_harness_teardown(h);
}

// A rotated box whose corners are far away is drawn where the frame shows its sides.
static void test_long_box(void **state)
{
    (void)state;
    static const float lengths[] = {60, 4000, 1e12f, INFINITY};
    GstHarness *h =
        gst_harness_new_parse("nerooverlay show-labels=false show-scores=false thickness=2");
    frame_caps(h, "RGB", W, H, "");
    for (int i = 0; i < 4; i++) {
        GstMapInfo map;
        GstBuffer *b = make_frame("RGB");
        nn_result *r = &nero_meta_get(b)->result;
        nn_details_at(&r->details, r->boxes[2].detail)->rotated.width = lengths[i];
        b = gst_harness_push_and_pull(h, b);
        assert_true(gst_buffer_map(b, &map, GST_MAP_READ));
        if (i != 2) { // floats are too coarse to tell where it is
            assert_int_equal(is_grey(&map, 150, 50 - 6), i == 3);
            assert_int_equal(is_grey(&map, 190, 90 - 6), i != 1); // beyond the short one
            assert_true(is_grey(&map, 150, 50));
        }
        gst_buffer_unmap(b, &map);
        gst_buffer_unref(b);
    }
    gst_harness_teardown(h);
}

// Of objects that are covered neither mask nor keypoints are drawn; others keep theirs.
static void test_anonymized(void **state)
{
    (void)state;
    GstMapInfo map;
    GstHarness *h = gst_harness_new_parse("nerooverlay show-labels=false show-scores=false "
                                          "thickness=2 anonymize=fill anonymize-labels=person");
    frame_caps(h, "RGB", W, H, "");
    GstBuffer *b = gst_harness_push_and_pull(h, make_frame("RGB"));
    assert_true(gst_buffer_map(b, &map, GST_MAP_READ));
    for (int y = 14; y < 86; y++)
        for (int x = 14; x < 46; x++) // inside of the lines of the person's box
            assert_memory_equal(pixel(&map, x, y), pixel(&map, 14, 14), 3);
    assert_false(is_grey(&map, 65, 50)); // the ring
    gst_buffer_unmap(b, &map);
    gst_buffer_unref(b);
    gst_harness_teardown(h);
}

static void test_json(void **state)
{
    (void)state;
    const test_path path = test_temp("details.jsonl");
    g_autofree char *text = g_strdup_printf("neropublish location=%s", path.text);
    GstHarness *h = gst_harness_new_parse(text);
    frame_caps(h, "RGB", W, H, "");
    gst_buffer_unref(gst_harness_push_and_pull(h, make_frame("RGB")));
    gst_harness_teardown(h);
    GPtrArray *lines = lines_read(path.text);
    assert_int_equal(lines->len, 1);
    const cJSON *objects = cJSON_GetObjectItemCaseSensitive(g_ptr_array_index(lines, 0), "objects");
    const cJSON *person = cJSON_GetArrayItem(objects, 0), *ring = cJSON_GetArrayItem(objects, 1),
                *ship = cJSON_GetArrayItem(objects, 2);
    const cJSON *points = cJSON_GetObjectItemCaseSensitive(person, "keypoints");
    assert_int_equal(cJSON_GetArraySize(points), POINTS);
    const cJSON *nose = cJSON_GetArrayItem(points, 0);
    assert_string_equal(lines_text(nose, "name"), "nose");
    assert_float_equal(lines_number(nose, "x"), 12.0 / W, 1e-6);
    assert_float_equal(lines_number(nose, "y"), 14.0 / H, 1e-6);
    assert_float_equal(lines_number(nose, "confidence"), 0.9, 1e-6);
    assert_false(cJSON_HasObjectItem(person, "mask"));
    const cJSON *mask = cJSON_GetObjectItemCaseSensitive(ring, "mask");
    const cJSON *counts = cJSON_GetObjectItemCaseSensitive(mask, "counts");
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(mask, "size");
    assert_int_equal(cJSON_GetArrayItem(size, 0)->valueint, 60);
    assert_int_equal(cJSON_GetArrayItem(size, 1)->valueint, 50);
    int total = 0, set = 0, run = 0;
    const cJSON *count;
    cJSON_ArrayForEach(count, counts)
    {
        total += count->valueint;
        set += run++ % 2 ? count->valueint : 0;
    }
    assert_int_equal(total, 3000);
    assert_true(set > 1700 && set < 1800); // pi * 25 * 30 * 3 / 4 = 1767
    const cJSON *rotated = cJSON_GetObjectItemCaseSensitive(ship, "rotated_box");
    assert_float_equal(lines_number(rotated, "rotation"), 0.785398, 1e-6);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(rotated, "corners")), 4);
    g_ptr_array_unref(lines);
}

// Tracked frames keep the details of measured boxes; those predicted beside them have none.
static void test_tracking(void **state)
{
    (void)state;
    GstHarness *h = gst_harness_new_parse("nerotrack");
    frame_caps(h, "RGB", W, H, "");
    for (int i = 0; i < 3; i++) {
        GstBuffer *in = make_frame("RGB");
        GST_BUFFER_PTS(in) = (guint64)i * 40 * GST_MSECOND;
        GstBuffer *b = gst_harness_push_and_pull(h, in);
        const nn_result *r = nero_meta_result(nero_meta_get(b));
        assert_true(r->count >= 3);
        for (int k = 0; k < r->count; k++) {
            const nn_detail *d = nn_result_detail(r, &r->boxes[k]);
            assert_int_equal(d != NULL, !r->boxes[k].predicted);
            if (d && r->boxes[k].x0 < 20)
                assert_int_equal(d->keypoint_count, POINTS);
        }
        assert_non_null(structure_of(b, 0, "keypoints"));
        gst_buffer_unref(b);
    }
    gst_harness_teardown(h);
}

// A frame with everything so many pixels further to the right.
static GstBuffer *make_moved(int pixels)
{
    GstBuffer *b = make_frame("RGB");
    nn_result *r = &nero_meta_get(b)->result;
    const nn_transform shift = {.xx = 1, .dx = pixels, .yy = 1};
    nn_details_transform(&r->details, &shift);
    for (int i = 0; i < r->count; i++) {
        r->boxes[i].x0 += (float)pixels;
        r->boxes[i].x1 += (float)pixels;
    }
    return b;
}

// A box of too low a score, with the detail of the ship.
static void add_faint(GstBuffer *b)
{
    NeroMeta *m = nero_meta_get(b);
    nn_box box = {.x0 = 2, .y0 = 80, .x1 = 8, .y1 = 90, .score = 0.2f, .label = 1};
    box.detail = m->result.boxes[2].detail;
    const nn_result one = {.boxes = &box, .count = 1, .frame_width = W, .frame_height = H};
    assert_int_equal(nn_result_copy(&m->faint, &one), NN_OK);
}

// Between measurements, in frames without boxes (1) and with those of an earlier frame (2),
// keypoints and masks move with their tracks.
static void check_between(int kind)
{
    GstHarness *h = gst_harness_new_parse("nerotrack");
    frame_caps(h, "RGB", W, H, "");
    for (int i = 0; i < 8; i++) {
        GstBuffer *in = i % 2 && kind == 1 ? frame_new("RGB", W, H, 0) : make_moved(i / 2 * 4);
        GST_BUFFER_PTS(in) = (guint64)i * 40 * GST_MSECOND;
        if (kind == 2) {
            nero_meta_get(in)->result.age_ms = 40.0f * (float)(i % 2 + 1);
            nero_meta_get(in)->result.source_pts = (guint64)(i / 2) * 80 * GST_MSECOND;
            add_faint(in);
        }
        GstBuffer *b = gst_harness_push_and_pull(h, in);
        const nn_result *r = nero_meta_result(nero_meta_get(b));
        int people = 0, rings = 0;
        for (int k = 0; k < r->count; k++) {
            const nn_box *box = &r->boxes[k];
            const nn_detail *d = nn_result_detail(r, box);
            const float w = box->x1 - box->x0;
            assert_non_null(d);
            assert_int_equal(box->predicted, kind == 2 || i % 2);
            if (d->keypoint_count > 0) {
                const nn_keypoint *p = nn_detail_keypoints(&r->details, d);
                assert_float_equal((p->x - box->x0) / w, 2.0 / 40, 0.01);
                people++;
            }
            if (d->mask_width > 0) {
                assert_float_equal(d->mask_x0, box->x0, 0.5);
                assert_float_equal(d->mask_x1, box->x1, 0.5);
                assert_true(fabsf(d->mask_x0 - 60 - 2 * (float)i) < 8);
                rings++;
            }
        }
        assert_true(people == 1 && rings == 1);
        const nn_result *faint = &nero_meta_get(b)->faint;
        assert_int_equal(faint->count, kind == 2);
        for (int k = 0; k < faint->count; k++)
            assert_int_equal(faint->boxes[k].detail, 0);
        assert_int_equal(structure_of(b, 0, "keypoints") != NULL, TRUE);
        gst_buffer_unref(b);
    }
    gst_harness_teardown(h);
}

static void test_between(void **state)
{
    (void)state;
    check_between(1);
    check_between(2);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structures), cmocka_unit_test(test_moves),
        cmocka_unit_test(test_drawing),    cmocka_unit_test(test_json),
        cmocka_unit_test(test_tracking),   cmocka_unit_test(test_anonymized),
        cmocka_unit_test(test_long_box),   cmocka_unit_test(test_between),
        cmocka_unit_test(test_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
