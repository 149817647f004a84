// SPDX-License-Identifier: MIT
// ONNX towers of pictures and of texts, each in a file of its own: the probabilities are those
// written down by hand, with an open number of tokens, a mask, and CLIP's preparation.
#include "nn/io/image/image.h"
#include "nn/predict/classifier.h"
#include "nn/predict/load_model.h"
#include "nn/text/tokenizer.h"
#include "tests/support/files.h"
#include "tests/support/onnx_message.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS = NN_TOKENIZER_LEAST, SIZE = 3, SIDE = 4, LENGTH = 77, TEXTS = 3 };

static const char *const texts[TEXTS] = {"red", "a dog", "x"};
static float table[TOKENS][SIZE];

static void save(message *graph, const char *name)
{
    message *model = new_model(graph, 13);
    test_write(test_temp(name).text, model->bytes, model->size);
    free(model);
}

static void add_shape(message *graph, const char *name, int64_t a, int64_t b, int64_t c)
{
    const int64_t shape[] = {a, b, c}, rank = c ? 3 : 2;
    add_tensor(graph, name, 7, &rank, 1, shape, (size_t)rank * sizeof *shape);
}

// The mean colour of the picture.
static void write_images(void)
{
    message *g = new_message();
    add_node(g, "GlobalAveragePool", "pool", "pixel_values", NULL, "mean");
    add_shape(g, "flat", 1, SIZE, 0);
    add_node(g, "Reshape", "flatten", "mean", "flat", "image_embeds");
    add_value(g, INPUT, "pixel_values", (const int64_t[]){1, SIZE, SIDE, SIDE}, 4);
    add_value(g, OUTPUT, "image_embeds", (const int64_t[]){1, SIZE}, 2);
    save(g, "image.onnx");
}

// The sum of the rows of all tokens that count.
static void write_texts(void)
{
    message *g = new_message();
    for (int i = 0; i < TOKENS; i++)
        for (int k = 0; k < SIZE; k++)
            table[i][k] = sinf((float)(i * SIZE + k * k)) + 0.1f;
    add_tensor(g, "table", 1, (const int64_t[]){TOKENS, SIZE}, 2, table, sizeof table);
    add_shape(g, "row", 1, 1, -1);
    add_shape(g, "flat", 1, SIZE, 0);
    add_node(g, "Gather", "embed", "table", "input_ids", "rows");
    add_node(g, "Reshape", "mask_row", "attention_mask", "row", "mask");
    add_node(g, "MatMul", "sum", "mask", "rows", "summed");
    add_node(g, "Reshape", "flatten", "summed", "flat", "text_embeds");
    add_value(g, INPUT, "input_ids", (const int64_t[]){-1, -1}, 2);
    add_value(g, INPUT, "attention_mask", (const int64_t[]){-1, -1}, 2);
    add_value(g, OUTPUT, "text_embeds", (const int64_t[]){1, SIZE}, 2);
    save(g, "text.onnx");
}

static double cosine(const double *a, const double *b)
{
    double ab = 0, aa = 0, bb = 0;
    for (int k = 0; k < SIZE; k++) {
        ab += a[k] * b[k];
        aa += a[k] * a[k];
        bb += b[k] * b[k];
    }
    return ab / sqrt(aa * bb);
}

static void expect_probabilities(const double image[SIZE], double scale, double p[TEXTS])
{
    static const char none[] = "#version: 0.2\n";
    nn_tokenizer *t;
    double all = 0;
    assert_int_equal(nn_tokenizer_parse(&t, none, sizeof none - 1, NULL), NN_OK);
    for (int i = 0; i < TEXTS; i++) {
        float tokens[LENGTH];
        double sum[SIZE] = {0};
        int end;
        assert_int_equal(nn_tokenizer_encode(t, texts[i], tokens, LENGTH, &end, NULL), NN_OK);
        for (int n = 0; n <= end; n++)
            for (int k = 0; k < SIZE; k++)
                sum[k] += (double)table[(int)tokens[n]][k];
        all += p[i] = exp(scale * cosine(image, sum));
    }
    for (int i = 0; i < TEXTS; i++)
        p[i] /= all;
    nn_tokenizer_free(t);
}

static void test_towers(void **state)
{
    static const double mean[] = {0.48145466, 0.4578275, 0.40821073},
                        deviation[] = {0.26862954, 0.26130258, 0.27577711};
    static const uint8_t colour[SIZE] = {200, 40, 90};
    uint8_t rgb[SIDE * SIDE][SIZE];
    double image[SIZE], wanted[TEXTS];
    float found[TEXTS];
    nn_model *m;
    nn_classifier *c = NULL;
    nn_error err = {0};
    (void)state;
    write_images();
    write_texts();
    test_write_text("merges.txt", "#version: 0.2\n");
    const test_path picture = test_temp("image.onnx"), text = test_temp("text.onnx"),
                    merges = test_temp("merges.txt");
    nn_text_classes classes = {
        .texts = "red,a dog,x", .model = text.text, .tokenizer = merges.text, .scale = 5};
    const nn_model_hints hints = {.texts = &classes};
    for (int k = 0; k < SIZE; k++)
        image[k] = (colour[k] / 255.0 - mean[k]) / deviation[k];
    for (int i = 0; i < SIDE * SIDE; i++)
        memcpy(rgb[i], colour, SIZE);
    expect_probabilities(image, (double)classes.scale, wanted);
    if (nn_model_load_with(&m, picture.text, &hints, &err) != NN_OK ||
        nn_classifier_new(&c, m, NULL, &err) != NN_OK)
        fail_msg("%s", err.text);
    const nn_image pixels = {SIDE, SIDE, rgb[0]};
    const nn_frame frame = nn_image_frame(&pixels);
    assert_int_equal(nn_classifier_run(c, &frame, found, NULL), NN_OK);
    for (int i = 0; i < TEXTS; i++) {
        assert_string_equal(nn_classifier_card(c)->labels[i], texts[i]);
        assert_float_equal(found[i], wanted[i], 1e-4);
    }
    nn_classifier_free(c);
    classes.tokenizer = NULL;
    assert_int_equal(nn_model_load_with(&m, picture.text, &hints, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "name a file of one"));
    classes.model = NULL;
    assert_int_equal(nn_model_load_with(&m, picture.text, &hints, &err), NN_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "--text-model"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_towers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
