// SPDX-License-Identifier: MIT
// Lines of text files: every line end, byte order marks, lines that are too long.
#include "nn/io/text.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

static void test_line_ends(void **state)
{
    (void)state;
    static const char *const texts[] = {"a\nbc\n\nd", "a\r\nbc\r\n\r\nd\r\n", "a\rbc\r\rd\r",
                                        ("\xef\xbb\xbf"
                                         "a\nbc\r\n\rd")};
    static const char *const want[] = {"a", "bc", "", "d"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        nn_text t;
        char line[8];
        test_path path = test_temp("lines.txt");
        test_write(path.text, texts[i], strlen(texts[i]));
        assert_int_equal(nn_text_open(&t, path.text, NULL), NN_OK);
        for (int k = 0; k < 4; k++) {
            assert_true(nn_text_next(&t, line, sizeof line));
            assert_string_equal(line, want[k]);
            assert_int_equal(t.number, k + 1);
            assert_false(t.cut);
        }
        assert_false(nn_text_next(&t, line, sizeof line));
        assert_int_equal(nn_text_close(&t, path.text, NULL), NN_OK);
    }
}

static void test_long_lines(void **state)
{
    (void)state;
    nn_text t;
    char line[4];
    test_path path = test_temp("long.txt");
    test_write(path.text, "abcdef\nabc\n", 11);
    assert_int_equal(nn_text_open(&t, path.text, NULL), NN_OK);
    assert_true(nn_text_next(&t, line, sizeof line));
    assert_true(t.cut);
    assert_string_equal(line, "abc");
    assert_true(nn_text_next(&t, line, sizeof line));
    assert_false(t.cut);
    assert_string_equal(line, "abc");
    assert_false(nn_text_next(&t, line, sizeof line));
    assert_int_equal(nn_text_close(&t, path.text, NULL), NN_OK);
}

static void test_other_encodings(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } files[] = {{"\xff\xfe"
                  "a\0",
                  4, "UTF-16"},
                 {"\xfe\xff\0a", 4, "UTF-16"},
                 {"\xff\xfe\0\0", 4, "UTF-32"},
                 {"\0\0\xfe\xff", 4, "UTF-32"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        nn_text t;
        nn_error err = {0};
        test_path path = test_temp("wide.txt");
        test_write(path.text, files[i].bytes, files[i].size);
        assert_int_equal(nn_text_open(&t, path.text, &err), NN_EUNSUPPORTED);
        assert_non_null(strstr(err.text, "wide.txt: "));
        assert_non_null(strstr(err.text, files[i].says));
    }
    nn_text t;
    char line[4];
    test_path path = test_temp("short.txt");
    for (size_t n = 0; n <= 3; n++) { // shorter than any mark
        test_write(path.text, "\xef\xbb\xbf", n);
        assert_int_equal(nn_text_open(&t, path.text, NULL), NN_OK);
        assert_int_equal(nn_text_next(&t, line, sizeof line), n == 1 || n == 2);
        assert_int_equal(nn_text_close(&t, path.text, NULL), NN_OK);
    }
    assert_int_equal(nn_text_open(&t, test_temp("none.txt").text, NULL), NN_ENOTFOUND);
    assert_int_equal(nn_text_open(&t, test_temp(".").text, NULL), NN_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_other_encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
