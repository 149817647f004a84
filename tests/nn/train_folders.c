// SPDX-License-Identifier: MIT
// Folders of labelled pictures in every format: what is read, what is skipped and why.
#include "nn/base/features.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/data/folder.h"

#include <stdio.h>
#include <zlib.h>

#define VOC_SIZE "<size><width>40</width><height>20</height></size>"
#define VOC_BOX(x0, y0, x1, y1)                                                                    \
    "<bndbox><xmin>" #x0 "</xmin><ymin>" #y0 "</ymin><xmax>" #x1 "</xmax><ymax>" #y1               \
    "</ymax></bndbox>"

static void make_voc(void)
{
    test_make_dir("voc");
    test_make_dir("voc/Annotations");
    test_make_dir("voc/JPEGImages");
    test_make_dir("voc/ImageSets");
    test_make_dir("voc/ImageSets/Main");
    for (const char *p = "abcde"; *p; p++) {
        char name[64];
        snprintf(name, sizeof name, "voc/JPEGImages/%c.png", *p);
        make_picture(name, 40, 20);
    }
    test_write_text(
        "voc/Annotations/a.xml",
        "<?xml version=\"1.0\"?>\n<annotation><filename>a.png</filename>" VOC_SIZE
        "<object><name> cat </name><difficult>0</difficult>" VOC_BOX(
            1, 1, 40,
            20) "<part><name>head</name>" VOC_BOX(2, 2, 4,
                                                  4) "</part></object>"
                                                     "<object><name>dog</name><difficult>1</"
                                                     "difficult>" VOC_BOX(
                                                         11, 6, 20.5, 10) "</object></annotation>");
    test_write_text("voc/Annotations/b.xml", "<annotation>" VOC_SIZE "</annotation>");
    test_write_text("voc/Annotations/c.xml", "<annotation>\n<object><name>cat</name></object>"
                                             "</annotation>");
    test_write_text("voc/Annotations/d.xml", "<annotation><object>");
    test_write_text("voc/Annotations/e.xml",
                    "<annotation><size><width>80</width><height>20</height>"
                    "</size></annotation>");
    test_write_text("voc/Annotations/f.xml", "<annotation></annotation>");
    test_write_text("voc/ImageSets/Main/one.txt", "b\r\n\na  1\n");
}

static void test_voc(void **state)
{
    (void)state;
    if (!NN_HAS_xml)
        skip();
    set s;
    nn_error err = {0};
    make_voc();
    assert_int_equal(read_set(&s, "voc", NULL, NN_DATA_BOXES, &err), NN_OK);
    assert_int_equal(s.names.count, 2);
    assert_string_equal(s.names.name[0], "cat");
    assert_int_equal(s.data.count, 2);
    assert_int_equal(s.data.skipped, 4);
    const char *const reasons[] = {
        "c.xml: line 2: an object whose bndbox", "d.xml: line 1: not XML",
        "e.png: is 40x20, its labels are for 80x20", "f.jpg: no such picture"};
    for (int i = 0; i < 4; i++)
        assert_non_null(strstr(s.book.all, reasons[i]));
    assert_int_equal(s.data.samples[0].truth_count, 2);
    const nn_truth *t = s.data.samples[0].truths;
    assert_true(t[0].x0 == 0 && t[0].y0 == 0 && t[0].x1 == 40 && t[0].y1 == 20 && !t[0].ignore);
    assert_true(t[1].x0 == 10 && t[1].y0 == 5 && t[1].x1 == 20.5f && t[1].y1 == 10);
    assert_true(t[1].ignore && s.names.count == 2); // difficult
    release_set(&s);
    assert_int_equal(read_set(&s, "voc", "one", NN_DATA_BOXES, &err), NN_OK);
    assert_int_equal(s.data.count, 2);
    assert_int_equal(s.data.samples[0].truth_count, 0); // in the order of the list
    release_set(&s);
    static const char *const out[] = {"../a", "/a", "x/../a", "..\\a"};
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) { // the rule that tables have
        char list[64];
        snprintf(list, sizeof list, "b\n%s\n", out[i]);
        test_write_text("voc/ImageSets/Main/out.txt", list);
        assert_int_equal(read_set(&s, "voc", "out", NN_DATA_BOXES, &err), NN_EFORMAT);
        assert_non_null(strstr(err.text, "out.txt: line 2: '"));
        assert_non_null(strstr(err.text, "leads out of the folder"));
        release_set(&s);
    }
    assert_int_equal(read_set(&s, "voc", "two", NN_DATA_BOXES, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "Main/two.txt"));
    release_set(&s);
}

static void test_voc_hostile(void **state)
{
    (void)state;
    if (!NN_HAS_xml)
        skip();
    static const struct {
        const char *xml, *reason;
    } bad[] = {
        {"", "not XML"},
        {"<svg/>", "root is <annotation>"},
        {"<annotation><object><name>x</name>" VOC_BOX(5, 5, 4, 9) "</object></annotation>",
         "ends before it begins"},
        {"<annotation><object><name>x</name>" VOC_BOX(nan, 5, 9, 9) "</object></annotation>",
         "not four numbers"},
        {"<annotation><object><name>x</name>" VOC_BOX(1e9, 5, 2e9, 9) "</object></annotation>",
         "not four numbers"},
        {"<annotation><object>" VOC_BOX(1, 5, 2, 9) "</object></annotation>", "without a name"},
        {"<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><annotation>&d;</annotation>",
         "not XML"},
    };
    test_make_dir("bad");
    test_make_dir("bad/Annotations");
    test_make_dir("bad/JPEGImages");
    make_picture("bad/JPEGImages/a.png", 8, 8);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        set s;
        nn_error err = {0};
        test_write_text("bad/Annotations/a.xml", bad[i].xml);
        assert_int_equal(read_set(&s, "bad", NULL, NN_DATA_BOXES, &err), NN_EFORMAT);
        if (!strstr(err.text, bad[i].reason))
            fail_msg("'%s' does not say '%s'", err.text, bad[i].reason);
        release_set(&s);
    }
    char deep[2048];
    size_t used = (size_t)snprintf(deep, sizeof deep, "<annotation>");
    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(deep + used, sizeof deep - used, "<object>");
    set s;
    nn_error err;
    test_write_text("bad/Annotations/a.xml", deep);
    assert_int_equal(read_set(&s, "bad", NULL, NN_DATA_BOXES, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "too deep"));
    release_set(&s);
}

static void test_coco(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    test_make_dir("coco");
    test_make_dir("coco/annotations");
    test_make_dir("coco/train");
    for (const char *p = "abcd"; *p; p++) {
        char name[64];
        snprintf(name, sizeof name, "coco/train/%c.png", *p);
        make_picture(name, 40, 20);
    }
    test_write_text(
        "coco/annotations/instances_train.json",
        "{\"info\": {\"x\": [\"]}\\\"\"]},\n \"images\": ["
        "{\"id\": 9, \"file_name\": \"a.png\", \"width\": 40, \"height\": 20},"
        "{\"id\": 3, \"file_name\": \"b.png\"}, {\"id\": 4, \"file_name\": \"c.png\"},"
        "{\"id\": 5, \"file_name\": \"d.png\", \"width\": 20, \"height\": 20},"
        "{\"id\": 6, \"file_name\": \"..\"}, {\"id\": 7, \"file_name\": \"none.png\"}],"
        "\"annotations\": [{\"image_id\": 9, \"category_id\": 17, \"bbox\": [10, 5, 8, 4.5]},"
        "{\"image_id\": 4, \"category_id\": 99, \"bbox\": [1, 1, 8, 4]},"
        "{\"image_id\": 9, \"category_id\": 4, \"bbox\": [0, 0, 50, 4], \"iscrowd\": 1},"
        "{\"category_id\": 4}],"
        "\"categories\": [{\"id\": 4, \"name\": \"dog\"}, {\"id\": 17, \"name\": \"cat\"}]}");
    assert_int_equal(read_set(&s, "coco", "train", NN_DATA_BOXES, &err), NN_OK);
    assert_int_equal(s.names.count, 2);
    assert_int_equal(s.data.count, 2);
    assert_int_equal(s.data.skipped, 4);
    const char *const reasons[] = {"annotation 1: its category is not in the file",
                                   "2 of 4 annotations are of pictures or categories",
                                   "d.png: is 40x20", "image 4 has no id or no proper file_name",
                                   "none.png"};
    for (int i = 0; i < 5; i++)
        if (!strstr(s.book.all, reasons[i]))
            fail_msg("'%s' does not say '%s'", s.book.all, reasons[i]);
    assert_int_equal(s.data.samples[0].truth_count, 2);
    const nn_truth *t = s.data.samples[0].truths;
    assert_true(t[0].x0 == 10 && t[0].y0 == 5 && t[0].x1 == 18 && t[0].y1 == 9.5f);
    assert_true(t[0].label == 1 && !t[0].ignore);
    assert_true(t[1].ignore && t[1].x1 == 40); // a crowd, clipped
    assert_int_equal(s.data.samples[1].truth_count, 0);
    release_set(&s);
    assert_int_equal(read_set(&s, "coco", "val", NN_DATA_BOXES, &err), NN_ENOTFOUND);
    release_set(&s);
}

static void test_coco_hostile(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{",
        "{\"categories\": [",
        "{\"categories\": [}",
        "{\"categories\": [{]}",
        "{\"categories\": [{\"id\": 1.5, \"name\": \"a\"}]}",
        "{\"categories\": [1 2]}",
        "{\"categories\": [{\"id\": 1, \"name\": \"a\"}], \"images\": [1,,2]}"};
    test_make_dir("json");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        set s;
        nn_error err = {0};
        test_write_text("json/annotations.json", bad[i]);
        assert_int_equal(read_set(&s, "json", NULL, NN_DATA_BOXES, &err), NN_EFORMAT);
        assert_non_null(strstr(err.text, "annotations.json: "));
        release_set(&s);
    }
}

static void test_class_folders(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    test_make_dir("classes");
    test_make_dir("classes/rose");
    test_make_dir("classes/daisy");
    make_picture("classes/rose/1.png", 5, 4);
    make_picture("classes/rose/2.png", 5, 4);
    make_picture("classes/daisy/1.png", 6, 4);
    test_write_text("classes/daisy/broken.jpg", "no picture");
    assert_int_equal(read_set(&s, "classes", NULL, NN_DATA_CLASSES, &err), NN_OK);
    assert_string_equal(s.names.name[0], "daisy");
    assert_int_equal(s.data.count, 3);
    assert_int_equal(s.data.skipped, 1);
    assert_non_null(strstr(s.book.all, "broken.jpg"));
    assert_int_equal(s.data.samples[0].width, 6);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(s.data.samples[i].class_count, 1);
        assert_int_equal(s.data.samples[i].classes[0], i > 0);
    }
    release_set(&s);
}

static void test_csv(void **state)
{
    (void)state;
    if (!NN_HAS_csv)
        skip();
    set s;
    nn_error err = {0};
    test_make_dir("table");
    make_picture("table/a,b.png", 5, 4);
    make_picture("table/c.png", 5, 4);
    test_write_text("table/labels.csv",
                    "file,label\r\n\"a,b.png\",\"sea|boat\"\r\n\nc.png, sea ; sky\n"
                    "none.png,sea\nc.png\nc.png,\n");
    assert_int_equal(read_set(&s, "table", NULL, NN_DATA_CLASSES, &err), NN_OK);
    assert_int_equal(s.names.count, 3);
    assert_int_equal(s.data.count, 2);
    assert_int_equal(s.data.skipped, 3);
    assert_non_null(strstr(s.book.all, "labels.csv:6: not 'path,label'"));
    assert_non_null(strstr(s.book.all, "labels.csv:7: an empty path or label"));
    const nn_sample *b = &s.data.samples[1];
    assert_int_equal(b->class_count, 2);
    assert_string_equal(s.names.name[b->classes[0]], "sea");
    assert_string_equal(s.names.name[b->classes[1]], "sky");
    release_set(&s);
}

// IDX bytes of three 2x1 pictures, `cut` bytes missing at the end.
static void write_idx(const char *images, const char *labels, bool packed, int cut)
{
    const uint8_t pictures[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6};
    const uint8_t classes[] = {0, 0, 8, 1, 0, 0, 0, 3, 2, 0, 1};
    if (packed) {
        gzFile file = gzopen(test_temp(images).text, "wb");
        assert_int_equal(gzwrite(file, pictures, sizeof pictures), sizeof pictures);
        assert_int_equal(gzclose(file), Z_OK);
    } else {
        test_write(test_temp(images).text, pictures, sizeof pictures - (size_t)cut);
    }
    test_write(test_temp(labels).text, classes, sizeof classes);
}

static void test_idx(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    test_make_dir("idx");
    write_idx("idx/train-images-idx3-ubyte.gz", "idx/train-labels-idx1-ubyte", true, 0);
    write_idx("idx/t10k-images-idx3-ubyte", "idx/t10k-labels-idx1-ubyte", false, 1);
    assert_int_equal(read_set(&s, "idx", NULL, NN_DATA_CLASSES, &err), NN_OK);
    assert_int_equal(s.names.count, 3);
    assert_int_equal(s.data.count, 3);
    assert_int_equal(s.data.samples[0].classes[0], 2);
    const uint8_t grey[] = {5, 5, 5, 6, 6, 6};
    nn_image image;
    bool borrowed;
    assert_int_equal(nn_dataset_picture(&s.data, 2, &image, &borrowed, &err), NN_OK);
    assert_true(image.width == 2 && image.height == 1 && !borrowed);
    assert_memory_equal(image.rgb, grey, sizeof grey);
    nn_image_release(&image);
    release_set(&s);
    assert_int_equal(read_set(&s, "idx", "test", NN_DATA_CLASSES, &err), NN_OK);
    assert_int_equal(s.data.count, 2);
    assert_int_equal(s.data.skipped, 1);
    assert_non_null(strstr(s.book.all, "end after 2 of 3"));
    release_set(&s);
    assert_int_equal(read_set(&s, "idx", "val", NN_DATA_CLASSES, &err), NN_ENOTFOUND);
    release_set(&s);
    test_make_dir("badidx");
    write_idx("badidx/train-images-idx3-ubyte", "badidx/train-labels-idx1-ubyte", false, 20);
    assert_int_equal(read_set(&s, "badidx", NULL, NN_DATA_CLASSES, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "not an IDX file"));
    release_set(&s);
}

static void test_cifar(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    static uint8_t batch[3 * 3073 - 1];
    test_make_dir("cifar");
    batch[0] = 1;
    batch[1] = 10; // red, green and blue of the first pixel
    batch[1 + 1024] = 20;
    batch[1 + 2048] = 30;
    batch[3073] = 7; // no such class
    test_write(test_temp("cifar/data_batch_1.bin").text, batch, sizeof batch);
    test_write_text("cifar/batches.meta.txt", "plane\ncar\n\n");
    assert_int_equal(read_set(&s, "cifar", NULL, NN_DATA_CLASSES, &err), NN_OK);
    assert_string_equal(s.names.name[1], "car");
    assert_int_equal(s.data.count, 1);
    assert_int_equal(s.data.skipped, 2);
    assert_non_null(strstr(s.book.all, "picture 1 has class 7 of 2"));
    assert_non_null(strstr(s.book.all, "ends within picture 2"));
    assert_int_equal(s.data.samples[0].classes[0], 1);
    assert_memory_equal(s.data.samples[0].image.rgb, ((uint8_t[]){10, 20, 30, 0, 0, 0}), 6);
    release_set(&s);
}

// Every folder that the other tests made.
typedef struct made_folder {
    const char *name;
    nn_data_kind kind;
} made_folder;

static const made_folder made[] = {
    {"voc", NN_DATA_BOXES},     {"coco", NN_DATA_BOXES},  {"classes", NN_DATA_CLASSES},
    {"table", NN_DATA_CLASSES}, {"idx", NN_DATA_CLASSES}, {"cifar", NN_DATA_CLASSES},
};

static nn_status read_without_check(void *ctx, nn_error *err)
{
    const made_folder *from = ctx;
    const test_path path = test_temp(from->name);
    nn_dataset d;
    nn_names names = {0};
    nn_class_map map;
    nn_source source = {.path = "set"};
    nn_folder folder = {.path = path.text, .source = &source, .names = &names, .map = &map};
    const nn_data_format *format;
    nn_status status = nn_dataset_init(&d, 1 << 20, (nn_notes){0}, err);
    if (status == NN_OK)
        status = nn_data_find(&format, folder.path, from->kind, err);
    if (status == NN_OK)
        status = nn_data_names(format, &folder, &names, NULL, err);
    nn_class_map_identity(&map, names.count);
    if (status == NN_OK)
        status = nn_dataset_add_folder(&d, &folder, from->kind, err);
    nn_dataset_release(&d);
    nn_names_release(&names);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    if (!NN_HAS_xml || !NN_HAS_csv)
        skip();
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        assert_true(alloc_fail_each(read_without_check, (void *)&made[i]) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_voc),           cmocka_unit_test(test_voc_hostile),
        cmocka_unit_test(test_coco),          cmocka_unit_test(test_coco_hostile),
        cmocka_unit_test(test_class_folders), cmocka_unit_test(test_csv),
        cmocka_unit_test(test_idx),           cmocka_unit_test(test_cifar),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
