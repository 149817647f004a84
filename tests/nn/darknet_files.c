// SPDX-License-Identifier: MIT
// Darknet's files: heads with their anchors, names, weights that are too few or too many, and every
// kind of file that must be refused with the reason.
#include "nn/base/features.h"
#include "nn/io/darknet/darknet.h"
#include "nn/io/io.h"
#include "nn/io/onnx/onnx.h"
#include "nn/predict/load_model.h"
#include "tests/support/alloc.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

// Two heads of one class, like YOLOv4-tiny's.
static const char YOLO[] =
    "# comment\n\n[net]\r\nwidth = 64\r\nheight=64\nchannels=3\n"
    "[convolutional]\nbatch_normalize=1\nfilters=4\nsize=3\nstride=16\npad=1\n"
    "activation=leaky\n"
    "[convolutional]\nfilters=12\nsize=1\nstride=2\nactivation=linear\n"
    "[yolo]\nmask = 2,3\nanchors = 1,2, 3,4,  5,6, 7,8\nclasses=1\nnum=4\n"
    "scale_x_y = 1.05\n"
    "[route]\nlayers = 0\n"
    "[convolutional]\nfilters=12\nsize=1\nactivation=linear\n"
    "[yolo]\nmask = 0,1\nanchors = 1,2, 3,4,  5,6, 7,8\nclasses=1\nnum=4\n";
enum { NUMBERS = 4 * 4 + 4 * 27 + 2 * (12 + 48), HEADER = 20, BYTES = HEADER + 4 * NUMBERS };

static nn_status parse(nn_model **m, const char *cfg, size_t length, const uint8_t *weights,
                       size_t size, nn_error *err)
{
    char *text = malloc(length ? length : 1);
    uint8_t *bytes = malloc(size ? size : 1);
    memcpy(text, cfg, length);
    memcpy(bytes, weights, size);
    *err = (nn_error){0};
    const nn_status status = nn_darknet_parse(m, text, length, bytes, size, NULL, err);
    free(text);
    free(bytes);
    return status;
}

// Version 0.2 and numbers that are not zero.
static const uint8_t *make_weights(void)
{
    static uint8_t bytes[BYTES + 8];
    memset(bytes + HEADER, 0x3f, sizeof bytes - HEADER);
    bytes[4] = 2;
    return bytes;
}

static void test_heads(void **state)
{
    (void)state;
    nn_model *m;
    nn_error err;
    if (parse(&m, YOLO, strlen(YOLO), make_weights(), BYTES, &err) != NN_OK)
        fail_msg("%s", err.text);
    const nn_anchors *a = &m->card.anchors;
    assert_string_equal(m->card.head, "yolov3");
    assert_int_equal(nn_graph_output_count(m->graph), 2);
    assert_string_equal(nn_graph_output_name(m->graph, 0), "yolo2");
    assert_string_equal(nn_graph_output_name(m->graph, 1), "yolo5");
    assert_int_equal(a->count, 2);
    assert_int_equal(a->level[0].stride, 32);
    assert_int_equal(a->level[1].stride, 16);
    assert_true(a->level[0].size[0][0] == 5 && a->level[0].size[1][1] == 8);
    assert_true(a->level[1].size[0][0] == 1 && a->level[1].size[1][1] == 4);
    assert_true(a->level[0].scale_x_y == 1.05f && a->level[1].scale_x_y == 1);
    assert_null(m->fixed_inputs);
    nn_model_free(m);
    static const char region[] =
        "[net]\nwidth=64\nheight=64\n[convolutional]\nfilters=14\nsize=1\nstride=32\n"
        "activation=linear\n[region]\nanchors=1,2, 0.5,1.5\nclasses=2\nnum=2\nsoftmax=1\n";
    assert_int_equal(parse(&m, region, strlen(region), make_weights(), HEADER + 4 * 14 * 4, &err),
                     NN_OK);
    assert_string_equal(m->card.head, "yolov2");
    assert_true(m->card.anchors.level[0].size[0][1] == 64); // pixels, not cells
    assert_true(m->card.anchors.level[0].size[1][0] == 16);
    nn_model_free(m);
    static const char csp[] =
        "[net]\nwidth=64\nheight=64\n[convolutional]\nfilters=6\nsize=1\nstride=32\n"
        "activation=logistic\n[yolo]\nanchors=1,2\nclasses=1\nnum=1\nnew_coords=1\nscale_x_y=2\n";
    assert_int_equal(parse(&m, csp, strlen(csp), make_weights(), HEADER + 4 * 6 * 4, &err), NN_OK);
    assert_string_equal(m->card.head, "yolov4_csp");
    nn_model_free(m);
}

static void test_weights(void **state)
{
    (void)state;
    nn_model *m;
    nn_error err;
    uint8_t bytes[BYTES + 8];
    memcpy(bytes, make_weights(), sizeof bytes);
    for (size_t size = 0; size < sizeof bytes; size++) {
        if (size == BYTES)
            continue;
        assert_int_equal(parse(&m, YOLO, strlen(YOLO), bytes, size, &err), NN_EFORMAT);
        assert_null(m);
        assert_non_null(strstr(err.text, size < HEADER ? "header" : "too"));
    }
    parse(&m, YOLO, strlen(YOLO), bytes, BYTES - 40, &err);
    assert_non_null(strstr(err.text, "want 244 numbers and the weights have 234: 10 too few"));
    parse(&m, YOLO, strlen(YOLO), bytes, BYTES + 8, &err);
    assert_non_null(strstr(err.text, "2 too many"));
    bytes[4] = 1; // before 0.2 the count has four bytes
    assert_int_equal(parse(&m, YOLO, strlen(YOLO), bytes, BYTES - 4, &err), NN_OK);
    nn_model_free(m);
    bytes[0] = 1;
    assert_int_equal(parse(&m, YOLO, strlen(YOLO), bytes, BYTES, &err), NN_OK);
    nn_model_free(m);
    bytes[3] = 1;
    assert_int_equal(parse(&m, YOLO, strlen(YOLO), bytes, BYTES, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "no weights of Darknet"));
}

// Every beginning of the text is refused, or is a network that needs fewer weights.
static void test_cut_text(void **state)
{
    (void)state;
    for (size_t length = 0; length < strlen(YOLO); length++) {
        nn_model *m;
        nn_error err;
        if (parse(&m, YOLO, length, make_weights(), BYTES, &err) == NN_OK)
            nn_model_free(m);
        else if (!err.text[0] || strchr(err.text, '\n'))
            fail_msg("at %zu: '%s'", length, err.text);
    }
}

#define NET "[net]\nwidth=64\nheight=64\n"
#define CONV NET "[convolutional]\nfilters=6\nstride=32\nactivation=linear\n"

static const struct {
    const char *cfg, *says;
} BAD[] = {
    {"", "[net]"},
    {"[convolutional]\n", "first section is not [net]"},
    {"width=3\n[net]\n", "line 1"},
    {"[net]\nwidth\n", "line 2: 'width'"},
    {"[net]\n=3\n", "line 2"},
    {"[net\n", "line 1: no [section]"},
    {"[net]\nname=\x01\n", "line 2: not a text file"},
    {NET, "no layers"},
    {NET "[crnn]\n[local]\n[crnn]\n", "not supported: [crnn] (line 4), [local] (line 5)"},
    {"[net]\nwidth=x\n[maxpool]\n", "line 2: width=x is no number"},
    {"[net]\nwidth=-4\n[maxpool]\n", "line 2: width=-4 is no whole number from 0"},
    {"[net]\nwidth=99999\n[maxpool]\n", "line 2"},
    {"[net]\nwidth=1.5\n[maxpool]\n", "line 2"},
    {NET "[convolutional]\nfilters=0\n", "line 5: filters=0"},
    {NET "[convolutional]\nsize=1e9\n", "line 5: size=1e9"},
    {NET "[convolutional]\nfilters=3\ngroups=2\n", "2 groups of 3 channels"},
    {NET "[convolutional]\nactivation=stair\n", "activation=stair is not supported"},
    {NET "[convolutional]\nxnor=1\n", "line 5: xnor=1 is not supported"},
    {NET "[convolutional]\nshare_index=1\n", "share_index"},
    {NET "[convolutional]\nsize=3\ndilation=2\n", "dilation"},
    {NET "[convolutional]\nsize=99\n", "[convolutional] (layer 0, line 4)"},
    {NET "[route]\nlayers=-1\n", "layers names a layer -1: those before are 0 to -1"},
    {NET "[route]\n", "it names no layers"},
    {CONV "[route]\nlayers=1\n", "names a layer 1"},
    {CONV "[route]\nlayers=0,x\n", "number 1 of layers is none"},
    {CONV "[route]\nlayers=0.5\n", "names a layer 0.5"},
    {CONV "[maxpool]\nsize=2\nstride=2\n[route]\nlayers=0,1\n", "different sizes"},
    {CONV "[route]\nlayers=0\ngroups=4\n", "4 groups of 6 channels"},
    {CONV "[route]\nlayers=0\ngroups=2\ngroup_id=2\n", "group_id=2"},
    {CONV "[shortcut]\nfrom=-1\nweights_type=per_feature\n", "weights_type=per_feature"},
    {CONV "[shortcut]\nfrom=-1,-1\n", "over two layers"},
    {CONV "[maxpool]\nsize=2\nstride=2\n[shortcut]\nfrom=0\n", "different sizes"},
    {CONV "[scale_channels]\nfrom=-1\n", "factors"},
    {CONV "[maxpool]\nsize=2\nstride=2\n[sam]\nfrom=0\n", "factors"},
    {CONV "[upsample]\nstride=2\nscale=2\n", "scale=2"},
    {CONV "[reorg]\nstride=2\n", "cannot be divided by the stride 2"},
    {CONV "[reorg]\nstride=1\nreverse=1\n", "reverse"},
    {CONV "[softmax]\ngroups=2\n", "groups=2"},
    {CONV "[softmax]\ntree=a\n", "trees"},
    {CONV "[softmax]\n[maxpool]\n", "makes no image"},
    {CONV "[yolo]\nclasses=2\nnum=1\nanchors=1,2\n",
     "6 channels come in, its classes and 1 anchors"},
    {CONV "[yolo]\nclasses=1\nnum=1\nmask=1\nanchors=1,2\n", "mask 1: there are 1 anchors"},
    {CONV "[yolo]\nclasses=1\nnum=1\nmask=-1\nanchors=1,2\n", "mask -1"},
    {CONV "[yolo]\nclasses=1\nnum=1\nanchors=1,0\n", "is no size"},
    {CONV "[yolo]\nclasses=1\nnum=1\nanchors=1,nan\n", "number 1 of anchors is none"},
    {CONV "[yolo]\nclasses=1\nnum=1\nanchors=1,2\nscale_x_y=0\n", "scale_x_y"},
    {CONV "[yolo]\nclasses=1\nnum=1\nanchors=1,2\n[yolo]\nclasses=1\nnum=1\nanchors=1,2\n",
     "two heads of stride 32"},
    {CONV
     "[yolo]\nclasses=1\nnum=1\nanchors=1,2\n[region]\nclasses=1\nnum=1\nanchors=1,2\nsoftmax=1\n",
     "several kinds"},
    {CONV "[region]\nclasses=1\nnum=1\nanchors=1,2\n", "without softmax"},
    {CONV "[region]\nclasses=1\nnum=2\nanchors=1,2\nsoftmax=1\n", "1 anchors, num says 2"},
    {"[net]\nwidth=50\nheight=64\n[convolutional]\nfilters=6\nstride=32\n[yolo]\nclasses=1\nnum=1\n"
     "anchors=1,2\n",
     "no multiple of its map"},
    // A billion weights cost nothing until they are there.
    {NET "[convolutional]\nfilters=1000000\nsize=1000\npad=1\n", "too few"},
    {NET "[convolutional]\nfilters=1000000\n[convolutional]\nfilters=1000000\nsize=1000\npad=1\n",
     "too few"},
};

static void test_bad_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        nn_model *m;
        nn_error err;
        const nn_status status =
            parse(&m, BAD[i].cfg, strlen(BAD[i].cfg), make_weights(), HEADER + 4 * 24, &err);
        if (status == NN_OK || !strstr(err.text, BAD[i].says))
            fail_msg("%s\n'%s' and not '%s'", BAD[i].cfg, err.text, BAD[i].says);
        assert_null(m);
    }
    nn_model *m;
    nn_error err;
    assert_int_equal(parse(&m, "[net]\n\0", 7, make_weights(), HEADER, &err), NN_EFORMAT);
}

// It can be written in a format for others, with what its outputs mean.
static void check_as_onnx(const char *cfg)
{
    const test_path onnx = test_temp("tiny.onnx");
    nn_model *m;
    nn_error err = {0};
    assert_int_equal(nn_model_load(&m, cfg, &err), NN_OK);
    if (nn_onnx_save(m, onnx.text, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    nn_model_free(m);
    assert_int_equal(nn_model_load(&m, onnx.text, &err), NN_OK);
    assert_string_equal(m->card.head, "yolov3");
    assert_true(m->card.anchors.level[0].scale_x_y == 1.05f);
    nn_model_free(m);
}

static void test_files(void **state)
{
    (void)state;
    const test_path cfg = test_temp("tiny.cfg"), weights = test_temp("tiny.weights");
    nn_model *m;
    nn_error err = {0};
    test_write(cfg.text, YOLO, strlen(YOLO));
    assert_int_equal(nn_model_load(&m, cfg.text, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "tiny.weights, are missing"));
    test_write(weights.text, make_weights(), BYTES);
    test_write_text("tiny.names", "cat\n");
    for (int i = 0; i < 2; i++) {
        if (nn_model_load(&m, i ? weights.text : cfg.text, &err) != NN_OK)
            fail_msg("%s", err.text);
        assert_string_equal(m->card.head, "yolov3");
        assert_string_equal(m->card.task, "detect");
        assert_int_equal(m->card.label_count, 1);
        assert_string_equal(m->card.labels[0], "cat");
        assert_false(m->card.guessed);
        nn_model_free(m);
    }
    if (NN_HAS_onnx)
        check_as_onnx(cfg.text);
    test_write_text("tiny.names", "cat\ndog\n");
    assert_int_equal(nn_model_load(&m, cfg.text, &err), NN_EFORMAT);
    assert_non_null(strstr(err.text, "tiny.names: 2 names for 1 classes"));
    remove(test_temp("tiny.names").text);
    assert_int_equal(nn_model_load(&m, cfg.text, &err), NN_OK);
    assert_string_equal(m->card.labels[0], "class 0");
    nn_model_free(m);
    remove(cfg.text);
    assert_int_equal(nn_model_load(&m, weights.text, &err), NN_ENOTFOUND);
    assert_non_null(strstr(err.text, "tiny.cfg, are missing"));
    test_write(test_temp("tiny.txt").text, YOLO, strlen(YOLO));
    assert_int_equal(nn_model_load(&m, test_temp("tiny.txt").text, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "must end in .cfg"));
}

static void test_no_memory(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        nn_model *m;
        nn_error err = {0};
        alloc_reset(n);
        const nn_status status =
            nn_darknet_parse(&m, YOLO, strlen(YOLO), make_weights(), BYTES, NULL, &err);
        alloc_reset(-1);
        if (status == NN_OK) {
            nn_model_free(m);
            break;
        }
        assert_int_equal(status, NN_ENOMEM);
        assert_null(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),    cmocka_unit_test(test_weights),
        cmocka_unit_test(test_cut_text), cmocka_unit_test(test_bad_texts),
        cmocka_unit_test(test_files),    cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
