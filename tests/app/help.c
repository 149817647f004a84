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

// No line is longer, unless it is one word.
static void fits_a_terminal(void **state)
{
    (void)state;
    g_setenv("COLUMNS", "80", TRUE);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; commands[i]; i++) {
        g_ptr_array_add(texts, help_of(commands[i], "--help-all"));
        // The words are the same as in one line.
        g_autofree char *narrow = g_strdup(g_ptr_array_index(texts, texts->len - 1));
        g_setenv("COLUMNS", "1000", TRUE);
        g_autofree char *wide = help_of(commands[i], "--help-all");
        g_setenv("COLUMNS", "80", TRUE);
        g_auto(GStrv) parts = g_strsplit_set(narrow, " \n\\#", -1),
                      same = g_strsplit_set(wide, " \n\\#", -1);
        g_autofree char *a = g_strjoinv("", parts), *b = g_strjoinv("", same);
        assert_string_equal(a, b);
    }
    static const char *const topics[] = {"layouts", "formats", "output", "zones", "config", NULL};
    for (int i = 0; topics[i]; i++)
        g_ptr_array_add(texts, help_of("help", topics[i]));
    g_ptr_array_add(texts, help_of("--help", NULL));
    for (guint i = 0; i < texts->len; i++) {
        g_auto(GStrv) lines = g_strsplit(g_ptr_array_index(texts, i), "\n", -1);
        for (char **line = lines; *line; line++)
            if (g_utf8_strlen(*line, -1) > 80 && !strstr(*line, "neroscale convert vgg16_weights"))
                fail_msg("longer than 80 columns: %s", *line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explains_commands), cmocka_unit_test(refers_to_what_is_there),
        cmocka_unit_test(explains_topics),   cmocka_unit_test(lists_few_options_first),
        cmocka_unit_test(fits_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
