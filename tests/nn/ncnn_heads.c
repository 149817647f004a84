// SPDX-License-Identifier: MIT
// The heads of ncnn models: the one that their files imply where shapes are ambiguous, and invalid
// anchors.
#include "nn/io/io.h"
#include "nn/io/ncnn/ncnn.h"
#include "nn/predict/load_model.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

// Two maps of two anchors and one class. %s: parameters of the last layer.
static const char YOLO[] = "7767517\n"
                           "4 5\n"
                           "Input data 0 1 data 0=64 1=64 2=3\n"
                           "Convolution coarse 1 1 data a 0=12 1=1 3=32 6=36\n"
                           "Convolution fine 1 1 data b 0=12 1=1 3=16 6=36\n"
                           "Yolov3DetectionOutput end 2 1 a b out 0=1 %s\n";
enum { YOLO_BYTES = 2 * (4 + 36 * 4) };

static void test_anchors_that_are_none(void **state)
{
    (void)state;
    static const uint8_t zeros[YOLO_BYTES];
    static const char *const ends[] = {
        "1=0 -23304=4,1,2,3,4 -23305=2,0,1 -23306=2,32,16",
        "1=17 -23304=4,1,2,3,4 -23305=2,0,1 -23306=2,32,16",
        "1=2 -23304=4,1,2,3,4 -23305=3,0,1,0 -23306=2,32,16",   // too few masks
        "1=2 -23304=4,1,2,3,4 -23305=4,0,1,0,2 -23306=2,32,16", // one that is not there
        "1=2 -23304=4,1,2,3,4 -23305=4,0,1,0,-1 -23306=2,32,16",
        "1=2 -23304=4,1,2,3,4 -23305=4,0,1,0,1e30 -23306=2,32,16",
        "1=2 -23304=4,1,0,3,4 -23305=4,0,1,0,1 -23306=2,32,16", // no height
        "1=2 -23304=4,1,1e9,3,4 -23305=4,0,1,0,1 -23306=2,32,16",
        "1=2 -23304=4,1,-2,3,4 -23305=4,0,1,0,1 -23306=2,32,16",
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char text[1024];
        nn_model *m;
        nn_error err = {0};
        snprintf(text, sizeof text, YOLO, ends[i]);
        const nn_status status =
            nn_ncnn_parse(&m, text, strlen(text), zeros, sizeof zeros, NULL, &err);
        if (status == NN_OK || !strstr(err.text, "anchor"))
            fail_msg("'%s': %s", ends[i], err.text);
    }
}

// The last layers of YOLOX with 80 classes, at 32x32.
static void test_usual_head(void **state)
{
    (void)state;
    static const uint8_t zeros[3 * (4 + 85 * 3 * 4)];
    const test_path path = test_temp("yolox.param");
    test_write_text("yolox.param", "7767517\n"
                                   "9 9\n"
                                   "Input data 0 1 data 0=32 1=32 2=3\n"
                                   "Convolution c8 1 1 data a 0=85 1=1 3=8 6=255\n"
                                   "Convolution c16 1 1 data b 0=85 1=1 3=16 6=255\n"
                                   "Convolution c32 1 1 data c 0=85 1=1 3=32 6=255\n"
                                   "Reshape r8 1 1 a d 0=-1 1=85\n"
                                   "Reshape r16 1 1 b e 0=-1 1=85\n"
                                   "Reshape r32 1 1 c f 0=-1 1=85\n"
                                   "Concat all 3 1 d e f g 0=1\n"
                                   "Permute turn 1 1 g out 0=1\n");
    test_write(test_temp("yolox.bin").text, zeros, sizeof zeros);
    nn_model *m;
    nn_error err = {0};
    if (nn_model_load(&m, path.text, &err) != NN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(m->card.head, "yolox_legacy");
    assert_true(m->card.guessed && !m->card.bgr);
    assert_int_equal(m->card.label_count, 80);
    nn_model_free(m);
    // The caller's head takes precedence.
    assert_int_equal(nn_model_load_with(&m, path.text, &(nn_model_hints){.head = "yolox"}, &err),
                     NN_OK);
    assert_string_equal(m->card.head, "yolox");
    assert_true(m->card.bgr);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anchors_that_are_none),
        cmocka_unit_test(test_usual_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
