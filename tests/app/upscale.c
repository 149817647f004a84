// SPDX-License-Identifier: MIT
// Super-resolution on the command line: a training that repeats to the same bits and is resumed,
// scores, and files: alpha and grey are kept, faults are told.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/io/image/image_alpha.h"
#include "nn/predict/load_model.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 48, PICTURES = 4 };

static void make_pictures(void)
{
    nn_rng rng = nn_rng_seed(4);
    nn_image image = {SIDE, SIDE, nn_alloc(3 * SIDE * SIDE)};
    uint8_t alpha[SIDE * SIDE];
    char path[64];
    test_make_dir("set");
    test_make_dir("set/more");
    for (int n = 0; n < PICTURES; n++) {
        const int grey = (int)nn_rng_below(&rng, 99);
        for (int i = 0; i < SIDE * SIDE; i++) {
            const int v = (i % SIDE / (5 + n) + i / SIDE / 7) % 2 * 90 + grey;
            for (int c = 0; c < 3; c++)
                image.rgb[3 * i + c] = (uint8_t)(v + (n > 0) * c * 20);
            alpha[i] = i % SIDE < SIDE / 2 ? 0 : 255;
        }
        snprintf(path, sizeof path, "set/%s%c.png", n > 2 ? "more/" : "", 'a' + n);
        assert_int_equal(
            nn_image_save_alpha(&image, n < 2 ? alpha : NULL, test_temp(path).text, NULL), NN_OK);
    }
    nn_image_release(&image);
}

#define TRAIN                                                                                      \
    "train --task upscale --data set --val-match 'b*' --options alpha=0.25,beta=0.34 --size 16 "   \
    "--batch 2 --epoch-size 8 --threads 1 "

static void expect_same_weights(const char *one, const char *other)
{
    nn_model *a, *b;
    assert_int_equal(nn_model_load(&a, test_temp(one).text, NULL), NN_OK);
    assert_int_equal(nn_model_load(&b, test_temp(other).text, NULL), NN_OK);
    const int count = nn_graph_param_count(a->graph);
    assert_int_equal(count, nn_graph_param_count(b->graph));
    for (int i = 0; i < count; i++)
        assert_memory_equal(a->params[i].data, b->params[i].data, nn_tensor_bytes(&a->params[i]));
    nn_model_free(a);
    nn_model_free(b);
}

static void a_training_is_resumed(void **state)
{
    (void)state;
    assert_int_equal(command_line("", TRAIN "--epochs 2 --out whole.safetensors"), 0);
    command_said("3 pictures to train on, 1 to validate, 0 skipped");
    command_said("bicubic PSNR");
    assert_int_equal(command_line("", TRAIN "--epochs 1 --out part.safetensors"), 0);
    assert_int_equal(
        command_line("", TRAIN "--epochs 1 --out part.safetensors --resume --factor 3"), 2);
    command_said("begun with --factor 0, not with --factor 3");
    assert_int_equal(command_line("", TRAIN "--epochs 2 --loss l1 --out part.safetensors --resume"),
                     2);
    command_said("begun with --loss charbonnier, not with --loss l1");
    assert_int_equal(command_line("", TRAIN "--epochs 2 --out part.safetensors --resume"), 0);
    command_said("epoch 2/2");
    assert_int_equal(command_line("", TRAIN "--epochs 2 --out again.safetensors"), 0);
    expect_same_weights("whole.safetensors", "again.safetensors");
    assert_int_equal(command_line("", TRAIN "--epochs 1 --factor 3 --out three.safetensors"), 0);
    assert_int_equal(command_line("", "info three.safetensors"), 0);
    command_said("factor=3");
    assert_int_equal(
        command_line("", "train --task upscale --data set --network resnet18 --out x.pth"), 2);
    command_said("for the task 'classify', not 'upscale'");
    assert_int_equal(
        command_line("", "train --network espcn --data set --task classify --out x.pth"), 2);
}

static void models_are_scored(void **state)
{
    (void)state;
    assert_int_equal(
        command_line("", "eval whole.safetensors --data set --json score.json --report report"), 0);
    command_said("4 pictures");
    char *text = test_read_text("score.json");
    assert_non_null(strstr(text, "bicubic_ssim"));
    free(text);
    text = test_read_text("report/report.md");
    assert_non_null(strstr(text, "dB beside bicubic"));
    assert_non_null(strstr(text, "picture that gains least"));
    free(text);
    assert_int_equal(command_line("", "convert whole.safetensors whole.onnx --size 24x24"), 0);
    assert_int_equal(command_line("", "eval whole.onnx --data set"), 0);
    assert_int_equal(command_line("", "classify whole.safetensors set/a.png"), 2);
    command_said("reads the luma of pictures");
    assert_int_equal(command_line("", "prune whole.safetensors --data set --val-match 'b*' "
                                      "--out less.safetensors"),
                     2);
    command_said("--macs 0.5 cannot be reached"); // not that classes have no names
}

static void files_grow(void **state)
{
    (void)state;
    nn_image image;
    uint8_t *alpha;
    assert_int_equal(command_line("", "upscale whole.safetensors set/a.png large.png"), 0);
    command_said("large.png: 1 picture, 2 times as large");
    assert_int_equal(nn_image_load_alpha(&image, &alpha, test_temp("large.png").text, NULL), NN_OK);
    assert_int_equal(image.width, 2 * SIDE);
    assert_non_null(alpha);
    assert_int_equal(alpha[10], 0);
    assert_int_equal(alpha[2 * SIDE - 10], 255);
    for (int i = 0; i < 4 * SIDE * SIDE; i++) // grey stays grey
        assert_true(image.rgb[3 * i] == image.rgb[3 * i + 2]);
    nn_image_free_pixels(alpha);
    nn_image_release(&image);
    assert_int_equal(command_line("", "upscale whole.safetensors set/a.png large.png"), 2);
    command_said("--force");
    assert_int_equal(command_line("", "upscale whole.safetensors set bigger"), 0);
    command_said("3 pictures, 2 times as large");
    assert_int_equal(command_line("", "upscale whole.safetensors set bigger"), 2);
    command_said("is not empty");
    assert_int_equal(command_line("", "upscale whole.safetensors set/a.png large.gif"), 2);
    command_said("OUT must be .png, .jpg or .jpeg");
    assert_int_equal(command_line("", "upscale whole.safetensors set/a.png"), 2);
    command_said("written to what?");
    assert_int_equal(command_line("", "upscale whole.safetensors gone.png o.png"), 2);
    command_said("gone.png: cannot open: No such file");
    test_write_text("empty.png", "");
    assert_int_equal(command_line("", "upscale whole.safetensors empty.png o.png"), 2);
    command_said("empty.png: ");
    test_write_text("set/bad.png", "\x89PNG\r\n\x1a\nnothing");
    assert_int_equal(command_line("", "upscale whole.safetensors set bigger --force"), 2);
    command_said("1 of the pictures could not be enlarged");
    assert_int_equal(command_line("", "upscale three.safetensors.work set/a.png o.png"), 2);
}

// A picture of another kind with the same name is not lost.
static void names_stay_apart(void **state)
{
    (void)state;
    size_t size;
    uint8_t *png = test_read(test_temp("set/b.png").text, &size);
    test_make_dir("kinds");
    test_write(test_temp("kinds/b.png").text, png, size);
    test_write(test_temp("kinds/b.bmp").text, png, size); // the bytes tell the kind
    free(png);
    assert_int_equal(command_line("", "upscale whole.safetensors kinds grown"), 0);
    command_said("grown: 2 pictures");
    free(test_read(test_temp("grown/b.png").text, &size));
    free(test_read(test_temp("grown/b.png.png").text, &size));
}

static int prepare(void **state)
{
    (void)state;
    make_pictures();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_training_is_resumed),
        cmocka_unit_test(models_are_scored),
        cmocka_unit_test(files_grow),
        cmocka_unit_test(names_stay_apart),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
