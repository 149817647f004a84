// SPDX-License-Identifier: MIT
// Models of pictures and texts on the command line and in a pipeline: trained from a table of
// captions, resumed, started from, scored, and with texts as classes.
#include "nn/io/image/image.h"
#include "tests/support/command.h"
#include "tests/support/files.h"
#include "tests/support/shapes.h"
#include "tests/support/test.h"

#include <gst/gst.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 32 };

// One picture each of the combinations that are held back elsewhere, with captions.csv.
static int make_data(void **state)
{
    bool held[SHAPES_COMBINATIONS];
    char table[8192] = "file,text\n", path[64];
    nn_dataset d;
    (void)state;
    test_make_dir("set");
    shapes_hold_back(held, 1);
    assert_int_equal(nn_dataset_init(&d, 0, (nn_notes){0}, NULL), NN_OK);
    shapes_add(&d, SIDE, 1, held, true, 1);
    size_t n = strlen(table);
    for (int i = 0; i < d.count; i++) {
        snprintf(path, sizeof path, "set/%d.png", i);
        assert_int_equal(nn_image_save_png(&d.samples[i].image, test_temp(path).text, NULL), NN_OK);
        n += (size_t)snprintf(table + n, sizeof table - n, "%d.png,%s\n", i, d.samples[i].texts[0]);
    }
    nn_dataset_release(&d);
    test_write_text("set/captions.csv", table);
    return 0;
}

#define SMALL                                                                                      \
    "train --task contrast --data set --size 32 --batch 16 --threads 1 --options "                 \
    "alpha=0.25,beta=0.25,embed=32,text_width=32,text_layers=1,context=16,vocabulary=560 "

static void test_training(void **state)
{
    (void)state;
    assert_int_equal(command_line("", SMALL "--epochs 1 --out words.safetensors"), 0);
    command_said("validation  top-1");
    command_did_not_say("give the same for every picture");
    assert_int_equal(command_line("", SMALL "--epochs 2 --out words.safetensors --resume"), 0);
    command_said("epoch 2/2");
    assert_int_equal(
        command_line("", SMALL "--epochs 1 --out more.safetensors --init words.safetensors"), 0);
    command_said("100 % of the parameters");
    assert_int_equal(command_line("", "eval words.safetensors --data set --json score.json"), 0);
    command_said("57 pictures, 57 different captions (chance 0.0175)");
    assert_int_equal(command_line("", "eval words.safetensors --data set/captions.csv"), 0);
    command_said("57 pictures, 57 different captions (chance 0.0175)");
    test_write_text("set/heading.csv", "file,text\n");
    assert_int_equal(command_line("", "train --task contrast --data set/heading.csv --out x.onnx"),
                     2);
    command_said("set/heading.csv: no picture");
    char *text = test_read_text("score.json");
    assert_non_null(strstr(text, "\"top1\""));
    free(text);
}

// The other model says of a picture what the last run printed.
static void expect_same_answers(const char *other)
{
    char *mine = test_read_text("out");
    char line[256];
    snprintf(line, sizeof line, "classify %s set/0.png --text 'red,blue,green'", other);
    assert_int_equal(command_line("", line), 0);
    command_said(mine);
    free(mine);
}

static void test_texts(void **state)
{
    (void)state;
    assert_int_equal(command_line("", "info words.safetensors"), 0);
    command_said("text.projection");
    assert_int_equal(command_line("", "convert words.safetensors words.onnx"), 0);
    assert_int_equal(
        command_line("", "classify words.safetensors set/0.png --text 'red,blue,green'"), 0);
    expect_same_answers("words.onnx");
    assert_int_equal(command_line("", "classify words.safetensors set/0.png --text red"), 2);
    command_said("one text alone to tell pictures apart by");
    test_write_text("texts.txt", "a small red circle on the left\na large blue bar, at the top\n");
    assert_int_equal(
        command_line("", "classify words.safetensors set/0.png --text texts.txt --top 1"), 0);
    command_said(" %  a ");
    assert_int_equal(
        command_line("", "classify words.safetensors set --text 'red,blue,green' --json p.jsonl"),
        0);
    assert_int_equal(command_count("green"), 57);
    assert_int_equal(command_line("", "classify words.safetensors set/0.png"), 2);
    command_said("say which texts are its classes");
    test_write_text("other.txt", "#version: 0.2\na b\n");
    assert_int_equal(command_line("", "classify words.safetensors set/0.png --text a,b "
                                      "--tokenizer other.txt"),
                     2);
    command_said("has a tokenizer of its own");
    assert_int_equal(command_line("", "classify words.safetensors set/0.png --tokenizer other.txt"),
                     2);
    command_said("--text-model and --tokenizer need --text");
}

// The class of the first picture and its percentage.
static double best_of(const char *arguments, char label[32])
{
    double percent;
    assert_int_equal(command_line("", arguments), 0);
    char *text = test_read_text("out");
    assert_int_equal(sscanf(strchr(text, '\n'), "%lf %% %31s", &percent, label), 2);
    free(text);
    return percent;
}

// Commands for one picture are told how to get a model of it: the texts become its classes.
static void test_classifier_of_texts(void **state)
{
    static const char *const refused[] = {
        "quantize words.safetensors --data set --out q.safetensors",
        "prune words.safetensors --data set --out q.safetensors",
        "export-c words.safetensors --out fw",
        "train --quantize --init words.safetensors --task contrast --data set --out q.safetensors"};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(command_line("", refused[i]), 2);
        command_said("words.safetensors: it compares pictures with texts");
        command_said("'neroscale convert words.safetensors OUT.safetensors --text TEXT,TEXT'");
    }
    assert_int_equal(
        command_line("", "convert words.safetensors --text red,blue colours.safetensors"), 0);
    char label[32], other[32];
    const double percent = best_of("classify words.safetensors set/0.png --text red,blue", label);
    // The other file holds float32.
    assert_true(fabs(best_of("classify colours.safetensors set/0.png", other) - percent) < 0.5);
    assert_string_equal(label, other);
    assert_int_equal(command_line("", "export-c colours.safetensors --out fw"), 0);
    char *source = test_read_text("fw/colours.c");
    assert_non_null(strstr(source, "colours_labels[2] = {\n    \"red\",\n    \"blue\",\n}"));
    free(source);
    assert_int_equal(command_line("", "convert resnet18 x.safetensors --text red,blue"), 2);
    command_said("--text is for models of pictures and texts");
}

// The whole frame is found as the text that fits best.
static void test_element(void **state)
{
    char line[4096];
    g_autoptr(GError) error = NULL;
    (void)state;
    gst_init(NULL, NULL);
    const test_path picture = test_temp("set/0.png"), model = test_temp("words.safetensors"),
                    out = test_temp("found.jsonl");
    snprintf(line, sizeof line,
             "filesrc location=%s ! pngdec ! videoconvert ! video/x-raw,format=RGB ! "
             "neroinfer model=%s threshold=0 labels-text=\"a red bar,a green bar\" ! "
             "neropublish file-path=%s ! fakesink",
             picture.text, model.text, out.text);
    GstElement *pipeline = gst_parse_launch(line, &error);
    if (!pipeline || error)
        fail_msg("%s", error ? error->message : "no pipeline");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) m =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    assert_non_null(m);
    assert_int_equal(GST_MESSAGE_TYPE(m), GST_MESSAGE_EOS);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    char *text = test_read_text("found.jsonl");
    assert_true(strstr(text, "\"label\":\"a red bar\"") ||
                strstr(text, "\"label\":\"a green bar\""));
    assert_non_null(strstr(text, "\"w\":32"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_training), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_classifier_of_texts), cmocka_unit_test(test_element)};
    return cmocka_run_group_tests(tests, make_data, NULL);
}
