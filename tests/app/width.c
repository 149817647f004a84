// SPDX-License-Identifier: MIT
// Progress on terminals of 80 and 60 columns. Lines of train, eval, data and adapt fit, however
// long names are, and leave out whole numbers instead of digits.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/io/image/image.h"
#include "tests/pipeline/clip.h"
#include "tests/support/files.h"
#include "tests/support/heads.h"
#include "tests/support/terminal.h"
#include "tests/support/test.h"

#include <glib.h>
#include <stdio.h>

#define LONG "a-class-whose-name-is-much-longer-than-anybody-would-type-twice-in-a-row"

// Fails when a redrawn line or the line of an epoch is wider than the terminal. Returns the number
// of lines.
static int check(const char *text, int columns)
{
    int count = 0;
    for (const char *at = text; *at; at++) {
        const bool redrawn = strncmp(at, "\r\033[K", 4) == 0;
        if (!redrawn && !(strncmp(at, "epoch ", 6) == 0 && at > text && at[-1] == '\n'))
            continue;
        const char *line = redrawn ? at + 4 : at;
        const int length = (int)strcspn(line, "\r\n");
        const bool note = strncmp(line, "note: ", 6) == 0 || strncmp(line, "warning: ", 9) == 0;
        if (length >= columns && !note)
            fail_msg("%d columns: %.*s", length, length, line);
        count += length > 0;
    }
    return count;
}

static int run(int columns, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int run(int columns, const char *format, ...)
{
    char arguments[2048];
    int status;
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    char *text = terminal_run(columns, arguments, &status);
    if (!text)
        skip();
    if (status > 1)
        fail_msg("%s", text);
    const int count = check(text, columns);
    free(text);
    return count;
}

static void make_set(void)
{
    static const char *const classes[] = {LONG, "other"};
    nn_rng rng = nn_rng_seed(1);
    nn_image image = {32, 32, nn_alloc(3 * 32 * 32)};
    char path[160];
    test_make_dir("set");
    for (int label = 0; label < 2; label++) {
        snprintf(path, sizeof path, "set/%s", classes[label]);
        test_make_dir(path);
        for (int n = 0; n < 10; n++) {
            for (int i = 0; i < 3 * 32 * 32; i++)
                image.rgb[i] = (uint8_t)(nn_rng_below(&rng, 60) + (i % 3 == label ? 150 : 0));
            snprintf(path, sizeof path, "set/%s/%d.png", classes[label], n);
            assert_int_equal(nn_image_save_png(&image, test_temp(path).text, NULL), NN_OK);
        }
    }
    nn_image_release(&image);
}

static void test_classify(void **state)
{
    (void)state;
    static const int columns[] = {80, 60};
    make_set();
    for (int i = 0; i < 2; i++) {
        const int lines =
            run(columns[i],
                "train --task classify --data set --options alpha=0.125,beta=0 --size "
                "32 --epochs 3 --batch 4 --threads 1 --out %d.safetensors",
                columns[i]);
        assert_true(lines >= 6); // a bar and a line for each epoch
        run(columns[i], "eval %d.safetensors --data set --threads 1", columns[i]);
        run(columns[i], "data set --threads 1");
    }
}

static void test_adapt(void **state)
{
    (void)state;
    char *teacher = clip_path("teacher.onnx"), *clip = clip_make("clip.avi");
    const head_object object = {60, 60, 40, 50, 0.9f, 0};
    heads_write_teacher(teacher, 128, 160, &object, 1, 1, "[\"person\"]");
    const int lines = run(80,
                          "adapt '%s' --teacher '%s' --general '%s' --no-mirror --epochs 1 --size "
                          "96x96 --options alpha=0.25,beta=0.25,neck=16 --out cam.safetensors",
                          clip, teacher, teacher);
    assert_true(lines > 3);
    g_free(teacher);
    g_free(clip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_classify),
                                       cmocka_unit_test(test_adapt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
