// SPDX-License-Identifier: MIT
// EfficientNet with torchvision's names: one design, scaled in depth, width and input together, and
// EfficientNetV2, whose first stages are whole convolutions.
#include "nn/zoo/mobile.h"

#include <math.h>

enum { MOST = 7, SQUEEZE = 4, STEM = 32 };

// PARTS: expansion, depthwise convolution, squeeze-excitation, projection. WHOLE: a convolution in
// place of the first two, without squeeze-excitation (Tan 2021).
typedef enum form { PARTS, WHOLE } form;

typedef struct stage {
    form form;
    int expansion, kernel, stride, in, out, blocks;
} stage;

typedef struct design {
    double width, depth; // multipliers; 0: no scaling
    int last;            // channels before the classifier; 0: four times those of the last stage
    float dropout, eps;
    stage stage[MOST];
} design;

static int width_of(const design *d, const nn_zoo_options *o, int channels)
{
    return nn_mobile_width(channels * d->width * (double)o->alpha);
}

static int depth_of(const design *d, const nn_zoo_options *o, int blocks)
{
    const int n = (int)ceil(blocks * d->depth * (double)o->beta - 1e-6);
    return n < 1 ? 1 : n;
}

static nn_value add_parts(nn_graph *g, const char *prefix, nn_value x, int in, int out, int stride,
                          const stage *s, float eps)
{
    const int expanded = nn_mobile_width(in * s->expansion),
              squeezed = in / SQUEEZE > 1 ? in / SQUEEZE : 1;
    int part = 0;
    if (expanded != in)
        x = nn_mobile_conv(g, NAME("%s.block.%d", prefix, part++), x, in, expanded, 1, 1, 1,
                           NN_ACT_SILU, eps);
    x = nn_mobile_conv(g, NAME("%s.block.%d", prefix, part++), x, expanded, expanded, s->kernel,
                       stride, expanded, NN_ACT_SILU, eps);
    x = nn_mobile_squeeze(g, NAME("%s.block.%d", prefix, part++), x, expanded, squeezed,
                          NN_ACT_SILU, false);
    return nn_mobile_conv(g, NAME("%s.block.%d", prefix, part), x, expanded, out, 1, 1, 1,
                          NN_ACT_NONE, eps);
}

static nn_value add_whole(nn_graph *g, const char *prefix, nn_value x, int in, int out, int stride,
                          const stage *s, float eps)
{
    const int expanded = nn_mobile_width(in * s->expansion);
    if (expanded == in)
        return nn_mobile_conv(g, NAME("%s.block.0", prefix), x, in, out, s->kernel, stride, 1,
                              NN_ACT_SILU, eps);
    x = nn_mobile_conv(g, NAME("%s.block.0", prefix), x, in, expanded, s->kernel, stride, 1,
                       NN_ACT_SILU, eps);
    return nn_mobile_conv(g, NAME("%s.block.1", prefix), x, expanded, out, 1, 1, 1, NN_ACT_NONE,
                          eps);
}

static int count_blocks(const design *d, const nn_zoo_options *o)
{
    int n = 0;
    for (int s = 0; s < MOST && d->stage[s].blocks; s++)
        n += depth_of(d, o, d->stage[s].blocks);
    return n;
}

static nn_value add_features(nn_graph *g, nn_value x, const design *d, const nn_zoo_options *o,
                             nn_zoo_features *f, int *channels, int *stages)
{
    const int all = count_blocks(d, o);
    int in = width_of(d, o, d->stage[0].in), scale = 2, done = 0, s = 0;
    x = nn_mobile_conv(g, "features.0", x, 3, in, 3, 2, 1, NN_ACT_SILU, d->eps);
    for (; s < MOST && d->stage[s].blocks; s++) {
        const stage *t = &d->stage[s];
        const int out = width_of(d, o, t->out), blocks = depth_of(d, o, t->blocks);
        scale *= t->stride;
        if (nn_zoo_taps_end(f, scale))
            break;
        for (int b = 0; b < blocks; b++, done++) {
            const nn_layer_name prefix = nn_layer_name_of("features.%d.%d", s + 1, b);
            const int stride = b ? 1 : t->stride;
            nn_value y = (t->form == WHOLE ? add_whole : add_parts)(g, prefix.text, x, in, out,
                                                                    stride, t, d->eps);
            if (stride == 1 && in == out) {
                y = nn_layer_stochastic_depth(g, prefix.text, y, o->stochastic_depth, done, all);
                y = nn_layer_add(g, NAME("%s.add", prefix.text), x, y);
            }
            x = y;
            in = out;
        }
        nn_zoo_tap(f, scale, x, out);
    }
    *channels = in;
    *stages = s;
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    int channels, stages;
    add_features(g, image, net->design, o, out, &channels, &stages);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    const design *d = net->design;
    nn_zoo_features f = {0};
    int channels, stages;
    nn_value x = add_features(g, image, d, o, &f, &channels, &stages);
    const int last = d->last ? d->last : 4 * channels;
    x = nn_mobile_conv(g, NAME("features.%d", stages + 1), x, channels, last, 1, 1, 1, NN_ACT_SILU,
                       d->eps);
    x = nn_layer_global_avg_pool(g, "avgpool", x);
    x = nn_layer_dropout(g, "classifier.0", x, d->dropout * o->drop, 0);
    nn_graph_output(g, "output", nn_layer_linear(g, "classifier.1", x, last, o->classes, 1));
}

#define NET(word, text, size, ...)                                                                 \
    const nn_zoo_net nn_zoo_efficientnet_##word = {                                                \
        .name = "efficientnet_" #word,                                                             \
        .summary = text,                                                                           \
        .option_names = "classes,alpha,beta,stochastic_depth,drop",                                \
        .defaults = {.classes = 1000, .alpha = 1, .beta = 1, .stochastic_depth = 0.2f, .drop = 1}, \
        .input_h = size,                                                                           \
        .input_w = size,                                                                           \
        .mean = NN_ZOO_IMAGENET_MEAN,                                                              \
        .std = NN_ZOO_IMAGENET_STD,                                                                \
        .design = &(const design){__VA_ARGS__},                                                    \
        .finest = 8,                                                                               \
        .features = build_features,                                                                \
        .classify = build,                                                                         \
    }

#define B_STAGES                                                                                   \
    {                                                                                              \
        {PARTS, 1, 3, 1, STEM, 16, 1}, {PARTS, 6, 3, 2, 16, 24, 2}, {PARTS, 6, 5, 2, 24, 40, 2},   \
            {PARTS, 6, 3, 2, 40, 80, 3}, {PARTS, 6, 5, 1, 80, 112, 3},                             \
            {PARTS, 6, 5, 2, 112, 192, 4}, {PARTS, 6, 3, 1, 192, 320, 1},                          \
    }
#define B(n, size, width, depth, dropout, eps)                                                     \
    NET(b##n, "depth, width and input scaled together (Tan 2019), size " #n, size, width, depth,   \
        0, dropout, eps, B_STAGES)

B(0, 224, 1.0, 1.0, 0.2f, 1e-5f);
B(1, 240, 1.0, 1.1, 0.2f, 1e-5f);
B(2, 288, 1.1, 1.2, 0.3f, 1e-5f);
B(3, 300, 1.2, 1.4, 0.3f, 1e-5f);
B(4, 380, 1.4, 1.8, 0.4f, 1e-5f);
B(5, 456, 1.6, 2.2, 0.4f, 1e-3f);
B(6, 528, 1.8, 2.6, 0.5f, 1e-3f);
B(7, 600, 2.0, 3.1, 0.5f, 1e-3f);

NET(v2_s, "EfficientNetV2, first stages of whole convolutions (Tan 2021), small", 384, 1, 1, 1280,
    0.2f, 1e-3f,
    {{WHOLE, 1, 3, 1, 24, 24, 2},
     {WHOLE, 4, 3, 2, 24, 48, 4},
     {WHOLE, 4, 3, 2, 48, 64, 4},
     {PARTS, 4, 3, 2, 64, 128, 6},
     {PARTS, 6, 3, 1, 128, 160, 9},
     {PARTS, 6, 3, 2, 160, 256, 15}});
NET(v2_m, "EfficientNetV2, first stages of whole convolutions (Tan 2021), medium", 480, 1, 1, 1280,
    0.3f, 1e-3f,
    {{WHOLE, 1, 3, 1, 24, 24, 3},
     {WHOLE, 4, 3, 2, 24, 48, 5},
     {WHOLE, 4, 3, 2, 48, 80, 5},
     {PARTS, 4, 3, 2, 80, 160, 7},
     {PARTS, 6, 3, 1, 160, 176, 14},
     {PARTS, 6, 3, 2, 176, 304, 18},
     {PARTS, 6, 3, 1, 304, 512, 5}});
