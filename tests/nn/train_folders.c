// SPDX-License-Identifier: MIT
// Folders of labelled pictures in every format: what is read, what is skipped and why.
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/train/folder.h"

#include <stdio.h>
#include <sys/stat.h>

typedef struct notebook {
    int count;
    char all[8192];
} notebook;

static void take_note(void *ctx, const char *line)
{
    notebook *n = ctx;
    n->count++;
    size_t used = strlen(n->all);
    snprintf(n->all + used, sizeof n->all - used, "%s\n", line);
}

static void write_text(const char *name, const char *text)
{
    test_write(test_temp(name).text, text, strlen(text));
}

static void make_dir(const char *name)
{
    assert_int_equal(mkdir(test_temp(name).text, 0777), 0);
}

static void make_picture(const char *name, int width, int height)
{
    nn_image image = {width, height, nn_calloc((size_t)width * height, 3)};
    assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    nn_image_release(&image);
}

// A data set of one folder, with the names that its files hold as labels.
typedef struct set {
    nn_dataset data;
    nn_names names;
    nn_class_map map;
    notebook book;
    test_path path;
} set;

static nn_status read_set(set *s, const char *name, const char *list, nn_data_kind kind,
                          nn_error *err)
{
    *s = (set){.path = test_temp(name)};
    nn_source source = {.path = "set"};
    nn_folder folder = {.path = s->path.text, .list = list, .source = &source};
    const nn_data_format *format;
    nn_status status = nn_data_find(&format, folder.path, kind, err);
    if (status == NN_OK && format->names)
        status = format->names(&folder, &s->names, err);
    nn_class_map_identity(&s->map, s->names.count);
    folder.names = &s->names;
    folder.map = &s->map;
    nn_error ignored;
    nn_status made = nn_dataset_init(&s->data, 1 << 20, (nn_notes){take_note, &s->book}, &ignored);
    assert_int_equal(made, NN_OK);
    return status == NN_OK ? nn_dataset_add_folder(&s->data, &folder, kind, err) : status;
}

static void release_set(set *s)
{
    nn_dataset_release(&s->data);
    nn_names_release(&s->names);
}

#define VOC_SIZE "<size><width>40</width><height>20</height></size>"
#define VOC_BOX(x0, y0, x1, y1)                                                                    \
    "<bndbox><xmin>" #x0 "</xmin><ymin>" #y0 "</ymin><xmax>" #x1 "</xmax><ymax>" #y1               \
    "</ymax></bndbox>"

static void make_voc(void)
{
    make_dir("voc");
    make_dir("voc/Annotations");
    make_dir("voc/JPEGImages");
    make_dir("voc/ImageSets");
    make_dir("voc/ImageSets/Main");
    for (const char *p = "abcde"; *p; p++) {
        char name[64];
        snprintf(name, sizeof name, "voc/JPEGImages/%c.png", *p);
        make_picture(name, 40, 20);
    }
    write_text(
        "voc/Annotations/a.xml",
        "<?xml version=\"1.0\"?>\n<annotation><filename>a.png</filename>" VOC_SIZE
        "<object><name> cat </name><difficult>0</difficult>" VOC_BOX(
            1, 1, 40,
            20) "<part><name>head</name>" VOC_BOX(2, 2, 4,
                                                  4) "</part></object>"
                                                     "<object><name>dog</name><difficult>1</"
                                                     "difficult>" VOC_BOX(
                                                         11, 6, 20.5, 10) "</object></annotation>");
    write_text("voc/Annotations/b.xml", "<annotation>" VOC_SIZE "</annotation>");
    write_text("voc/Annotations/c.xml", "<annotation>\n<object><name>cat</name></object>"
                                        "</annotation>");
    write_text("voc/Annotations/d.xml", "<annotation><object>");
    write_text("voc/Annotations/e.xml", "<annotation><size><width>80</width><height>20</height>"
                                        "</size></annotation>");
    write_text("voc/Annotations/f.xml", "<annotation></annotation>");
    write_text("voc/ImageSets/Main/one.txt", "b\r\n\na  1\n");
}

static void test_voc(void **state)
{
    (void)state;
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
        "e.png: is 40x20, its boxes are for 80x20", "f.jpg: no such picture"};
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
    assert_int_equal(read_set(&s, "voc", "two", NN_DATA_BOXES, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "Main/two.txt"));
    release_set(&s);
}

static void test_voc_hostile(void **state)
{
    (void)state;
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
    make_dir("bad");
    make_dir("bad/Annotations");
    make_dir("bad/JPEGImages");
    make_picture("bad/JPEGImages/a.png", 8, 8);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        set s;
        nn_error err = {0};
        write_text("bad/Annotations/a.xml", bad[i].xml);
        assert_int_equal(read_set(&s, "bad", NULL, NN_DATA_BOXES, &err), NN_OK);
        assert_int_equal(s.data.count, 0);
        assert_int_equal(s.book.count, 1);
        if (!strstr(s.book.all, bad[i].reason))
            fail_msg("'%s' does not say '%s'", s.book.all, bad[i].reason);
        release_set(&s);
    }
    char deep[2048] = "<annotation>";
    for (int i = 0; i < 100; i++)
        strcat(deep, "<object>");
    set s;
    nn_error err;
    write_text("bad/Annotations/a.xml", deep);
    assert_int_equal(read_set(&s, "bad", NULL, NN_DATA_BOXES, &err), NN_OK);
    assert_non_null(strstr(s.book.all, "too deep"));
    release_set(&s);
}

// Every folder that the other tests made.
static const struct {
    const char *name;
    nn_data_kind kind;
} made[] = {
    {"voc", NN_DATA_BOXES},
};

static nn_status read_without_check(const char *name, nn_data_kind kind, nn_error *err)
{
    const test_path path = test_temp(name);
    nn_dataset d;
    nn_names names = {0};
    nn_class_map map;
    nn_source source = {.path = "set"};
    nn_folder folder = {.path = path.text, .source = &source, .names = &names, .map = &map};
    const nn_data_format *format;
    nn_status status = nn_dataset_init(&d, 1 << 20, (nn_notes){0}, err);
    if (status == NN_OK)
        status = nn_data_find(&format, folder.path, kind, err);
    if (status == NN_OK && format->names)
        status = format->names(&folder, &names, err);
    nn_class_map_identity(&map, names.count);
    if (status == NN_OK)
        status = format->add(&d, &folder, err);
    nn_dataset_release(&d);
    nn_names_release(&names);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        int failures = 0;
        for (long n = 0;; n++) {
            nn_error err = {0};
            alloc_reset(n);
            nn_status status = read_without_check(made[i].name, made[i].kind, &err);
            alloc_reset(-1);
            if (status == NN_OK)
                break;
            assert_int_equal(status, NN_ENOMEM);
            assert_true(err.text[0] != '\0');
            failures++;
        }
        assert_true(failures > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_voc),
        cmocka_unit_test(test_voc_hostile),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
