// SPDX-License-Identifier: MIT
// What neroscale train chooses, warns of and refuses: --lr auto and --batch auto for every task,
// and a rate that is too high to learn.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/io/image/image.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/masks.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <unistd.h>

enum { SIDE = 64, EACH = 20 };

// Writes a PNG of noise around this colour.
static void draw(const char *name, const uint8_t colour[3], uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    nn_image image = {SIDE, SIDE, nn_alloc(3 * SIDE * SIDE)};
    for (int i = 0; i < 3 * SIDE * SIDE; i++)
        image.rgb[i] = (uint8_t)(colour[i % 3] + nn_rng_below(&rng, 60));
    assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    nn_image_release(&image);
}

// Writes SET/CLASS/NN.png, counts[i] pictures of class i.
static void make_classes(const char *set, const char *const *names, const int *counts)
{
    static const uint8_t colours[4][3] = {{150, 30, 30}, {30, 30, 150}, {30, 150, 30}, {9, 9, 9}};
    char path[96];
    test_make_dir(set);
    for (int label = 0; names[label]; label++) {
        snprintf(path, sizeof path, "%s/%s", set, names[label]);
        test_make_dir(path);
        for (int i = 0; i < counts[label]; i++) {
            snprintf(path, sizeof path, "%s/%s/%02d.png", set, names[label], i);
            draw(path, colours[label], (uint64_t)(100 * label + i + 1));
        }
    }
}

#define SMALL                                                                                      \
    " --options alpha=0.125,beta=0 --size 32 --threads 1 --ema 0.9 --warmup 2 --colour 0 --hue 0 "

// The number after `words` on stderr.
static double said_number(const char *words)
{
    char *text = test_read_text("err");
    const char *at = strstr(text, words);
    if (!at)
        fail_msg("no '%s' in: %s", words, text);
    const double number = strtod(at + strlen(words), NULL);
    free(text);
    return number;
}

static void test_rate(void **state)
{
    (void)state;
    make_classes("two", (const char *const[]){"blue", "red", NULL}, (const int[]){EACH, EACH});
    assert_int_equal(command_line("", "train --task classify --data two --lr auto --epochs 4 "
                                      "--batch 8" SMALL "--out two.safetensors --work two.work"),
                     0);
    const double rate = said_number("--lr auto: ");
    assert_true(rate > 1e-6 && rate < 1);
    char *csv = test_read_text("two.work/lr.csv");
    assert_ptr_equal(strstr(csv, "rate,loss,smoothed,picked\n"), csv);
    assert_non_null(strstr(csv, ",1\n"));
    free(csv);
    char expected[64];
    snprintf(expected, sizeof expected, "--lr %.2g ", rate);
    assert_int_equal(command_line("", "info two.safetensors"), 0);
    command_said(expected);
    // A resumed training keeps its learning rate.
    assert_int_equal(command_line("", "train --task classify --data two --lr auto --epochs 4 "
                                      "--batch 8" SMALL
                                      "--out two.safetensors --work two.work --resume"),
                     0);
    command_did_not_say("--lr auto");
    assert_int_equal(command_line("", "train --task classify --data two --lr 0.3 --epochs 4 "
                                      "--batch 8" SMALL
                                      "--out two.safetensors --work two.work --resume"),
                     2);
}

static void test_segment(void **state)
{
    (void)state;
    masks_make_folder("shapes", 20, SIDE, 1);
    assert_int_equal(command_line("", "train --task segment --data shapes --lr auto --batch auto "
                                      "--options alpha=0.125,beta=0,neck=16 --size 64 --threads 1 "
                                      "--epochs 2 --out s.safetensors --work s.work"),
                     0);
    const double rate = said_number("--lr auto: ");
    assert_true(rate > 1e-6 && rate < 1);
    command_said("GiB of free memory");
    assert_int_equal((int)said_number("--batch auto: "), 8);
    // It keeps its batch size, whatever memory is free now.
    assert_int_equal(command_line("", "train --task segment --data shapes --lr auto --batch auto "
                                      "--options alpha=0.125,beta=0,neck=16 --size 64 --threads 1 "
                                      "--epochs 2 --out s.safetensors --work s.work --resume"),
                     0);
    command_did_not_say("--batch auto");
}

static void test_diverges(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "train --task classify --data two --optimiser sgd --lr 1 "
                                      "--momentum 0.99 --clip 0 --epochs 40 --batch 4" SMALL
                                      "--out wild.safetensors --work wild.work"),
                     2);
    command_said("the loss is not finite since step");
    command_said("try --lr 0.1 (it is 1)");
    assert_int_not_equal(access(test_temp("wild.safetensors").text, F_OK), 0);
}

// Writes YOLO labels for pictures of set/images: NN.png shows class NN % classes.
static void make_boxes(const char *set, int count, const char *const *labels)
{
    static const uint8_t grey[3] = {90, 90, 90};
    char path[96];
    test_make_dir(set);
    snprintf(path, sizeof path, "%s/images", set);
    test_make_dir(path);
    snprintf(path, sizeof path, "%s/labels", set);
    test_make_dir(path);
    snprintf(path, sizeof path, "%s/classes.txt", set);
    test_write_text(path, "cat\ndog\n");
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/images/%02d.png", set, i);
        draw(path, grey, (uint64_t)i + 1);
        snprintf(path, sizeof path, "%s/labels/%02d.txt", set, i);
        test_write_text(path, labels[i]);
    }
}

#define CLASSIFY "train --task classify --epochs 1 --batch 4" SMALL
#define DETECT                                                                                     \
    "train --epochs 1 --batch 4 --options alpha=0.125,beta=0,neck=16 --size 64 --threads 1 "

static void test_refused(void **state)
{
    (void)state;
    make_classes("one", (const char *const[]){"only", NULL}, (const int[]){8});
    assert_int_equal(command_line("", CLASSIFY "--data one --out one.safetensors"), 2);
    command_said("'only' is the only class: a classifier needs two or more");
    make_boxes("empty", 6, (const char *const[]){"", "", "", "", "", ""});
    assert_int_equal(command_line("", DETECT "--data empty --out empty.safetensors"), 2);
    command_said("label");
    make_classes("lists", (const char *const[]){"a", "b", NULL}, (const int[]){8, 8});
    assert_int_equal(
        command_line("", CLASSIFY "--data two --list x --val-list x --out l.safetensors"), 2);
    command_said("--list and --val-list are both x");
}

static void test_warned(void **state)
{
    (void)state;
    static const char cat[] = "0 0.5 0.5 0.4 0.4\n";
    const char *const labels[] = {cat, cat, cat, cat, cat, cat, cat, cat};
    make_boxes("cats", 8, labels);
    // Two held-back pictures are copies of others.
    size_t size;
    uint8_t *bytes = test_read(test_temp("cats/images/00.png").text, &size);
    test_write(test_temp("cats/images/06.png").text, bytes, size);
    test_write(test_temp("cats/images/07.png").text, bytes, size);
    free(bytes);
    assert_int_equal(command_line("", DETECT "--data cats --val-match '0[5-7]*' --classes cat,dog "
                                             "--out cats.safetensors"),
                     0);
    command_said("warning: no boxes to learn dog from");
    command_said("warning: no boxes of dog to validate");
    command_said("warning: only 3 pictures to validate");
    command_said("warning: 2 of 3 validation pictures look the same as training pictures (0");
    assert_int_equal(command_line("", DETECT "--data cats --val-match '0[5-7]*' --classes cat,dog "
                                             "--map cat=ignore --out none.safetensors"),
                     2);
    command_said("none of the 5 pictures to train on has a label: there is nothing to learn");
    // One folder for training and, again, for validation.
    assert_int_equal(command_line("", DETECT "--data cats --data cats --val-match '0[0-3]*' "
                                             "--classes cat --out again.safetensors"),
                     0);
    command_said("4 of 4 validation pictures are training pictures, too");
    make_classes("rare", (const char *const[]){"blue", "red", NULL}, (const int[]){160, 2});
    assert_int_equal(command_line("", CLASSIFY "--data rare --out rare.safetensors"), 0);
    command_said("pictures of red, but ");
    command_said("--balance 0.5");
    assert_int_equal(command_line("", CLASSIFY "--data two --val-split 0.5 --out two2.safetensors"),
                     0);
    command_did_not_say("warning: only");
    command_did_not_say("auxiliary"); // this network has no auxiliary loss
    command_said("(top-1 of its views ");
    command_said("F1 "); // of the verdict
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate),     cmocka_unit_test(test_segment),
        cmocka_unit_test(test_diverges), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_warned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
