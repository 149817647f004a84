// SPDX-License-Identifier: MIT
// neroscale train --inspect: a channel that was made dead by hand is said, written and drawn; a
// resumed training goes on with the record.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include "nn/base/features.h"
#include "nn/base/rng.h"
#include "nn/io/image/image.h"
#include "nn/io/io.h"
#include "nn/zoo/zoo.h"

#include <stdio.h>

enum { PICTURES = 24, SIDE = 32, DEAD = 3 };

// Red or blue noise, in set/red and set/blue.
static void make_pictures(void)
{
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    test_make_dir("set");
    test_make_dir("set/red");
    test_make_dir("set/blue");
    for (int i = 0; i < PICTURES; i++) {
        char name[64];
        nn_rng rng = nn_rng_stream(4, (uint64_t)i);
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            rgb[k] = (uint8_t)(60 + nn_rng_below(&rng, 60) + (k % 3 == 2 * (i % 2) ? 110 : 0));
        snprintf(name, sizeof name, "set/%s/%02d.png", i % 2 ? "blue" : "red", i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    }
}

// hand.safetensors: the norm behind conv1 gives -1 in one channel, and ReLU 0.
static int make_set(void **state)
{
    (void)state;
    static const char *const labels[] = {"blue", "red"};
    nn_card card = {.task = "classify",
                    .network = "resnet18",
                    .options = "classes=2,alpha=0.125,stem=small",
                    .input_h = SIDE,
                    .input_w = SIDE};
    nn_model *m = NULL;
    make_pictures();
    assert_int_equal(nn_card_set_labels(&card, labels, 2, NULL), NN_OK);
    assert_int_equal(nn_zoo_build(&m, &card, NULL), NN_OK);
    nn_card_release(&card);
    nn_model_init_random(m, 1);
    nn_tensor_f32(nn_model_param(m, "bn1.weight"))[DEAD] = 0;
    nn_tensor_f32(nn_model_param(m, "bn1.bias"))[DEAD] = -1;
    assert_int_equal(nn_model_save(m, test_temp("hand.safetensors").text, false, NULL), NN_OK);
    nn_model_free(m);
    return 0;
}

#define TRAIN                                                                                      \
    "train --task classify --data set --val-split 0.25 --init hand.safetensors --batch 6 --lr "    \
    "1e-5 "                                                                                        \
    "--threads 1 --out out.safetensors "

static int count_lines(const char *name)
{
    char *text = test_read_text(name);
    int count = 0;
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        count++;
    free(text);
    return count;
}

static void check_record(void)
{
    cJSON *json = json_load("out.safetensors.work/inspect.jsonl"), *layer;
    bool found = false;
    assert_true(json_number(json, "epoch") == 1);
    cJSON_ArrayForEach(layer, cJSON_GetObjectItem(json, "layers"))
    {
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(layer, "layer")), "conv1") != 0)
            continue;
        const cJSON *dead = cJSON_GetObjectItem(layer, "dead"), *bin;
        const cJSON *weights = cJSON_GetObjectItem(layer, "weights");
        double sum = json_number(weights, "zeros");
        found = true;
        assert_true(json_number(layer, "channels") == 8);
        assert_int_equal(cJSON_GetArraySize(dead), 1);
        assert_int_equal(cJSON_GetArrayItem(dead, 0)->valueint, DEAD);
        assert_true(json_number(layer, "dead_part") == 0.125);
        assert_true(json_number(weights, "count") == 8 * 3 * 3 * 3);
        cJSON_ArrayForEach(bin, cJSON_GetObjectItem(weights, "histogram")) sum += bin->valuedouble;
        assert_true(sum == 8 * 3 * 3 * 3);
        assert_true(json_number(cJSON_GetObjectItem(layer, "gradients"), "norm") > 0);
        assert_true(json_number(layer, "update_ratio") > 0);
    }
    assert_true(found);
    cJSON_Delete(json);
}

static int count_red(const char *name)
{
    nn_image image;
    int red = 0;
    assert_int_equal(nn_image_load(&image, test_temp(name).text, NULL), NN_OK);
    for (int i = 0; i < image.width * image.height; i++)
        red += image.rgb[3 * i] > 180 && image.rgb[3 * i + 1] < 60 && image.rgb[3 * i + 2] < 60;
    nn_image_release(&image);
    return red;
}

static void says_writes_and_draws(void **state)
{
    (void)state;
    assert_int_equal(command_line("", TRAIN "--epochs 2 --inspect"), 0);
    command_said("epoch 1: 1 of 8 channels of conv1 never fire");
    assert_int_equal(command_count("channels of conv1 never fire"), 1); // nothing new in epoch 2
    assert_int_equal(count_lines("out.safetensors.work/inspect.jsonl"), 2);
    check_record();
    if (NN_HAS_pango) // a stripe of a channel, and the words
        assert_true(count_red("out.safetensors.work/inspect.png") > 1000);
}

static void goes_on_after_a_resume(void **state)
{
    (void)state;
    assert_int_equal(command_line("", TRAIN "--epochs 3 --inspect --resume"), 0);
    assert_int_equal(count_lines("out.safetensors.work/inspect.jsonl"), 3);
    check_record();
}

static void is_off_by_default(void **state)
{
    (void)state;
    assert_int_equal(command_line("", TRAIN "--epochs 1 --work plain --force"), 0);
    command_did_not_say("never fire");
    assert_false(test_is_there("plain/inspect.jsonl"));
    assert_false(test_is_there("plain/inspect.png"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_writes_and_draws),
        cmocka_unit_test(goes_on_after_a_resume),
        cmocka_unit_test(is_off_by_default),
    };
    return cmocka_run_group_tests(tests, make_set, NULL);
}
