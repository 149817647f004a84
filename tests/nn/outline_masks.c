// SPDX-License-Identifier: MIT
// Outlines that labelling tools export become masks: in each, a cat fills 4..12 x 2..10 and a dog
// 20..40 x 10..20 of a picture of 40x20.
#include "nn/base/features.h"
#include "nn/data/annotation_store.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { W = 40, H = 20 };

static const struct {
    const char *dir, *format, *picture;
    const char *files[2][2];
} layouts[] = {
    {"labelme",
     "labelme",
     "a.png",
     {{"a.json",
       "{\"imageWidth\": 40, \"imageHeight\": 20, \"shapes\": ["
       "{\"label\": \"cat\", \"points\": [[4, 2], [12, 2], [12, 10], [4, 10]]},"
       "{\"label\": \"dog\", \"points\": [[20, 10], [40, 10], [40, 20], [20, 20]]},"
       "{\"label\": \"_background_\", \"points\": [[4, 2], [12, 2], [12, 10], [4, 10]]}]}"}}},
    {"cvat",
     "CVAT",
     "images/a.png",
     {{"annotations.xml",
       "<annotations><image id=\"0\" name=\"a.png\" width=\"40\" height=\"20\">"
       "<polygon label=\"cat\" points=\"4,2;12,2;12,10;4,10\"/>"
       "<polygon label=\"dog\" points=\"20,10;40,10;40,20;20,20\"/></image></annotations>"}}},
    {"studio",
     "Label Studio",
     "a.png",
     {{"tasks.json",
       "[{\"annotations\": [{\"result\": ["
       "{\"original_width\": 40, \"original_height\": 20, \"type\": \"polygonlabels\", \"value\": "
       "{\"points\": [[10, 10], [30, 10], [30, 50], [10, 50]], \"polygonlabels\": [\"cat\"]}},"
       "{\"original_width\": 40, \"original_height\": 20, \"type\": \"polygonlabels\", \"value\": "
       "{\"points\": [[50, 50], [100, 50], [100, 100], [50, 100]], \"polygonlabels\": "
       "[\"dog\"]}}]}], \"data\": {\"image\": \"a.png\"}}]"}}},
    {"ultralytics",
     "YOLO with data.yaml",
     "images/train/a.png",
     {{"data.yaml", "train: images/train\nnames: [cat, dog]\n"},
      {"labels/train/a.txt", "0 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.5\n1 0.5 0.5 1 0.5 1 1 0.5 1\n"}}},
    {"yolo",
     "YOLO",
     "images/a.png",
     {{"classes.txt", "cat\ndog\n"},
      {"labels/a.txt", "0 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.5\n1 0.5 0.5 1 0.5 1 1 0.5 1\n"}}},
    {"supervisely",
     "Supervisely",
     "ds/img/a.png",
     {{"meta.json", "{\"classes\": []}"},
      {"ds/ann/a.png.json",
       "{\"size\": {\"height\": 20, \"width\": 40}, \"objects\": ["
       "{\"classTitle\": \"cat\", \"geometryType\": \"polygon\", \"points\": {\"exterior\": "
       "[[4, 2], [12, 2], [12, 10], [4, 10]], \"interior\": []}},"
       "{\"classTitle\": \"dog\", \"geometryType\": \"polygon\", \"points\": {\"exterior\": "
       "[[20, 10], [40, 10], [40, 20], [20, 20]], \"interior\": []}}]}"}}},
};

// Makes the folders on the way to a file.
static void make_folders(const char *name)
{
    char path[512];
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", (int)(slash - name), name);
        if (mkdir(test_temp(path).text, 0700) != 0)
            assert_int_equal(errno, EEXIST);
    }
}

static void write_below(const char *dir, const char *file, const char *text)
{
    char name[512];
    snprintf(name, sizeof name, "%s/%s", dir, file);
    make_folders(name);
    if (text)
        test_write_text(name, text);
    else
        make_picture(name, W, H);
}

static void unpack(uint8_t *labels, const set *s)
{
    assert_int_equal(s->data.count, 1);
    assert_non_null(s->data.samples[0].mask.runs);
    nn_mask_unpack(&s->data.samples[0].mask, labels);
}

static void test_layouts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        const nn_data_format *format;
        uint8_t labels[W * H];
        set s;
        nn_error err = {0};
        if ((strcmp(layouts[i].dir, "cvat") == 0 && !NN_HAS_xml) ||
            (strcmp(layouts[i].dir, "ultralytics") == 0 && !NN_HAS_yaml))
            continue;
        write_below(layouts[i].dir, layouts[i].picture, NULL);
        for (int k = 0; k < 2 && layouts[i].files[k][0]; k++)
            write_below(layouts[i].dir, layouts[i].files[k][0], layouts[i].files[k][1]);
        assert_int_equal(nn_data_find(&format, test_temp(layouts[i].dir).text, NN_DATA_MASKS, &err),
                         NN_OK);
        assert_string_equal(format->name, layouts[i].format);
        if (read_set(&s, layouts[i].dir, NULL, NN_DATA_MASKS, &err) != NN_OK)
            fail_msg("%s: %s", layouts[i].dir, err.text);
        assert_string_equal(s.book.all, "");
        assert_int_equal(s.names.count, 3);
        assert_string_equal(s.names.name[0], "background");
        assert_string_equal(s.names.name[1], "cat");
        unpack(labels, &s);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                const int cat = x >= 4 && x < 12 && y >= 2 && y < 10, dog = x >= 20 && y >= 10;
                if (labels[y * W + x] != (cat ? 1 : dog ? 2 : 0))
                    fail_msg("%s: %d at %d, %d", layouts[i].dir, labels[y * W + x], x, y);
            }
        assert_int_equal(s.data.samples[0].class_count, 2);
        release_set(&s);
    }
}

// Small outlines are painted over large ones in any order; boxes without outline are ignored.
static void test_order(void **state)
{
    (void)state;
    uint8_t labels[W * H];
    set s;
    nn_error err = {0};
    write_below("order", "a.png", NULL);
    write_below("order", "a.json",
                "{\"shapes\": ["
                "{\"label\": \"cat\", \"points\": [[4, 2], [12, 2], [12, 10], [4, 10]]},"
                "{\"label\": \"dog\", \"points\": [[0, 0], [20, 0], [20, 20], [0, 20]]},"
                "{\"label\": \"cat\", \"shape_type\": \"rectangle\", \"points\": [[18, 0], [30, "
                "10]]},"
                "{\"label\": \"__ignore__\", \"points\": [[38, 18], [40, 18], [40, 20], [38, "
                "20]]}]}");
    assert_int_equal(read_set(&s, "order", NULL, NN_DATA_MASKS, &err), NN_OK);
    unpack(labels, &s);
    assert_int_equal(labels[5 * W + 6], 1);
    assert_int_equal(labels[15 * W + 6], 2);
    assert_int_equal(labels[5 * W + 19], 2); // the outline is sure
    assert_int_equal(labels[5 * W + 25], NN_MASK_IGNORE);
    assert_int_equal(labels[19 * W + 39], NN_MASK_IGNORE);
    assert_int_equal(labels[15 * W + 35], 0);
    assert_non_null(strstr(s.book.all, "1 objects are boxes without outlines"));
    assert_int_equal(s.names.count, 3);
    release_set(&s);
}

// Boxes alone make no masks, and neither do pictures without labels.
static void test_refused(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    write_below("boxes", "images/a.png", NULL);
    write_below("boxes", "classes.txt", "cat\ndog\n");
    assert_int_equal(read_set(&s, "boxes", NULL, NN_DATA_MASKS, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "YOLO without outlines"));
    release_set(&s);
    write_below("boxes", "labels/a.txt", "0 0.5 0.5 0.5 0.5\n");
    assert_int_equal(read_set(&s, "boxes", NULL, NN_DATA_MASKS, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "YOLO without outlines"));
    release_set(&s);
}

static nn_status read_again(void *ctx, nn_error *err)
{
    const nn_data_format *format = ctx;
    set s = {0};
    const test_path path = test_temp("order");
    nn_source source = {.path = "set"};
    const nn_folder folder = {
        .path = path.text, .source = &source, .names = &s.names, .map = &s.map, .masks = true};
    nn_status status = nn_dataset_init(&s.data, 0, (nn_notes){0}, err);
    if (status != NN_OK)
        return status;
    status = nn_data_names(format, &folder, &s.names, NULL, err);
    nn_class_map_identity(&s.map, s.names.count);
    if (status == NN_OK)
        status = nn_annotated_add(&s.data, format, &folder, err);
    release_set(&s);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    const nn_data_format *format;
    nn_error err = {0};
    assert_int_equal(nn_data_find(&format, test_temp("order").text, NN_DATA_MASKS, &err), NN_OK);
    assert_true(alloc_fail_each(read_again, (void *)format) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
