// SPDX-License-Identifier: MIT
// Pretraining on the command line: from a folder and from a video, resumed, scored by folders, and
// what starts from it.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/pretrained.h"
#include "nn/io/image/image.h"
#include "nn/predict/load_model.h"
#include "tests/pipeline/clip.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 40, PICTURES = 8 };

static void make_pictures(void)
{
    nn_rng rng = nn_rng_seed(4);
    nn_image image = {SIDE, SIDE, nn_alloc(3 * SIDE * SIDE)};
    char path[64];
    test_make_dir("set");
    test_make_dir("set/red");
    test_make_dir("set/blue");
    test_make_dir("one");
    for (int n = 0; n < PICTURES; n++) {
        for (int i = 0; i < SIDE * SIDE; i++)
            for (int c = 0; c < 3; c++)
                image.rgb[3 * i + c] =
                    (uint8_t)((c == (n % 2 ? 2 : 0) ? 150 : 30) + nn_rng_below(&rng, 60));
        snprintf(path, sizeof path, "set/%s/%d.png", n % 2 ? "blue" : "red", n);
        assert_int_equal(nn_image_save_png(&image, test_temp(path).text, NULL), NN_OK);
        snprintf(path, sizeof path, "one/%d.png", n);
        assert_int_equal(nn_image_save_png(&image, test_temp(path).text, NULL), NN_OK);
    }
    nn_image_release(&image);
}

#define SMALL                                                                                      \
    "train --task pretrain --network resnet18 --options alpha=0.1 --size 32 --batch 4 --threads "  \
    "1 "

static void expect_same_weights(const char *one, const char *other)
{
    nn_model *a, *b;
    assert_int_equal(nn_model_load(&a, test_temp(one).text, NULL), NN_OK);
    assert_int_equal(nn_model_load(&b, test_temp(other).text, NULL), NN_OK);
    assert_true(nn_card_is_pretrained(&a->card));
    assert_int_equal(nn_graph_param_count(a->graph), nn_graph_param_count(b->graph));
    for (int i = 0; i < nn_graph_param_count(a->graph); i++)
        assert_memory_equal(a->params[i].data, b->params[i].data, nn_tensor_bytes(&a->params[i]));
    nn_model_free(a);
    nn_model_free(b);
}

static void a_folder_teaches(void **state)
{
    (void)state;
    assert_int_equal(command_line("", SMALL "--data set --epochs 2 --out whole.safetensors"), 0);
    command_said("8 pictures to train on, 0 to validate, 0 skipped");
    command_said("multiply-adds a view, 4 steps");
    command_said("(spread 0.");
    command_said("10 nearest neighbours: top-1 "); // of what was learnt: its folders were not
    command_said("scored on the pictures that it learnt from");
    char *text = test_read_text("whole.safetensors.work/history.csv");
    assert_non_null(strstr(text, "spread,views_cosine"));
    free(text);
    assert_int_equal(command_line("", SMALL "--data set --epochs 1 --out part.safetensors"), 0);
    assert_int_equal(command_line("", SMALL "--data set --epochs 2 --method vicreg --out "
                                            "part.safetensors --resume"),
                     2);
    command_said("begun with --method simclr, not with --method vicreg");
    assert_int_equal(
        command_line("", SMALL "--data set --epochs 2 --out again.safetensors --work again.work"),
        0);
    expect_same_weights("whole.safetensors", "again.safetensors");
    assert_int_equal(
        command_line("", SMALL "--data set --epochs 2 --out part.safetensors --resume"), 0);
    command_said("epoch 2/2");
    // Validated by folders, and without two of them refused before anything is trained.
    assert_int_equal(command_line("", SMALL "--data set --val-split 0.5 --epochs 1 --method vicreg "
                                            "--out held.safetensors"),
                     0);
    command_said("validation  k-NN top-1");
    command_did_not_say("that it learnt from");
    assert_int_equal(
        command_line("", SMALL "--data one --val-split 0.5 --epochs 1 --out no.safetensors"), 2);
    command_said("lie in one folder");
}

static void a_video_teaches(void **state)
{
    (void)state;
    char *clip = clip_make("ball.avi");
    char line[4096];
    snprintf(line, sizeof line, SMALL "--data %s --epochs 1 --out video.safetensors", clip);
    assert_int_equal(command_line("", line), 0);
    command_said("3 pictures to train on"); // every tenth frame of 25
    command_did_not_say("neighbours");
    snprintf(line, sizeof line,
             SMALL "--video %s --frames 1-10 --stride 2 --epochs 1 --out frames.safetensors", clip);
    assert_int_equal(command_line("", line), 0);
    command_said("5 pictures to train on");
    // A detector for the same camera starts from it.
    test_write_text("ball.txt", "1,-1,8,8,24,24,1\n2,-1,8,8,24,24,1\n3,-1,10,8,24,24,1\n");
    snprintf(line, sizeof line,
             "train --video %s --labels %s --classes ball --init frames.safetensors --size 64 "
             "--epochs 1 --batch 2 --threads 1 --val-split 0 --out ball.safetensors",
             clip, test_temp("ball.txt").text);
    assert_int_equal(command_line("", line), 0);
    command_said("taken from frames.safetensors: ");
    command_said(", which is all but the head");
    command_said("3 pictures to train on");
    g_free(clip);
}

static void models_are_scored_and_told(void **state)
{
    (void)state;
    assert_int_equal(
        command_line("", "eval whole.safetensors --data set --json score.json --report report"), 0);
    command_said("10 nearest neighbours: top-1 ");
    command_said("in 2 folders; the largest folder alone 0.5000");
    char *text = test_read_text("score.json");
    assert_non_null(strstr(text, "\"knn_top1\""));
    free(text);
    text = test_read_text("report/report.md");
    assert_non_null(strstr(text, "of the nearest neighbours"));
    free(text);
    assert_int_equal(command_line("", "eval whole.safetensors --data one"), 2);
    command_said("scored by the folders that pictures lie in");
    assert_int_equal(command_line("", "classify whole.safetensors one/0.png"), 2);
    command_said("has no classes yet");
    assert_int_equal(command_line("", "run one --no-window --model whole.safetensors"), 2);
    command_said("is for the task 'pretrain' and names nothing in pictures");
    assert_int_equal(command_line("", "info whole.safetensors"), 0);
    command_said("task        pretrain");
    command_did_not_say("projector.0");
    assert_int_equal(command_line("", "convert whole.safetensors whole.onnx"), 0);
}

static void other_tasks_start_from_it(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "train --task classify --data set --init whole.safetensors "
                                      "--epochs 1 --batch 4 --threads 1 --out c.safetensors"),
                     0);
    command_said("taken from whole.safetensors: 99.9 % of the parameters");
    command_said("2 tensors are missing from whole.safetensors");
    assert_int_equal(command_line("", "info c.safetensors"), 0);
    command_said("input       32x32"); // that of the start
    test_make_dir("boxes");
    test_make_dir("boxes/images");
    test_make_dir("boxes/labels");
    for (int i = 0; i < 4; i++) {
        char name[64], picture[64];
        snprintf(name, sizeof name, "boxes/labels/%d.txt", i);
        test_write_text(name, "0 0.5 0.5 0.4 0.4\n");
        snprintf(picture, sizeof picture, "one/%d.png", i);
        snprintf(name, sizeof name, "boxes/images/%d.png", i);
        nn_image image;
        assert_int_equal(nn_image_load(&image, test_temp(picture).text, NULL), NN_OK);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        nn_image_release(&image);
    }
    test_write_text("boxes/classes.txt", "ball\n");
    assert_int_equal(
        command_line("", "train --data boxes --init whole.safetensors --epochs 1 --batch 2 "
                         "--size 64 --threads 1 --val-split 0 --out d.safetensors"),
        0);
    command_said("of the parameters, which is all but the head");
    command_said("resnet18 classes=1,alpha=0.1");
    assert_int_equal(command_line("", "info d.safetensors"), 0);
    command_said("input       64x64");
    assert_int_equal(command_line("", "train --task upscale --data set --init whole.safetensors "
                                      "--epochs 1 --threads 1 --out u.safetensors"),
                     2);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    make_pictures();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_teaches),
        cmocka_unit_test(a_video_teaches),
        cmocka_unit_test(models_are_scored_and_told),
        cmocka_unit_test(other_tasks_start_from_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
