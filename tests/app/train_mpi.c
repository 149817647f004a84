// SPDX-License-Identifier: MIT
// neroscale train by one process and by two: the same curve, written once.
#include "nn/base/rng.h"
#include "nn/io/image.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PICTURES = 24, SIDE = 64, EPOCHS = 3 };

// set/red and set/blue: a square of that colour somewhere.
static int make_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"red", "blue"};
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    char name[64];
    assert_int_equal(mkdir(test_temp("set").text, 0777), 0);
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "set/%s", names[i]);
        assert_int_equal(mkdir(test_temp(name).text, 0777), 0);
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

// Runs `before` neroscale `arguments`, both streams to the file "said"; returns the exit status.
static int run(const char *before, const char *arguments)
{
    char command[4096];
    snprintf(command, sizeof command, "cd '%s' && %s '%s' %s >said 2>&1", test_temp(".").text,
             before, getenv("NEROSCALE"), arguments);
    const int status = system(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int count_said(const char *words)
{
    size_t size;
    int found = 0;
    char *text = (char *)test_read(test_temp("said").text, &size);
    for (char *at = text; (at = memmem(at, size - (size_t)(at - text), words, strlen(words))); at++)
        found++;
    free(text);
    return found;
}

// The fourth column of history.csv.
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
    "alpha=0.125,beta=0 "                                                                   \
    "--size 64 "                                                                                   \
    "--batch 8 --epochs 3 --optimiser sgd --lr 0.02 --threads 1 --sync-bn --seed 3 "

static void test_same_curve(void **state)
{
    (void)state;
    double alone[EPOCHS], together[EPOCHS];
    assert_int_equal(run("", TRAIN "--out one.safetensors --work one"), 0);
    assert_int_equal(run(MPIRUN, TRAIN "--out two.safetensors --work two"), 0);
    assert_int_equal(count_said("two.safetensors written"), 1); // by one of them
    assert_int_equal(count_said("epoch 3/3"), 1);
    read_losses("one/history.csv", alone);
    read_losses("two/history.csv", together);
    for (int i = 0; i < EPOCHS; i++) {
        print_message("epoch %d: loss %.5f, %.5f\n", i + 1, alone[i], together[i]);
        assert_true(fabs(alone[i] - together[i]) <= 1e-4 * alone[i] + 1e-5); // 5 digits in the file
    }
    assert_int_equal(access(test_temp("two.safetensors").text, F_OK), 0);
    assert_int_equal(run("", "eval ./two.safetensors --data set"), 0);
    // One process may go on where two were.
    assert_int_equal(run("", TRAIN "--out two.safetensors --work two --resume"), 0);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_not_equal(run(MPIRUN, "train --task classify --data set --batch 7 --size 64 --out "
                                     "x.safetensors"),
                         0);
    assert_true(count_said("a batch of 7 cannot be divided by 2 processes") > 0);
    assert_int_not_equal(run(MPIRUN, "train --task classify --data nowhere --out x.safetensors"),
                         0);
    assert_true(count_said("nowhere") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_curve),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}
