// SPDX-License-Identifier: MIT
// Options from files: --config, the user's file, --print-config, and settings that are kept.
#include "app/cli/config_file.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <glib.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const commands[] = {
#define APP_COMMAND(word, name, help) name,
#include "app/commands.inc"
#undef APP_COMMAND
};

// Each file is refused with one line that says where and why.
static void names_what_is_wrong(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"\n[rnu]\n", "bad.ini:2: [rnu]: there is no such command; is [run] meant?"},
        {"[run]\n# x\ntreshold = 1\n", "bad.ini:3: [run] treshold: run has no such option; is "
                                       "'threshold' meant?"},
        {"[common]\nthrads=1\n", "bad.ini:2: [common] thrads: neroscale has no such option; is "
                                 "'threads' meant?"},
        {"[run]\nthreads=1000000\n", "bad.ini:2: [run] --threads 1000000 is too large"},
        {"[run]\nthreads = 1,5\n", "bad.ini:2: [run] --threads 1,5 is not a whole number"},
        {"[run]\nforce = maybe\n", "bad.ini:2: [run] force = maybe: is neither true nor false"},
        {"[run]\nmodel =\n", "bad.ini:2: [run] model: its value is missing"},
        {"[run]\nprecision = half\n", "(set in bad.ini:2)"},
        {"[run]\nmax-frames=1\n\nmax-frames=2\n", "bad.ini:4: [run] max-frames stands in line 2"},
        {"[run]\nmodel\n", "bad.ini:2: neither [COMMAND] nor OPTION = VALUE"},
        {"model = x\n", "bad.ini:1: model stands above the first group"},
        {"[run]\nmodel = \xff\n", "no text in UTF-8"},
        {"[run]\nconfig = a\n", "bad.ini:2: [run] config: run has no such option"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        test_write_text("bad.ini", wrong[i][0]);
        assert_int_equal(command_line("", "run --config bad.ini nosuch.avi"), 2);
        command_said_one_line(wrong[i][1]);
        assert_int_equal(command_line("", "run --config bad.ini --help"), 0);
    }
    assert_int_equal(command_line("", "run --config nosuch.ini x"), 2);
    command_said_one_line("nosuch.ini");
}

// The command line wins over the file, that over the user's, and [run] over [common].
static void the_nearest_wins(void **state)
{
    (void)state;
    test_make_dir("home");
    test_make_dir("home/neroscale");
    test_write_text("home/neroscale/neroscale.ini",
                    "[common]\nthreads = 2\nnear = 3\n[run]\ninterval = 5\nmax-frames = 9\n"
                    "line = a:0,0,1,1\nforce = yes\n");
    test_write_text("own.ini", "[run]\ninterval = 4\nno-window = true\nline = b:0,0,1,1\n"
                               "arguments = file.avi\n");
    const char *const line = "run --config own.ini --interval 3 -f --no-window=false "
                             "--print-config";
    assert_int_equal(command_line("XDG_CONFIG_HOME=home", line), 0);
    command_said("\ninterval = 3\n");
    command_said("\nthreads = 2\n");
    command_said("\nmax-frames = 9\n");
    command_said("\nfullscreen = true\n");
    command_said("\nno-window = false\n");
    command_said("\nforce = true\n");
    command_said("\nline = b:0,0,1,1\n");
    command_said("arguments = file.avi\n");
    command_did_not_say("\nnear");
    assert_int_equal(command_line("XDG_CONFIG_HOME=home", "data --print-config"), 0);
    command_said("\nnear = 3\n");
    assert_int_equal(command_line("XDG_CONFIG_HOME=home", "run --config none --print-config"), 0);
    command_did_not_say("\nthreads = 2");
    // What a file says has its effect, not only its line.
    assert_int_equal(command_line("XDG_CONFIG_HOME=home", "run --tracker no --no-track x"), 2);
    test_write_text("own.ini", "[run]\nno-track = on\n");
    assert_int_equal(command_line("", "run --config own.ini x --trails"), 2);
    command_said_one_line("--trails cannot be combined with --no-track");
}

// Paths of a file begin at its folder; names of models, addresses and '-' stay.
static void paths_belong_to_the_file(void **state)
{
    (void)state;
    test_make_dir("sub");
    test_write_text("sub/mine.param", "");
    test_write_text("sub/a.ini", "[run]\nmodel = street\njson = -\nrecord = out/x.mp4\n"
                                 "names = a,b\ninside = person:mine.param\nteacher = mine.param,"
                                 "person\narguments = rtsp://host/live; ../x.avi\n"
                                 "mqtt = mqtt://host/a\n");
    g_autofree char *folder = g_path_get_dirname(test_temp("x").text);
    assert_int_equal(command_line("", "run --config sub/a.ini --print-config"), 0);
    command_said("\nmodel = street\n");
    command_said("\njson = -\n");
    command_said("\nnames = a,b\n");
    command_said("\nmqtt = mqtt://host/a\n");
    g_autofree char *record = g_strdup_printf("\nrecord = %s/sub/out/x.mp4\n", folder);
    g_autofree char *inside = g_strdup_printf("\ninside = person:%s/sub/mine.param\n", folder);
    g_autofree char *teacher = g_strdup_printf("\nteacher = %s/sub/mine.param,person\n", folder);
    g_autofree char *words = g_strdup_printf("= rtsp://host/live;%s/x.avi\n", folder);
    command_said(record);
    command_said(inside);
    command_said(teacher);
    command_said(words);
}

static void secrets_are_not_printed(void **state)
{
    (void)state;
    test_write_text("s.ini", "[run]\nmqtt = mqtt://bob:hushhush@host/t\n"
                             "arguments = rtsp://bob:hushhush@camera/live\n");
    assert_int_equal(command_line("", "run --config s.ini --kafka 'kafka://h/t?password=hushhush' "
                                      "--print-config"),
                     0);
    command_did_not_say("hushhush");
    assert_int_equal(command_count("has a password, which is not printed"), 3);
    test_write_text("s.ini", "[run]\nmqtt = mqtt://bob:hushhush@host/t\nthreads = x\n");
    assert_int_equal(command_line("", "run --config s.ini x"), 2);
    command_did_not_say("hushhush");
}

// What a command prints, it reads, and prints again.
static void prints_what_it_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        const bool run = strcmp(commands[i], "run") == 0;
        g_autofree char *first =
            g_strdup_printf("%s --print-config %s", commands[i],
                            run ? "-t 0.3 --trails --line a:0,0,1,1 --line 'b;:0,1,1,1' x.avi "
                                  "--names ' a' --json x.json"
                                : "");
        g_autofree char *again = g_strdup_printf("%s --config a.ini --print-config", commands[i]);
        assert_int_equal(command_line("", first), 0);
        char *a = test_read_text("out");
        test_write_text("a.ini", a);
        assert_int_equal(command_line("", again), 0);
        char *b = test_read_text("out");
        assert_string_equal(a, b);
        assert_true(!run || strstr(a, "\ntrails =\n"));
        assert_true(!run || strstr(a, "\nline = a:0,0,1,1;b\\;:0,1,1,1\n"));
        g_auto(GStrv) lines = g_strsplit(a, "\n", -1);
        for (char **l = lines; *l; l++)
            if (**l == '#' && strlen(*l) > 80)
                fail_msg("%s: %s", commands[i], *l);
        free(a);
        free(b);
    }
}

static void keeps_all_other_lines(void **state)
{
    (void)state;
    static const char *const zones[] = {"a:0,0,1,1", "b;:0,0,1,1"};
    static const char before[] = "# my yard\n[run]\n  model=x # not a comment\n#zone = old\n\n"
                                 "[train]\nzone = other\n";
    const test_path path = test_temp("keep.ini"), link = test_temp("link.ini");
    test_write_text("keep.ini", before);
    assert_int_equal(chmod(path.text, 0640), 0);
    assert_int_equal(symlink("keep.ini", link.text), 0);
    assert_int_equal(app_config_file_set(link.text, "run", "zone", zones, 2, NULL), NN_OK);
    char *text = test_read_text("keep.ini");
    assert_string_equal(text, "# my yard\n[run]\n  model=x # not a comment\n#zone = old\n"
                              "zone = a:0,0,1,1;b\\;:0,0,1,1\n\n[train]\nzone = other\n");
    free(text);
    struct stat about;
    assert_int_equal(stat(path.text, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    assert_int_equal(lstat(link.text, &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(app_config_file_set(path.text, "run", "zone", NULL, 0, NULL), NN_OK);
    text = test_read_text("keep.ini");
    assert_string_equal(text, before);
    free(text);
    // A new file, with its folder; a broken one stays as it is.
    const test_path fresh = test_temp("new/folder/x.ini");
    assert_int_equal(app_config_file_set(fresh.text, "run", "line", zones, 1, NULL), NN_OK);
    text = test_read_text("new/folder/x.ini");
    assert_string_equal(text, "[run]\nline = a:0,0,1,1\n");
    free(text);
    nn_error err = {0};
    test_write_text("broken.ini", "[run\n");
    assert_int_not_equal(
        app_config_file_set(test_temp("broken.ini").text, "run", "zone", zones, 1, &err), NN_OK);
    assert_non_null(strstr(err.text, "broken.ini:1:"));
    text = test_read_text("broken.ini");
    assert_string_equal(text, "[run\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_what_is_wrong),      cmocka_unit_test(the_nearest_wins),
        cmocka_unit_test(paths_belong_to_the_file), cmocka_unit_test(secrets_are_not_printed),
        cmocka_unit_test(prints_what_it_reads),     cmocka_unit_test(keeps_all_other_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
