// SPDX-License-Identifier: MIT
// Formats of labels: unedited parts stay identical to the byte, edits change only what they should.
#include "app/annotate/edit.h"
#include "tests/app/annotate_scene.h"
#include "tests/support/test.h"

#include <stdio.h>

static int boxes(const ui_editor *e)
{
    return ui_editor_sheet(e).count;
}

static void expect_box(const ui_editor *e, int i, double x0, double y0, double x1, double y1)
{
    assert_in_range(i, 0, boxes(e) - 1);
    const ui_box b = ui_editor_sheet(e).boxes[i];
    assert_float_equal(b.x0, x0, 1e-6);
    assert_float_equal(b.y0, y0, 1e-6);
    assert_float_equal(b.x1, x1, 1e-6);
    assert_float_equal(b.y1, y1, 1e-6);
}

// Fails unless a file holds `was` with the first `old` in it replaced by `new`.
static void expect_changed(const char *name, const char *was, const char *old, const char *new)
{
    const char *at = strstr(was, old);
    assert_non_null(at);
    g_autofree char *is = g_strdup_printf("%.*s%s%s", (int)(at - was), was, new, at + strlen(old));
    scene_expect(name, is);
}

#define VOC_HEAD                                                                                   \
    "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n"                                            \
    "<annotation verified=\"yes\">\n"                                                              \
    "  <folder>mine</folder> <!-- kept -->\n"                                                      \
    "  <filename>a.png</filename>\n"                                                               \
    "  <size><width>200</width><height>100</height><depth>3</depth></size>\n"
#define VOC_DOG                                                                                    \
    "  <object>\n"                                                                                 \
    "    <name> dog </name>\n"                                                                     \
    "    <pose>Left</pose>\n"                                                                      \
    "    <bndbox><xmax>60</xmax><xmin>11</xmin><ymin>21</ymin><ymax>50.5</ymax></bndbox>\n"        \
    "    <part><name>head</name></part>\n"                                                         \
    "  </object>\n"
#define VOC_CAT                                                                                    \
    "  <object>\n"                                                                                 \
    "    <name>cat</name>\n"                                                                       \
    "    <difficult>0</difficult>\n"                                                               \
    "    <bndbox><xmin>101</xmin><ymin>1</ymin><xmax>200</xmax><ymax>100</ymax></bndbox>\n"        \
    "  </object>\n"
static const char voc[] = VOC_HEAD VOC_DOG VOC_CAT "</annotation>\n";

static ui_editor *open_voc(const char *dir)
{
    char name[64];
    test_make_dir(dir);
    for (const char *const *sub = (const char *const[]){"JPEGImages", "Annotations", NULL}; *sub;
         sub++) {
        snprintf(name, sizeof name, "%s/%s", dir, *sub);
        test_make_dir(name);
    }
    snprintf(name, sizeof name, "%s/JPEGImages/a.png", dir);
    scene_picture(name, 200, 100);
    snprintf(name, sizeof name, "%s/JPEGImages/b.png", dir);
    scene_picture(name, 80, 60);
    snprintf(name, sizeof name, "%s/Annotations/a.xml", dir);
    test_write_text(name, voc);
    return scene_open(dir, NULL);
}

static void edits_voc(void **state)
{
    (void)state;
    ui_editor *e = open_voc("voc");
    assert_int_equal(boxes(e), 2);
    expect_box(e, 0, 10, 20, 60, 50.5);
    expect_box(e, 1, 100, 0, 200, 100);
    assert_string_equal(ui_document_project(e->doc)->names.name[0], "dog");
    e->selected = 0;
    ui_editor_key(e, "Shift+Right");
    ui_editor_save(e);
    expect_changed("voc/Annotations/a.xml", voc, "<xmax>60</xmax><xmin>11",
                   "<xmax>61</xmax><xmin>12");
    scene_expect("voc/Annotations/a.xml~", voc);
    ui_editor_key(e, "Ctrl+Z");
    e->selected = 0;
    ui_editor_key(e, "2"); // a cat
    ui_editor_save(e);
    expect_changed("voc/Annotations/a.xml", voc, "<name> dog </name>", "<name>cat</name>");
    ui_editor_key(e, "Ctrl+Z");
    e->selected = 0;
    ui_editor_key(e, "x"); // the object had no such element
    e->selected = 1;
    ui_editor_key(e, "Delete");
    ui_editor_save(e);
    scene_expect("voc/Annotations/a.xml",
                 VOC_HEAD "  <object>\n"
                          "    <name> dog </name>\n"
                          "    <pose>Left</pose>\n"
                          "    <bndbox><xmax>60</xmax><xmin>11</xmin><ymin>21</ymin>"
                          "<ymax>50.5</ymax></bndbox>\n"
                          "    <part><name>head</name></part>\n"
                          "    <difficult>1</difficult>\n"
                          "  </object>\n"
                          "</annotation>\n");
    ui_editor_key(e, "Ctrl+Z");
    ui_editor_key(e, "Ctrl+Z");
    ui_editor_save(e);
    scene_expect("voc/Annotations/a.xml", voc);
    ui_editor_free(e);
}

static void adds_to_voc(void **state)
{
    (void)state;
    ui_editor *e = open_voc("voc2");
    ui_editor_key(e, "c");
    ui_editor_text(e, "B\xc3\xa4r & Co");
    ui_editor_key(e, "Return");
    scene_drag(e, 70, 10, 90, 40);
    ui_editor_save(e);
    // The indent follows the other objects; letters outside of the file's encoding become
    // references.
    scene_expect("voc2/Annotations/a.xml",
                 VOC_HEAD VOC_DOG VOC_CAT "  <object>\n"
                                          "    <name>B&#228;r &amp; Co</name>\n"
                                          "    <pose>Unspecified</pose>\n"
                                          "    <truncated>0</truncated>\n"
                                          "    <difficult>0</difficult>\n"
                                          "    <bndbox>\n"
                                          "        <xmin>71</xmin>\n"
                                          "        <ymin>11</ymin>\n"
                                          "        <xmax>90</xmax>\n"
                                          "        <ymax>40</ymax>\n"
                                          "    </bndbox>\n"
                                          "  </object>\n"
                                          "</annotation>\n");
    ui_editor_key(e, "n"); // a picture without a label file gets one
    ui_editor_key(e, "1");
    scene_drag(e, 10, 10, 30, 40);
    ui_editor_save(e);
    ui_editor_free(e);
    e = scene_open("voc2", NULL);
    assert_int_equal(boxes(e), 3);
    expect_box(e, 2, 70, 10, 90, 40);
    assert_string_equal(ui_document_project(e->doc)->names.name[2], "B\xc3\xa4r & Co");
    ui_editor_key(e, "n");
    assert_null(ui_editor_page(e)->locked);
    assert_int_equal(boxes(e), 1);
    expect_box(e, 0, 10, 10, 30, 40);
    ui_editor_free(e);
}

static void locks_what_is_of_another_size(void **state)
{
    (void)state;
    ui_editor_free(open_voc("voc3"));
    scene_picture("voc3/JPEGImages/a.png", 400, 200);
    ui_editor *e = scene_open("voc3", NULL);
    assert_non_null(strstr(ui_editor_page(e)->locked, "the labels are for 200x100 pixels"));
    scene_drag(e, 10, 10, 30, 40);
    ui_editor_save(e);
    scene_expect("voc3/Annotations/a.xml", voc);
    ui_editor_free(e);
}

#define COCO_IMAGES                                                                                \
    "{\"info\": {\"year\": 2020},\n"                                                               \
    " \"images\": [{\"id\": 7, \"file_name\": \"a.png\", \"width\": 200, \"height\": 100, "        \
    "\"licence\": 3},\n"                                                                           \
    "            {\"id\": 4, \"file_name\": \"b.png\", \"width\": 80, \"height\": 60}],\n"
#define COCO_FIRST                                                                                 \
    "{\"id\":100,\"image_id\":7,\"category_id\":18,\"bbox\":[10.0,20,50.00,30.5],"                 \
    "\"area\":1525.0,\"note\":\"kept\"}"
#define COCO_SECOND                                                                                \
    "{\"id\":101,\"image_id\":4,\"category_id\":1,\"bbox\":[ 1, 2, 30, 40 ],\"area\":700,"         \
    "\"iscrowd\":0,\"segmentation\":[[1,2,31,2,31,42]]}"
#define COCO_END                                                                                   \
    ",\n \"categories\": [{\"id\": 1, \"name\": \"person\"}, {\"id\": 18, \"name\": \"dog\"}]}\n"
static const char coco[] =
    COCO_IMAGES " \"annotations\": [" COCO_FIRST ",\n  " COCO_SECOND "]" COCO_END;

static ui_editor *open_coco(const char *dir)
{
    char name[64];
    test_make_dir(dir);
    snprintf(name, sizeof name, "%s/images", dir);
    test_make_dir(name);
    snprintf(name, sizeof name, "%s/images/a.png", dir);
    scene_picture(name, 200, 100);
    snprintf(name, sizeof name, "%s/images/b.png", dir);
    scene_picture(name, 80, 60);
    snprintf(name, sizeof name, "%s/images/new.png", dir);
    scene_picture(name, 50, 40);
    snprintf(name, sizeof name, "%s/annotations.json", dir);
    test_write_text(name, coco);
    return scene_open(dir, NULL);
}

static void edits_coco(void **state)
{
    (void)state;
    ui_editor *e = open_coco("coco");
    assert_int_equal(ui_document_project(e->doc)->count, 3);
    assert_int_equal(boxes(e), 1);
    expect_box(e, 0, 10, 20, 60, 50.5);
    e->selected = 0;
    ui_editor_key(e, "Ctrl+Right"); // wider: the area in the file follows
    ui_editor_save(e);
    expect_changed("coco/annotations.json", coco, "50.00,30.5],\"area\":1525.0",
                   "51,30.5],\"area\":1555.5");
    scene_expect("coco/annotations.json~", coco);
    ui_editor_key(e, "Ctrl+Z");
    e->selected = 0;
    ui_editor_key(e, "x");
    ui_editor_key(e, "1");
    ui_editor_save(e);
    expect_changed("coco/annotations.json", coco, COCO_FIRST,
                   "{\"id\":100,\"image_id\":7,\"category_id\":1,\"bbox\":[10.0,20,50.00,30.5],"
                   "\"area\":1525.0,\"note\":\"kept\", \"iscrowd\": 1}");
    ui_editor_key(e, "Ctrl+Z");
    ui_editor_key(e, "Ctrl+Z");
    ui_editor_key(e, "n");
    e->selected = 0;
    ui_editor_key(e, "Shift+Down"); // the object has an outline: the area stays
    ui_editor_save(e);
    expect_changed("coco/annotations.json", coco, "[ 1, 2, 30,", "[ 1, 3, 30,");
    ui_editor_key(e, "Ctrl+Z");
    ui_editor_save(e);
    scene_expect("coco/annotations.json", coco);
    ui_editor_free(e);
}

static void deletes_from_coco(void **state)
{
    (void)state;
    ui_editor *e = open_coco("coco2");
    e->selected = 0;
    ui_editor_key(e, "Delete");
    ui_editor_save(e);
    scene_expect("coco2/annotations.json",
                 COCO_IMAGES " \"annotations\": [" COCO_SECOND "]" COCO_END);
    ui_editor_key(e, "n");
    e->selected = 0;
    ui_editor_key(e, "Delete");
    ui_editor_save(e);
    scene_expect("coco2/annotations.json", COCO_IMAGES " \"annotations\": []" COCO_END);
    ui_editor_key(e, "2"); // a dog, in a picture that the file does not list
    ui_editor_key(e, "n");
    scene_drag(e, 5, 5, 25, 35);
    ui_editor_save(e);
    const char *const added =
        "{\"id\": 102, \"image_id\": 8, \"category_id\": 18, \"bbox\": [5, 5, "
        "20, 30], \"area\": 600, \"iscrowd\": 0, \"segmentation\": []}";
    char *is = test_read_text("coco2/annotations.json");
    assert_non_null(strstr(is, added));
    assert_non_null(strstr(is, "60},\n            {\"id\": 8, \"file_name\": \"new.png\", "
                               "\"width\": 50, \"height\": 40}],"));
    free(is);
    ui_editor_key(e, "Home");
    ui_editor_key(e, "Ctrl+Z");
    ui_editor_key(e, "Ctrl+Z");
    ui_editor_save(e); // restores the second, but not the first
    scene_expect("coco2/annotations.json",
                 COCO_IMAGES " \"annotations\": [" COCO_SECOND "]" COCO_END);
    ui_editor_free(e);
}

static void makes_coco(void **state)
{
    (void)state;
    test_make_dir("coco3");
    scene_picture("coco3/a.png", 200, 100);
    ui_editor *e = scene_open("coco3", "coco");
    ui_document_add_class(e->doc, "a \"b\"");
    scene_drag(e, 10, 20, 60, 50);
    scene_drag(e, 100, 20, 160, 50);
    ui_editor_save(e);
    ui_editor_free(e);
    e = scene_open("coco3", NULL);
    assert_int_equal(boxes(e), 2);
    expect_box(e, 1, 100, 20, 160, 50);
    assert_string_equal(ui_document_project(e->doc)->names.name[0], "a \"b\"");
    ui_editor_free(e);
}

static void refuses_damaged_coco(void **state)
{
    (void)state;
    ui_project p;
    ui_document *d;
    nn_error err = {0};
    test_make_dir("coco4");
    scene_picture("coco4/a.png", 200, 100);
    test_write_text("coco4/annotations.json", "{\"images\": [}");
    assert_int_equal(ui_project_open(&p, test_temp("coco4").text, NULL, NULL, &err), NN_OK);
    assert_int_not_equal(ui_document_new(&d, &p, &err), NN_OK);
    assert_non_null(strstr(err.text, "annotations.json"));
    // An invalid annotation locks only its own picture.
    test_write_text("coco4/annotations.json",
                    "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}], \"annotations\": "
                    "[{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3]}], "
                    "\"categories\": [{\"id\": 1, \"name\": \"x\"}]}");
    ui_editor *e = scene_open("coco4", NULL);
    assert_non_null(strstr(ui_editor_page(e)->locked, "annotation 0: bbox is not"));
    ui_editor_free(e);
}

static const char mot[] = "# by hand\n"
                          "1,7,10.50,20,30,40,1,1,0.8\n"
                          "1,9,100,20,30.25,40\n"
                          "11,7,30.50,40,30,40,0.75\n"
                          "11,-1,1,1,5,5,-1,-1,-1,-1\n";

static ui_document *open_mot(const char *name)
{
    ui_project p;
    ui_document *d;
    nn_error err = {0};
    g_autofree char *video = g_strconcat(test_temp(name).text, ".avi", NULL);
    assert_int_equal(ui_project_open_video(&p, video, NULL, &err), NN_OK);
    assert_int_equal(ui_document_new(&d, &p, &err), NN_OK);
    return d;
}

static void edits_mot(void **state)
{
    (void)state;
    nn_error err = {0};
    test_write_text("mot.txt", mot);
    ui_document *d = open_mot("mot");
    assert_int_equal(ui_document_project(d)->count, 11);
    ui_sheet s = ui_document_sheet(d, 0);
    assert_int_equal(s.count, 2);
    assert_int_equal(s.boxes[0].id, 7);
    assert_float_equal(s.boxes[1].x1, 130.25, 1e-9);
    ui_box edited[3] = {s.boxes[0], s.boxes[1], {.x0 = 1, .y0 = 2, .x1 = 4.5, .y1 = 6}};
    edited[0].x0 += 1;
    edited[0].x1 += 1;
    edited[1].label = 1;
    edited[2].record = -1;
    edited[2].id = 12;
    edited[2].ignore = true;
    assert_true(ui_document_set(d, 0, edited, 3));
    ui_document_commit(d, 0);
    assert_int_equal(ui_document_save(d, &err), NN_OK);
    scene_expect("mot.txt", "# by hand\n"
                            "1,7,11.5,20,30,40,1,1,0.8\n"
                            "1,9,100,20,30.25,40,1,2\n"
                            "11,7,30.50,40,30,40,0.75\n"
                            "11,-1,1,1,5,5,-1,-1,-1,-1\n"
                            "1,12,1,2,3.5,4,0,1\n");
    assert_int_equal(ui_document_undo(d), 0);
    assert_int_equal(ui_document_save(d, &err), NN_OK);
    scene_expect("mot.txt", mot);
    ui_document_free(d);
}

static void interpolates(void **state)
{
    (void)state;
    nn_error err = {0};
    test_write_text("fill.txt", mot);
    ui_document *d = open_mot("fill");
    assert_int_equal(ui_interpolate(d, 0, 9), 0); // there is no second key frame
    assert_int_equal(ui_interpolate(d, 0, 7), 9);
    ui_document_commit(d, 0);
    ui_sheet s = ui_document_sheet(d, 5);
    assert_int_equal(s.count, 1);
    assert_float_equal(s.boxes[0].x0, 20.5, 1e-9);
    assert_true(s.boxes[0].filled);
    // Corrects one box, which becomes a key frame: the interpolated neighbours follow.
    ui_box right = s.boxes[0];
    right.x0 += 10;
    right.x1 += 10;
    right.filled = false;
    ui_document_set(d, 5, &right, 1);
    assert_int_equal(ui_interpolate(d, 5, 7), 8);
    ui_document_commit(d, 0);
    s = ui_document_sheet(d, 4);
    assert_float_equal(s.boxes[0].x0, 10.5 + 20 * 4 / 5.0, 1e-9);
    assert_int_equal(ui_document_save(d, &err), NN_OK);
    ui_document_undo(d); // undoes the neighbours, too
    s = ui_document_sheet(d, 4);
    assert_float_equal(s.boxes[0].x0, 18.5, 1e-9);
    ui_document_undo(d);
    assert_int_equal(ui_document_save(d, &err), NN_OK);
    scene_expect("fill.txt", mot);
    ui_document_free(d);
}

static void locks_damaged_frames(void **state)
{
    (void)state;
    ui_project p;
    ui_document *d;
    nn_error err = {0};
    test_write_text("torn.txt", "1,1,10,20,30,40,1\n2,1,10,20\n3,1,10,20,30,40,1\n");
    d = open_mot("torn");
    const ui_box none = {0};
    assert_false(ui_document_set(d, 1, &none, 0));
    assert_true(ui_document_set(d, 2, &none, 0));
    assert_int_equal(ui_document_save(d, &err), NN_OK);
    scene_expect("torn.txt", "1,1,10,20,30,40,1\n2,1,10,20\n");
    ui_document_free(d);
    test_write_text("torn.txt", "nonsense\n");
    assert_int_equal(ui_project_open_video(&p, test_temp("torn.avi").text, NULL, &err), NN_OK);
    assert_int_equal(ui_document_new(&d, &p, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "torn.txt: line 1: the frame is not a number"));
}

static void finds_labels_of_yolo(void **state)
{
    (void)state;
    test_make_dir("ultra"); // data/images/train with data/labels/train
    test_make_dir("ultra/images");
    test_make_dir("ultra/images/train");
    test_make_dir("ultra/labels");
    test_make_dir("ultra/labels/train");
    scene_picture("ultra/images/train/a.png", 100, 100);
    test_write_text("ultra/labels/train/a.txt", "1 0.5 0.5 0.5 0.5\n");
    ui_editor *e = scene_open("ultra/images/train", NULL);
    expect_box(e, 0, 25, 25, 75, 75);
    assert_string_equal(ui_document_project(e->doc)->names.name[1], "class 1");
    ui_editor_free(e);
    test_make_dir("darknet"); // beside the pictures
    scene_picture("darknet/a.png", 100, 100);
    test_write_text("darknet/a.txt", "\xef\xbb\xbf"
                                     "0 0.5 0.5 0.5 0.5\n");
    e = scene_open("darknet", NULL);
    expect_box(e, 0, 25, 25, 75, 75);
    ui_editor_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_voc),
        cmocka_unit_test(adds_to_voc),
        cmocka_unit_test(locks_what_is_of_another_size),
        cmocka_unit_test(edits_coco),
        cmocka_unit_test(deletes_from_coco),
        cmocka_unit_test(makes_coco),
        cmocka_unit_test(refuses_damaged_coco),
        cmocka_unit_test(edits_mot),
        cmocka_unit_test(interpolates),
        cmocka_unit_test(locks_damaged_frames),
        cmocka_unit_test(finds_labels_of_yolo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
