// SPDX-License-Identifier: MIT
// The text side of a dual encoder (Radford 2021, CLIP, section 2.4): a causal transformer over
// byte-pair tokens, beside a network whose last layer is the projection of pictures.
#include "nn/zoo/encoder.h"
#include "nn/zoo/heads.h"
#include "nn/zoo/layers.h"

#include "nn/base/rng.h"

#include <math.h>
#include <string.h>

#define LN_EPS 1e-5f
#define MASKED -1e4f        // added to scores of later tokens; float16 holds it
#define FIRST_SCALE 2.6593f // ln(1 / 0.07), section 2.5

enum { HEAD_WIDTH = 64 }; // channels of an attention head

static nn_value node(nn_graph *g, const nn_op *op, const char *name, const void *params, nn_value a,
                     nn_value b)
{
    return nn_graph_node(g, op, name, params, (const nn_value[]){a, b}, b == NN_NO_VALUE ? 1 : 2);
}

static nn_value add_layer(nn_graph *g, const char *prefix, nn_value x, nn_value mask, int c)
{
    const int heads = c / HEAD_WIDTH > 0 ? c / HEAD_WIDTH : 1;
    nn_value y = nn_layer_layer_norm(g, NAME("%s.ln_1", prefix), x, c, LN_EPS);
    y = nn_layer_linear(g, NAME("%s.in_proj", prefix), y, c, 3 * c, 1);
    y = nn_zoo_masked_attention(g, NAME("%s.attention", prefix), y, mask, c, heads);
    y = nn_layer_linear(g, NAME("%s.out_proj", prefix), y, c, c, 1);
    x = nn_layer_add(g, NAME("%s.add_1", prefix), x, y);
    y = nn_layer_layer_norm(g, NAME("%s.ln_2", prefix), x, c, LN_EPS);
    y = nn_layer_linear(g, NAME("%s.fc1", prefix), y, c, 4 * c, 1);
    y = nn_layer_act(g, NAME("%s.gelu", prefix), y, NN_ACT_GELU);
    y = nn_layer_linear(g, NAME("%s.fc2", prefix), y, 4 * c, c, 1);
    return nn_layer_add(g, NAME("%s.add_2", prefix), x, y);
}

// 1 at the last token of each text, which has the largest number, else 0: (N,1,L).
static nn_value find_ends(nn_graph *g, nn_value tokens, int length)
{
    const nn_arg_max_params largest = {.axis = 1, .keep_dims = 1};
    const nn_arithmetic_params equal = {NN_ARITHMETIC_EQUAL};
    const nn_reshape_params row = {3, {0, 1, length}};
    const nn_value places =
        nn_layer_param(g, "text", "places", NN_PARAM_BUFFER, nn_shape_2d(1, length));
    nn_value end = node(g, &nn_op_arg_max, "text.end", &largest, tokens, NN_NO_VALUE);
    end = node(g, &nn_op_arithmetic, "text.is_end", &equal, end, places);
    return node(g, &nn_op_reshape, "text.end_row", &row, end, NN_NO_VALUE);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_features *f, const nn_zoo_options *o)
{
    const int c = o->text_width, length = o->context;
    const nn_gather_params rows = {.axis = 0};
    const nn_matmul_params product = {.alpha = 1};
    const nn_pointwise_params exponential = {.kind = NN_POINTWISE_EXP};
    (void)image;
    (void)f;
    const nn_value tokens = nn_graph_input(g, "text");
    const nn_value weight = nn_layer_param(g, "text.token_embedding", "weight", NN_PARAM_WEIGHT,
                                           nn_shape_2d(o->vocabulary, c)),
                   places = nn_layer_param(g, "text", "positional_embedding", NN_PARAM_BIAS,
                                           nn_shape_2d(length, c)),
                   mask = nn_layer_param(g, "text", "mask", NN_PARAM_BUFFER,
                                         nn_shape_2d(length, length)),
                   scale = nn_graph_param(g, "logit_scale", NN_PARAM_BIAS, &(nn_shape){1, {1}});
    nn_value x = node(g, &nn_op_gather, "text.tokens", &rows, weight, tokens);
    x = nn_layer_add(g, "text.embed", x, places);
    for (int i = 0; i < o->text_layers; i++)
        x = add_layer(g, NAME("text.layers.%d", i), x, mask, c);
    x = nn_layer_layer_norm(g, "text.ln_final", x, c, LN_EPS);
    x = node(g, &nn_op_matmul, "text.pick", &product, find_ends(g, tokens, length), x);
    x = nn_layer_flatten(g, "text.flatten", x, 1);
    nn_graph_output(g, "text_embeds", nn_layer_linear(g, "text.projection", x, c, o->embed, 0));
    nn_graph_output(g, "logit_scale",
                    node(g, &nn_op_pointwise, "logit_scale.exp", &exponential, scale, NN_NO_VALUE));
}

static void set_defaults(nn_zoo_options *o)
{
    o->embed = 128;
    o->text_width = 128;
    o->text_layers = 2;
    o->context = 32;
    o->vocabulary = 2048;
}

static void draw(nn_model *m, const char *name, uint64_t seed, double deviation)
{
    const nn_tensor *t = nn_model_param(m, name);
    nn_rng rng = nn_rng_stream(seed, nn_hash_name(name));
    for (int64_t i = 0; t && i < nn_shape_count(&t->shape); i++)
        nn_tensor_f32(t)[i] = (float)(deviation * (double)nn_rng_normal(&rng));
}

// The constants: which tokens see which, and the numbers of places.
static void set_constants(nn_model *m)
{
    const nn_tensor *mask = nn_model_param(m, "text.mask"),
                    *places = nn_model_param(m, "text.places"),
                    *scale = nn_model_param(m, "logit_scale");
    const int64_t length = places->shape.dim[1];
    for (int64_t i = 0; i < length; i++) {
        nn_tensor_f32(places)[i] = (float)i;
        for (int64_t k = 0; k < length; k++)
            nn_tensor_f32(mask)[i * length + k] = k > i ? MASKED : 0;
    }
    nn_tensor_f32(scale)[0] = FIRST_SCALE;
}

// As the original: deviations by width and depth.
static void init(nn_model *m, uint64_t seed, const float object[2])
{
    const nn_tensor *embedding = nn_model_param(m, "text.token_embedding.weight");
    const double width = (double)embedding->shape.dim[1];
    int layers = 0;
    (void)object;
    while (nn_model_param(m, NAME("text.layers.%d.fc1.weight", layers)))
        layers++;
    const double residual = 1 / sqrt(width * 2 * (layers > 0 ? layers : 1));
    draw(m, "text.token_embedding.weight", seed, 0.02);
    draw(m, "text.positional_embedding", seed, 0.01);
    draw(m, "text.projection.weight", seed, 1 / sqrt(width));
    for (int i = 0; i < layers; i++) {
        draw(m, NAME("text.layers.%d.in_proj.weight", i), seed, 1 / sqrt(width));
        draw(m, NAME("text.layers.%d.out_proj.weight", i), seed, residual);
        draw(m, NAME("text.layers.%d.fc1.weight", i), seed, 1 / sqrt(2 * width));
        draw(m, NAME("text.layers.%d.fc2.weight", i), seed, residual);
    }
    set_constants(m);
}

const nn_zoo_head nn_zoo_head_clip = {
    .name = "clip",
    .task = "contrast",
    .option_names = "embed,text_width,text_layers,context,vocabulary",
    .beside = true,
    .defaults = set_defaults,
    .build = build,
    .init = init,
};
