// SPDX-License-Identifier: MIT
// neroscale prune: a classifier and a detector made smaller, trained on, and used like any other
// model; what is refused, and what is left when too much is lost.
#include "nn/base/rng.h"
#include "nn/graph/quantized.h"
#include "nn/io/image/image.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PICTURES = 60, CLASSES = 3, SIDE = 64, SQUARE = 24 };

// A red, green or blue square in each picture: in classes/red and so on, and in boxes/ with labels.
static int make_sets(void **state)
{
    static const char *const names[CLASSES] = {"red", "green", "blue"};
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    char name[64], label[64];
    (void)state;
    test_make_dir("classes");
    test_make_dir("boxes");
    test_make_dir("boxes/images");
    test_make_dir("boxes/labels");
    for (int i = 0; i < CLASSES; i++) {
        snprintf(name, sizeof name, "classes/%s", names[i]);
        test_make_dir(name);
    }
    for (int i = 0; i < PICTURES; i++) {
        nn_rng rng = nn_rng_stream(4, (uint64_t)i);
        const int x = (int)nn_rng_below(&rng, SIDE - SQUARE);
        const int y = (int)nn_rng_below(&rng, SIDE - SQUARE);
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            rgb[k] = (uint8_t)(90 + nn_rng_below(&rng, 60));
        for (int k = 0; k < SQUARE * SQUARE; k++)
            rgb[3 * ((y + k / SQUARE) * SIDE + x + k % SQUARE) + i % CLASSES] = 250;
        snprintf(name, sizeof name, "classes/%s/%02d.png", names[i % CLASSES], i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        snprintf(name, sizeof name, "boxes/images/%02d.png", i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        const int length = snprintf(label, sizeof label, "0 %.5f %.5f 0.375 0.375\n",
                                    (x + SQUARE / 2.0) / SIDE, (y + SQUARE / 2.0) / SIDE);
        snprintf(name, sizeof name, "boxes/labels/%02d.txt", i);
        test_write(test_temp(name).text, label, (size_t)length);
    }
    test_write_text("boxes/classes.txt", "square\n");
    assert_int_equal(command_line("", "train --task classify --data classes --network "
                                      "neroscale_alexpp --options alpha=0.25,beta=0.5 --size 64 "
                                      "--epochs 16 --val-every 16 --threads 1 --seed 3 --out "
                                      "whole.safetensors"),
                     0);
    return 0;
}

// Multiply-adds of a model, as 'info' says them.
static double macs_of(const char *name)
{
    nn_model *m;
    nn_error err = {0};
    double all = 0;
    if (nn_model_load(&m, test_temp(name).text, &err) != NN_OK)
        fail_msg("%s", err.text);
    const nn_shape input = nn_shape_4d(1, 3, m->card.input_h, m->card.input_w);
    nn_shape *shapes = test_calloc((size_t)nn_graph_value_count(m->graph), sizeof *shapes);
    double *macs = test_calloc((size_t)nn_graph_node_count(m->graph), sizeof *macs);
    assert_int_equal(nn_graph_infer(m->graph, &input, 1, shapes, macs, NULL), NN_OK);
    for (int i = 0; i < nn_graph_node_count(m->graph); i++)
        all += macs[i];
    test_free(shapes);
    test_free(macs);
    nn_model_free(m);
    return all;
}

#define PRUNE                                                                                      \
    "prune whole.safetensors --data classes --threads 1 --train-options '--val-every 8 --ema "     \
    "0.9' "

// What was lost by the cut comes back; the result is a model like any other.
static void test_classifier(void **state)
{
    nn_model *m;
    (void)state;
    assert_int_equal(command_line("", PRUNE "--macs 0.6 --steps 2 --epochs 16 --max-loss 0.1 --out "
                                            "small.safetensors"),
                     0);
    command_said("step 1 of 2");
    command_said("step 2 of 2");
    command_said("block3.dilated");
    command_said("scored with 12 pictures");
    command_said("top1");
    command_said("ms/picture");
    command_said("small.safetensors written");
    const double part = macs_of("small.safetensors") / macs_of("whole.safetensors");
    assert_true(part <= 0.6 && part > 0.3);
    assert_int_equal(nn_model_load(&m, test_temp("small.safetensors").text, NULL), NN_OK);
    assert_string_equal(m->card.labels[2], "red"); // as the model has them
    assert_non_null(strstr(m->card.training, "prune whole.safetensors"));
    nn_model_free(m);
    assert_int_equal(command_line("", "eval small.safetensors --data classes"), 0);
    assert_int_equal(command_line("", "convert small.safetensors small.onnx"), 0);
    assert_int_equal(command_line("", "eval ./small.onnx --data classes"), 0);
    assert_int_equal(command_line("", "train --task classify --data classes --init "
                                      "small.safetensors --epochs 1 --threads 1 --out "
                                      "more.safetensors"),
                     0);
    assert_true(macs_of("more.safetensors") == macs_of("small.safetensors"));
    assert_int_equal(command_line("", "quantize small.safetensors --data classes --max-loss 0.2 "
                                      "--out small8.safetensors"),
                     0);
    // Twice, and not after it was quantised.
    assert_int_equal(command_line("", "prune small.safetensors --data classes --threads 1 --macs "
                                      "0.9 --method l1 --steps 1 --epochs 1 --max-loss 1 --out "
                                      "smaller.safetensors"),
                     0);
    assert_true(macs_of("smaller.safetensors") < macs_of("small.safetensors"));
    assert_int_equal(
        command_line("", "prune small8.safetensors --data classes --out x.safetensors"), 2);
    command_said("is quantised");
    assert_int_equal(command_line("env OMPI_COMM_WORLD_SIZE=2",
                                  "prune whole.safetensors --data classes --out x.safetensors"),
                     2);
    command_said("works in one process");
}

// Without training that deserves the name the loss stays: nothing is written but in the work
// folder.
static void test_too_much(void **state)
{
    (void)state;
    assert_int_equal(command_line("",
                                  PRUNE "--macs 0.6 --steps 1 --epochs 1 --max-loss 0 --method "
                                        "bn --train-options '--lr 1e-9' --out lost.safetensors"),
                     2);
    command_said("--max-loss is 0");
    command_said("lost.safetensors.work/pruned.safetensors");
    assert_int_not_equal(access(test_temp("lost.safetensors").text, F_OK), 0);
    assert_true(macs_of("lost.safetensors.work/pruned.safetensors") <
                0.6 * macs_of("whole.safetensors"));
}

static void test_detector(void **state)
{
    (void)state;
    assert_int_equal(command_line("",
                                  "train --data boxes --options alpha=0.5,beta=0.5,neck=32 "
                                  "--size 64x64 --epochs 30 --val-every 30 --threads 1 --ema 0.9 "
                                  "--out "
                                  "boxes.safetensors"),
                     0);
    assert_int_equal(
        command_line("", "prune boxes.safetensors --data boxes --threads 1 --macs 0.4 --steps 1 "
                         "--epochs 1 --max-loss 1 --train-options '--lr 1e-9 --distill "
                         "boxes.safetensors' --out fewer.safetensors"),
        0);
    // The scores are those of the pruned model.
    double whole = 0, cut = 0;
    char *out = test_read_text("out");
    const char *row = strstr(out, "\nap ");
    assert_non_null(row);
    assert_int_equal(sscanf(row, " ap %lf %lf", &whole, &cut), 2);
    assert_true(whole > 0.5 && cut < whole);
    free(out);
    command_said("teacher boxes.safetensors: square");
    command_said("head.tower8.conv");
    assert_true(macs_of("fewer.safetensors") <= 0.4 * macs_of("boxes.safetensors"));
    assert_int_equal(command_line("", "eval fewer.safetensors --data boxes"), 0);
    assert_int_equal(command_line("", "prune boxes.safetensors --data boxes --threads 1 --speed-up "
                                      "90 --epochs 1 --out x.safetensors"),
                     2);
    command_said("cannot be reached");
}

static void test_refused(void **state)
{
    static const struct {
        const char *words, *says;
    } cases[] = {
        {"--data classes", "--out FILE is missing"},
        {"--out x.safetensors", "no data"},
        {"--data classes --out x.safetensors --method best", "not taylor, bn or l1"},
        {"--data classes --out x.safetensors --macs 1.5", "--macs"},
        {"--data classes --out x.safetensors --macs 0.5 --speed-up 2", "give one of them"},
        {"--data classes --out x.safetensors --macs 0.001 --method l1", "cannot be reached"},
        {"--data classes --out x.safetensors --max-loss 2", "--max-loss"},
        {"--data classes --out x.safetensors --val-split 0", "no pictures are held back"},
        {"--data boxes --out x.safetensors", "boxes"},
        {"--data classes --out x.txt", "models are written as"},
        {"--data classes --out x.safetensors --macs 0.01", "--macs 0.01 cannot be reached"},
        {"--data classes --out x.safetensors --train-options --resume", "--resume is not for"},
        {"--data classes --out x.safetensors --train-options --inspect", "--inspect is not for"},
        {"--data classes --out x.safetensors --train-options '-o y.safetensors'", "--out is not"},
        {"--data classes --out x.safetensors --train-options --epochs=9", "--epochs is not for"},
        {"--data classes --out x.safetensors --train-options '--init y'", "--init is not for"},
        {"--data classes --out whole.safetensors", "whole.safetensors"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[512];
        snprintf(line, sizeof line, "prune whole.safetensors --threads 1 %s", cases[i].words);
        if (command_line("", line) != 2)
            fail_msg("not refused: %s", line);
        command_said(cases[i].says);
        assert_int_not_equal(access(test_temp("x.safetensors").text, F_OK), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classifier),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_detector),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_sets, NULL);
}
