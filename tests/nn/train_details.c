// SPDX-License-Identifier: MIT
// Outlines, keypoints and rotated boxes of labels: read from files, and moved with their pictures.
#include "nn/base/features.h"
#include "nn/base/memory.h"
#include "nn/data/augment/augment.h"
#include "nn/data/coco_shape.h"
#include "nn/data/folder_labels.h"
#include "nn/data/write/convert_set.h"
#include "nn/vision/outline.h"
#include "tests/support/alloc.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"
#include "tests/support/views.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { W = 40, H = 20 };

// Reads a folder or file below the test's folder with these details.
static nn_status read_details(set *s, const char *name, unsigned details,
                              const nn_keypoint_set *keypoints, nn_error *err)
{
    *s = (set){.path = test_temp(name)};
    nn_source source = {.path = "set"};
    nn_folder folder = {
        .path = s->path.text, .source = &source, .details = details, .keypoints = keypoints};
    const nn_data_format *format;
    nn_status status = nn_data_find(&format, folder.path, NN_DATA_BOXES, err);
    if (status == NN_OK)
        status = nn_data_names(format, &folder, &s->names, NULL, err);
    nn_class_map_identity(&s->map, s->names.count);
    folder.names = &s->names;
    folder.map = &s->map;
    const nn_status made =
        nn_dataset_init(&s->data, 1 << 20, (nn_notes){take_note, &s->book}, NULL);
    assert_int_equal(made, NN_OK);
    return status == NN_OK ? nn_dataset_add_folder(&s->data, &folder, NN_DATA_BOXES, err) : status;
}

static void make_yolo(const char *dir, const char *yaml, const char *labels)
{
    char name[256];
    const char *const folders[] = {"", "/images", "/labels"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", dir, folders[i]);
        mkdir(test_temp(name).text, 0700);
    }
    snprintf(name, sizeof name, "%s/images/a.png", dir);
    make_picture(name, W, H);
    snprintf(name, sizeof name, "%s/labels/a.txt", dir);
    test_write_text(name, labels);
    snprintf(name, sizeof name, "%s/%s", dir, yaml ? "data.yaml" : "classes.txt");
    test_write_text(name, yaml ? yaml : "cat\n");
}

static const nn_detail *detail_of(const set *s, int i)
{
    const nn_detail *d =
        nn_details_at(&s->data.samples[0].details, s->data.samples[0].truths[i].detail);
    assert_non_null(d);
    return d;
}

static const char pose_yaml[] = "train: images\nnames: [cat]\nkpt_shape: [3, 3]\n"
                                "flip_idx: [0, 2, 1]\n";

static void test_yolo_pose(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    if (!NN_HAS_yaml)
        skip();
    make_yolo("pose", pose_yaml, "0 0.5 0.5 0.5 1 0.25 0.5 2 0.5 0.1 1 0 0 0\n0 0.5 0.5 0.5 0.5\n");
    assert_int_equal(read_details(&s, "pose", NN_DETAIL_KEYPOINTS, NULL, &err), NN_OK);
    assert_string_equal(s.book.all, "");
    assert_int_equal(s.data.keypoints.count, 3);
    assert_true(s.data.keypoints.flips);
    assert_int_equal(s.data.keypoints.flip[1], 2);
    assert_int_equal(s.data.samples[0].truth_count, 2);
    assert_int_equal(s.data.samples[0].truths[1].detail, 0);
    const nn_keypoint *k = nn_detail_keypoints(&s.data.samples[0].details, detail_of(&s, 0));
    assert_true(k[0].x == 10 && k[0].y == 10 && k[0].score == NN_KEYPOINT_VISIBLE);
    assert_true(k[1].x == 20 && k[1].y == 2 && k[1].score == NN_KEYPOINT_HIDDEN);
    assert_true(k[2].score == 0);
    release_set(&s);
    // The same set as boxes alone, and asked for what it does not have.
    assert_int_equal(read_details(&s, "pose", 0, NULL, &err), NN_OK);
    assert_int_equal(s.data.samples[0].truths[0].detail, 0);
    release_set(&s);
    assert_int_equal(read_details(&s, "pose", NN_DETAIL_OUTLINES, NULL, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "has no outlines"));
    release_set(&s);
}

static void test_yolo_faults(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *labels, *fault;
    } cases[] = {
        {pose_yaml, "0 0.5 0.5 0.5 1 0.25 0.5 2 0.5 0.1 1 0 0\n", "as many numbers"},
        {pose_yaml, "0 0.5 0.5 0.5 1 0.25 0.5 2 0.5 0.1 1 0 0 3\n", "visibility"},
        {pose_yaml, "0 0.5 0.5 0.5 1 0.25 0.5 2 0.5 7 1 0 0 0\n", "keypoint is not within"},
        {"train: images\nnames: [cat]\nkpt_shape: [3, 4]\n", "", "kpt_shape"},
        {"train: images\nnames: [cat]\nkpt_shape: [999999, 3]\n", "", "kpt_shape"},
        {"train: images\nnames: [cat]\nkpt_shape: [3, 3]\nflip_idx: [0, 1]\n", "",
         "flip_idx has 2"},
        {"train: images\nnames: [cat]\nkpt_shape: [3, 3]\nflip_idx: [0, 1, 3]\n", "", "entry 2"},
        {"train: images\nnames: [cat]\nkpt_shape: [3, 3]\nflip_idx: [1, 2, 0]\n", "", "no mirror"},
        {"train: images\nnames: [cat]\nkpt_shape: [3, 3]\nkpt_names: {0: [a]}\n", "", "kpt_names"},
    };
    if (!NN_HAS_yaml)
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set s;
        nn_error err = {0};
        make_yolo("faults", cases[i].yaml, cases[i].labels);
        assert_int_equal(read_details(&s, "faults", NN_DETAIL_KEYPOINTS, NULL, &err), NN_EFORMAT);
        if (!strstr(err.text, cases[i].fault) && !strstr(s.book.all, cases[i].fault))
            fail_msg("case %zu: %s, %s", i, err.text, s.book.all);
        release_set(&s);
    }
}

// Without a description the user's word is needed: 14 numbers are no outline.
static void test_yolo_pose_by_option(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    nn_keypoint_set given;
    make_yolo("plain", NULL, "0 0.5 0.5 0.5 1 0.25 0.5 2 0.5 0.1 1 0 0 0\n");
    assert_int_equal(read_details(&s, "plain", NN_DETAIL_KEYPOINTS, NULL, &err), NN_EFORMAT);
    release_set(&s);
    assert_int_equal(nn_keypoint_set_parse(&given, "3,3", &err), NN_OK);
    assert_int_equal(read_details(&s, "plain", NN_DETAIL_KEYPOINTS, &given, &err), NN_OK);
    assert_int_equal(detail_of(&s, 0)->keypoint_count, 3);
    release_set(&s);
    assert_int_equal(nn_keypoint_set_parse(&given, "3,4", &err), NN_EINVAL);
    assert_int_equal(nn_keypoint_set_parse(&given, "0,3", &err), NN_EINVAL);
    assert_int_equal(nn_keypoint_set_parse(&given, "3", &err), NN_EINVAL);
}

// Four corners are an outline or a rotated box, as asked: a diamond around (20, 10).
static void test_four_corners(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    make_yolo("quads", NULL, "0 0.5 0.1 0.7 0.5 0.5 0.9 0.3 0.5\n");
    assert_int_equal(read_details(&s, "quads", NN_DETAIL_OUTLINES, NULL, &err), NN_OK);
    assert_int_equal(detail_of(&s, 0)->corner_count, 4);
    assert_true(detail_of(&s, 0)->rotated.width == 0);
    assert_float_equal(s.data.samples[0].truths[0].area, 128, 1e-3);
    release_set(&s);
    assert_int_equal(read_details(&s, "quads", NN_DETAIL_ROTATED, NULL, &err), NN_OK);
    const nn_rotated_box *b = &detail_of(&s, 0)->rotated;
    assert_float_equal(b->cx, 20, 1e-4);
    assert_float_equal(b->cy, 10, 1e-4);
    assert_float_equal(b->width, sqrt(128), 1e-4);
    assert_float_equal(b->height, sqrt(128), 1e-4);
    assert_float_equal(fabs(b->angle), acos(-1) / 4, 1e-5);
    assert_int_equal(detail_of(&s, 0)->corner_count, 0);
    release_set(&s);
    make_yolo("quads", NULL, "0 0.5 0.1 0.7 0.5 0.5 0.9 0.3 0.5 0.2 0.2\n");
    assert_int_equal(read_details(&s, "quads", NN_DETAIL_ROTATED, NULL, &err), NN_EFORMAT);
    release_set(&s);
}

static void test_dota(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    mkdir(test_temp("dota").text, 0700);
    mkdir(test_temp("dota/images").text, 0700);
    mkdir(test_temp("dota/labelTxt").text, 0700);
    make_picture("dota/images/a.png", W, H);
    test_write_text("dota/labelTxt/a.txt", "gsd:1\n10 4 26 12 24 16 8 8 ship 0\n");
    assert_int_equal(read_details(&s, "dota", NN_DETAIL_ROTATED, NULL, &err), NN_OK);
    const nn_rotated_box *b = &detail_of(&s, 0)->rotated;
    assert_float_equal(b->width, hypot(16, 8), 1e-4);
    assert_float_equal(b->height, hypot(2, 4), 1e-4);
    assert_float_equal(b->angle, atan2(8, 16), 1e-5);
    assert_float_equal(s.data.samples[0].truths[0].area, 80, 1e-3);
    release_set(&s);
}

// Runs down the columns of a 6 x 5 picture; the outline painted gives the same pixels.
static void check_trace(const uint8_t *pixels, int w, int h)
{
    nn_coco_shape s = {.width = w, .height = h};
    const char *wrong;
    float *xy;
    int corners;
    uint8_t *painted = nn_calloc((size_t)w * (size_t)h, 1);
    s.runs = nn_calloc((size_t)w * (size_t)h + 2, sizeof *s.runs);
    s.run_count = 1;
    for (int i = 0; i < w * h; i++) {
        const uint8_t v = pixels[i % h * w + i / h];
        if (v != (s.run_count + 1) % 2)
            s.run_count++;
        s.runs[s.run_count - 1]++;
    }
    assert_int_equal(nn_coco_shape_trace(&s, &wrong, NULL), NN_OK);
    assert_null(wrong);
    assert_null(s.runs);
    assert_int_equal(nn_coco_shape_join(&s, &xy, &corners, NULL), NN_OK);
    if (corners > 0)
        assert_int_equal(nn_outline_paint(painted, w, h, xy, corners, 1), NN_OK);
    nn_free(xy);
    assert_memory_equal(painted, pixels, (size_t)w * (size_t)h);
    nn_coco_shape_release(&s);
    nn_free(painted);
}

static void test_trace(void **state)
{
    (void)state;
    enum { SIDE = 24 };
    uint8_t pixels[SIDE * SIDE];
    nn_rng rng = nn_rng_seed(5);
    for (int i = 0; i < 200; i++) {
        const int w = 1 + (int)nn_rng_below(&rng, SIDE), h = 1 + (int)nn_rng_below(&rng, SIDE);
        const float most = nn_rng_uniform(&rng);
        for (int k = 0; k < w * h; k++)
            pixels[k] = nn_rng_uniform(&rng) < most; // holes, and pixels that touch at corners
        check_trace(pixels, w, h);
    }
}

static const char coco[] =
    "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 40, \"height\": 20}],"
    "\"categories\": [{\"id\": 1, \"name\": \"cat\", \"keypoints\": [\"nose\", \"left_eye\", "
    "\"right_eye\"], \"skeleton\": [[1, 2], [1, 3], [9, 1]]}],"
    "\"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [0, 0, 2, 20],"
    "\"area\": 40, \"iscrowd\": 0, \"segmentation\": {\"size\": [20, 40], \"counts\": [0, 40, "
    "760]},"
    "\"keypoints\": [1, 2, 2, 3, 4, 1, 0, 0, 0], \"num_keypoints\": 2},"
    "{\"id\": 2, \"image_id\": 1, \"category_id\": 1, \"bbox\": [10, 0, 20, 10], \"area\": 200,"
    "\"iscrowd\": 1, \"segmentation\": [[10, 0, 30, 0, 30, 10, 10, 10]], \"keypoints\": []}]}";

static void test_coco(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    mkdir(test_temp("coco").text, 0700);
    make_picture("coco/a.png", W, H);
    test_write_text("coco/annotations.json", coco);
    const unsigned all = NN_DETAIL_OUTLINES | NN_DETAIL_KEYPOINTS;
    if (read_details(&s, "coco", all, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(s.data.samples[0].id, "1");
    assert_int_equal(s.data.label_id[0], 1 + 1);
    const nn_keypoint_set *k = &s.data.keypoints;
    assert_int_equal(k->count, 3);
    assert_string_equal(k->names.name[2], "right_eye");
    assert_int_equal(k->link_count, 2); // there is no keypoint 9
    assert_true(k->flips && k->flip[0] == 0 && k->flip[1] == 2);
    const nn_sample *one = &s.data.samples[0];
    const nn_detail *d = detail_of(&s, 0);
    assert_float_equal(nn_outline_area(nn_detail_outline(&one->details, d), d->corner_count), 40,
                       1e-4);
    assert_true(nn_detail_keypoints(&one->details, d)[1].score == NN_KEYPOINT_HIDDEN);
    assert_int_equal(one->truths[1].ignore, NN_IGNORE_BOX);
    assert_int_equal(detail_of(&s, 1)->corner_count, 4);
    assert_true(one->truths[1].area == 200);
    release_set(&s);
}

// Run lengths of a picture of another size, objects without outline, and ids at their limits.
static void test_coco_faults(void **state)
{
    (void)state;
    static const char head[] =
        "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 40, \"height\": 20}],"
        "\"categories\": [{\"id\": 9223372036854775807, \"name\": \"cat\"}], \"annotations\": [";
    static const char object[] = "{\"id\": %d, \"image_id\": 1, \"bbox\": [0, 0, 2, 20],"
                                 "\"category_id\": 9223372036854775807%s}%s";
    char text[1024];
    set s;
    nn_error err = {0};
    mkdir(test_temp("coco2").text, 0700);
    make_picture("coco2/a.png", W, H);
    int n = snprintf(text, sizeof text, "%s", head);
    n += snprintf(text + n, sizeof text - (size_t)n, object, 1, "", ",");
    n += snprintf(text + n, sizeof text - (size_t)n, object, 2,
                  ", \"segmentation\": [[0, 0, 2, 0, 2, 20]]", "]}");
    assert_true(n < (int)sizeof text);
    test_write_text("coco2/annotations.json", text);
    if (read_details(&s, "coco2", NN_DETAIL_OUTLINES, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_non_null(strstr(s.book.all, "1 objects are boxes without outlines"));
    assert_int_equal(s.data.samples[0].truths[0].ignore, NN_IGNORE_BOX);
    assert_int_equal(s.data.label_id[0], 0);
    release_set(&s);

    n = snprintf(text, sizeof text, "%s", head);
    snprintf(text + n, sizeof text - (size_t)n, object, 1,
             ", \"segmentation\": {\"size\": [40, 20], \"counts\": [0, 40, 760]}", "]}");
    test_write_text("coco2/annotations.json", text);
    assert_int_not_equal(read_details(&s, "coco2", NN_DETAIL_OUTLINES, NULL, &err), NN_OK);
    if (!strstr(err.text, "its segmentation is of 20x40 pixels"))
        fail_msg("%s, %s", err.text, s.book.all);
    release_set(&s);
}

// Writes a data set in another format; its counts of what was lost.
static nn_write_counts convert(const char *from, const char *to, const char *format, bool outlines)
{
    const test_path in = test_temp(from), out = test_make_dir(to);
    const nn_folder folder = {.path = in.text};
    nn_names labels = {0};
    nn_error err = {0};
    nn_conversion c = {.folder = &folder,
                       .to = nn_write_format_named(format),
                       .options = {.out = out.text, .classes = &labels, .outlines = outlines}};
    if (nn_data_find(&c.from, in.text, NN_DATA_BOXES, &err) != NN_OK ||
        nn_folder_labels(&labels, &folder, 1, NN_DATA_BOXES, &err) != NN_OK ||
        nn_data_convert(&c, &err) != NN_OK)
        fail_msg("%s: %s", from, err.text);
    nn_names_release(&labels);
    return c.counts;
}

// Poses go from COCO to YOLO and back, and stay what they were.
static void test_written(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    if (!NN_HAS_yaml)
        skip();
    mkdir(test_temp("written").text, 0700);
    make_picture("written/a.png", W, H);
    test_write_text("written/annotations.json", coco);
    // The crowd is lost in YOLO, and so is the outline of the other one.
    nn_write_counts lost = convert("written", "written-yolo", "yolo", false);
    assert_int_equal(lost.outlines, 1);
    assert_int_equal(lost.keypoints, 0);
    lost = convert("written", "written-shapes", "yolo", true);
    assert_int_equal(lost.outlines, 0);
    assert_int_equal(lost.keypoints, 1);
    lost = convert("written", "written-voc", "voc", false);
    assert_int_equal(lost.keypoints, 1);
    convert("written-yolo", "written-coco", "coco", false);
    const char *const both[] = {"written-yolo", "written-coco"};
    for (int i = 0; i < 2; i++) {
        if (read_details(&s, both[i], NN_DETAIL_KEYPOINTS, NULL, &err) != NN_OK)
            fail_msg("%s: %s", both[i], err.text);
        const nn_keypoint_set *set = &s.data.keypoints;
        assert_int_equal(set->count, 3);
        assert_string_equal(set->names.name[1], "left_eye");
        assert_true(set->flips && set->flip[1] == 2);
        const nn_keypoint *k = nn_detail_keypoints(&s.data.samples[0].details, detail_of(&s, 0));
        assert_float_equal(k[0].x, 1, 1e-3);
        assert_float_equal(k[0].y, 2, 1e-3);
        assert_true(k[0].score == NN_KEYPOINT_VISIBLE && k[1].score == NN_KEYPOINT_HIDDEN &&
                    k[2].score == 0);
        release_set(&s);
    }
    assert_int_equal(read_details(&s, "written-shapes", NN_DETAIL_OUTLINES, NULL, &err), NN_OK);
    assert_float_equal(s.data.samples[0].truths[0].area, 40, 1e-2);
    release_set(&s);
}

// Each allocation may fail on the way from files to a view.
static nn_status read_and_draw(void *name, nn_error *err)
{
    set s;
    const unsigned all = NN_DETAIL_OUTLINES | NN_DETAIL_KEYPOINTS;
    nn_status status = read_details(&s, name, all, NULL, err);
    static float planes[3 * VIEWS_PIXELS];
    nn_truth truths[16];
    nn_details details = {0};
    nn_augment_options o = views_plain();
    o.angle = 30;
    o.mix = o.mixup = 1;
    nn_rng rng = nn_rng_seed(1);
    nn_view v = {.height = VIEWS_SIDE,
                 .width = VIEWS_SIDE,
                 .planes = planes,
                 .truths = truths,
                 .capacity = 16,
                 .details = &details};
    if (status == NN_OK)
        status =
            nn_augment_draw(&v, &s.data, 0, (int[3]){0, 0, 0}, &o, nn_kernels_best(), &rng, err);
    nn_details_release(&details);
    release_set(&s);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    mkdir(test_temp("short").text, 0700);
    make_picture("short/a.png", W, H);
    test_write_text("short/annotations.json", coco);
    assert_true(alloc_fail_each(read_and_draw, "short") > 20);
}

// --- views ---

// A sample of 48 x 48 with an object that has everything.
static void add_object(nn_dataset *d)
{
    views_open(d);
    const nn_truth t = {.x0 = 8, .y0 = 12, .x1 = 24, .y1 = 32};
    views_add(d, VIEWS_SIDE, VIEWS_SIDE, 0, &t, 1);
    nn_sample *s = &d->samples[0];
    assert_int_equal(nn_details_add(&s->details, &s->truths[0].detail), NN_OK);
    nn_keypoint *k = nn_details_add_keypoints(&s->details, 2);
    k[0] = (nn_keypoint){10, 20, NN_KEYPOINT_VISIBLE};
    k[1] = (nn_keypoint){22, 30, NN_KEYPOINT_HIDDEN};
    const float xy[] = {8, 12, 24, 12, 24, 32, 8, 32};
    memcpy(nn_details_add_outline(&s->details, 4), xy, sizeof xy);
    s->details.detail[0].rotated = (nn_rotated_box){16, 22, 20, 16, (float)acos(0)};
    d->details = NN_DETAIL_KEYPOINTS | NN_DETAIL_OUTLINES | NN_DETAIL_ROTATED;
    d->keypoints = (nn_keypoint_set){.count = 2, .flips = true, .flip = {1, 0}};
}

static int draw(nn_details *details, nn_truth *truths, nn_dataset *d, const nn_augment_options *o,
                uint64_t seed)
{
    static float planes[3 * VIEWS_PIXELS];
    nn_rng rng = nn_rng_seed(seed);
    nn_view v = {.height = VIEWS_SIDE,
                 .width = VIEWS_SIDE,
                 .planes = planes,
                 .truths = truths,
                 .capacity = 16,
                 .details = details};
    assert_int_equal(nn_augment_draw(&v, d, 0, (int[3]){0, 0, 0}, o, nn_kernels_best(), &rng, NULL),
                     NN_OK);
    return v.truth_count;
}

static void test_flip(void **state)
{
    (void)state;
    nn_dataset d;
    nn_truth t[16];
    nn_details details = {0};
    nn_augment_options o = views_plain();
    add_object(&d);
    o.flip_h = 1;
    assert_int_equal(draw(&details, t, &d, &o, 1), 1);
    const nn_detail *one = nn_details_at(&details, t[0].detail);
    const nn_keypoint *k = nn_detail_keypoints(&details, one);
    assert_float_equal(t[0].x0, 24, 1e-4);
    // Keypoint 1 of the object is keypoint 0 of the mirrored one.
    assert_float_equal(k[0].x, 26, 1e-4);
    assert_true(k[0].score == NN_KEYPOINT_HIDDEN);
    assert_float_equal(k[1].x, 38, 1e-4);
    assert_float_equal(one->rotated.cx, 32, 1e-4);
    assert_float_equal(one->rotated.width, 20, 1e-4);
    o.flip_v = 1; // turned by 180 degrees: no mirror
    assert_int_equal(draw(&details, t, &d, &o, 1), 1);
    assert_true(nn_detail_keypoints(&details, nn_details_at(&details, t[0].detail))[0].score ==
                NN_KEYPOINT_VISIBLE);
    d.keypoints.flips = false; // nobody knows the pairs: nothing is mirrored
    o.flip_v = 0;
    assert_int_equal(draw(&details, t, &d, &o, 1), 1);
    assert_float_equal(t[0].x0, 8, 1e-4);
    nn_details_release(&details);
    nn_dataset_release(&d);
}

// Whatever moves the view: the outline fills what is white in it, the rotated box and the box are
// around the outline, and keypoints stay inside.
static void test_moves(void **state)
{
    (void)state;
    nn_dataset d;
    nn_truth t[16];
    nn_details details = {0};
    add_object(&d);
    for (uint64_t seed = 0; seed < 60; seed++) {
        nn_augment_options o = views_plain();
        o.flip_h = o.flip_v = o.rotate = 0.5f;
        o.scale[0] = 0.7f;
        o.scale[1] = 1.6f;
        o.angle = seed % 2 ? 30 : 0;
        o.shear = seed % 3 ? 0 : 10;
        o.perspective = seed % 5 ? 0 : 0.2f;
        o.translate = seed % 4 ? 0 : 0.2f;
        o.mosaic = seed % 7 ? 0 : 1;
        const int count = draw(&details, t, &d, &o, seed);
        for (int i = 0; i < count; i++) {
            const nn_detail *one = nn_details_at(&details, t[i].detail);
            double b[4];
            assert_non_null(one);
            nn_outline_bounds(b, nn_detail_outline(&details, one), one->corner_count);
            const float box[4] = {t[i].x0, t[i].y0, t[i].x1, t[i].y1};
            for (int k = 0; k < 4; k++)
                if (one->corner_count > 0) {
                    assert_true(b[k] >= -1e-3 && b[k] <= VIEWS_SIDE + 1e-3);
                    assert_true(k < 2 ? b[k] >= (double)box[k] - 1e-2
                                      : b[k] <= (double)box[k] + 1e-2);
                }
            const nn_keypoint *k = nn_detail_keypoints(&details, one);
            for (int n = 0; n < one->keypoint_count; n++)
                assert_true(k[n].score == 0 ||
                            (k[n].x >= (float)b[0] - 0.01f && k[n].x <= (float)b[2] + 0.01f &&
                             k[n].y >= (float)b[1] - 0.01f && k[n].y <= (float)b[3] + 0.01f));
            const double area =
                nn_outline_area(nn_detail_outline(&details, one), one->corner_count);
            const double around = (double)one->rotated.width * (double)one->rotated.height;
            assert_true(around >= area * 0.999);
        }
    }
    nn_details_release(&details);
    nn_dataset_release(&d);
}

// Where nothing of a thin object's outline is in the view, a corner of its box is no object.
static void test_only_a_corner(void **state)
{
    (void)state;
    nn_dataset d;
    nn_truth t[16];
    nn_details details = {0};
    int seen = 0;
    add_object(&d);
    const float xy[] = {8, 12, 24, 12, 24, 13, 9, 13, 9, 32, 8, 32, 8, 30, 8, 20};
    nn_details *own = &d.samples[0].details;
    memcpy(nn_details_add_outline(own, 8), xy, sizeof xy); // an angle bracket
    own->detail[0].rotated.width = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        nn_augment_options o = views_plain();
        o.scale[0] = o.scale[1] = 3;
        o.min_visible = 0;
        o.angle = seed % 2 ? 10 : 0;
        const int count = draw(&details, t, &d, &o, seed);
        for (int i = 0; i < count; i++) {
            if (nn_details_at(&details, t[i].detail)->corner_count > 0)
                continue;
            assert_int_equal(t[i].ignore, NN_IGNORE_BOX);
            seen++;
        }
    }
    assert_true(seen > 0);
    nn_details_release(&details);
    nn_dataset_release(&d);
}

// Painted, a view's outline is what is bright in the view.
static void test_outline_is_the_object(void **state)
{
    (void)state;
    nn_dataset d;
    nn_truth t[16];
    nn_details details = {0};
    static float planes[3 * VIEWS_PIXELS];
    add_object(&d);
    for (uint64_t seed = 0; seed < 20; seed++) {
        nn_augment_options o = views_plain();
        uint8_t painted[VIEWS_PIXELS] = {0};
        nn_rng rng = nn_rng_seed(seed);
        nn_view v = {.height = VIEWS_SIDE,
                     .width = VIEWS_SIDE,
                     .planes = planes,
                     .truths = t,
                     .capacity = 16,
                     .details = &details};
        int wrong = 0;
        o.angle = 40;
        o.flip_h = o.rotate = 0.5f;
        assert_int_equal(
            nn_augment_draw(&v, &d, 0, (int[3]){0, 0, 0}, &o, nn_kernels_best(), &rng, NULL),
            NN_OK);
        assert_int_equal(v.truth_count, 1);
        const nn_detail *one = nn_details_at(&details, t[0].detail);
        assert_int_equal(nn_outline_paint(painted, VIEWS_SIDE, VIEWS_SIDE,
                                          nn_detail_outline(&details, one), one->corner_count, 1),
                         NN_OK);
        for (int i = 0; i < VIEWS_PIXELS; i++)
            wrong += painted[i] != (planes[i] > 0.6f);
        if (wrong > 40) // of about 320 bright ones with 72 at their borders
            fail_msg("view %d: %d pixels differ", (int)seed, wrong);
    }
    nn_details_release(&details);
    nn_dataset_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yolo_pose),
        cmocka_unit_test(test_yolo_faults),
        cmocka_unit_test(test_yolo_pose_by_option),
        cmocka_unit_test(test_four_corners),
        cmocka_unit_test(test_dota),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_coco),
        cmocka_unit_test(test_coco_faults),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_flip),
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_only_a_corner),
        cmocka_unit_test(test_outline_is_the_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
