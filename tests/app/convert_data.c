// SPDX-License-Identifier: MIT
// convert-data on the command line: what is kept, what is reported as lost, and what is refused.
#include "tests/support/command.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// COCO with an outline, a crowd, an unwanted class, and two pictures of one name.
static void make_coco(void)
{
    static const char *const folders[] = {"coco", "coco/annotations", "coco/train", "coco/train/x",
                                          "coco/val"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        test_make_dir(folders[i]);
    make_picture("coco/train/a.png", 40, 20);
    make_picture("coco/train/x/a.png", 40, 20);
    make_picture("coco/val/c.png", 40, 20);
#define CATEGORIES                                                                                 \
    "\"categories\":[{\"id\":7,\"name\":\"tree\"},{\"id\":1,\"name\":\"a cat\"},"                  \
    "{\"id\":2,\"name\":\"dog\"}]}"
    test_write_text(
        "coco/annotations/instances_train.json",
        "{\"images\":[{\"id\":1,\"file_name\":\"a.png\",\"width\":40,\"height\":20},"
        "{\"id\":2,\"file_name\":\"x/a.png\",\"width\":40,\"height\":20}],\"annotations\":["
        "{\"id\":1,\"image_id\":1,\"category_id\":1,\"bbox\":[4,2,8,8],\"area\":40,"
        "\"segmentation\":[[4,2,12,2,12,10,4,8]]},"
        "{\"id\":2,\"image_id\":1,\"category_id\":2,\"bbox\":[20,0,20,10],\"iscrowd\":1},"
        "{\"id\":3,\"image_id\":2,\"category_id\":2,\"bbox\":[20,10,20,10],\"segmentation\":[]},"
        "{\"id\":4,\"image_id\":2,\"category_id\":7,\"bbox\":[1,1,2,2]}]," CATEGORIES);
    test_write_text("coco/annotations/instances_val.json",
                    "{\"images\":[{\"id\":1,\"file_name\":\"c.png\",\"width\":40,\"height\":20}],"
                    "\"annotations\":[]," CATEGORIES);
}

static void expect_text(const char *name, const char *expected)
{
    char *text = test_read_text(name);
    assert_string_equal(text, expected);
    free(text);
}

static nlink_t links_to(const char *name)
{
    struct stat st;
    assert_int_equal(stat(test_temp(name).text, &st), 0);
    return st.st_nlink;
}

static void test_yolo(void **state)
{
    (void)state;
    make_coco();
    assert_int_equal(command_line("", "convert-data coco yolo --to yolo --classes 'dog,a cat'"), 0);
    command_said("yolo: YOLO, 3 pictures (train 2, val 1), 2 objects of 2 classes\n");
    command_said("lost: 1 objects of other classes; 1 difficult, crowded or ignored objects; 1 "
                 "outlines became boxes (--outlines keeps them)\n");
    expect_text("yolo/data.yaml", "train: images/train\nval: images/val\nnc: 2\nnames:\n"
                                  "  0: \"dog\"\n  1: \"a cat\"\n");
    expect_text("yolo/classes.txt", "dog\na cat\n");
    expect_text("yolo/labels/train/a.txt", "1 0.2 0.3 0.2 0.4\n");
    expect_text("yolo/labels/train/x_a.txt", "0 0.75 0.75 0.5 0.5\n");
    expect_text("yolo/labels/val/c.txt", "");
    assert_int_equal(links_to("yolo/images/train/x_a.png"), 1);
    assert_int_equal(
        command_line("", "convert-data coco -o outlines --to yolo --outlines --link --classes dog,"
                         "'a cat'"),
        0);
    expect_text("outlines/labels/train/a.txt", "1 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.4\n");
    expect_text("outlines/labels/train/x_a.txt", "0 0.5 0.5 1 0.5 1 1 0.5 1\n");
    assert_int_equal(links_to("outlines/images/train/a.png"), 2);
    command_did_not_say("outlines became");
}

static void test_others(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "convert-data coco again --to coco"), 0);
    command_did_not_say("lost");
    char *json = test_read_text("again/annotations/instances_train.json");
    assert_non_null(strstr(json, "\"bbox\": [4, 2, 8, 8], \"area\": 40, \"iscrowd\": 0, "
                                 "\"segmentation\": [[4, 2, 12, 2, 12, 10, 4, 8]]}"));
    assert_non_null(strstr(json, "\"bbox\": [20, 0, 20, 10], \"area\": 200, \"iscrowd\": 1"));
    assert_non_null(strstr(json, "{\"id\": 1, \"name\": \"tree\"}"));
    free(json);
    assert_int_equal(command_line("", "convert-data coco voc --to voc"), 0);
    command_said("lost: 1 outlines became boxes\n");
    expect_text("voc/ImageSets/Main/train.txt", "a\nx_a\n");
    char *xml = test_read_text("voc/Annotations/a.xml");
    assert_non_null(strstr(xml, "<name>a cat</name>"));
    assert_non_null(strstr(xml, "<difficult>1</difficult>"));
    free(xml);
    assert_int_equal(command_line("", "convert-data voc mot --to mot"), 0);
    command_said("lost: 1 pictures without objects look unlabelled\n");
    expect_text("mot/train/pictures/gt/gt.txt", "1,-1,4,2,8,8,1,1,1\n1,-1,20,0,20,10,0,2,1\n"
                                                "2,-1,20,10,20,10,1,2,1\n2,-1,1,1,2,2,1,3,1\n");
    expect_text("mot/train/pictures/gt/labels.txt", "a cat\ndog\ntree\n");
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *line, *words;
    } bad[] = {
        {"convert-data coco", "where to? give OUT"},
        {"convert-data coco new", "which format? give --to yolo, coco, voc or mot"},
        {"convert-data coco new --to csv", "--to csv: not one of yolo, coco, voc, mot"},
        {"convert-data coco yolo --to yolo", "--out yolo: is there already; --force replaces it"},
        {"convert-data coco new --to yolo --classes cat",
         "the data have no class 'cat'; they have tree, a cat, dog"},
        {"convert-data coco . --to yolo --force", "would replace the data that are read"},
        {"convert-data coco coco/new --to yolo", "lies in the data that are read"},
        {"convert-data none new --to yolo", "none: No such file or directory"},
        {"convert-data coco full --to yolo --force", "full: is no data set; it is not replaced"},
    };
    test_make_dir("full");
    test_write_text("full/letter", "dear");
    const int before = test_temp_count();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(command_line("", bad[i].line), 2);
        command_said(bad[i].words);
        assert_int_equal(test_temp_count(), before);
    }
}

static void test_force(void **state)
{
    (void)state;
    const int before = test_temp_count();
    assert_int_equal(command_line("", "convert-data coco yolo --to voc --force"), 0);
    expect_text("yolo/ImageSets/Main/val.txt", "c\n");
    struct stat st;
    assert_int_equal(stat(test_temp("yolo/data.yaml").text, &st), -1);
    assert_int_equal(test_temp_count(), before);
    // When the disk is full, old files stay, and nothing new is left.
    assert_int_equal(command_line("ulimit -f 1;", "convert-data coco yolo --to coco --force"), 2);
    command_said("cannot write");
    expect_text("yolo/ImageSets/Main/val.txt", "c\n");
    assert_int_equal(test_temp_count(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yolo),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
