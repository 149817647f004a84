// SPDX-License-Identifier: MIT
// Structured pruning: a pruned network computes what the whole one does with the removed channels
// zeroed, for every network of the zoo and for small graphs made by hand.
#include "nn/prune/prune.h"

#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/plan.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"
#include "nn/predict/load_model.h"
#include "nn/prune/pruner.h"
#include "nn/zoo/zoo.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"
#include "tests/support/zoo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void check(nn_status status, const nn_error *err)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), err->text);
}

// --- models ---

static void fill(const nn_tensor *t, uint64_t seed)
{
    nn_rng rng = nn_rng_seed(seed);
    for (int64_t i = 0; i < nn_shape_count(&t->shape); i++)
        nn_tensor_f32(t)[i] = nn_rng_range(&rng, -1, 1);
}

// Gradients of any kind: which channels go is then a matter of chance.
static void observe(nn_pruner *p, const nn_model *m)
{
    const int count = nn_graph_param_count(m->graph);
    nn_tensor *grads = test_calloc((size_t)count, sizeof *grads);
    nn_error err = {0};
    for (int i = 0; i < count; i++) {
        const nn_value_info info = nn_graph_value(m->graph, nn_graph_param_at(m->graph, i));
        if (info.param == NN_PARAM_BUFFER)
            continue;
        check(nn_tensor_init(&grads[i], NN_F32, info.shape, &err), &err);
        fill(&grads[i], (uint64_t)i + 1);
    }
    nn_pruner_observe(p, grads);
    for (int i = 0; i < count; i++)
        if (grads[i].data)
            nn_tensor_release(&grads[i]);
    test_free(grads);
}

// Zeroes in the model everything that belongs to a channel that was removed.
static void mask(const nn_pruner *p, nn_model *m)
{
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        const nn_value v = nn_graph_param_at(m->graph, i);
        const nn_tensor *t = &m->params[i];
        for (int axis = 0; axis < t->shape.rank; axis++) {
            const nn_channel_list *list = nn_channels_at(&p->channels, v, axis);
            const int64_t inner = nn_shape_span(&t->shape, axis + 1, t->shape.rank);
            for (int64_t k = 0; list && k < nn_shape_count(&t->shape); k++)
                if (p->removed[nn_channels_root(&p->channels, list->atom[k / inner % list->count])])
                    nn_tensor_f32(t)[k] = 0;
        }
    }
}

static nn_plan *run(const nn_model *m, const nn_shape *inputs)
{
    nn_plan *plan;
    nn_error err = {0};
    const int count = nn_graph_input_count(m->graph);
    check(nn_plan_new(&plan, m, inputs, count, NULL, &err), &err);
    for (int i = 0; i < count; i++)
        fill(nn_plan_input(plan, i), 77 + (uint64_t)i);
    nn_plan_run(plan);
    return plan;
}

static void compare(const nn_model *a, const nn_model *b, const nn_shape *inputs, const char *what)
{
    nn_plan *x = run(a, inputs), *y = run(b, inputs);
    for (int i = 0; i < nn_graph_output_count(a->graph); i++) {
        const nn_tensor *p = nn_plan_output(x, i), *q = nn_plan_output(y, i);
        double error = 0, size = 0;
        assert_true(nn_shape_equal(&p->shape, &q->shape));
        for (int64_t k = 0; k < nn_shape_count(&p->shape); k++) {
            const double u = (double)nn_tensor_f32(p)[k], v = (double)nn_tensor_f32(q)[k];
            if (!isfinite(u) || !isfinite(v))
                fail_msg("%s: output %d is not finite", what, i);
            error = fmax(error, fabs(u - v));
            size = fmax(size, fabs(u));
        }
        if (!(size > 1e-4)) // else nothing was compared
            fail_msg("%s: output %d is %g at most", what, i, size);
        if (!(error <= 1e-4 * size))
            fail_msg("%s: output %d differs by %g of %g", what, i, error, size);
    }
    nn_plan_free(x);
    nn_plan_free(y);
}

// Prunes m to a part of its work and masks it. Returns the part that was reached.
static double prune_and_compare(nn_model *m, const nn_shape *inputs, double keep, int multiple,
                                const char *what)
{
    const nn_prune_options options = {.method = NN_PRUNE_TAYLOR, .multiple = multiple};
    nn_pruner *p;
    nn_model *small;
    nn_error err = {0};
    check(nn_pruner_new(&p, m, inputs, &options, &err), &err);
    observe(p, m);
    const double all = nn_pruner_macs(p);
    if (nn_pruner_make(p, keep * all, &small, &err) != NN_OK)
        fail_msg("%s: %s", what, err.text);
    mask(p, m);
    compare(m, small, inputs, what);
    double left = 0, *macs = test_calloc((size_t)nn_graph_node_count(m->graph), sizeof *macs);
    nn_shape *shapes = test_calloc((size_t)nn_graph_value_count(small->graph), sizeof *shapes);
    check(nn_graph_infer(small->graph, inputs, nn_graph_input_count(m->graph), shapes, macs, &err),
          &err);
    for (int i = 0; i < nn_graph_node_count(m->graph); i++)
        left += macs[i];
    assert_true(left <= keep * all * 1.0001);
    test_free(macs);
    test_free(shapes);
    nn_model_free(small);
    nn_pruner_free(p);
    return left / all;
}

// --- all networks ---

static nn_model *build(const nn_zoo_net *net, int size)
{
    nn_card card = {.input_h = size, .input_w = size, .task = "classify"};
    nn_model *m;
    nn_error err = {0};
    snprintf(card.network, sizeof card.network, "%s", net->name);
    snprintf(card.options, sizeof card.options, "classes=7");
    check(nn_zoo_build(&m, &card, &err), &err);
    nn_model_init_reference(m);
    return m;
}

// Smaller pictures where the network takes them: the tests are many.
static int size_of(const nn_zoo_net *net)
{
    enum { SMALL = 128 };
    const nn_shape input = nn_shape_4d(1, 3, SMALL, SMALL);
    nn_model *m = build(net, net->input_h);
    nn_shape *shapes = test_calloc((size_t)nn_graph_value_count(m->graph), sizeof *shapes);
    const bool fits = nn_graph_infer(m->graph, &input, 1, shapes, NULL, NULL) == NN_OK;
    test_free(shapes);
    nn_model_free(m);
    return fits ? SMALL : net->input_h;
}

// The models of the assets: our detectors, one from NanoDet and one from FastestDet, which shuffle
// and cut channels.
static void test_assets(void **state)
{
    static const char *const names[] = {"person", "street", "street-nano", "flowers17"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        nn_model *m;
        nn_error err = {0};
        check(nn_model_load(&m, names[i], &err), &err);
        const nn_shape usual = nn_shape_4d(1, 3, m->card.input_h, m->card.input_w);
        const nn_shape input = m->fixed_inputs ? m->fixed_inputs[0] : usual;
        prune_and_compare(m, &input, 0.8, 1, names[i]);
        nn_model_free(m);
    }
}

static void test_zoo(void **state)
{
    (void)state;
    assert_true(nn_zoo_count() >= 25);
    for (int i = 0; i < nn_zoo_count(); i++) {
        const nn_zoo_net *net = nn_zoo_at(i);
        if (test_zoo_is_repetition(net->name) || !net->classify)
            continue;
        const int size = size_of(net);
        const nn_shape input = nn_shape_4d(1, 3, size, size);
        nn_model *m = build(net, size);
        const double part = prune_and_compare(m, &input, 0.6, i % 2 ? 1 : 8, net->name);
        if (part < 0.5) // not much more than was asked for
            fail_msg("%s: %.3f is left", net->name, part);
        nn_model_free(m);
    }
}

// --- graphs made by hand ---

// A graph that is being built from an image of 3 x 16 x 16.
typedef struct maker {
    nn_graph *g;
    nn_value image;
    int number; // of names
} maker;

static const char *name_of(maker *b, const char *word)
{
    static char text[64];
    snprintf(text, sizeof text, "%s%d", word, b->number++);
    return text;
}

static nn_value param(maker *b, nn_param_kind kind, int rank, const int64_t *dims)
{
    const nn_shape shape = nn_shape_make(rank, dims);
    return nn_graph_param(b->g, name_of(b, "param"), kind, &shape);
}

static nn_value node(maker *b, const nn_op *op, const void *params, const nn_value *in, int n)
{
    return nn_graph_node(b->g, op, name_of(b, op->name), params, in, n);
}

static nn_value one(maker *b, const nn_op *op, const void *params, nn_value x)
{
    return node(b, op, params, &x, 1);
}

static nn_value two(maker *b, const nn_op *op, nn_value x, nn_value y)
{
    return node(b, op, NULL, (nn_value[]){x, y}, 2);
}

static nn_value conv_with(maker *b, nn_value x, nn_value weight, int groups)
{
    const nn_conv2d_params p = {
        .stride = {1, 1}, .dilation = {1, 1}, .pad = {-1}, .groups = groups};
    return node(b, &nn_op_conv2d, &p, (nn_value[]){x, weight}, 2);
}

static nn_value conv(maker *b, nn_value x, int from, int to, int side, int groups)
{
    const int64_t dims[] = {to, from / groups, side, side};
    return conv_with(b, x, param(b, NN_PARAM_WEIGHT, 4, dims), groups);
}

static nn_value norm(maker *b, nn_value x, int channels)
{
    const nn_batch_norm_params p = {.eps = 1e-5f, .momentum = 0.1f};
    const int64_t dims[] = {channels};
    nn_value in[5] = {x};
    for (int k = 1; k < 5; k++)
        in[k] = param(b, k < 3 ? NN_PARAM_BIAS : NN_PARAM_BUFFER, 1, dims);
    return node(b, &nn_op_batch_norm, &p, in, 5);
}

static nn_value linear(maker *b, nn_value x, int from, int to)
{
    const nn_linear_params p = {0};
    const int64_t dims[] = {to, from};
    const nn_value weight = param(b, NN_PARAM_WEIGHT, 2, dims),
                   bias = param(b, NN_PARAM_BIAS, 1, dims);
    return node(b, &nn_op_linear, &p, (nn_value[]){x, weight, bias}, 3);
}

static nn_value flat(maker *b, nn_value x)
{
    return one(b, &nn_op_flatten, &(nn_flatten_params){.axis = 1}, x);
}

static nn_value reshape(maker *b, nn_value x, int rank, const int32_t *dims)
{
    nn_reshape_params p = {.rank = rank};
    memcpy(p.dim, dims, (size_t)rank * sizeof *dims);
    return one(b, &nn_op_reshape, &p, x);
}

static nn_value slice(maker *b, nn_value x, int begin, int end)
{
    return one(b, &nn_op_slice,
               &(nn_slice_params){.axis = 1, .begin = begin, .end = end, .step = 1}, x);
}

static nn_value mean(maker *b, nn_value x, int axes, int keep)
{
    return one(b, &nn_op_reduce,
               &(nn_reduce_params){.kind = NN_REDUCE_MEAN, .axes = axes, .keep_dims = keep}, x);
}

static nn_value residual(maker *b)
{
    const nn_value x = norm(b, conv(b, b->image, 3, 16, 3, 1), 16);
    nn_value y = one(b, &nn_op_relu, NULL, norm(b, conv(b, x, 16, 24, 3, 1), 24));
    y = norm(b, conv(b, y, 24, 16, 3, 1), 16);
    y = one(b, &nn_op_relu, NULL, two(b, &nn_op_add, x, y));
    return linear(b, mean(b, y, 12, 0), 16, 5);
}

// Concatenated, normalised together, cut apart at another place, added.
static nn_value joined(maker *b)
{
    const nn_concat_params p = {.axis = -3};
    const nn_value parts[] = {conv(b, b->image, 3, 16, 3, 1), conv(b, b->image, 3, 8, 1, 1)};
    const nn_value x = norm(b, node(b, &nn_op_concat, &p, parts, 2), 24);
    const nn_value y = two(b, &nn_op_add, slice(b, x, 0, 12), slice(b, x, -12, INT32_MAX));
    return linear(b, flat(b, conv(b, y, 12, 8, 3, 1)), 8 * 256, 4);
}

// A depthwise convolution of two outputs for each channel, and a gate from the mean of each.
static nn_value gated(maker *b)
{
    const int64_t slopes[] = {32, 1, 1};
    nn_value x = conv(b, conv(b, b->image, 3, 16, 3, 1), 16, 32, 3, 16);
    const nn_arithmetic_params prelu = {.kind = NN_ARITHMETIC_PRELU};
    x = node(b, &nn_op_arithmetic, &prelu, (nn_value[]){x, param(b, NN_PARAM_BIAS, 3, slopes)}, 2);
    nn_value gate = one(b, &nn_op_relu, NULL, conv(b, mean(b, x, 12, 1), 32, 8, 1, 1));
    gate = one(b, &nn_op_sigmoid, NULL, conv(b, gate, 8, 32, 1, 1));
    return linear(b, mean(b, two(b, &nn_op_mul, x, gate), 12, 0), 32, 6);
}

// Grouped convolutions with a channel shuffle between (Zhang 2018).
static nn_value shuffled(maker *b)
{
    const nn_transpose_params swap = {.rank = 5, .perm = {0, 2, 1, 3, 4}};
    nn_value x = conv(b, conv(b, b->image, 3, 32, 1, 1), 32, 32, 3, 4);
    x = reshape(b, x, 5, (int32_t[]){0, 4, 8, 16, 16});
    x = one(b, &nn_op_transpose, &swap, x);
    x = reshape(b, x, 4, (int32_t[]){0, -1, 16, 16});
    x = conv(b, x, 32, 32, 3, 4);
    x = one(b, &nn_op_max_pool, &(nn_pool2d_params){.kernel = {2, 2}, .stride = {2, 2}}, x);
    return linear(b, reshape(b, x, 2, (int32_t[]){-1, 32 * 64}), 32 * 64, 5);
}

// The same weights on two maps, as towers of detectors; transposed, padded, tiled.
static nn_value shared(maker *b)
{
    const int64_t dims[] = {16, 16, 3, 3}, up[] = {16, 12, 2, 2}, table[] = {24, 5};
    const nn_value x = conv(b, b->image, 3, 16, 3, 1), w = param(b, NN_PARAM_WEIGHT, 4, dims);
    const nn_value y = conv_with(b, conv(b, b->image, 3, 16, 1, 1), w, 1);
    nn_value z = two(b, &nn_op_add, conv_with(b, x, w, 1), y);
    const nn_conv_transpose_params p = {.stride = {2, 2}, .dilation = {1, 1}, .groups = 1};
    z = node(b, &nn_op_conv_transpose, &p, (nn_value[]){z, param(b, NN_PARAM_WEIGHT, 4, up)}, 2);
    z = one(b, &nn_op_pad, &(nn_pad_params){.rank = 4, .begin = {0, 0, 1, 2}, .value = 3}, z);
    z = one(b, &nn_op_tile, &(nn_tile_params){.rank = 4, .repeats = {1, 2, 1, 1}}, z);
    const nn_matmul_params product = {.alpha = 0.5f};
    return node(b, &nn_op_matmul, &product,
                (nn_value[]){mean(b, z, 12, 0), param(b, NN_PARAM_WEIGHT, 2, table)}, 2);
}

// Neighbours, means over channels and softmax keep their channels; the layer between is pruned.
static nn_value kept(maker *b)
{
    const nn_lrn_params lrn = {.size = 5, .alpha = 0.1f, .beta = 0.75f, .k = 1};
    nn_value x = one(b, &nn_op_local_response_norm, &lrn, conv(b, b->image, 3, 16, 3, 1));
    x = conv(b, one(b, &nn_op_relu, NULL, conv(b, x, 16, 32, 3, 1)), 32, 16, 3, 1);
    x = one(b, &nn_op_softmax, &(nn_softmax_params){.axis = -3}, x);
    return two(b, &nn_op_mul, x, mean(b, x, 2, 1));
}

typedef struct wanted {
    const char *name;
    nn_value (*make)(maker *b);
    int layers;      // that make channels
    int together[2]; // of these layers as many channels stay
    int whole;       // a layer that stays; -1: none but the last
} wanted;

static const wanted GRAPHS[] = {
    {"residual", residual, 4, {0, 2}, -1}, {"joined", joined, 4, {3, 3}, -1},
    {"gated", gated, 5, {1, 3}, -1},       {"shuffled", shuffled, 4, {1, 1}, -1},
    {"shared", shared, 6, {0, 1}, -1},     {"kept", kept, 3, {2, 2}, 0},
};

static void check_layers(const nn_pruner *p, const wanted *w)
{
    const nn_prune_layer a = nn_pruner_layer(p, w->together[0]),
                         b = nn_pruner_layer(p, w->together[1]);
    const int last = nn_pruner_layer_count(p) - 1;
    bool any = false;
    assert_int_equal(last + 1, w->layers);
    assert_int_equal(a.kept, b.kept);
    for (int i = 0; i <= last; i++) {
        const nn_prune_layer l = nn_pruner_layer(p, i);
        any = any || l.kept < l.channels;
        if (i == last || i == w->whole)
            assert_int_equal(l.kept, l.channels);
    }
    assert_true(any);
}

static nn_model *make(const wanted *w)
{
    maker b = {.g = nn_graph_new()};
    nn_model *m;
    nn_error err = {0};
    b.image = nn_graph_input(b.g, "image");
    nn_graph_output(b.g, "output", w->make(&b));
    check(nn_model_new(&m, b.g, &err), &err);
    for (int i = 0; i < nn_graph_param_count(m->graph); i++) {
        fill(&m->params[i], 100 + (uint64_t)i);
        if (nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).param == NN_PARAM_BUFFER)
            for (int64_t k = 0; k < nn_shape_count(&m->params[i].shape); k++) // variances
                nn_tensor_f32(&m->params[i])[k] = fabsf(nn_tensor_f32(&m->params[i])[k]) + 0.1f;
    }
    return m;
}

static void test_graphs(void **state)
{
    const nn_shape input = nn_shape_4d(1, 3, 16, 16);
    (void)state;
    for (size_t i = 0; i < sizeof GRAPHS / sizeof *GRAPHS; i++)
        for (int method = 0; method < NN_PRUNE_METHODS; method++) {
            const wanted *w = &GRAPHS[i];
            const nn_prune_options o = {.method = (nn_prune_method)method, .multiple = 1};
            nn_model *m = make(w), *small;
            nn_pruner *p;
            nn_error err = {0};
            if (nn_pruner_new(&p, m, &input, &o, &err) != NN_OK) {
                assert_int_equal(method, NN_PRUNE_BN); // no norms in this graph
                assert_non_null(strstr(err.text, "batch norms"));
                nn_model_free(m);
                continue;
            }
            if (method == NN_PRUNE_TAYLOR) {
                assert_int_equal(nn_pruner_make(p, 1, &small, &err), NN_EINVAL);
                observe(p, m);
            }
            const double least = nn_pruner_least_macs(p);
            assert_true(least < nn_pruner_macs(p));
            check(nn_pruner_make(p, 0.5 * (least + nn_pruner_macs(p)), &small, &err), &err);
            check_layers(p, w);
            mask(p, m);
            compare(m, small, &input, w->name);
            nn_model_free(small);
            assert_int_equal(nn_pruner_make(p, 0.9 * least, &small, &err), NN_EINVAL);
            assert_null(small);
            assert_non_null(strstr(err.text, "cannot be reached"));
            nn_pruner_free(p);
            nn_model_free(m);
        }
}

// What has the least weights, or the least scales, goes first.
static void test_order(void **state)
{
    const nn_shape input = nn_shape_4d(1, 3, 16, 16);
    (void)state;
    for (int method = NN_PRUNE_BN; method < NN_PRUNE_METHODS; method++) {
        const nn_prune_options o = {.method = (nn_prune_method)method, .multiple = 1};
        nn_model *m = make(&GRAPHS[0]), *small;
        nn_pruner *p;
        nn_error err = {0};
        // The layer of 24 channels: conv2d10 with its norm.
        const nn_channel_layer *l;
        check(nn_pruner_new(&p, m, &input, &o, &err), &err);
        l = &p->channels.layers[1];
        assert_int_equal(l->list->count, 24);
        const nn_node_info layer = nn_graph_node_at(m->graph, l->node),
                           behind = nn_graph_node_at(m->graph, l->node + 1);
        const nn_value from = method == NN_PRUNE_BN ? behind.in[1] : layer.in[1];
        const nn_tensor *t = &m->params[nn_graph_value(m->graph, from).index];
        const int64_t row = nn_shape_count(&t->shape) / 24;
        for (int64_t k = 0; k < row; k++)
            nn_tensor_f32(t)[17 * row + k] = 1e-3f;
        nn_pruner_free(p);
        check(nn_pruner_new(&p, m, &input, &o, &err), &err);
        check(nn_pruner_make(p, 0.999 * nn_pruner_macs(p), &small, &err), &err);
        for (int k = 0; k < 24; k++)
            assert_int_equal(
                p->removed[nn_channels_root(&p->channels, p->channels.layers[1].list->atom[k])],
                k == 17);
        nn_model_free(small);
        nn_pruner_free(p);
        nn_model_free(m);
    }
}

// A layer without gradients, because it is frozen, seems worth nothing and stays.
static void test_frozen(void **state)
{
    const nn_shape input = nn_shape_4d(1, 3, 16, 16);
    const nn_prune_options o = {.method = NN_PRUNE_TAYLOR, .multiple = 1};
    nn_model *m = make(&GRAPHS[0]), *small;
    const int params = nn_graph_param_count(m->graph);
    nn_tensor *grads = test_calloc((size_t)params, sizeof *grads);
    nn_pruner *p;
    nn_error err = {0};
    (void)state;
    check(nn_pruner_new(&p, m, &input, &o, &err), &err);
    const int layer = p->channels.layers[1].node; // of 24 channels, with its norm
    for (int i = 0; i < params; i++)
        grads[i] = m->params[i];
    for (int k = layer; k <= layer + 1; k++) {
        const nn_node_info node = nn_graph_node_at(m->graph, k);
        for (int i = 1; i < node.n_in; i++)
            grads[nn_graph_value(m->graph, node.in[i]).index].data = NULL;
    }
    nn_pruner_observe(p, grads);
    const double least = nn_pruner_least_macs(p), all = nn_pruner_macs(p);
    check(nn_pruner_make(p, 0.5 * (least + all), &small, &err), &err);
    assert_int_equal(nn_pruner_layer(p, 1).channels, 24);
    assert_int_equal(nn_pruner_layer(p, 1).kept, 24);
    assert_true(nn_pruner_layer(p, 0).kept < 16);
    nn_model_free(small);
    nn_pruner_free(p);
    test_free(grads);
    nn_model_free(m);
}

// Blocks of eight: every layer that is left has a multiple, and none has less than an eighth.
static void test_blocks(void **state)
{
    const nn_zoo_net *net = nn_zoo_find("resnet18");
    const nn_shape input = nn_shape_4d(1, 3, 64, 64);
    nn_model *m = build(net, 64), *small;
    nn_pruner *p;
    nn_error err = {0};
    (void)state;
    check(nn_pruner_new(&p, m, &input, &(nn_prune_options){.method = NN_PRUNE_L1}, &err), &err);
    check(nn_pruner_make(p, 0.2 * nn_pruner_macs(p), &small, &err), &err);
    for (int i = 0; i + 1 < nn_pruner_layer_count(p); i++) {
        const nn_prune_layer l = nn_pruner_layer(p, i);
        assert_int_equal(l.kept % 8, 0);
        assert_true(l.kept * 8 >= l.channels && l.kept_macs <= l.macs);
    }
    nn_model_free(small);
    nn_pruner_free(p);
    nn_model_free(m);
}

static nn_status prune_once(void *ctx, nn_error *err)
{
    const nn_shape input = nn_shape_4d(1, 3, 16, 16);
    const nn_prune_options o = {.method = NN_PRUNE_L1, .multiple = 1};
    nn_pruner *p;
    nn_model *small = NULL;
    nn_status status = nn_pruner_new(&p, ctx, &input, &o, err);
    if (status == NN_OK)
        status = nn_pruner_make(p, 0.7 * nn_pruner_macs(p), &small, err);
    nn_model_free(small);
    nn_pruner_free(p);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof GRAPHS / sizeof *GRAPHS; i++) {
        nn_model *m = make(&GRAPHS[i]);
        assert_true(alloc_fail_each(prune_once, m) > 50);
        nn_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_graphs),    cmocka_unit_test(test_order),
        cmocka_unit_test(test_frozen),    cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_no_memory), cmocka_unit_test(test_assets),
        cmocka_unit_test(test_zoo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
