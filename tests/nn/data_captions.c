// SPDX-License-Identifier: MIT
// Pictures with captions: tables with and without a heading, COCO, and what is wrong in them.
#include "tests/support/files.h"
#include "tests/support/labelled.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

// "NAME: caption | caption" of each sample.
static void expect(const char *name, const char *list, const char *expected, const char *noted)
{
    set s;
    nn_error err = {0};
    char found[1024] = "";
    size_t n = 0;
    if (read_set(&s, name, list, NN_DATA_CAPTIONS, &err) != NN_OK)
        fail_msg("%s: %s", name, err.text);
    for (int i = 0; i < s.data.count; i++) {
        const nn_sample *one = &s.data.samples[i];
        n += (size_t)snprintf(found + n, sizeof found - n, "%s:", strrchr(one->name, '/') + 1);
        for (int k = 0; k < one->text_count; k++)
            n += (size_t)snprintf(found + n, sizeof found - n, "%s %s", k ? " |" : "",
                                  one->texts[k]);
        n += (size_t)snprintf(found + n, sizeof found - n, "\n");
    }
    assert_string_equal(found, expected);
    if (noted)
        assert_non_null(strstr(s.book.all, noted));
    else
        assert_int_equal(s.book.count, 0);
    release_set(&s);
}

static void expect_refused(const char *name, const char *list, nn_status status, const char *words)
{
    set s;
    nn_error err = {0};
    assert_int_equal(read_set(&s, name, list, NN_DATA_CAPTIONS, &err), status);
    if (!strstr(err.text, words))
        fail_msg("'%s' is not in: %s", words, err.text);
    release_set(&s);
}

static int make_pictures(void **state)
{
    (void)state;
    test_make_dir("set");
    test_make_dir("set/images");
    test_make_dir("set/annotations");
    make_picture("set/a.png", 8, 6);
    make_picture("set/images/b.png", 8, 6);
    return 0;
}

// Columns by their names in any order, quotes, blank captions, pictures that are not there; a
// picture that is there twice has two captions.
static void test_tables(void **state)
{
    (void)state;
    test_write_text("set/captions.csv", "caption,id,file_name\n"
                                        "\"a cat, and \"\"a\"\" dog\",1,a.png\r\n"
                                        "a bird,2,b.png\n"
                                        "two animals,3,a.png\n");
    expect("set", NULL, "a.png: a cat, and \"a\" dog | two animals\nb.png: a bird\n", NULL);
    expect("set/captions.csv", NULL, "a.png: a cat, and \"a\" dog | two animals\nb.png: a bird\n",
           NULL);
    test_write_text("set/plain.csv", "a.png,a cat\n\nb.png,\nc.png,nothing\na.png\n");
    expect("set", "plain", "a.png: a cat\n", "plain.csv:3: an empty name or caption");
    expect("set", "plain", "a.png: a cat\n", "c.png");
    expect("set", "plain", "a.png: a cat\n", "not 'file,text'");
    test_write_text("set/tabs.tsv", "image\ttitle\nimages/b.png\ta bird, flying\n");
    expect("set/tabs.tsv", NULL, "b.png: a bird, flying\n", NULL);
    expect("set", "tabs", "b.png: a bird, flying\n", NULL);
    test_write_text("set/none.csv", "file,text\n");
    expect_refused("set", "none", NN_ENOTFOUND, "no picture");
    expect_refused("set", "other", NN_ENOTFOUND, "no captions_other.csv");
    test_write_text("set/out.csv", "file,text\n../../etc/passwd.png,a cat\na.png,a dog\n");
    expect("set", "out", "a.png: a dog\n", "passwd.png");
}

static void test_coco(void **state)
{
    (void)state;
    test_write_text("set/annotations/captions_val.json",
                    "{\"annotations\": [{\"image_id\": 9, \"caption\": \"a bird\"},"
                    "{\"image_id\": 4, \"caption\": \"a cat\"}, {\"image_id\": 9, \"caption\": "
                    "\"a flying bird\"}, {\"image_id\": 5, \"caption\": \"no picture\"},"
                    "{\"image_id\": 4}], \"images\": [{\"id\": 9, \"file_name\": \"b.png\"},"
                    "{\"id\": 4, \"file_name\": \"a.png\"}]}");
    expect("set", "val", "a.png: a cat\nb.png: a bird | a flying bird\n",
           "annotation 3 has no caption, or is of an image that is not there");
    test_write_text("set/annotations/captions_cut.json", "{\"images\": [{\"id\": 9, ");
    expect_refused("set", "cut", NN_EFORMAT, "captions_cut.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tables), cmocka_unit_test(test_coco)};
    return cmocka_run_group_tests(tests, make_pictures, NULL);
}
