// SPDX-License-Identifier: MIT
// neroscale on the command line: help, versions, wrong words, and runs whose files are checked.
#include "nn/base/features.h"
#include "nn/kernels/kernels.h"
#include "tests/app/spawn.h"
#include "tests/pipeline/clip.h"
#include "tests/plugins/models.h"
#include "tests/support/files.h"
#include "tests/support/onnx_message.h"
#include "tests/support/test.h"

#include <glib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char *clip, *model;

static int make_files(void **state)
{
    (void)state;
    clip = clip_make("cli clip.avi");
    model = clip_path("cli.safetensors");
    model_write(model);
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    g_free(clip);
    g_free(model);
    return 0;
}

// Fails unless the exit status is 2, stdout is empty, and stderr is one line that contains `word`.
static void expect_refused(spawn_output o, const char *word)
{
    assert_int_equal(o.status, 2);
    assert_string_equal(o.out, "");
    spawn_expect(o.err, word);
    spawn_expect(o.err, "neroscale");
    const char *end = strchr(o.err, '\n');
    if (!end || end[1])
        fail_msg("not one line: %s", o.err);
    spawn_release(&o);
}

static void teaches(void **state)
{
    (void)state;
    static const char *const words[] = {"run", "info", "train", "eval", "bench"};
    spawn_output o = spawn_run("--help", NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.out, "neroscale run street.avi");
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        spawn_expect(o.out, words[i]);
        spawn_output sub = spawn_run(words[i], "--help", NULL);
        assert_int_equal(sub.status, 0);
        spawn_expect(sub.out, "Examples:");
        spawn_expect(sub.out, "Usage:");
        spawn_release(&sub);
    }
    spawn_release(&o);
    o = spawn_run("--version", NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.out, "neroscale " NN_VERSION "\n");
    spawn_expect(o.out, nn_cpu_name(nn_kernels_level()));
    spawn_expect(o.out, "OpenBLAS ");
    spawn_expect(o.out, "GStreamer 1.");
    for (int i = 0; nn_feature_at(i); i++) {
        const nn_feature *f = nn_feature_at(i);
        g_autofree char *absent =
            g_strdup_printf("-%s: this build %s (Debian: %s)\n", f->name, f->lacks, f->packages);
        g_autofree char *present = g_strdup_printf("+%s", f->name);
        assert_true(!strstr(o.out, absent) == f->in);
        assert_true(!strstr(o.out, present) != f->in);
    }
    spawn_release(&o);
}

static void refuses_in_one_line(void **state)
{
    (void)state;
    expect_refused(spawn_run(NULL), "--help");
    expect_refused(spawn_run("dance", NULL), "dance");
    expect_refused(spawn_run("--dance", NULL), "--dance");
    expect_refused(spawn_run("run", "--dance", NULL), "--dance");
    expect_refused(spawn_run("run", "--threshold", "high", clip, NULL), "high");
    expect_refused(spawn_run("run", "a", "b", "--save-txt", "c", NULL), "'a', 'b'");
    expect_refused(spawn_run("run", "a", "--no-track", "--camera-motion", NULL), "--camera-motion");
    expect_refused(spawn_run("run", "--threshold", "nan", clip, NULL),
                   "--threshold nan is not a number");
    expect_refused(spawn_run("run", "--threshold", "-1", clip, NULL),
                   "--threshold -1 is too small (at least 0)");
    expect_refused(spawn_run("run", "--threshold", "0.5,car=1.5", clip, NULL),
                   "--threshold 1.5 is too large (at most 1)");
    expect_refused(spawn_run("run", "--threshold", "", clip, NULL), "--threshold  is not a number");
    expect_refused(spawn_run("run", "--threshold", "perso=0.5", "--no-window", clip, NULL),
                   "no class \"perso\"; did you mean \"person\"?");
    expect_refused(spawn_run("run", "--size", "wide", clip, NULL), "--size must be WIDTHxHEIGHT");
    expect_refused(spawn_run("run", "--size", "100", "--no-window", clip, NULL), "multiples of 32");
    expect_refused(spawn_run("run", "--latency-budget", "-1", clip, NULL),
                   "--latency-budget -1 is too small (at least 0)");
    expect_refused(spawn_run("run", "--threads", "1025", clip, NULL),
                   "--threads 1025 is too large (at most 1024): threads");
    expect_refused(spawn_run("run", "--threads", "99999", clip, NULL),
                   "--threads 99999 is too large");
    expect_refused(spawn_run("run", "/nonexistent.avi", NULL), "/nonexistent.avi");
    expect_refused(spawn_run("run", "--no-window", "--model", "nosuch", clip, NULL), "nosuch");
    expect_refused(spawn_run("run", "--no-window", "--model", clip, clip, NULL), "cli clip.avi");
    expect_refused(
        spawn_run("run", "--no-window", "-m", model, "--json", "/dev/null/j", clip, NULL),
        "/dev/null/j");
    expect_refused(spawn_run("info", NULL), "model");
    expect_refused(spawn_run("info", "nosuch", NULL), "nosuch");
    expect_refused(spawn_run("info", model, "--size", "5x", NULL), "--size must be WIDTH");
    expect_refused(spawn_run("eval", "nosuch", "--data", "/nonexistent", NULL), "no");
    expect_refused(spawn_run("train", "--dance", NULL), "--dance");
}

static int lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void writes_the_same_lines_twice(void **state)
{
    (void)state;
    spawn_output a = spawn_run("run", clip, "--no-window", "--model", model, "--json", "-", NULL);
    spawn_output b =
        spawn_run("run", clip, "--no-window", "--model", model, "--json=-", "--threads=1", NULL);
    assert_int_equal(a.status, 0);
    assert_int_equal(b.status, 0);
    assert_int_equal(lines(a.out), CLIP_FRAMES);
    assert_string_equal(a.out, b.out);
    spawn_expect(a.err, "25 frames"); // the summary is not among the data
    spawn_release(&a);
    spawn_release(&b);
}

static void says_what_it_did(void **state)
{
    (void)state;
    g_autofree char *png = clip_path("cli.png"), *record = clip_path("cli.mkv");
    spawn_output o = spawn_run("run", clip, "--no-window", "-m", model, "-n", "9", "--snapshot",
                               png, "--record", record, NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.out, "9 frames");
    spawn_expect(o.out, "frames/s");
    spawn_expect(o.out, png);
    assert_int_equal(access(png, R_OK), 0);
    assert_int_equal(access(record, R_OK), 0);
    spawn_release(&o);
}

// The size of the input, thresholds of classes and a budget reach the element; a budget that any
// machine keeps leaves the size alone.
static void takes_size_thresholds_and_budget(void **state)
{
    (void)state;
    g_autofree char *json = clip_path("sized.jsonl");
    spawn_output o = spawn_run("run", clip, "--no-window", "--no-track", "-m", model, "-n", "9",
                               "--size", "160x128", "--threshold", "0.001,person=1", "--json", json,
                               "--latency-budget", "60000", NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.out, "9 inferred at 160x128");
    spawn_expect(o.out, "budget 60000 ms: 95 % of the last inferences took at most");
    spawn_expect(o.out, "changed 0 times");
    g_autofree char *lines = NULL;
    assert_true(g_file_get_contents(json, &lines, NULL, NULL));
    assert_non_null(strstr(lines, "\"input_width\":160"));
    assert_non_null(strstr(lines, "\"label\":\"car\""));
    assert_null(strstr(lines, "\"label\":\"person\""));
    spawn_release(&o);
}

static void describes_a_model(void **state)
{
    (void)state;
    spawn_output o = spawn_run("info", model, NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.out, "neroscale_alexpp");
    spawn_expect(o.out, "person car");
    spawn_expect(o.out, "128x96");
    spawn_expect(o.out, "block1.wide");
    spawn_expect(o.out, "conv2d");
    spawn_expect(o.out, "batch_norm");
    spawn_expect(o.out, "MiB at its peak");
    spawn_output fused = spawn_run("info", model, "--fused", "--size", "320x256", NULL);
    assert_int_equal(fused.status, 0);
    assert_null(strstr(fused.out, "batch_norm"));
    spawn_release(&o);
    spawn_release(&fused);
}

// Of files that are no models: the tensors of weights, and the operators of a network.
static void describes_what_is_missing(void **state)
{
    (void)state;
    spawn_output o = spawn_run("info", test_data("corpus/pth/ultralytics.pt").text, NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.out, "2 tensors with 9 numbers");
    spawn_expect(o.out, "model.0.weight  F32   3x2");
    spawn_release(&o);
    message *g = new_message();
    add_value(g, INPUT, "x", (int64_t[]){1, 3, 8, 8}, 4);
    add_node(g, "Relu", "a", "x", NULL, "a");
    add_node(g, "Frobnicate", "f", "a", NULL, "b");
    add_node(g, "Frobnicate", "h", "b", NULL, "y");
    add_value(g, OUTPUT, "y", (int64_t[]){1, 3, 8, 8}, 4);
    message *m = new_model(g, 13);
    g_autofree char *path = clip_path("odd.onnx");
    test_write(path, m->bytes, m->size);
    free(m);
    o = spawn_run("info", path, NULL);
    assert_int_equal(o.status, 2);
    spawn_expect(o.out, "Relu                          1\n");
    spawn_expect(o.out, "Frobnicate                    2  not supported: node 'f'");
    spawn_expect(o.err, "not supported: Frobnicate (node 'f' and 1 more)");
    spawn_release(&o);
}

static void describes_a_network(void **state)
{
    (void)state;
    g_autofree char *dot = clip_path("cli.dot");
    spawn_output o =
        spawn_run("info", "neroscale_alexpp", "--options", "alpha=0.25,transformer=1,classes=3",
                  "--size", "96x64", "--dot", dot, NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.out, "alpha=0.25,beta=1,attention=se,transformer=1");
    spawn_expect(o.out, "transformer.0.scores");
    spawn_expect(o.out, "1x3 ");
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(dot, &text, NULL, NULL));
    spawn_expect(text, "digraph");
    spawn_expect(text, "\"block1.wide\" + \"\\nconv2d\\n1x8x15x23\"");
    spawn_expect(text, "label=\"output\"");
    assert_null(strstr(text, "weight"));
    expect_refused(spawn_run("info", "neroscale_alexpp", "--options", "depth=9", NULL), "depth");
    expect_refused(spawn_run("info", model, "--options", "alpha=1", NULL), "is a model file");
    expect_refused(spawn_run("info", "resnet19", NULL), "resnet19");
    expect_refused(spawn_run("info", "vgg16", "--size", "20x20", NULL), "features.30");
    expect_refused(spawn_run("info", "resnet18", "--dot", "/dev/null/x.dot", NULL),
                   "/dev/null/x.dot");
    spawn_release(&o);
    o = spawn_run("info", "neroscale_alexpp", "--options", "alpha=0.25,transformer=1,classes=3",
                  "--size", "96x64", "--dot", "-", NULL);
    assert_string_equal(o.out, text); // only the graph
    spawn_release(&o);
}

static void lists_networks_with_their_costs(void **state)
{
    (void)state;
    spawn_output o = spawn_run("list", NULL);
    assert_int_equal(o.status, 0);
    spawn_expect(o.out, "vgg16                        138357544    30.95  224x224");
    spawn_expect(o.out, "inception_v3                  23834568");
    spawn_expect(o.out, "(He 2015)");
    spawn_output options = spawn_run("list", "options", NULL);
    assert_int_equal(options.status, 0);
    spawn_expect(options.out, "classes=1000,alpha=1,beta=1,attention=se,transformer=0,"
                              "stochastic_depth=0.1,drop=1");
    spawn_expect(o.out, "  scale=s                      ");
    expect_refused(spawn_run("list", "vgg16", NULL), "vgg16");
    spawn_release(&o);
    spawn_release(&options);
}

static void ends_cleanly_on_an_interrupt(void **state)
{
    (void)state;
    GPid pid;
    int status = 0, out;
    g_autofree char *json = clip_path("int.jsonl");
    const char *argv[] = {
        getenv("NEROSCALE"), "run", "test", "--no-window", "-m", model, "--json", json, NULL};
    assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                         NULL, &pid, NULL, &out, NULL, NULL));
    for (int i = 0; i < 600; i++) { // until it works
        g_autofree char *text = NULL;
        if (g_file_get_contents(json, &text, NULL, NULL) && *text)
            break;
        g_usleep(50000);
    }
    kill(pid, SIGINT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(out);
    g_autofree char *text = NULL;
    gsize size;
    assert_true(g_file_get_contents(json, &text, &size, NULL));
    assert_true(size > 2);
    assert_string_equal(text + size - 2, "}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(teaches),
        cmocka_unit_test(refuses_in_one_line),
        cmocka_unit_test(writes_the_same_lines_twice),
        cmocka_unit_test(says_what_it_did),
        cmocka_unit_test(takes_size_thresholds_and_budget),
        cmocka_unit_test(describes_a_model),
        cmocka_unit_test(describes_what_is_missing),
        cmocka_unit_test(describes_a_network),
        cmocka_unit_test(lists_networks_with_their_costs),
        cmocka_unit_test(ends_cleanly_on_an_interrupt),
    };
    g_unsetenv("DISPLAY");
    g_unsetenv("WAYLAND_DISPLAY");
    return cmocka_run_group_tests(tests, make_files, free_files);
}
