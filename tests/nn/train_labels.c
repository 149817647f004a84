// SPDX-License-Identifier: MIT
// Labels as other tools write them: ids of any kind, pictures listed twice, tables of any dialect.
#include "nn/base/features.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include <stdio.h>

// Ids of any kind keep pictures apart, and a file that is listed twice is one picture.
static void test_coco_ids(void **state)
{
    (void)state;
    static const char *const ids[][2] = {{"1", "2"},
                                         {"\"1\"", "\"2\""},
                                         {"\"a\"", "\"b\""},
                                         {"-1", "-2"},
                                         {"1.0", "2"},
                                         {"9007199254740992", "9007199254740993"},
                                         {"1523498172349817001", "1523498172349817002"}};
    test_make_dir("ids");
    test_make_dir("ids/images");
    make_picture("ids/images/a.png", 40, 20);
    make_picture("ids/images/b..png", 40, 20);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        set s;
        nn_error err = {0};
        char json[2048];
        snprintf(json, sizeof json,
                 "{\"categories\": [{\"id\": 1, \"name\": \"cat\"}], \"images\": ["
                 "{\"id\": %s, \"file_name\": \"C:\\\\data\\\\a.png\"},"
                 "{\"id\": %s, \"file_name\": \"/home/b..png\"},"
                 "{\"id\": 77, \"file_name\": \"x/../images/a.png\"}], \"annotations\": ["
                 "{\"image_id\": %s, \"category_id\": \"1\", \"bbox\": [1, 1, 8, 4]},"
                 "{\"image_id\": %s, \"category_id\": 1, \"bbox\": [2, 2, 8, 4]},"
                 "{\"image_id\": 77, \"category_id\": 1.0, \"bbox\": [3, 3, 8, 4]}]}",
                 ids[i][0], ids[i][1], ids[i][0], ids[i][1]);
        test_write_text("ids/annotations.json", json);
        if (read_set(&s, "ids", NULL, NN_DATA_BOXES, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_int_equal(s.data.count, 2);
        assert_int_equal(s.data.samples[0].truth_count, 2);
        assert_true(s.data.samples[0].truths[0].x0 == 1 && s.data.samples[0].truths[1].x0 == 3);
        assert_int_equal(s.data.samples[1].truth_count, 1);
        assert_true(s.data.samples[1].truths[0].x0 == 2);
        assert_non_null(strstr(s.book.all, "which counts once"));
        release_set(&s);
    }
}

// A name that begins as if with a drive.
static void test_coco_colon(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    test_make_dir("colon");
    test_make_dir("colon/images");
    make_picture("colon/images/c:a.png", 40, 20);
    test_write_text("colon/annotations.json",
                    "{\"categories\": [{\"id\": 1, \"name\": \"cat\"}], \"images\": ["
                    "{\"id\": 1, \"file_name\": \"c:a.png\"}], \"annotations\": ["
                    "{\"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 1, 8, 4]}]}");
    if (read_set(&s, "colon", NULL, NN_DATA_BOXES, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(s.data.count, 1);
    assert_int_equal(s.data.samples[0].truth_count, 1);
    release_set(&s);
}

// Pictures whose boxes are lost would count as background.
static void test_coco_strays(void **state)
{
    (void)state;
    set s;
    nn_error err = {0};
    test_write_text("ids/annotations.json",
                    "\xef\xbb\xbf{\"categories\": [{\"id\": 1, \"name\": \"cat\"}], \"images\": ["
                    "{\"id\": 5, \"file_name\": \"a.png\"}], \"annotations\": ["
                    "{\"image_id\": \"a\", \"category_id\": 1, \"bbox\": [1, 1, 8, 4]},"
                    "{\"image_id\": \"b\", \"category_id\": 1, \"bbox\": [2, 2, 8, 4]},"
                    "{\"image_id\": 5, \"category_id\": 1, \"bbox\": [3, 3, 8, 4]}]}");
    assert_int_equal(read_set(&s, "ids", NULL, NN_DATA_BOXES, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "2 of 3 annotations"));
    assert_non_null(strstr(err.text, "annotation 0, whose image_id is \"a\""));
    release_set(&s);
    test_write_text(
        "ids/annotations.json",
        "{\"categories\": [{\"id\": 1, \"name\": \"cat\"}], \"images\": ["
        "{\"id\": 5, \"file_name\": \"a.png\"}], \"annotations\": ["
        "{\"image_id\": 5, \"category_id\": 1, \"bbox\": [3, 3, 8, 4], \"area\": NaN}]}");
    assert_int_equal(read_set(&s, "ids", NULL, NN_DATA_BOXES, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "NaN at byte"));
    release_set(&s);
}

static void expect_table(const char *text, size_t size, const char *first, const char *second)
{
    set s;
    nn_error err = {0};
    test_write(test_temp("tables/labels.csv").text, text, size);
    if (read_set(&s, "tables", NULL, NN_DATA_CLASSES, &err) != NN_OK)
        fail_msg("%s: %s", text, err.text);
    assert_int_equal(s.data.count, 2);
    assert_int_equal(s.data.skipped, 0);
    assert_int_equal(s.names.count, 2);
    for (int i = 0; i < 2; i++) {
        assert_non_null(strstr(s.data.samples[i].name, i ? "1.png" : "0.png"));
        assert_int_equal(s.data.samples[i].class_count, 1);
        assert_string_equal(s.names.name[s.data.samples[i].classes[0]], i ? second : first);
    }
    release_set(&s);
}

// Tables as spreadsheets, pandas and other tools write them.
static void test_csv_dialects(void **state)
{
    (void)state;
    if (!NN_HAS_csv)
        skip();
    test_make_dir("tables");
    make_picture("tables/0.png", 5, 4);
    make_picture("tables/1.png", 5, 4);
#define TABLE(text) text, sizeof(text) - 1
    expect_table(TABLE("0.png,red\n1.png,green\n"), "red", "green");
    expect_table(TABLE("\xef\xbb\xbfpath,label\r\n0.png,red\r\n1.png,green"), "red", "green");
    expect_table(TABLE("\xef\xbb\xbf"
                       "0.png,red\n1.png,green\n"),
                 "red", "green");
    expect_table(TABLE("0.png,red\r1.png,green\r"), "red", "green");
    expect_table(TABLE("path;label\n0.png;red\n1.png;green\n"), "red", "green");
    expect_table(TABLE("0.png\tred\n1.png\tgreen\n"), "red", "green");
    expect_table(TABLE("label,path\nred,0.png\ngreen,1.png\n"), "red", "green");
    expect_table(TABLE("red,0.png\ngreen,1.png\n"), "red", "green");
    expect_table(TABLE("path,label\n0.png,\"red, plain\"\n1.png,\"a \"\"b\"\"\"\n"), "red, plain",
                 "a \"b\"");
    expect_table(
        TABLE("filename,width,height,class,xmin\n0.png,64,64,red,1\n1.png,64,64,green,1\n"), "red",
        "green");
    expect_table(TABLE("path,label,split\n../0.png,red,train\n/data/1.png,green,test\n"), "red",
                 "green");
#undef TABLE
    set s;
    nn_error err = {0};
    test_write(test_temp("tables/labels.csv").text, "\xff\xfe\x30\0,\0", 6);
    assert_int_equal(read_set(&s, "tables", NULL, NN_DATA_CLASSES, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "UTF-16 text"));
    release_set(&s);
    // Line numbers count line ends, also inside of quotes.
    test_write_text("tables/labels.csv", "path,label\r\n\r\n0.png,\"re\nd\"\n1.png\n");
    assert_int_equal(read_set(&s, "tables", NULL, NN_DATA_CLASSES, &err), NN_OK);
    assert_non_null(strstr(s.book.all, "labels.csv:5: not 'path,label'"));
    release_set(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coco_ids),
        cmocka_unit_test(test_coco_colon),
        cmocka_unit_test(test_coco_strays),
        cmocka_unit_test(test_csv_dialects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
