// SPDX-License-Identifier: MIT
// A small classifier that is looked into, and pictures for it.
#ifndef TESTS_SUPPORT_EXPLAINED_H
#define TESTS_SUPPORT_EXPLAINED_H

#include "tests/support/test.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/explain/explain.h"
#include "nn/zoo/layers.h"

#include <stdio.h>

enum { EXPLAINED_SIDE = 32, EXPLAINED_CLASSES = 4 };

// conv1 5x5 stride 2, relu1, pool1 2x2, conv2 3x3, relu2, mean over the image, fc of 4 classes.
// Channel `dead` of conv1 is always far below 0; -1: none.
static inline nn_explainer *explained_open_dead(uint64_t seed, int dead)
{
    nn_graph *g = nn_graph_new();
    nn_value x = nn_graph_input(g, "image");
    x = nn_layer_conv(
        g, "conv1", x,
        &(nn_conv_spec){.in = 3, .out = 6, .kernel = 5, .stride = 2, .pad = 2, .bias = 1});
    x = nn_layer_act(g, "relu1", x, NN_ACT_RELU);
    x = nn_layer_max_pool(g, "pool1", x, 2, 2, 0, 0);
    x = nn_layer_conv(
        g, "conv2", x,
        &(nn_conv_spec){.in = 6, .out = 8, .kernel = 3, .stride = 1, .pad = 1, .bias = 1});
    x = nn_layer_act(g, "relu2", x, NN_ACT_RELU);
    x = nn_layer_global_avg_pool(g, "mean", x);
    nn_graph_output(g, "output", nn_layer_linear(g, "fc", x, 8, EXPLAINED_CLASSES, 1));
    nn_model *m;
    nn_error err = {0};
    if (nn_model_new(&m, g, &err))
        fail_msg("%s", err.text);
    nn_model_init_random(m, seed);
    if (dead >= 0)
        nn_tensor_f32(nn_model_param(m, "conv1.bias"))[dead] = -1000;
    m->card.input_h = m->card.input_w = EXPLAINED_SIDE;
    m->card.crop = 1;
    snprintf(m->card.task, sizeof m->card.task, "classify");
    for (int c = 0; c < 3; c++) {
        m->card.mean[c] = 0.4f;
        m->card.std[c] = 0.25f;
    }
    const nn_explainer_options o = {.threads = 1};
    nn_explainer *e;
    if (nn_explainer_new(&e, m, "small", &o, &err))
        fail_msg("%s", err.text);
    return e;
}

static inline nn_explainer *explained_open(uint64_t seed)
{
    return explained_open_dead(seed, -1);
}

static inline int explained_layer(const nn_explainer *e, const char *name)
{
    nn_error err = {0};
    const int i = nn_explainer_find_layer(e, name, &err);
    if (i < 0)
        fail_msg("%s", err.text);
    return i;
}

// Picture `number`: blobs on grey, of the size of the input.
static inline void explained_draw(uint8_t *rgb, int number)
{
    nn_rng rng = nn_rng_stream(99, (uint64_t)number);
    memset(rgb, 100, 3 * EXPLAINED_SIDE * EXPLAINED_SIDE);
    for (int blob = 0; blob < 3; blob++) {
        const int y0 = (int)nn_rng_below(&rng, EXPLAINED_SIDE);
        const int x0 = (int)nn_rng_below(&rng, EXPLAINED_SIDE);
        uint8_t colour[3];
        for (int c = 0; c < 3; c++)
            colour[c] = (uint8_t)nn_rng_below(&rng, 256);
        for (int y = y0; y < y0 + 7 && y < EXPLAINED_SIDE; y++)
            for (int x = x0; x < x0 + 5 && x < EXPLAINED_SIDE; x++)
                memcpy(rgb + 3 * (y * EXPLAINED_SIDE + x), colour, 3);
    }
}

static inline nn_frame explained_frame(const uint8_t *rgb)
{
    return (nn_frame){.format = NN_PIXEL_RGB,
                      .width = EXPLAINED_SIDE,
                      .height = EXPLAINED_SIDE,
                      .plane = {rgb},
                      .stride = {3 * EXPLAINED_SIDE}};
}

#endif
