// SPDX-License-Identifier: MIT
// neroscale train --quantize: every task writes an 8-bit model, says what it scores, resumes; what
// is refused.
#include "nn/graph/quantized.h"
#include "nn/io/image/image.h"
#include "nn/io/onnx/onnx.h"
#include "nn/predict/load_model.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/masks.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

enum { SIDE = 32, PICTURES = 30, BOXES_SIDE = 96, BOXES = 12 };

// Pictures of three colours; those whose names begin with b are held back.
static void make_classes(void)
{
    static uint8_t rgb[3 * SIDE * SIDE];
    const nn_image image = {SIDE, SIDE, rgb};
    char name[64];
    test_make_dir("set");
    for (int i = 0; i < PICTURES; i++) {
        snprintf(name, sizeof name, "set/%c", "xyz"[i % 3]);
        mkdir(test_temp(name).text, 0777); // may be there
        for (int k = 0; k < 3 * SIDE * SIDE; k++)
            rgb[k] = (uint8_t)(90 + (k * 37 + i * 11) % 50 + (k % 3 == i % 3 ? 60 : 0));
        snprintf(name, sizeof name, "set/%c/%c%02d.png", "xyz"[i % 3], i % 5 ? 'a' : 'b', i);
        assert_int_equal(nn_image_save_png(&image, test_temp(name).text, NULL), NN_OK);
    }
}

static void make_boxes(void)
{
    nn_dataset d;
    char name[64];
    test_make_dir("boxes");
    test_make_dir("boxes/images");
    test_make_dir("boxes/labels");
    training_boxes(&d, BOXES_SIDE, BOXES, 6);
    for (int i = 0; i < d.count; i++) {
        const nn_sample *s = &d.samples[i];
        char labels[512] = "";
        for (int k = 0; k < s->truth_count; k++) {
            const nn_truth *t = &s->truths[k];
            const size_t used = strlen(labels);
            snprintf(labels + used, sizeof labels - used, "%d %.5f %.5f %.5f %.5f\n", t->label,
                     (double)(t->x0 + t->x1) / 2 / BOXES_SIDE,
                     (double)(t->y0 + t->y1) / 2 / BOXES_SIDE, (double)(t->x1 - t->x0) / BOXES_SIDE,
                     (double)(t->y1 - t->y0) / BOXES_SIDE);
        }
        snprintf(name, sizeof name, "boxes/images/%c%02d.png", i % 4 ? 'a' : 'b', i);
        assert_int_equal(nn_image_save_png(&s->image, test_temp(name).text, NULL), NN_OK);
        snprintf(name, sizeof name, "boxes/labels/%c%02d.txt", i % 4 ? 'a' : 'b', i);
        test_write_text(name, labels);
    }
    nn_dataset_release(&d);
    test_write_text("boxes/classes.txt", "lying\nstanding\n");
}

static int make(void **state)
{
    (void)state;
    make_classes();
    make_boxes();
    masks_make_folder("masks", 12, BOXES_SIDE, 1);
    return 0;
}

// The model is one of 8 bits with what its card tells of the training.
static void check_model(const char *name)
{
    nn_model *m;
    nn_error err = {0};
    if (nn_model_load(&m, test_temp(name).text, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_true(nn_graph_is_quantized(m->graph));
    if (m->card.training) {
        assert_non_null(strstr(m->card.training, "\"quantize\":true"));
        assert_non_null(strstr(m->card.training, "\"calibrated\":"));
        assert_non_null(strstr(m->card.training, "\"quantized\":{\"score\":"));
    }
    nn_model_free(m);
}

static double score_of(const char *command, const char *key)
{
    assert_int_equal(command_line("", command), 0);
    cJSON *json = json_load("score.json");
    const double score = json_number(json, key);
    cJSON_Delete(json);
    return score;
}

#define CLASSES "train --task classify --data set --val-match 'b*' --size 32 --threads 1 --seed 4 "
#define SMALL "--options alpha=0.125,beta=0.25 "

static void test_classes(void **state)
{
    (void)state;
    char said[64];
    assert_int_equal(
        command_line("", CLASSES SMALL "--epochs 6 --lr 0.004 --batch 8 --out x.safetensors"), 0);
    command_did_not_say("int8");
    assert_int_equal(
        command_line("", CLASSES "--init ./x.safetensors --quantize --batch 8 --out q.safetensors"),
        0);
    command_said("int8, calibrated");
    command_said("epoch 4/4");
    assert_int_equal(command_count("int8, trained"), 1);
    check_model("q.safetensors");
    char *report = test_read_text("q.safetensors.work/report.md");
    assert_non_null(strstr(report, "## 8 bits\n\n- float32: top-1"));
    free(report);
    // The file scores what was said of it.
    const double top1 =
        score_of("eval ./q.safetensors --data set --match 'b*' --json score.json", "top1");
    assert_int_equal(command_line("", "info ./q.safetensors"), 0);
    command_said("u8 x s8");
    assert_int_equal(
        command_line("", CLASSES "--init ./x.safetensors --quantize --batch 8 --out q.onnx"), 0);
    snprintf(said, sizeof said, "int8, trained          top-1 %.4f", top1);
    command_said(said);
    check_model("q.onnx");
    command_did_not_say("does not know");
    // Classes that the float32 model never learnt.
    assert_int_equal(rename(test_temp("set/x").text, test_temp("set/w").text), 0);
    assert_int_equal(command_line("", CLASSES "--init ./x.safetensors --quantize --batch 8 "
                                              "--epochs 1 --out w.safetensors"),
                     0);
    command_said("warning: ./x.safetensors does not know 'w'");
    assert_int_equal(rename(test_temp("set/w").text, test_temp("set/x").text), 0);
}

static void test_resume(void **state)
{
    (void)state;
#define QUANTIZE CLASSES "--init ./x.safetensors --batch 8 --out part.safetensors "
    assert_int_equal(command_line("", QUANTIZE "--quantize --epochs 1"), 0);
    assert_int_equal(command_line("", QUANTIZE "--quantize --epochs 3 --resume"), 0);
    command_did_not_say("epoch 1/3");
    command_said("epoch 3/3");
    command_said("int8, trained");
    check_model("part.safetensors");
    assert_int_equal(command_line("", QUANTIZE "--epochs 3 --lr 1e-4 --resume"), 2);
    command_said("--quantize");
}

static void test_other_tasks(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "train --data boxes --val-match 'b*' --size 96 --batch 4 "
                                      "--options alpha=0.125,beta=0,neck=16 --epochs 1 --threads 1 "
                                      "--out d.safetensors"),
                     0);
    assert_int_equal(command_line("", "train --data boxes --val-match 'b*' --init ./d.safetensors "
                                      "--quantize --epochs 1 --batch 4 --threads 1 --train-sizes "
                                      "96,64 --freeze 'block1*' --out dq.safetensors"),
                     0);
    command_said("int8, trained          AP50");
    check_model("dq.safetensors");
    assert_int_equal(
        command_line("", "train --task segment --data masks --val-match 'p0[0-2]*' --size 96 "
                         "--batch 4 --options alpha=0.125,beta=0,neck=16 --epochs 1 --threads 1 "
                         "--out s.safetensors"),
        0);
    assert_int_equal(command_line("",
                                  "train --task segment --data masks --val-match 'p0[0-2]*' --init "
                                  "./s.safetensors --quantize --epochs 1 --batch 4 --threads 1 "
                                  "--out sq.safetensors"),
                     0);
    command_said("int8, trained          mIoU");
    check_model("sq.safetensors");
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } cases[] = {
        {CLASSES SMALL "--quantize --out r.safetensors",
         "--quantize trains a float32 model further: give it as --init MODEL"},
        {CLASSES "--init ./q.safetensors --quantize --out r.safetensors",
         "./q.safetensors is a model of 8-bit integers: start from its float32 model"},
        {CLASSES "--init ./q.safetensors --out r.safetensors", "start from its float32 model"},
        {CLASSES "--init ./x.safetensors --quantize --distill ./x.safetensors --distill-features "
                 "auto --out r.safetensors",
         "--distill-features is not for --quantize"},
        {CLASSES "--init ./x.safetensors --reduce-range --out r.safetensors",
         "--reduce-range is for --quantize"},
        {CLASSES "--init ./other.onnx --renorm --quantize --out r.safetensors",
         "--renorm is not for --quantize"},
    };
    nn_model *m;
    assert_int_equal(nn_model_load(&m, test_temp("x.safetensors").text, NULL), NN_OK);
    assert_int_equal(nn_model_fuse(&m, 0, NULL), NN_OK); // no network of ours any more
    assert_int_equal(nn_onnx_save(m, test_temp("other.onnx").text, NULL, NULL), NN_OK);
    nn_model_free(m);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(command_line("", cases[i].line), 2);
        command_said_one_line(cases[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_other_tasks),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make, NULL);
}
