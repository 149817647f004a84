// SPDX-License-Identifier: MIT
// neroscale train with one process and with two: the same losses, written once.
#include "nn/base/rng.h"
#include "nn/io/image/image.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { PICTURES = 24, SIDE = 64, EPOCHS = 3 };

// Writes set/red and set/blue: a square of that colour at a random position.
static int make_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"red", "blue"};
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    char name[64];
    test_make_dir("set");
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "set/%s", names[i]);
        test_make_dir(name);
    }
    for (int i = 0; i < PICTURES; i++) {
        nn_rng rng = nn_rng_stream(4, (uint64_t)i);
        const int x = (int)nn_rng_below(&rng, 40), y = (int)nn_rng_below(&rng, 40);
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            rgb[k] = (uint8_t)(90 + nn_rng_below(&rng, 60));
        for (int k = 0; k < 24 * 24; k++)
            rgb[3 * ((y + k / 24) * SIDE + x + k % 24) + 2 * (i % 2)] = 250;
        snprintf(name, sizeof name, "set/%s/%02d.png", names[i % 2], i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    }
    return 0;
}

// Reads the fourth column of history.csv.
static void read_losses(const char *name, double *losses)
{
    char line[512];
    FILE *f = fopen(test_temp(name).text, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    for (int i = 0; i < EPOCHS; i++) {
        assert_non_null(fgets(line, sizeof line, f));
        assert_int_equal(sscanf(line, "%*f,%*f,%*f,%lf", &losses[i]), 1);
    }
    assert_null(fgets(line, sizeof line, f));
    fclose(f);
}

#define MPIRUN "mpirun --allow-run-as-root --oversubscribe -n 2"
#define TRAIN                                                                                      \
    "train --task classify --network neroscale_alexpp --data set --val-match '2*' --options "      \
    "alpha=0.125,beta=0 "                                                                          \
    "--size 64 "                                                                                   \
    "--batch 8 --epochs 3 --optimiser sgd --lr 0.02 --threads 1 --sync-bn --seed 3 "

static void test_same_curve(void **state)
{
    (void)state;
    double alone[EPOCHS], together[EPOCHS];
    assert_int_equal(command_line("", TRAIN "--out one.safetensors --work one"), 0);
    assert_int_equal(command_line(MPIRUN, TRAIN "--out two.safetensors --work two"), 0);
    assert_int_equal(command_count("two.safetensors written"), 1); // only one process writes
    assert_int_equal(command_count("epoch 3/3"), 1);
    read_losses("one/history.csv", alone);
    read_losses("two/history.csv", together);
    for (int i = 0; i < EPOCHS; i++) {
        print_message("epoch %d: loss %.5f, %.5f\n", i + 1, alone[i], together[i]);
        assert_true(fabs(alone[i] - together[i]) <= 1e-4 * alone[i] + 1e-5); // 5 digits in the file
    }
    assert_int_equal(access(test_temp("two.safetensors").text, F_OK), 0);
    assert_int_equal(command_line("", "eval ./two.safetensors --data set"), 0);
    // One process may resume what two began.
    assert_int_equal(command_line("", TRAIN "--out two.safetensors --work two --resume"), 0);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_not_equal(command_line(MPIRUN,
                                      "train --task classify --data set --batch 7 --size 64 --out "
                                      "x.safetensors"),
                         0);
    assert_true(command_count("a batch of 7 cannot be divided by 2 processes") > 0);
    assert_int_not_equal(
        command_line(MPIRUN, "train --task classify --data nowhere --out x.safetensors"), 0);
    assert_true(command_count("nowhere") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_curve),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}
