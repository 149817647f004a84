// SPDX-License-Identifier: MIT
// Labels made for a picture as it is stored, which Exif data turn: boxes and masks follow.
#include "nn/base/features.h"
#include "nn/io/image/exif_orientation.h"
#include "tests/support/files.h"
#include "tests/support/labelled.h"
#include "tests/support/masks.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { W = 17, H = 11 }; // stored; seen as 11 x 17, orientation 6: turned to the right

static void copy_picture(const char *name)
{
    size_t size;
    uint8_t *bytes = test_read(test_data("corpus/image/turned6.jpg").text, &size);
    test_write(test_temp(name).text, bytes, size);
    free(bytes);
}

// The stored box (2, 1) to (8, 5), in each format.
static void expect_turned(const set *s)
{
    if (s->data.count != 1)
        fail_msg("%s", s->book.all);
    const nn_sample *one = &s->data.samples[0];
    assert_int_equal(one->width, H);
    assert_int_equal(one->height, W);
    assert_int_equal(one->truth_count, 1);
    const nn_truth *t = one->truths;
    assert_true(t->x0 == 6 && t->x1 == 10 && t->y0 == 2 && t->y1 == 8);
    assert_non_null(strstr(s->book.all, "of 1 pictures are for their pixels as stored"));
}

static void test_boxes(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    if (!NN_HAS_xml)
        skip();
    test_make_dir("voc");
    test_make_dir("voc/Annotations");
    test_make_dir("voc/JPEGImages");
    copy_picture("voc/JPEGImages/a.jpg");
    test_write_text("voc/Annotations/a.xml",
                    "<annotation><size><width>17</width><height>11</height></size><object>"
                    "<name>cat</name><bndbox><xmin>3</xmin><ymin>2</ymin><xmax>8</xmax>"
                    "<ymax>5</ymax></bndbox></object></annotation>");
    assert_int_equal(read_set(&s, "voc", NULL, NN_DATA_BOXES, &err), NN_OK);
    expect_turned(&s);
    release_set(&s);
    test_make_dir("coco");
    test_make_dir("coco/annotations");
    copy_picture("coco/a.jpg");
    test_write_text("coco/annotations/all.json",
                    "{\"images\":[{\"id\":1,\"file_name\":\"a.jpg\",\"width\":17,\"height\":11}],"
                    "\"annotations\":[{\"id\":1,\"image_id\":1,\"category_id\":1,"
                    "\"bbox\":[2,1,6,4]}],\"categories\":[{\"id\":1,\"name\":\"cat\"}]}");
    assert_int_equal(read_set(&s, "coco", NULL, NN_DATA_BOXES, &err), NN_OK);
    expect_turned(&s);
    release_set(&s);
}

// Formats of labelling tools; all but YOLO's tell the picture size of their labels.
static void test_layouts(void **state)
{
    (void)state;
    static const struct {
        const char *dir, *file, *text;
        bool there;
    } layouts[] = {
        {"labelme", "labelme/a.json",
         "{\"imageWidth\": 17, \"imageHeight\": 11, \"shapes\": [{\"label\": \"cat\", \"points\": "
         "[[2, 1], [8, 5]], \"shape_type\": \"rectangle\"}]}",
         true},
        {"cvat", "cvat/annotations.xml",
         "<annotations><image id=\"0\" name=\"a.jpg\" width=\"17\" height=\"11\"><box "
         "label=\"cat\" xtl=\"2\" ytl=\"1\" xbr=\"8\" ybr=\"5\"/></image></annotations>",
         NN_HAS_xml},
        {"csv", "csv/boxes.csv",
         "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,17,11,cat,2,1,8,5\n", NN_HAS_csv},
        {"beside", "beside/a.xml",
         "<annotation><filename>a.jpg</filename><size><width>17</width><height>11</height></size>"
         "<object><name>cat</name><bndbox><xmin>3</xmin><ymin>2</ymin><xmax>8</xmax><ymax>5</ymax>"
         "</bndbox></object></annotation>",
         NN_HAS_xml},
    };
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        char name[64];
        set s;
        nn_error err = {0};
        if (!layouts[i].there)
            continue;
        test_make_dir(layouts[i].dir);
        snprintf(name, sizeof name, "%s/a.jpg", layouts[i].dir);
        copy_picture(name);
        test_write_text(layouts[i].file, layouts[i].text);
        if (read_set(&s, layouts[i].dir, NULL, NN_DATA_BOXES, &err) != NN_OK)
            fail_msg("%s: %s", layouts[i].dir, err.text);
        expect_turned(&s);
        release_set(&s);
    }
    // An outline turns with its picture, too.
    uint8_t seen[W * H];
    set s;
    nn_error err = {0};
    test_write_text("labelme/a.json",
                    "{\"imageWidth\": 17, \"imageHeight\": 11, \"shapes\": [{\"label\": \"cat\", "
                    "\"points\": [[2, 1], [8, 1], [8, 5], [2, 5]]}]}");
    assert_int_equal(read_set(&s, "labelme", NULL, NN_DATA_MASKS, &err), NN_OK);
    nn_mask_unpack(&s.data.samples[0].mask, seen);
    for (int i = 0; i < W * H; i++) {
        const int x = i % H, y = i / H;
        assert_int_equal(seen[i], x >= 6 && x < 10 && y >= 2 && y < 8);
    }
    release_set(&s);
}

// Labels for the upright picture stay; labels for another size are refused.
static void test_upright(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    static const char *const sizes[] = {"\"width\":11,\"height\":17", "\"iscrowd\":0",
                                        "\"width\":17,\"height\":12"};
    test_make_dir("seen");
    test_make_dir("seen/annotations");
    copy_picture("seen/a.jpg");
    for (int i = 0; i < 3; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "{\"images\":[{\"id\":1,\"file_name\":\"a.jpg\",%s}],\"annotations\":[{\"id\":1,"
                 "\"image_id\":1,\"category_id\":1,\"bbox\":[2,1,6,4]}],\"categories\":[{\"id\":1,"
                 "\"name\":\"cat\"}]}",
                 sizes[i]);
        test_write_text("seen/annotations/all.json", text);
        assert_int_equal(read_set(&s, "seen", NULL, NN_DATA_BOXES, &err),
                         i < 2 ? NN_OK : NN_EFORMAT);
        assert_int_equal(s.data.count, i < 2);
        if (i < 2) {
            const nn_truth *t = s.data.samples[0].truths;
            assert_true(t->x0 == 2 && t->y0 == 1 && t->x1 == 8 && t->y1 == 5);
        }
        release_set(&s);
    }
}

static void test_masks(void **state)
{
    (void)state;
    nn_dataset data;
    nn_error err = {0};
    nn_class_map map;
    const test_path path = test_temp("set");
    notebook book = {0};
    const nn_source source = {.path = (char *)path.text, .share = 1};
    const nn_folder f = {.path = path.text, .source = &source, .map = &map};
    uint8_t mask[W * H] = {0}, seen[W * H];
    mask[1 * W + 2] = 1; // x 2, y 1
    test_make_dir("set");
    test_make_dir("set/images");
    test_make_dir("set/masks");
    copy_picture("set/images/a.jpg");
    masks_write(test_temp("set/masks/a.png").text, mask, W, H, false);
    test_write_text("set/classes.txt", "nothing\nthing\n");
    nn_class_map_identity(&map, 2);
    assert_int_equal(nn_dataset_init(&data, 1 << 20, (nn_notes){take_note, &book}, NULL), NN_OK);
    if (nn_dataset_add_folder(&data, &f, NN_DATA_MASKS, &err) != NN_OK)
        fail_msg("%s", err.text);
    if (data.count != 1)
        fail_msg("%s", book.all);
    assert_int_equal(data.samples[0].mask.width, H);
    nn_mask_unpack(&data.samples[0].mask, seen);
    for (int i = 0; i < W * H; i++)
        assert_int_equal(seen[i], i == 2 * H + (H - 1 - 1));
    nn_dataset_release(&data);
}

// A point moves with the pixel around it.
static void test_points(void **state)
{
    (void)state;
    uint8_t plane[W * H], turned[W * H];
    for (int i = 0; i < W * H; i++)
        plane[i] = (uint8_t)i;
    for (int o = 1; o <= 8; o++) {
        const int width = o < 5 ? W : H, height = o < 5 ? H : W;
        nn_exif_apply_plane(turned, plane, W, H, o);
        for (int i = 0; i < W * H; i++) {
            float x = (float)(i % W) + 0.5f, y = (float)(i / W) + 0.5f;
            nn_exif_apply_point(o, width, height, &x, &y);
            assert_int_equal(turned[(int)y * width + (int)x], i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes),   cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_upright), cmocka_unit_test(test_masks),
        cmocka_unit_test(test_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
