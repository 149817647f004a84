// SPDX-License-Identifier: MIT
// Damaged JSON, and JSON for which cJSON has no memory, give different errors.
#include "nn/io/json_grammar.h"
#include "nn/io/json_stream.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

static const char *const good[] = {
    ("{\"a\": [1, -2.5e+3, 0, 0.25, true, false, null], \"b\": {\"\": "
     "\"\\u00e4\\ud83d\\ude00\\n\"}}"),
    " [ ] ",
    "{}",
    "\"text\"",
    "-0",
    "[[[[]]], {\"c\": [{}]}]",
};

static const char *const bad[] = {
    "",      "[1,]",     "{\"a\" 1}", "{\"a\": 1,}", "[01]",        "[1.]",
    "[.5]",  "[+1]",     "[1e]",      "\"\\x\"",     "\"\\u12\"",   "\"\\ud800\"",
    "[NaN]", "[",        "{\"a\"",    "\"",          "\"\\udc00\"", "[tru]",
    "[1] 2", "\"a\tb\"", "[1 2]",     "{1:2}",
};

static void test_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cJSON *json = NULL;
        assert_true(nn_json_is_valid(good[i]));
        assert_int_equal(nn_json_parse(&json, good[i], strlen(good[i]), NULL), NN_OK);
        cJSON_Delete(json);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (nn_json_is_valid(bad[i]))
            fail_msg("taken: %s", bad[i]);
    char number[80];
    memset(number, '1', sizeof number); // more digits than cJSON reads
    number[63] = '\0';
    assert_true(nn_json_is_valid(number));
    number[63] = '1';
    number[64] = '\0';
    assert_false(nn_json_is_valid(number));
}

static long left; // allocations that succeed

static void *scarce(size_t size)
{
    return left-- > 0 ? malloc(size) : NULL;
}

// Runs out of memory at each allocation in turn; returns how many there are.
static long run_short(nn_status (*parse)(const char *text, nn_error *err), const char *text)
{
    cJSON_Hooks hooks = {scarce, free};
    cJSON_InitHooks(&hooks);
    nn_status status = NN_ENOMEM;
    long count = 0;
    for (; status != NN_OK; count++) {
        nn_error err = {0};
        left = count;
        status = parse(text, &err);
        if (status != NN_OK && (status != NN_ENOMEM || !strstr(err.text, "out of memory")))
            fail_msg("allocation %ld: %s", count, err.text);
    }
    cJSON_InitHooks(NULL);
    return count - 1;
}

static nn_status parse_whole(const char *text, nn_error *err)
{
    cJSON *json;
    const nn_status status = nn_json_parse(&json, text, strlen(text), err);
    cJSON_Delete(json);
    return status;
}

static nn_status count_item(void *ctx, const nn_json_item *item, nn_error *err)
{
    (void)item, (void)err;
    ++*(int *)ctx;
    return NN_OK;
}

static nn_status parse_items(const char *text, nn_error *err)
{
    int items = 0;
    const nn_status status =
        nn_json_stream_array(text, strlen(text), "list", count_item, &items, err);
    assert_true(status != NN_OK || items == 3);
    return status;
}

static void test_short_of_memory(void **state)
{
    (void)state;
    assert_true(run_short(parse_whole, good[0]) > 10);
    assert_true(run_short(parse_items, "{\"list\": [{\"a\": 1}, \"b\", [2]]}") > 5);
}

static void test_damage_stays_damage(void **state)
{
    (void)state;
    nn_error err = {0};
    assert_int_equal(parse_whole("{\"a\": [1, 2}", &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "damaged at byte 11"));
    assert_int_equal(parse_whole("[NaN]", &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "NaN"));
    // Without memory the status is NN_ENOMEM, or the fault of the text.
    cJSON_Hooks hooks = {scarce, free};
    cJSON_InitHooks(&hooks);
    left = 0;
    assert_int_equal(parse_whole("[1, 2", &err), NN_EFORMAT);
    cJSON_InitHooks(NULL);
}

// Behind the items the next member or the end must follow, where an editor adds its own.
static void test_what_follows_items(void **state)
{
    (void)state;
    nn_error err = {0};
    assert_int_equal(parse_items("{\"list\": [1, 2, 3] , \"more\": 4}", &err), NN_OK);
    assert_int_equal(parse_items("{\"list\": [1, 2, 3]\n}", &err), NN_OK);
    static const char *const bad[] = {"{\"list\": [1, 2, 3]{\"id\": 4}}", "{\"list\": [1, 2, 3]",
                                      "{\"list\": []]}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(parse_items(bad[i], &err), NN_EFORMAT);
        assert_non_null(strstr(err.text, "damaged at byte"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_short_of_memory),
        cmocka_unit_test(test_damage_stays_damage),
        cmocka_unit_test(test_what_follows_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
