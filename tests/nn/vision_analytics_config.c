// SPDX-License-Identifier: MIT
// Zones and lines as text: what is read, and what is refused with which words.
#include "nn/vision/analytics/analytics.h"
#include "tests/support/test.h"

#include <stdio.h>

static void refuse(bool lines, const char *text, const char *says)
{
    nn_error err = {0};
    nn_analytics_config c;
    nn_analytics_config_init(&c);
    assert_int_equal(nn_analytics_config_parse(&c, lines, text, &err), NN_EINVAL);
    if (!strstr(err.text, says))
        fail_msg("'%s' gives '%s'", text, err.text);
    nn_analytics_config_release(&c);
}

static void test_config(void **state)
{
    (void)state;
    nn_error err;
    nn_analytics_config c;
    nn_analytics_config_init(&c);
    assert_int_equal(nn_analytics_config_parse(&c, false,
                                               " back yard : 0.1,0.2, 0.5,0.6 : inertia = 5 :"
                                               "max-objects=3;\nb:0,0,10,0,5,10;",
                                               &err),
                     NN_OK);
    assert_int_equal(nn_analytics_config_parse(&c, true, "g:1,2,3,4", &err), NN_OK);
    assert_int_equal(nn_analytics_config_parse(&c, true, " ", &err), NN_OK);
    assert_int_equal(c.count, 3);
    assert_string_equal(c.areas[0].name, "back yard");
    assert_int_equal(c.areas[0].shape.count, 4);
    assert_true(c.areas[0].setting[0] == 5);
    assert_true(c.areas[1].setting[0] < 0);
    assert_true(c.areas[1].shape.pixels);
    assert_true(c.areas[2].line);
    // Another text goes before what is there, name by name; one text has a name once.
    assert_int_equal(nn_analytics_config_parse(&c, false, "b:0,0,1,1;new:0,0,1,1", &err), NN_OK);
    assert_int_equal(c.count, 4);
    assert_string_equal(c.areas[2].name, "b");
    assert_false(c.areas[2].shape.pixels);
    assert_int_equal(nn_analytics_config_parse(&c, false, "b:0,0,1,1;b:0,0,1,1", &err), NN_EINVAL);
    assert_int_equal(nn_analytics_config_parse(&c, true, "b:0,0,1,1", &err), NN_EINVAL); // a zone
    nn_analytics_config_release(&c);
    refuse(false, "yard", "NAME:x,y");
    refuse(false, "0.1,0.2,0.3,0.4", "NAME:x,y");
    refuse(false, ":0.1,0.2,0.3,0.4", "without a name");
    refuse(false, "a:0,0,1,1;a:0,0,1,1", "\"a\" is there twice");
    refuse(false, "a:0,0,1", "zone \"a\"");
    refuse(true, "g:0,0,1,1,0.5,0.5", "line \"g\"");
    refuse(true, "g:0.5,0.5,0.5,0.5", "same point");
    refuse(false, "a:0,0,1,1:inertia", "KEY=VALUE");
    refuse(false, "a:0,0,1,1:inertia=x", "not a number");
    refuse(false, "a:0,0,1,1:inertia=0", "from 1 to 1000");
    refuse(false, "a:0,0,1,1:inertia=2.5", "whole number");
    refuse(false, "a:0,0,1,1:inertia=nan", "not a number");
    refuse(false, "a:0,0,1,1:loiter-time=5", "did you mean \"loitering-time\"?");
    refuse(false, "a:0,0,1,1:zzzzzzz=5", "only classes, ground, inertia, loitering-time");
    refuse(false, "a\x01:0,0,1,1", "not plain text");
    refuse(false, "a:0,0,1,1:ground=1,2,3", "a ground plane is");
    refuse(false, "a:0,0,1,1:ground=0,0,0.5,0,1,0,1,1/0,0,1,0,1,1,0,1", "lie on a line");
    refuse(false, "a:0,0,1,1:ground=0,0,1,0,1,1,0,1/0,0,1,0,1,1", "eight numbers");
    refuse(false, "a:0,0,1,1:ground=0,0,1,0,1,1,0,1/0,0,1,1,1,0,0,1", "no ground plane fits");
    char many[NN_AREAS * 24 + 64] = "", longest[400] = "";
    for (int i = 0; i <= NN_AREAS; i++)
        snprintf(many + strlen(many), 24, "a%d:0,0,1,1;", i);
    refuse(false, many, "more than 64");
    memset(longest, 'n', 64);
    memcpy(longest + 64, ":0,0,1,1", 9);
    refuse(false, longest, "at most 63");
    memcpy(longest, "a:0,0,1,1:classes=", 18);
    memset(longest + 18, 'c', 256);
    refuse(false, longest, "classes: more than 255");
}

// Every number has its key, its sentence and a place for its default.
static void test_settings(void **state)
{
    (void)state;
    int keys = 0;
    for (int i = 0; nn_setting_at(i); i++) {
        const nn_setting *s = nn_setting_at(i);
        if (!s->key)
            continue;
        keys++;
        assert_true(s->usual >= s->least && s->usual <= s->most && s->least >= 0);
        assert_true(strlen(s->about) > 20);
        assert_true(i == 0 || nn_rule_at(i - 1) != NULL);
    }
    assert_true(keys >= 3);
    assert_null(nn_setting_at(-1));
    assert_null(nn_rule_at(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
