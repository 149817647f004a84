// SPDX-License-Identifier: MIT
// neroscale train --resume with each option that --help lists. Options that change the training are
// refused in one line that names them; others are accepted.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/io/image/image.h"

#include <stdio.h>

enum { SIDE = 64, PICTURES = 6 };

// Pictures with a box of 24 x 24.
static void make_folder(const char *name)
{
    nn_rng rng = nn_rng_seed(8);
    nn_image image = {SIDE, SIDE, nn_alloc(3 * SIDE * SIDE)};
    char path[96];
    test_make_dir(name);
    snprintf(path, sizeof path, "%s/images", name);
    test_make_dir(path);
    snprintf(path, sizeof path, "%s/labels", name);
    test_make_dir(path);
    for (int n = 0; n < PICTURES; n++) {
        const int x = (int)nn_rng_below(&rng, 40), y = (int)nn_rng_below(&rng, 40);
        char text[64];
        for (int i = 0; i < 3 * SIDE * SIDE; i++)
            image.rgb[i] = (uint8_t)(90 + nn_rng_below(&rng, 40));
        for (int i = 0; i < 24 * 24; i++)
            image.rgb[3 * ((y + i / 24) * SIDE + x + i % 24)] = 240;
        snprintf(path, sizeof path, "%s/images/%c%d.png", name, n < 4 ? 'a' : 'b', n);
        assert_int_equal(nn_image_save_png(&image, test_temp(path).text, NULL), NN_OK);
        snprintf(path, sizeof path, "%s/labels/%c%d.txt", name, n < 4 ? 'a' : 'b', n);
        snprintf(text, sizeof text, "0 %g %g 0.375 0.375\n", (x + 12.0) / SIDE, (y + 12.0) / SIDE);
        test_write_text(path, text);
    }
    nn_image_release(&image);
}

#define TRAIN                                                                                      \
    "train --data set --val-match 'b*' --classes thing,other --options "                           \
    "alpha=0.125,beta=0,neck=16 --size 64 --epochs 1 --batch 4 --threads 1 --work work "

// How an option is typed after the command that began, by default "--NAME VALUE". `says`: text in
// the refusal besides the option's name. FREE: accepted. SKIP: not tried, such as options of
// videos, whose rows are compared by the same code as those of folders.
static const char FREE[] = "", SKIP[] = "-";
static const struct {
    const char *name, *value, *says;
} changes[] = {
    {"data", "more", "--data"}, // a second folder
    {"video", NULL, SKIP},
    {"negatives", "patterns", "begun without --data of data 2"},
    {"labels", NULL, SKIP},
    {"frames", NULL, SKIP},
    {"stride", NULL, SKIP},
    {"val-data", "more", "begun with"},
    {"val-frames", NULL, SKIP},
    {"fill-gaps", NULL, SKIP},
    {"min-track", NULL, SKIP},
    {"match", "'a*'", "without --match of data 1"},
    {"list", "nosuch", "'nosuch' is no split"}, // YOLO has no lists: refused earlier
    {"val-list", "nosuch", "'nosuch' is no split"},
    {"label-dir", "labels2", "with --label-dir labels2"},
    {"known", "thing", "with --known thing of data 1"},
    {"ignore-below", "0.5", "with --ignore-below 0.5"},
    {"val-match", "'a*'", "begun with --val-match b*"},
    {"share", "2", "with --share 2"},
    {"source-scale", "0.5:2", "with --source-scale 0.5:2"},
    {"names", "other,thing", "with --names other,thing"},
    {"keypoints", NULL, SKIP}, // the form of lines that these labels do not have
    {"map", "0=thing", "without --map"},
    {"val-split", "0.3", "begun with --val-split 0, not with --val-split 0.3"},
    {"task", "segment", "YOLO without outlines"}, // refused earlier
    {"classes", "other,thing", "begun with --classes thing,other"},
    {"rivals", "third", "without --rivals"},
    {"out", "other.safetensors", FREE},
    {"work", "work2", FREE}, // starts anew in an empty folder
    {"resume", "", FREE},
    {"force", "", FREE},
    {"partial", "", FREE},
    {"network", "resnet18 --options alpha=0.125,neck=16",
     "begun with --network neroscale_alexpp, not with --network resnet18"},
    {"options", "alpha=0.125,beta=0.125,neck=16", "with --options alpha=0.125,beta=0,neck=16"},
    {"head", "nosuch", "nosuch"},
    {"init", "work/best.safetensors", "without --init"},
    {"taps", "a,b,c", "without --taps"},
    {"renorm", "", "--renorm is for --init"},
    {"tokenizer", "x.txt", "--tokenizer is for --task contrast"},
    {"quantize", "", "--quantize trains a float32 model further"},
    {"reduce-range", "", "--reduce-range is for --quantize"},
    {"distill", "work/best.safetensors", "without --distill"},
    {"distill-features", "auto --distill work/best.safetensors", "without --distill"},
    {"feature-weight", "2", NULL},
    {"quantize-distill", "0.2", NULL},
    {"freeze", "'*bias'", "without --freeze"},
    {"lr-scale", "'*bias=0.5'", "without --lr-scale"},
    {"size", "96x64", "begun with --size 64x64, not with --size 96x64"},
    {"train-size", "96x64", "begun with --train-size 64x64, not with --train-size 96x64"},
    {"train-sizes", "32,64", "without --train-sizes"},
    {"class-weights", "auto", "--class-weights"},
    {"stretch", "", "begun without --stretch, not with --stretch"},
    {"centre-crop", "0.5", "--centre-crop 0.5"},
    {"val-every", "2", FREE},
    {"patience", "3", FREE},
    {"threads", "2", FREE},
    {"inspect", "", FREE},
    {"config", "none", FREE},
    {"print-config", "", FREE},
    {"cache-mb", "64", FREE},
    {"epochs", NULL, SKIP}, // accepted, see below
    {"epoch-size", "8", "begun with --epoch-size 0"},
    {"batch", "2", "begun with --batch 4, not with --batch 2"},
    {"accumulate", "2", NULL},
    {"seed", "2", NULL},
    {"sync-bn", "", "begun without --sync-bn, not with --sync-bn"},
    {"optimiser", "sgd", "begun with --optimiser adamw, not with --optimiser sgd"},
    {"lr", "0.1", "begun with --lr 0.002, not with --lr 0.1"},
    {"schedule", "step", NULL},
    {"final-lr-ratio", "0.5", "begun with --final-lr-ratio 0.02"},
    {"warmup", "1e", "with --warmup 1e"},
    {"step-epochs", "2", NULL},
    {"step-factor", "0.5", NULL},
    {"weight-decay", "0.5", "begun with --weight-decay 0.02, not with --weight-decay 0.5"},
    {"momentum", "0.5", NULL},
    {"clip", "1", "begun with --clip 10, not with --clip 1"},
    {"ema", "0.5", NULL},
    {"box-weight", "1", NULL},
    {"topk", "3", NULL},
    {"distill-weight", "2", NULL},
    {"keypoint-weight", "1", NULL},
    {"visible-weight", "1", NULL},
    {"mask-weight", "1", NULL},
    {"direction-weight", "2", NULL},
    {"dice", "1", NULL},
    {"factor", "3", "begun with --factor 0, not with --factor 3"},
    {"loss", "l1", NULL},
    {"method", "vicreg", NULL},
    {"projector", "64", NULL},
    {"temperature", "0.5", NULL},
    {"shrink", "area", NULL},
    {"smoothing", "0.2", NULL},
    {"aux-weight", "1", NULL},
    {"multi-label", "", NULL},
    {"augment", "strong", "begun with --augment usual, not with --augment strong"},
    {"scales", "1", "not with --scales 1:1"},
    {"area", "0.5", NULL},
    {"colour", "0.5", NULL},
    {"hsv", "0.1,0.1,0.1", NULL},
    {"rand-augment", "2:5", NULL},
    {"erase-area", "0.1", NULL},
    {"camera", "jpeg=0.3", "without --camera, not with --camera jpeg=0.3:1"},
    {"aspect", "0.2", NULL},
    {"mosaic", "0.2", NULL},
    {"focus", "0.2", NULL},
    {"ratio", "2", NULL},
    {"balance", "0.2", NULL},
    {"flip-h", "0.2", NULL},
    {"flip-v", "0.2", NULL},
    {"rotate", "0.2", NULL},
    {"angle", "0.2", NULL},
    {"shear", "0.2", NULL},
    {"translate", "0.2", NULL},
    {"perspective", "0.2", NULL},
    {"paste", "0.2", NULL},
    {"paste-most", "2", NULL},
    {"brightness", "0.2", NULL},
    {"contrast", "0.2", NULL},
    {"saturation", "0.2", NULL},
    {"hue", "0.2", NULL},
    {"lighting", "0.2", NULL},
    {"erase", "0.2", NULL},
    {"mixup", "0.2", NULL},
    {"cutmix", "0.2", NULL},
    {"mix", "0.2", NULL},
};

enum { CHANGES = sizeof changes / sizeof *changes };

// The option in a line of --help, "  --epochs=N  Epochs"; false: none.
static bool read_option(const char *line, char name[64])
{
    const bool is_short = strncmp(line, "  -", 3) == 0 && strncmp(line + 4, ", --", 4) == 0;
    if (!is_short && strncmp(line, "  --", 4) != 0)
        return false;
    line += is_short ? 8 : 4;
    const size_t length = strspn(line, "abcdefghijklmnopqrstuvwxyz-");
    snprintf(name, 64, "%.*s", (int)length, line);
    return length > 0;
}

static int find_change(const char *name)
{
    for (int i = 0; i < CHANGES; i++)
        if (strcmp(changes[i].name, name) == 0)
            return i;
    return -1;
}

static void try_change(int i)
{
    char line[512], option[64];
    snprintf(option, sizeof option, "--%s", changes[i].name);
    snprintf(line, sizeof line, TRAIN "--out model.safetensors --resume --force %s %s", option,
             changes[i].value);
    if (!*changes[i].value)
        snprintf(line, sizeof line, TRAIN "--out model.safetensors --resume --force %s", option);
    const int status = command_line("", line);
    if (changes[i].says == FREE) {
        assert_int_equal(status, 0);
        return;
    }
    assert_int_equal(status, 2);
    command_said(changes[i].says ? changes[i].says : option);
    if (!changes[i].says)
        command_said("the training was begun with");
}

static void test_every_option(void **state)
{
    (void)state;
    int listed = 0;
    char name[64];
    make_folder("set");
    make_folder("more");
    test_make_dir("set/labels2");
    for (int n = 0; n < PICTURES; n++) {
        char path[64];
        snprintf(path, sizeof path, "set/labels2/%c%d.txt", n < 4 ? 'a' : 'b', n);
        test_write_text(path, "1 0.5 0.5 0.25 0.25\n");
    }
    assert_int_equal(command_line("", TRAIN "--out model.safetensors"), 0);
    assert_int_equal(command_line("", TRAIN "--out model.safetensors --resume --force"), 0);
    assert_int_equal(command_line("", "train --help-all"), 0);
    char *help = test_read_text("out");
    for (const char *line = help, *end; *line; line = end + (*end == '\n')) {
        end = line + strcspn(line, "\n");
        if (!read_option(line, name) || strncmp(name, "help", 4) == 0)
            continue;
        const int i = find_change(name);
        if (i < 0)
            fail_msg("--%s: say here whether --resume takes another value", name);
        listed++;
        print_message("--%s\n", name);
        if (changes[i].says != SKIP)
            try_change(i);
    }
    free(help);
    assert_int_equal(listed, CHANGES);
}

static int count_lines(const char *name)
{
    int n = 0;
    char *text = test_read_text(name);
    for (const char *p = text; *p; p++)
        n += *p == '\n';
    free(text);
    return n;
}

// More epochs continue with the schedule of the new number; finished epochs cannot be undone.
static void test_more_epochs(void **state)
{
    (void)state;
    assert_int_equal(command_line("", TRAIN "--out model.safetensors --resume --force --epochs 3"),
                     0);
    command_said("begun with --epochs 1 and goes on to 3: its learning rate is ");
    assert_int_equal(count_lines("work/history.csv"), 4);
    assert_int_equal(command_line("", TRAIN "--out model.safetensors --resume --force --epochs 3"),
                     0);
    command_did_not_say("goes on to");
    assert_int_equal(command_line("", TRAIN "--out model.safetensors --resume --force --epochs 2"),
                     2);
    command_said("--epochs 2 is over: the training was begun with --epochs 3 and has taken 3.0");
    assert_int_equal(
        command_line("", TRAIN
                     "--out model.safetensors --resume --force --epochs 3 --batch 2 --lr 0.1"),
        2);
    command_said("--batch 4, not with --batch 2; with --lr 0.002, not with --lr 0.1; go on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_option),
                                       cmocka_unit_test(test_more_epochs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
