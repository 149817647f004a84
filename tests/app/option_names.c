// SPDX-License-Identifier: MIT
// The options in --help of all commands: one word for one thing, as option_table.c says. Older
// words are answered with the new ones.
#include "tests/app/spawn.h"
#include "tests/support/test.h"

#include "app/cli/option_table.h"
#include "app/cli/options.h"
#include "app/cli/other_words.h"

#include <glib.h>

static const char *const commands[] = {
#define APP_COMMAND(word, name, help) name,
#include "app/commands.inc"
#undef APP_COMMAND
};

// An option in the help of a command. Members are owned.
typedef struct shown {
    const char *command;
    char *letter, *word, *value, *help; // "" for none
} shown;

static GPtrArray *all;

static void free_shown(void *data)
{
    shown *s = data;
    g_free(s->letter);
    g_free(s->word);
    g_free(s->value);
    g_free(s->help);
    g_free(s);
}

static void add_options(const char *command)
{
    g_autoptr(GRegex) row =
        g_regex_new("^  (?:-(\\S), )?--([\\w-]+)(?:=(\\S+))? *(.*)$", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    spawn_output o = spawn_run(command, "--help-all", NULL);
    assert_int_equal(o.status, 0);
    for (g_regex_match(row, o.out, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        shown *s = g_new0(shown, 1);
        *s = (shown){command, g_match_info_fetch(match, 1), g_match_info_fetch(match, 2),
                     g_match_info_fetch(match, 3), g_match_info_fetch(match, 4)};
        if (g_str_has_prefix(s->word, "help"))
            free_shown(s);
        else
            g_ptr_array_add(all, s);
    }
    spawn_release(&o);
}

// The help without the default in brackets at the end and without the part after a semicolon.
static char *meaning(const char *help)
{
    const char *bracket = g_str_has_suffix(help, ")") ? g_strrstr(help, " (") : NULL;
    if (strchr(help, ';') && (!bracket || strchr(help, ';') < bracket))
        bracket = strchr(help, ';');
    return bracket ? g_strndup(help, (gsize)(bracket - help)) : g_strdup(help);
}

static void every_option_is_in_the_table(void **state)
{
    (void)state;
    assert_true(all->len > 200);
    for (guint i = 0; i < all->len; i++) {
        const shown *s = g_ptr_array_index(all, i);
        char letter;
        const nn_option *row = app_option_find(s->word, &letter);
        const char *value = row ? app_option_arg(row) : NULL;
        const char short_form[] = {letter, '\0'};
        if (!row)
            continue; // a row of training or data options, which the next test compares between
                      // commands
        if (strcmp(s->letter, short_form) != 0 || strcmp(s->value, value ? value : "") != 0 ||
            !g_str_has_prefix(s->help, row->help))
            fail_msg("%s: -%s, --%s=%s %s: not as in the table: -%s %s %s", s->command, s->letter,
                     s->word, s->value, s->help, short_form, value, row->help);
    }
}

static void a_word_means_one_thing(void **state)
{
    (void)state;
    for (guint i = 0; i < all->len; i++)
        for (guint k = 0; k < i; k++) {
            const shown *a = g_ptr_array_index(all, i), *b = g_ptr_array_index(all, k);
            g_autofree char *one = meaning(a->help), *two = meaning(b->help);
            const bool same = strcmp(a->word, b->word) == 0;
            if (same != (strcmp(one, two) == 0))
                fail_msg("%s --%s: %s\n%s --%s: %s", a->command, a->word, one, b->command, b->word,
                         two);
            if (same && strcmp(a->value, b->value) != 0)
                fail_msg("--%s=%s in %s, =%s in %s", a->word, a->value, a->command, b->value,
                         b->command);
            if (!same && *a->letter && strcmp(a->letter, b->letter) == 0)
                fail_msg("-%s is --%s in %s, --%s in %s", a->letter, a->word, a->command, b->word,
                         b->command);
        }
}

static void every_row_is_used_and_alone(void **state)
{
    (void)state;
    for (int i = 0; app_option_at(i); i++) {
        const char *word = app_option_at(i)->field.name;
        bool used = false;
        for (guint k = 0; k < all->len && !used; k++)
            used = strcmp(((shown *)g_ptr_array_index(all, k))->word, word) == 0;
        if (!used)
            fail_msg("--%s: no command has it", word);
        for (int k = 0; k < i; k++)
            if (strcmp(app_option_at(k)->field.name, word) == 0)
                fail_msg("--%s has two rows", word);
    }
}

static bool has(const char *command, const char *word)
{
    bool found = false;
    for (guint i = 0; i < all->len && !found; i++) {
        const shown *s = g_ptr_array_index(all, i);
        found = strcmp(s->command, command) == 0 && strcmp(s->word, word) == 0;
    }
    return found;
}

static void expect_answer(const char *command, const char *word, const char *now)
{
    g_autofree char *typed = g_strconcat(*word == '-' ? "" : "--", word, NULL);
    g_autofree char *answer = g_strdup_printf("neroscale %s: %s is now %s\n", command, typed, now);
    if (has(command, word))
        fail_msg("%s: --%s is an older name, and an option", command, word);
    spawn_output o = spawn_run(command, typed, "x", NULL);
    assert_int_equal(o.status, 2);
    assert_string_equal(o.err, answer);
    spawn_release(&o);
}

static void older_words_are_answered(void **state)
{
    (void)state;
    for (const app_old_word *old = app_old_words; old->word; old++) {
        const char *command = old->command, *now = old->now, *word = old->word;
        const bool option = g_str_has_prefix(now, "--");
        int count = 0;
        for (size_t c = 0; c < G_N_ELEMENTS(commands); c++) {
            if (command && strcmp(command, commands[c]) != 0)
                continue;
            if (option && !has(commands[c], now + 2))
                continue;
            bool special = false; // the table has another row for this command
            for (const app_old_word *own = app_old_words; !command && own->word; own++)
                special = special || (own->command && strcmp(own->command, commands[c]) == 0 &&
                                      strcmp(own->word, word) == 0);
            if (special || (!command && has(commands[c], word)))
                continue;
            expect_answer(commands[c], word, now);
            count++;
        }
        if (count == 0)
            fail_msg("--%s: no command answers it with %s", word, now);
    }
}

static void numbers_are_checked(void **state)
{
    (void)state;
    static const char *const wrong[][4] = {
        {"run", "--threads", "100000", "--threads 100000 is too large (at most 1024): threads"},
        {"run", "-t", "1.5", "--threshold 1.5 is too large (at most 1): score"},
        {"run", "--precision", "half",
         "--precision: there is no precision 'half', only float32, bf16 and auto"},
        {"classify", "--top", "three", "--top three is not a whole number (at least 1): number"},
        {"data", "--near", "-2", "--near -2 is too small (at least -1)"},
        {"bench", "--seconds", "0", "--seconds 0 is too small (more than 0)"},
        {"augment", "--seed", "x", "--seed x is not a whole number"},
        {"train", "--lr", "10", "--lr 10 is too large (at most 1): learning rate"},
        {"train", "--centre-crop", "nan", "--centre-crop nan is not a number (at least 0, at"}};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        spawn_output o = spawn_run(wrong[i][0], wrong[i][1], wrong[i][2], NULL);
        assert_int_equal(o.status, 2);
        spawn_expect(o.err, wrong[i][3]);
        spawn_release(&o);
    }
    spawn_output o =
        spawn_run("train", "--data", ".", "--out", "a.safetensors", "--scales", "2:1", NULL);
    assert_int_equal(o.status, 2);
    spawn_expect(o.err, "--scales 2:1: not A:B with A up to B, each at least");
    spawn_release(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_is_in_the_table), cmocka_unit_test(a_word_means_one_thing),
        cmocka_unit_test(every_row_is_used_and_alone),  cmocka_unit_test(older_words_are_answered),
        cmocka_unit_test(numbers_are_checked),
    };
    all = g_ptr_array_new_with_free_func(free_shown);
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        add_options(commands[i]);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    g_ptr_array_free(all, TRUE);
    return failed;
}
