// SPDX-License-Identifier: MIT
// Distances between words, and the word that was meant.
#include "nn/base/spelling.h"
#include "tests/support/test.h"

static void counts_changes(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int distance;
    } pairs[] = {
        {"", "", 0},          {"", "abc", 3},          {"size", "size", 0},
        {"size", "sise", 1},  {"size", "siez", 1},     {"size", "sizes", 1},
        {"size", "ize", 1},   {"epcohs", "epochs", 1}, {"kitten", "sitting", 3},
        {"A_b", "a-B", 0},    {"abcd", "badc", 2},     {"threshold", "threads", 5},
        {"aaaa", "bbbbb", 5},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(nn_spelling_distance(pairs[i].a, pairs[i].b), pairs[i].distance);
        assert_int_equal(nn_spelling_distance(pairs[i].b, pairs[i].a), pairs[i].distance);
    }
    char a[200], b[200];
    memset(a, 'a', sizeof a);
    memset(b, 'b', sizeof b);
    a[199] = b[199] = '\0';
    assert_int_equal(nn_spelling_distance(a, b), 63);
}

static void finds_what_was_meant(void **state)
{
    (void)state;
    static const char *const words[] = {"size", "threads", "threshold", "tolerance", "top", "no"};
    static const struct {
        const char *typed, *meant;
    } pairs[] = {{"sise", "size"},
                 {"Treshold", "threshold"},
                 {"thresh", "threshold"},
                 {"tread", "threads"},
                 {"thre", "threads"},
                 {"tip", "top"},
                 {"banana", NULL},
                 {"x", NULL},
                 {"", NULL}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *found = nn_spelling_nearest(pairs[i].typed, words, 6);
        if (pairs[i].meant)
            assert_string_equal(found, pairs[i].meant);
        else
            assert_null(found);
    }
    assert_null(nn_spelling_nearest("size", words, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_changes),
                                       cmocka_unit_test(finds_what_was_meant)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
