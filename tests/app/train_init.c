// SPDX-License-Identifier: MIT
// neroscale train --init with foreign models: their own last layers or our head, scores of the
// saved model, resuming.
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/foreign.h"
#include "tests/support/json.h"
#include "tests/support/test.h"
#include "tests/support/training.h"

#include "nn/io/image/image.h"
#include "nn/io/io.h"
#include "nn/io/onnx/onnx.h"
#include "nn/predict/load_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDE = FOREIGN_SIDE, PICTURES = 40, HELD_BACK = 8 };

static void make_folder(void)
{
    nn_dataset d;
    test_make_dir("set");
    test_make_dir("set/images");
    test_make_dir("set/labels");
    training_boxes(&d, SIDE, PICTURES, 6);
    for (int i = 0; i < d.count; i++) {
        const nn_sample *s = &d.samples[i];
        const char group = i < PICTURES - HELD_BACK ? 'a' : 'b';
        char name[64], labels[512] = "";
        for (int k = 0; k < s->truth_count; k++) {
            const nn_truth *t = &s->truths[k];
            const size_t used = strlen(labels);
            snprintf(labels + used, sizeof labels - used, "%d %.5f %.5f %.5f %.5f\n", t->label,
                     (double)(t->x0 + t->x1) / 2 / SIDE, (double)(t->y0 + t->y1) / 2 / SIDE,
                     (double)(t->x1 - t->x0) / SIDE, (double)(t->y1 - t->y0) / SIDE);
        }
        snprintf(name, sizeof name, "set/images/%c%02d.png", group, i);
        assert_int_equal(nn_image_save_png(&s->image, test_temp(name).text, NULL), NN_OK);
        snprintf(name, sizeof name, "set/labels/%c%02d.txt", group, i);
        test_write(test_temp(name).text, labels, strlen(labels));
    }
    nn_dataset_release(&d);
    test_write_text("set/classes.txt", "dog\nsheep\n");
    nn_model *m = foreign_detector(3);
    nn_error err = {0};
    if (nn_onnx_save(m, test_temp("foreign.onnx").text, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_free(m);
}

// A cell of history.csv; line 0 is the header.
static double cell(const char *csv, int line, int column)
{
    for (; line > 0; line--)
        csv = strchr(csv, '\n') + 1;
    for (; column > 0; column--)
        csv = strchr(csv, ',') + 1;
    return strtod(csv, NULL);
}

static double ap50_of(const char *command)
{
    assert_int_equal(command_line("", command), 0);
    cJSON *json = json_load("score.json");
    const double ap50 = json_number(json, "ap50");
    cJSON_Delete(json);
    return ap50;
}

#define TRAIN                                                                                      \
    "train --data set --val-match 'b*' --init foreign.onnx --batch 8 --warmup 5 --ema 0.95 "       \
    "--threads 1 --seed 4 --force "

// Columns of history.csv.
enum { LOSS = 3, AP50 = 9 };

static void test_own_head(void **state)
{
    (void)state;
    make_folder();
    assert_int_equal(
        command_line("", TRAIN "--lr 0.003 --epochs 50 --val-every 50 --out own.safetensors"), 0);
    command_said(
        "taken from foreign.onnx: 99 % of the parameters, with its last layers last8 at 1/8, "
        "last16 at 1/16, last32 at 1/32; classes dog by name; anew sheep");
    char *csv = test_read_text("own.safetensors.work/history.csv");
    print_message("loss %.3f -> %.3f, AP50 %.3f\n", cell(csv, 1, LOSS), cell(csv, 50, LOSS),
                  cell(csv, 50, AP50));
    assert_true(cell(csv, 50, LOSS) < 0.5 * cell(csv, 1, LOSS));
    assert_true(cell(csv, 50, AP50) > 0.3);
    // The file is a whole model, with the score that the training printed before it chose
    // thresholds.
    const double ap50 = ap50_of(
        "eval own.safetensors.work/best.safetensors --data set --match 'b*' --json score.json");
    assert_true(fabs(ap50 - cell(csv, 50, AP50)) < 1e-4);
    free(csv);
    nn_model *m;
    assert_int_equal(nn_model_load(&m, test_temp("own.safetensors").text, NULL), NN_OK);
    assert_string_equal(m->card.head, "gfl");
    assert_int_equal(m->card.label_count, 2);
    assert_true(m->card.input_w == SIDE && !m->card.bgr);
    nn_model_free(m);
    assert_int_equal(command_line("", "convert own.safetensors.work/best.safetensors own.onnx"), 0);
    const double converted = ap50_of("eval ./own.onnx --data set --match 'b*' --json score.json");
    assert_true(fabs(converted - ap50) < 0.02);
}

static void test_teacher(void **state)
{
    (void)state;
    assert_int_equal(command_line("", TRAIN "--distill foreign.onnx --distill-weight 0.5 --epochs "
                                            "1 --epoch-size 8 --out taught.safetensors"),
                     0);
    command_said("teacher foreign.onnx: dog\n");
    const foreign_find found = {0.2f, 0.2f, 0.6f, 0.6f, 0.9f, 2};
    nn_model *boxes = foreign_boxes(&found, 1);
    assert_int_equal(nn_model_save(boxes, test_temp("boxes.safetensors").text, false, NULL), NN_OK);
    nn_model_free(boxes);
    assert_int_equal(command_line("", TRAIN "--distill ./boxes.safetensors --distill foreign.onnx "
                                            "--epochs 1 --epoch-size 8 --out taught.safetensors"),
                     0);
    command_said("teacher ./boxes.safetensors: dog; by its boxes alone\n");
    // Our network has one level, 1/8, which is one of the teacher's.
    assert_int_equal(
        command_line("", "train --data set --options alpha=0.125,beta=0,neck=16 --size 96x96 "
                         "--distill foreign.onnx --epochs 1 --epoch-size 8 --out t.safetensors"),
        0);
    assert_int_equal(command_line("",
                                  "train --data set --options alpha=0.125,beta=0,levels=4 --force "
                                  "--size 96x96 --distill foreign.onnx --out t.safetensors"),
                     2);
    command_said("teacher 1: it has no level at 1/4");
    assert_int_equal(
        command_line("", "train --data set --classes sheep --size 96x96 --out u.safetensors "
                         "--distill foreign.onnx"),
        2);
    command_said("--distill foreign.onnx: it has none of the classes");
}

static void check_same_bytes(const char *one, const char *other)
{
    nn_bundle a, b;
    assert_int_equal(nn_bundle_load(&a, test_temp(one).text, NULL), NN_OK);
    assert_int_equal(nn_bundle_load(&b, test_temp(other).text, NULL), NN_OK);
    assert_int_equal(a.count, b.count);
    for (int i = 0; i < a.count; i++) {
        const nn_tensor *x = &a.tensors[i].tensor, *y = nn_bundle_find(&b, a.tensors[i].name);
        assert_non_null(y);
        assert_memory_equal(x->data, y->data, nn_tensor_bytes(x));
        assert_null(strstr(a.tensors[i].name, "distill"));
    }
    nn_bundle_release(&a);
    nn_bundle_release(&b);
}

// Distils feature maps. Only the network is saved, also after an interruption; frozen layers stay;
// our networks learn from feature maps, too.
static void test_features(void **state)
{
    (void)state;
#define MAPS TRAIN "--lr 0.003 --epochs 2 --freeze 'one.*' --distill foreign.onnx "
    assert_int_equal(command_line("", MAPS "--distill-features auto --out maps.safetensors"), 0);
    command_said("feature maps: ");
    command_said(", features ");
    assert_int_equal(command_line("", MAPS "--distill-features auto --out cut.safetensors"), 0);
    assert_int_equal(remove(test_temp("cut.safetensors").text), 0);
    assert_int_equal(rename(test_temp("cut.safetensors.work/previous.safetensors").text,
                            test_temp("cut.safetensors.work/last.safetensors").text),
                     0);
    assert_int_equal(command_line("", MAPS "--distill-features auto --resume --feature-weight 2 "
                                           "--out cut.safetensors"),
                     2);
    assert_int_equal(
        command_line("", MAPS "--distill-features auto --resume --out cut.safetensors"), 0);
    check_same_bytes("maps.safetensors", "cut.safetensors");
    nn_model *m;
    assert_int_equal(nn_model_load(&m, test_temp("maps.safetensors").text, NULL), NN_OK);
    for (int i = 0; i < nn_graph_output_count(m->graph); i++)
        assert_null(strstr(nn_graph_output_name(m->graph, i), "distill"));
    nn_model_free(m);
    assert_int_equal(command_line("", "train --data set --options alpha=0.125,beta=0,neck=16 "
                                      "--size 96x96 --distill foreign.onnx --distill-weight 0 "
                                      "--distill-features block6.silu=leaky --epochs 1 "
                                      "--epoch-size 8 --out zoo.safetensors"),
                     0);
    command_said("feature maps: block6.silu");
    assert_int_equal(nn_model_load(&m, test_temp("zoo.safetensors").text, NULL), NN_OK);
    assert_string_equal(m->card.network, "neroscale_alexpp");
    nn_model_free(m);
    assert_int_equal(command_line("", MAPS "--distill-features two=nothing --out x.safetensors"),
                     2);
    command_said("the teacher has no map of a layer 'nothing'");
    assert_int_equal(command_line("", TRAIN "--distill-features auto --out x.safetensors"), 2);
    command_said("--distill-features needs --distill");
}

// An interruption changes no step; frozen layers, named as in the file, stay.
static void test_resume(void **state)
{
    (void)state;
#define SHORT TRAIN "--lr 0.003 --epochs 2 --freeze 'one.*' --lr-scale 'head.*=2' "
    assert_int_equal(command_line("", SHORT "--out whole.safetensors"), 0);
    assert_int_equal(command_line("", SHORT "--out part.safetensors"), 0);
    assert_int_equal(remove(test_temp("part.safetensors").text), 0);
    assert_int_equal(rename(test_temp("part.safetensors.work/previous.safetensors").text,
                            test_temp("part.safetensors.work/last.safetensors").text),
                     0);
    assert_int_equal(command_line("", SHORT "--resume --out part.safetensors"), 0);
    check_same_bytes("whole.safetensors", "part.safetensors");
    nn_model *m, *from = foreign_detector(3);
    assert_int_equal(nn_model_load(&m, test_temp("whole.safetensors").text, NULL), NN_OK);
    const nn_tensor *before = nn_model_param(from, "one.bias"),
                    *after = nn_model_param(m, "one.bias");
    assert_memory_equal(before->data, after->data, nn_tensor_bytes(before));
    before = nn_model_param(from, "two.bias");
    after = nn_model_param(m, "two.bias");
    assert_memory_not_equal(before->data, after->data, nn_tensor_bytes(before));
    nn_model_free(m);
    nn_model_free(from);
}

static void test_our_head(void **state)
{
    (void)state;
#define OURS TRAIN "--head fcos --options neck=8 --taps two,leaky,coarse --epochs 1 "
    assert_int_equal(command_line("", OURS "--out ours.safetensors"), 2);
    command_said("% of the parameters could be taken from it; --partial trains all the same");
    assert_int_equal(command_line("", OURS "--partial --out ours.safetensors"), 0);
    command_said("with our head on two (8 channels at 1/4), leaky (16 channels at 1/8), coarse (16 "
                 "channels at 1/16)");
    // A trained model starts the next training: our head and its size are inherited.
    assert_int_equal(command_line("", "train --data set --init ours.safetensors --epochs 1 "
                                      "--epoch-size 8 --out next.safetensors"),
                     0);
    command_said("classes dog, sheep by name\n");
    assert_int_equal(command_line("", TRAIN "--renorm --epochs 1 --out norms.safetensors"), 0);
    command_said("5 batch norms put back behind convolutions\n");
    assert_int_equal(command_line("", "train --data set --renorm --out x.safetensors"), 2);
    command_said("--renorm is for --init");
    nn_model *m;
    assert_int_equal(nn_model_load(&m, test_temp("next.safetensors").text, NULL), NN_OK);
    assert_string_equal(m->card.head, "fcos");
    assert_int_equal(m->card.input_w, SIDE);
    nn_model_free(m);
}

// One of our models passes on network, options and size; its class outputs are matched by name.
static void test_inherited(void **state)
{
    (void)state;
    assert_int_equal(
        command_line("", "train --data set --options alpha=0.125,beta=0,neck=16 --size 96x128 "
                         "--epochs 1 --epoch-size 8 --out a.safetensors"),
        0);
    assert_int_equal(
        command_line("", "train --data set --names dog,sheep,cat --classes cat,sheep --init "
                         "./a.safetensors "
                         "--lr 1e-12 --ema 0 --seed 9 --epochs 1 --epoch-size 8 --out "
                         "b.safetensors"),
        0);
    command_said(" % of the parameters; classes sheep by name; anew cat");
    nn_model *a, *b;
    assert_int_equal(nn_model_load(&a, test_temp("a.safetensors").text, NULL), NN_OK);
    assert_int_equal(nn_model_load(&b, test_temp("b.safetensors").text, NULL), NN_OK);
    assert_string_equal(a->card.options, b->card.options);
    assert_int_equal(b->card.input_h, 128);
    const nn_tensor *old = nn_model_param(a, "head.cls8.weight"),
                    *now = nn_model_param(b, "head.cls8.weight");
    assert_memory_equal(nn_tensor_f32(old) + 16, nn_tensor_f32(now) + 16, 16 * sizeof(float));
    assert_memory_not_equal(old->data, now->data, 16 * sizeof(float));
    nn_model_free(a);
    nn_model_free(b);
}

// A model for one input size starts a training, and teaches, at another.
static void test_other_size(void **state)
{
    (void)state;
    nn_model *m = foreign_plain_detector();
    assert_int_equal(nn_onnx_save(m, test_temp("plain.onnx").text, NULL, NULL), NN_OK);
    nn_model_free(m);
    assert_int_equal(command_line("",
                                  "train --data set --init plain.onnx --size 128x96 --distill "
                                  "plain.onnx --epochs 1 --epoch-size 8 --out wide.safetensors"),
                     0);
    assert_int_equal(nn_model_load(&m, test_temp("wide.safetensors").text, NULL), NN_OK);
    assert_int_equal(m->card.input_w, 128);
    assert_null(m->fixed_inputs);
    nn_model_free(m);
}

// Rivals are learnt, take part in scores as in inference, and are never reported. A later training
// may take their rows.
static void test_rivals(void **state)
{
    (void)state;
    nn_model *m;
    assert_int_equal(command_line("", TRAIN "--classes dog --rivals sheep --lr 0.003 --epochs 2 "
                                            "--out rivals.safetensors"),
                     0);
    assert_int_equal(nn_model_load(&m, test_temp("rivals.safetensors").text, NULL), NN_OK);
    assert_int_equal(m->card.label_count, 1);
    assert_int_equal(m->card.rival_count, 1);
    assert_string_equal(m->card.labels[1], "sheep");
    nn_model_free(m);
    char *csv = test_read_text("rivals.safetensors.work/history.csv");
    const double ap50 = ap50_of("eval rivals.safetensors.work/best.safetensors --data set --match "
                                "'b*' --json score.json");
    assert_true(fabs(ap50 - cell(csv, 2, AP50)) < 1e-4 || fabs(ap50 - cell(csv, 1, AP50)) < 1e-4);
    free(csv);
    assert_int_equal(command_line("", "info rivals.safetensors"), 0);
    command_said("rivals      1 more");
    assert_int_equal(command_line("", "train --data set --init rivals.safetensors --classes sheep "
                                      "--rivals rest --epochs 1 --epoch-size 8 --out "
                                      "turned.safetensors"),
                     0);
    command_said("classes sheep, dog by name");
    assert_int_equal(nn_model_load(&m, test_temp("turned.safetensors").text, NULL), NN_OK);
    assert_string_equal(m->card.labels[m->card.label_count], "dog");
    nn_model_free(m);
}

static void test_usage_errors(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"--head yolo", "--head yolo: a model of --init keeps"},
        {"--head fcos --taps two,leaky,nothing", "no layer 'nothing'"},
        {"--head fcos --options levels=8", "neck=N"},
        {"--size 100x96", "multiples of 32"},
        {"--rivals sheep", "--rivals sheep needs --classes"},
        {"--classes dog --rivals sheep,dog", "'dog' is given twice"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[512];
        snprintf(line, sizeof line, TRAIN "--out x.safetensors %s", bad[i][0]);
        assert_int_equal(command_line("", line), 2);
        command_said(bad[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_head),     cmocka_unit_test(test_teacher),
        cmocka_unit_test(test_resume),       cmocka_unit_test(test_our_head),
        cmocka_unit_test(test_inherited),    cmocka_unit_test(test_other_size),
        cmocka_unit_test(test_features),     cmocka_unit_test(test_rivals),
        cmocka_unit_test(test_usage_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
