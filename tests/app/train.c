// SPDX-License-Identifier: MIT
// neroscale train and eval on the command line: a folder of pictures in, a model and its scores
// out.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/io/image/image.h"

#include <stdio.h>
#include <unistd.h>

enum { SIDE = 96, PICTURES = 24 };

// Pictures with a red (class 0), a green (3) and a yellow box (1): car, minibus and truck of the
// folder.
static void make_folder(void)
{
    static const int number[3] = {0, 3, 1};
    static const uint8_t colour[3][3] = {{210, 40, 40}, {40, 210, 40}, {210, 210, 40}};
    nn_rng rng = nn_rng_seed(8);
    test_make_dir("set");
    test_make_dir("set/images");
    test_make_dir("set/labels");
    nn_image image = {SIDE, SIDE, nn_alloc(3 * SIDE * SIDE)};
    for (int n = 0; n < PICTURES; n++) {
        char name[64], labels[512] = "";
        for (int i = 0; i < 3 * SIDE * SIDE; i++)
            image.rgb[i] = (uint8_t)(90 + nn_rng_below(&rng, 40));
        for (int k = 0; k < 3; k++) {
            int x = (int)nn_rng_below(&rng, SIDE - 24), y = 32 * k + (int)nn_rng_below(&rng, 12);
            for (int i = 0; i < 24 * 20; i++)
                memcpy(image.rgb + 3 * ((y + i / 24) * SIDE + x + i % 24), colour[k], 3);
            size_t used = strlen(labels);
            snprintf(labels + used, sizeof labels - used, "%d %.5f %.5f %.5f %.5f\n", number[k],
                     (x + 12.0) / SIDE, (y + 10.0) / SIDE, 24.0 / SIDE, 20.0 / SIDE);
        }
        snprintf(name, sizeof name, "set/images/%c%02d.png", n < 18 ? 'a' : 'b', n);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        snprintf(name, sizeof name, "set/labels/%c%02d.txt", n < 18 ? 'a' : 'b', n);
        test_write(test_temp(name).text, labels, strlen(labels));
    }
    nn_image_release(&image);
}

#define TRAIN                                                                                      \
    "train --data set --val-match 'b*' --names car,truck,bus,minibus --classes "                   \
    "minibus,car --map truck=ignore --options alpha=0.125,beta=0,neck=16 --size 96x96 --warmup "   \
    "5 --lr 0.004 --ema 0.97 --epoch-size 64 --out model.safetensors --work work "

static void test_train_and_eval(void **state)
{
    (void)state;
    make_folder();
    assert_int_equal(command_line("", TRAIN "--epochs 12 --val-every 4"), 0);
    command_said("18 pictures to train on, 6 to validate, 0 skipped");
    assert_int_equal(access(test_temp("work/last.safetensors").text, F_OK), 0);
    assert_int_equal(access(test_temp("work/history.csv").text, F_OK), 0);
    // Without class names in the folder: the model's card names the numbers.
    assert_int_equal(command_line("", "eval ./model.safetensors --data set --json score.json"), 0);
    cJSON *json = json_load("score.json");
    assert_true(json_number(json, "ap50") > 0.7);
    assert_true(json_number(json, "ap") > 0.2 &&
                json_number(json, "ap") <= json_number(json, "ap50"));
    assert_true(json_number(json, "ap75") <= json_number(json, "ap50"));
    assert_true(json_number(json, "ar") >= json_number(json, "ap"));
    // boxes of 24 x 24 pixels and less: "small"
    assert_true(json_number(json, "ar_small") == json_number(json, "ar"));
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(json, "ap_large")));
    assert_true(json_number(json, "recall") > 0.5 && json_number(json, "precision") > 0.5);
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(json, "classes");
    assert_true(json_number(cJSON_GetObjectItemCaseSensitive(classes, "car"), "objects") ==
                PICTURES);
    assert_true(json_number(cJSON_GetObjectItemCaseSensitive(classes, "minibus"), "objects") ==
                PICTURES);
    double known = json_number(json, "ap50");
    cJSON_Delete(json);
    // With wrong names the score is lower; classes.txt in the folder names them, too.
    assert_int_equal(
        command_line("", "eval ./model.safetensors --data set --names minibus,bus,truck,car "
                         "--json score.json"),
        0);
    json = json_load("score.json");
    assert_true(json_number(json, "ap50") < known - 0.15);
    cJSON_Delete(json);
    test_write(test_temp("set/classes.txt").text, "car\ntruck\nbus\nminibus\n", 22);
    assert_int_equal(command_line("", "eval ./model.safetensors --data set --json score.json"), 0);
    json = json_load("score.json");
    assert_true(json_number(json, "ap50") == known);
    cJSON_Delete(json);
    // Cars that are not labelled: detections of them are ignored, unless --known says that labels
    // are complete.
    test_make_dir("set/partly");
    for (int n = 0; n < PICTURES; n++) {
        char name[64];
        snprintf(name, sizeof name, "set/partly/%c%02d.txt", n < 18 ? 'a' : 'b', n);
        test_write_text(name, n == 0 ? "3 0.5 0.5 0.2 0.2\n" : "");
    }
    double detections[2];
    for (int i = 0; i < 2; i++) {
        char command[256];
        snprintf(command, sizeof command,
                 "eval ./model.safetensors --data set --label-dir partly %s --threshold 0.3 "
                 "--json score.json",
                 i ? "--known minibus" : "");
        assert_int_equal(command_line("", command), 0);
        json = json_load("score.json");
        classes = cJSON_GetObjectItemCaseSensitive(json, "classes");
        detections[i] = json_number(cJSON_GetObjectItemCaseSensitive(classes, "car"), "detections");
        cJSON_Delete(json);
    }
    assert_true(detections[0] > PICTURES / 2 && detections[1] == 0);
    // Pictures without objects add pictures, and perhaps false boxes.
    assert_int_equal(command_line("", "eval ./model.safetensors --data set --negatives patterns "
                                      "--negatives set/images --json score.json"),
                     0);
    json = json_load("score.json");
    assert_true(json_number(json, "pictures") == 2 * PICTURES + 96);
    classes = cJSON_GetObjectItemCaseSensitive(json, "classes");
    assert_true(json_number(cJSON_GetObjectItemCaseSensitive(classes, "car"), "objects") ==
                PICTURES);
    assert_true(json_number(json, "ap50") < known); // the same cars now count as false boxes
    cJSON_Delete(json);
    // A finished training has nothing to resume, and other settings are refused.
    assert_int_equal(command_line("", TRAIN "--epochs 12 --val-every 4 --resume --force"), 0);
    assert_int_equal(
        command_line("", TRAIN "--epochs 12 --val-every 4 --momentum 0.5 --resume --force"), 2);
    command_said("not with --momentum 0.5");
}

// Files that name their classes and splits need no --classes and no lists.
static void test_named_classes(void **state)
{
    (void)state;
    static const char *const folders[] = {"voc", "voc/Annotations", "voc/JPEGImages",
                                          "voc/ImageSets", "voc/ImageSets/Main"};
    for (int i = 0; i < 5; i++)
        test_make_dir(folders[i]);
    nn_image image = {SIDE, SIDE, nn_calloc(3, SIDE * SIDE)};
    for (int i = 0; i < 3; i++) {
        char name[64], xml[512];
        snprintf(name, sizeof name, "voc/JPEGImages/%d.png", i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
        int length =
            snprintf(xml, sizeof xml,
                     "<annotation><object><name>%s</name><bndbox><xmin>9</xmin><ymin>9"
                     "</ymin><xmax>40</xmax><ymax>40</ymax></bndbox></object></annotation>",
                     i == 1 ? "cat" : "dog");
        snprintf(name, sizeof name, "voc/Annotations/%d.xml", i);
        test_write(test_temp(name).text, xml, (size_t)length);
    }
    nn_image_release(&image);
    test_write(test_temp("voc/ImageSets/Main/train.txt").text, "0\n1\n", 4);
    test_write(test_temp("voc/ImageSets/Main/val.txt").text, "2\n", 2);
    assert_int_equal(
        command_line("", "train --data voc --list train --val-list val --epochs 1 --batch 2 "
                         "--options alpha=0.125,beta=0,neck=16 --size 32x32 --out voc.safetensors"),
        0);
    command_said("2 pictures to train on, 1 to validate, 0 skipped");
    command_said("to train on: cat 1, dog 1");
    command_said("to validate: cat 0, dog 1");
    assert_int_equal(
        command_line("", "eval ./voc.safetensors --data voc --list val --json score.json"), 0);
    cJSON *json = json_load("score.json");
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(json, "classes");
    assert_true(json_number(cJSON_GetObjectItemCaseSensitive(classes, "dog"), "objects") == 1);
    cJSON_Delete(json);
    assert_int_equal(command_line("", "eval ./voc.safetensors --data voc --list test"), 2);
    command_said("Main/test.txt");
}

static void test_usage_errors(void **state)
{
    (void)state;
    test_make_dir("other");
    test_make_dir("other/images");
    test_write_text("other/classes.txt", "dog\n");
    static const struct {
        const char *arguments, *text;
    } bad[] = {
        {"train", "--out"},
        {"train --classes car --names car,truck,bus,minibus --out x.safetensors --data set --list "
         "y",
         "no split"},
        {"train --classes a --out x.safetensors", "no data"},
        {"train --classes a --out x.safetensors --labels y", "comes after the --video"},
        {"train --classes a --out x.safetensors --video v", "--labels FILE is missing"},
        {"train --classes a --out x.safetensors --data nowhere", "nowhere"},
        {"train --classes a --out x.safetensors --data set --size 100x100", "multiples of 32"},
        {"train --classes a --out x.safetensors --data set --map q=a", "no class 'q'"},
        {"train --classes a --out x.safetensors --data set --rotate 2",
         "--rotate 2 is too large (at most 1)"},
        {"train --classes a --out x.safetensors --data set --optimiser lion", "not one of"},
        {"train --classes a --out x.safetensors --data set --bogus", "--bogus"},
        {"train --classes a --out set --data set",
         "--out set: would replace the file that is read"},
        {"train --classes a --out score.json/x.onnx --data set", "cannot create this folder"},
        {"train --classes a --out x.gguf --data set", "models are written as"},
        {"train --classes a --out x.h5 --data set", "only alexnet_flowers"},
        {"train --classes a --out x.safetensors --data set --work score.json",
         "score.json: cannot create this folder: Not a directory"},
        {"train --classes a,b,a --out x.safetensors --data set", "'a' is given twice"},
        {"train --classes a --out x.safetensors --data set --init nowhere",
         "--init: no file 'nowhere'"},
        {"train --classes a --out x.safetensors --data set --threads 9999",
         "--threads 9999 is too large"},
        {"train --task classify --out x.safetensors --data set", "--task detect is for those"},
        {"train --classes a --out x.safetensors --data set --network lenet9", "lenet9"},
        {"train --classes a --out x.safetensors --data set --source-scale 2:1", "--source-scale"},
        {"train --classes a --out x.safetensors --data set --known b",
         "--known: no class 'b' in the model; there are: a"},
        {"train --classes a --out x.safetensors --known a --data set", "comes after the --data"},
        {"train --classes car --out x.safetensors --data set --label-dir none", "no folder 'none'"},
        {"train --classes car --out x.safetensors --data set --negatives nowhere", "nowhere"},
        {"train --classes a --out x.safetensors --negatives patterns --match a",
         "comes after the --data"},
        {"train --task classify --out x.safetensors --data set --negatives patterns",
         "only for detectors"},
        {"eval", "which model"},
        {"eval nosuch --data set", "nosuch"},
        {"eval ./model.safetensors", "no data"},
        {"eval ./model.safetensors --data nowhere", "nowhere"},
        {"eval ./score.json --data set", "score.json"},
        {"eval ./model.safetensors --data set --json /dev/null/x.json", "/dev/null/x.json"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(command_line("", bad[i].arguments), 2);
        command_said(bad[i].text);
        assert_true(command_count("\n") <= 4); // one line, perhaps after what was read so far
    }
    assert_int_equal(command_line("", "train --help"), 0);
    assert_int_equal(command_line("", "eval --help"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train_and_eval),
        cmocka_unit_test(test_named_classes),
        cmocka_unit_test(test_usage_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
