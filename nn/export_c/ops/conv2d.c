// SPDX-License-Identifier: MIT
// Convolutions, of bytes and of float.
#include "nn/base/memory.h"
#include "nn/export_c/writer.h"
#include "nn/ops/conv/conv2d_layout.h"

#include <string.h>

enum { X, WEIGHT, BIAS, SKIP };

static nn_conv_layout find_layout(const nn_c_writer *w, const nn_c_node *n)
{
    const nn_shape in[2] = {*nn_c_shape(w, n->in[X]), *nn_c_shape(w, n->in[WEIGHT])};
    return nn_conv_find_layout(n->info.params, in, nn_c_shape(w, n->out));
}

static nn_act act_of(const nn_c_node *n)
{
    return (nn_act)((const nn_conv2d_params *)n->info.params)->act;
}

static bool is_depthwise(const nn_conv_layout *l)
{
    return l->method == NN_CONV_DEPTHWISE && l->m == 1;
}

static const char *check(nn_c_writer *w, const nn_c_node *n)
{
    if (!w->values[n->in[WEIGHT]].constant || !nn_c_data(w, n, WEIGHT))
        return "has weights that are computed, which has no form in C";
    if (nn_c_has(n, BIAS) && !nn_c_data(w, n, BIAS))
        return "has a bias that is computed, which has no form in C";
    return n->quantized[X].scale ? NULL : nn_c_check_act(act_of(n));
}

static void print_window(nn_c_writer *w, const nn_conv_layout *l)
{
    const nn_conv_geometry *g = &l->geometry;
    nn_c_print(w, "    {%d, %d, %lld, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d},\n", g->in_h, g->in_w,
               (long long)(g->channels * l->groups), g->out_h, g->out_w, g->kernel_h, g->kernel_w,
               g->stride_h, g->stride_w, g->dilation_h, g->dilation_w, g->pad_top, g->pad_left);
}

// Weight of output channel o, input channel i of its group, tap t.
static float weight_at(const nn_conv_layout *l, const float *weight, int64_t o, int64_t i,
                       int64_t t)
{
    const int64_t taps = (int64_t)l->geometry.kernel_h * l->geometry.kernel_w;
    return weight[(o * l->geometry.channels + i) * taps + t];
}

// Of output channel o a sum over `depth` weights, tap by tap.
static float weight_in_order(const nn_conv_layout *l, const float *weight, int64_t o, int64_t k)
{
    return weight_at(l, weight, o, k % l->geometry.channels, k / l->geometry.channels);
}

static nn_int8_layer find_layer(const nn_c_writer *w, const nn_c_node *n)
{
    return (nn_int8_layer){.x = &n->quantized[X],
                           .weight = &n->quantized[WEIGHT],
                           .skip = nn_c_has(n, SKIP) ? &n->quantized[SKIP] : NULL,
                           .out = nn_c_out(n),
                           .act = act_of(n),
                           .bias = nn_c_data(w, n, BIAS)};
}

// Arrays that a layer of bytes needs while it is written.
typedef struct layer_arrays {
    float *scale, *shift;
    int32_t *start;
    int8_t *weight;
} layer_arrays;

static bool allocate(layer_arrays *a, int64_t channels, int64_t weights)
{
    a->scale = nn_calloc((size_t)channels, sizeof *a->scale);
    a->shift = nn_calloc((size_t)channels, sizeof *a->shift);
    a->start = nn_calloc((size_t)channels * 2, sizeof *a->start);
    a->weight = nn_calloc((size_t)weights, sizeof *a->weight);
    return a->scale && a->shift && a->start && a->weight;
}

static void release(layer_arrays *a)
{
    nn_free(a->scale);
    nn_free(a->shift);
    nn_free(a->start);
    nn_free(a->weight);
}

// Sums of the output channels lie in `pairs` of the channels of a group.
static void fill_channels(const nn_c_writer *w, const nn_c_node *n, const nn_conv_layout *l,
                          int64_t pairs, layer_arrays *a)
{
    const nn_int8_layer layer = find_layer(w, n);
    const float *weight = nn_c_data(w, n, WEIGHT);
    for (int64_t o = 0; o < l->groups * l->m; o++) {
        int64_t sum = 0;
        for (int64_t k = 0; k < l->k; k++)
            sum += (int64_t)weight[o * l->k + k];
        const nn_int8_channel channel = nn_int8_find_channel(&layer, o, sum);
        a->scale[o] = channel.scale;
        a->shift[o] = channel.shift;
        a->start[o / l->m * pairs * 2 + o % l->m] = (int32_t)channel.start;
    }
}

static void fill_weights(const nn_conv_layout *l, const float *weight, int64_t quads, int64_t pairs,
                         int8_t *to)
{
    for (int64_t o = 0; o < l->groups * l->m; o++) {
        const int64_t m = o % l->m, pair = o / l->m * pairs + m / 2;
        for (int64_t k = 0; k < l->k; k++)
            to[((pair * quads + k / 4) * 2 + m % 2) * 4 + k % 4] =
                (int8_t)weight_in_order(l, weight, o, k);
    }
}

static void print_requant(nn_c_writer *w, const nn_c_node *n, const nn_conv_layout *l,
                          const layer_arrays *a, nn_buffer *text)
{
    const nn_int8_layer layer = find_layer(w, n);
    nn_int8_curve curve;
    nn_c_requant r = {.scale = a->scale,
                      .shift = a->shift,
                      .channels = l->groups * l->m,
                      .r = nn_int8_find_requant(&layer),
                      .real = !layer.out->scale};
    nn_int8_make_curve(&curve, layer.act, nn_int8_unit(layer.out), 0);
    r.r.curve = nn_int8_needs_curve(layer.act) ? &curve : NULL;
    nn_c_write_requant(w, &r, text);
}

static void call_int8(nn_c_writer *w, const nn_c_node *n, const char *run, const char *room)
{
    nn_c_call(w, "%s(&layer_%d, %s, %s, %s, %s)", run, w->index, nn_c_at(w, n->in[X]).text,
              nn_c_at(w, n->out).text, nn_c_has(n, SKIP) ? nn_c_at(w, n->in[SKIP]).text : "0",
              room);
}

static void emit_dense_int8(nn_c_writer *w, const nn_c_node *n, const nn_conv_layout *l)
{
    const nn_conv_geometry *g = &l->geometry;
    const int64_t quads = (l->k + 3) / 4, pairs = (l->m + 1) / 2;
    const bool direct = g->kernel_h == 1 && g->kernel_w == 1 && g->stride_h == 1 &&
                        g->stride_w == 1 && g->pad_top == 0 && g->pad_left == 0 &&
                        g->out_h == g->in_h && g->out_w == g->in_w && l->groups == 1 &&
                        l->k % 4 == 0;
    const int64_t weights = l->groups * pairs * quads * 8;
    layer_arrays a = {0};
    nn_buffer requant = {0};
    if (!allocate(&a, l->groups * l->m, weights)) {
        w->data.failed = true;
    } else {
        fill_channels(w, n, l, pairs, &a);
        fill_weights(l, nn_c_data(w, n, WEIGHT), quads, pairs, a.weight);
        nn_c_s8(w, "weight", a.weight, weights);
        nn_c_s32(w, "start", a.start, l->groups * pairs * 2);
        nn_c_border(w, n->quantized[X].zero, g->channels);
        print_requant(w, n, l, &a, &requant);
        nn_c_print(w, "static const conv2d_int8 layer_%d = {\n", w->index);
        print_window(w, l);
        nn_c_print(w, "    %lld, %lld, %lld, %d, %d, border_%d, weight_%d, start_%d,\n    %s};\n",
                   (long long)l->groups, (long long)l->m, (long long)quads, direct,
                   !nn_c_out(n)->scale, w->index, w->index, w->index, requant.bytes);
        nn_c_scratch(w, (size_t)quads * 8);
        nn_c_use(w, "conv2d_int8");
        call_int8(w, n, "run_conv2d_int8", "BYTES(SCRATCH)");
    }
    nn_buffer_release(&requant);
    release(&a);
}

static void emit_depthwise_int8(nn_c_writer *w, const nn_c_node *n, const nn_conv_layout *l)
{
    layer_arrays a = {0};
    nn_buffer requant = {0};
    if (!allocate(&a, l->groups, l->groups * l->k)) {
        w->data.failed = true;
    } else {
        fill_channels(w, n, l, 1, &a);
        for (int64_t o = 0; o < l->groups; o++) {
            a.start[o] = a.start[2 * o];
            for (int64_t t = 0; t < l->k; t++)
                a.weight[t * l->groups + o] =
                    (int8_t)weight_at(l, nn_c_data(w, n, WEIGHT), o, 0, t);
        }
        nn_c_s8(w, "weight", a.weight, l->groups * l->k);
        nn_c_s32(w, "start", a.start, l->groups);
        nn_c_border(w, n->quantized[X].zero, l->groups);
        print_requant(w, n, l, &a, &requant);
        nn_c_print(w, "static const depthwise_int8 layer_%d = {\n", w->index);
        print_window(w, l);
        nn_c_print(w, "    border_%d, weight_%d, start_%d,\n    %s};\n", w->index, w->index,
                   w->index, requant.bytes);
        nn_c_scratch(w, (size_t)l->k * sizeof(int32_t));
        nn_c_use(w, "depthwise_int8");
        call_int8(w, n, "run_depthwise_int8", "WORDS(SCRATCH)");
    }
    nn_buffer_release(&requant);
    release(&a);
}

static void emit_float(nn_c_writer *w, const nn_c_node *n, const nn_conv_layout *l)
{
    const bool depthwise = is_depthwise(l);
    const int64_t outputs = l->groups * l->m, count = outputs * l->k;
    const float *weight = nn_c_data(w, n, WEIGHT), *bias = nn_c_data(w, n, BIAS);
    float *order = nn_calloc((size_t)(count + l->geometry.channels) + 1, sizeof *order);
    if (!order) {
        w->data.failed = true;
        return;
    }
    if (!depthwise)
        nn_c_floats(w, "border", order, l->geometry.channels);
    for (int64_t o = 0; o < outputs; o++)
        for (int64_t k = 0; k < l->k; k++)
            order[depthwise ? k * outputs + o : o * l->k + k] = weight_in_order(l, weight, o, k);
    nn_c_floats(w, "weight", order, count);
    nn_free(order);
    if (bias)
        nn_c_floats(w, "bias", bias, outputs);
    nn_c_print(w, "static const %s layer_%d = {\n", depthwise ? "depthwise_float" : "conv2d_float",
               w->index);
    print_window(w, l);
    if (!depthwise)
        nn_c_print(w, "    %lld, %lld, %lld, border_%d,", (long long)l->groups, (long long)l->m,
                   (long long)l->k, w->index);
    nn_c_print(w, bias ? "    weight_%d, bias_%d};\n" : "    weight_%d, 0};\n", w->index, w->index);
    nn_c_use(w, depthwise ? "depthwise_float" : "conv2d_float");
    nn_c_call(w,
              depthwise ? "run_depthwise_float(&layer_%d, %s, %s, %s)"
                        : "run_conv2d_float(&layer_%d, %s, %s, %s, REALS(SCRATCH))",
              w->index, nn_c_at(w, n->in[X]).text, nn_c_at(w, n->out).text,
              nn_c_has(n, SKIP) ? nn_c_at(w, n->in[SKIP]).text : "0");
    if (!depthwise)
        nn_c_scratch(w, (size_t)l->k * sizeof(float));
    nn_c_apply_act(w, act_of(n), n->out);
}

static void emit(nn_c_writer *w, const nn_c_node *n)
{
    const nn_conv_layout l = find_layout(w, n);
    if (!n->quantized[X].scale)
        emit_float(w, n, &l);
    else if (is_depthwise(&l) && nn_c_out(n)->scale)
        emit_depthwise_int8(w, n, &l);
    else
        emit_dense_int8(w, n, &l);
}

const nn_c_op nn_c_op_conv2d = {.op = &nn_op_conv2d, .check = check, .emit = emit};
