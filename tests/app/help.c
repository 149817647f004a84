// SPDX-License-Identifier: MIT
// neroscale help: commands, topics, references between them, and short and long lists of options.
#include "tests/app/spawn.h"
#include "tests/support/test.h"

#include "nn/data/augment/augment_options.h"
#include "nn/data/folder.h"
#include "nn/train/options.h"

#include <glib.h>

static const char *const commands[] = {
#define APP_COMMAND(word, name, help) name,
#include "app/commands.inc"
#undef APP_COMMAND
    NULL};

static char *help_of(const char *first, const char *second)
{
    spawn_output o = spawn_run(first, second, NULL);
    if (o.status != 0)
        fail_msg("%s %s: %s", first, second ? second : "", o.err);
    char *text = g_strdup(o.out);
    spawn_release(&o);
    return text;
}

static int count_lines(const char *text, const char *beginning)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    int count = 0;
    for (char **line = lines; *line; line++)
        count += g_str_has_prefix(*line, beginning);
    return count;
}

static void explains_commands(void **state)
{
    (void)state;
    for (int i = 0; commands[i]; i++) {
        g_autofree char *one = help_of("help", commands[i]), *two = help_of(commands[i], "--help");
        assert_string_equal(one, two);
        g_autofree char *usage = g_strdup_printf("Usage:\n  neroscale %s ", commands[i]);
        assert_true(g_str_has_prefix(one, usage));
    }
}

// Every "neroscale help WORD" in a help text has an answer.
static void refers_to_what_is_there(void **state)
{
    (void)state;
    g_autoptr(GRegex) reference = g_regex_new("neroscale help ([a-z]+)", 0, 0, NULL);
    int count = 0;
    for (int i = 0; commands[i]; i++) {
        g_autofree char *text = help_of(commands[i], "--help");
        g_autoptr(GMatchInfo) match = NULL;
        for (g_regex_match(reference, text, 0, &match); g_match_info_matches(match);
             g_match_info_next(match, NULL)) {
            g_autofree char *word = g_match_info_fetch(match, 1), *topic = help_of("help", word);
            count++;
        }
    }
    assert_true(count > 10);
}

static void explains_topics(void **state)
{
    (void)state;
    g_autoptr(GRegex) row = g_regex_new("^      ([a-z]+) +\\S", G_REGEX_MULTILINE, 0, NULL);
    g_autofree char *top = help_of("help", NULL), *same = help_of("--help", NULL);
    g_autoptr(GMatchInfo) match = NULL;
    int count = 0;
    assert_string_equal(top, same);
    for (g_regex_match(row, top, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_autofree char *word = g_match_info_fetch(match, 1), *text = help_of("help", word);
        assert_false(g_strv_contains(commands, word));
        assert_true(count_lines(text, "") > 10);
        count++;
    }
    assert_true(count >= 7);
    g_autofree char *layouts = help_of("help", "layouts");
    for (int i = 0; nn_data_format_at(i); i++)
        spawn_expect(layouts, nn_data_format_at(i)->looks_like);
    spawn_output o = spawn_run("help", "layuots", NULL);
    assert_int_equal(o.status, 2);
    spawn_expect(o.err, "'layouts'");
    spawn_release(&o);
}

static void expect_rows(const char *text, const nn_option *rows)
{
    for (const nn_option *row = rows; row->field.name; row++) {
        g_autofree char *word = g_strdup_printf("  --%s", row->field.name);
        if (!(row->flags & NN_OPTION_HIDDEN))
            spawn_expect(text, word);
    }
}

static void lists_few_options_first(void **state)
{
    (void)state;
    g_autofree char *few = help_of("train", "--help"), *all = help_of("train", "--help-all"),
                    *views = help_of("train", "--help-views");
    assert_in_range(count_lines(few, "  -"), 10, 34);
    spawn_expect(few, "--epochs");
    assert_null(strstr(few, "--momentum"));
    expect_rows(all, nn_trainer_option_rows());
    expect_rows(all, nn_augment_option_rows());
    spawn_expect(views, "--mosaic");
    assert_null(strstr(views, "--momentum"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explains_commands),
        cmocka_unit_test(refers_to_what_is_there),
        cmocka_unit_test(explains_topics),
        cmocka_unit_test(lists_few_options_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
