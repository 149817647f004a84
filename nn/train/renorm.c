// SPDX-License-Identifier: MIT
// Adds batch norms without an effect, and sets them from measured statistics.
#include "nn/train/renorm.h"

#include "nn/base/memory.h"
#include "nn/graph/model_internal.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"
#include "nn/train/last_layers.h"
#include "nn/train/trainer_internal.h"
#include "nn/zoo/layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// A power of two: a scale with few bits, squared, minus EPS, is exact in float32, so that the
// square root of their sum is the scale again.
#define EPS (1.0f / 65536)

enum { X, SCALE, SHIFT, MEAN, VARIANCE };
enum { MAX_NAME = 256, SHORT_BITS = 11 };

static const char SUFFIX[] = ".norm";

// Whether a batch norm follows directly.
static bool has_norm(const nn_graph *g, nn_value v)
{
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info n = nn_graph_node_at(g, i);
        if (n.op == &nn_op_batch_norm && n.in[X] == v)
            return true;
    }
    return false;
}

static bool wants_norm(const nn_graph *g, const nn_node_info *n, const nn_shape *out)
{
    return n->op == &nn_op_conv2d && out->rank == 4 && out->dim[2] * out->dim[3] > 1 &&
           nn_graph_value(g, n->in[1]).kind == NN_VALUE_PARAM && !has_norm(g, n->out);
}

static nn_value add_norm(nn_graph *g, const nn_node_info *n, nn_value x, int64_t channels)
{
    char name[MAX_NAME];
    snprintf(name, sizeof name, "%s%s", n->name, SUFFIX);
    return nn_layer_batch_norm(g, name, x, (int)channels, EPS);
}

static bool is_added(const nn_node_info *n)
{
    const size_t length = strlen(n->name), suffix = strlen(SUFFIX);
    return n->op == &nn_op_batch_norm && length > suffix &&
           strcmp(n->name + length - suffix, SUFFIX) == 0;
}

static float *numbers(const nn_model *m, const nn_node_info *n, int input)
{
    return nn_tensor_f32(&m->params[nn_graph_value(m->graph, n->in[input]).index]);
}

static void set_norm(nn_model *m, const nn_node_info *n, int64_t c, float mean, float scale)
{
    numbers(m, n, SCALE)[c] = scale;
    numbers(m, n, SHIFT)[c] = numbers(m, n, MEAN)[c] = mean;
    numbers(m, n, VARIANCE)[c] = (float)((double)scale * (double)scale - (double)EPS);
}

static int64_t channels_of(const nn_model *m, const nn_node_info *n)
{
    return m->params[nn_graph_value(m->graph, n->in[SCALE]).index].shape.dim[0];
}

static void do_nothing(nn_model *m)
{
    for (int i = 0; i < nn_graph_node_count(m->graph); i++) {
        const nn_node_info n = nn_graph_node_at(m->graph, i);
        for (int64_t c = 0; is_added(&n) && c < channels_of(m, &n); c++)
            set_norm(m, &n, c, 0, 1);
    }
}

static nn_status copy_with_norms(nn_rebuild *r, const nn_shape *shapes, const bool *tail,
                                 int *added, nn_model **out, nn_error *err)
{
    const nn_graph *g = r->source->graph;
    for (int i = 0; i < nn_graph_param_count(g); i++)
        nn_rebuild_value(r, nn_graph_param_at(g, i)); // keeps the order of parameters
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info n = nn_graph_node_at(g, i);
        const nn_value x = nn_rebuild_value(r, n.out);
        if (tail[i] || !wants_norm(g, &n, &shapes[n.out]))
            continue;
        r->map[n.out] = add_norm(r->graph, &n, x, shapes[n.out].dim[1]);
        ++*added;
    }
    for (int i = 0; i < nn_graph_output_count(g); i++)
        nn_graph_output(r->graph, nn_graph_output_name(g, i),
                        nn_rebuild_value(r, nn_graph_output_at(g, i)));
    return nn_rebuild_finish(r, out, err);
}

nn_status nn_add_norms(nn_model **m, int h, int w, int *added, nn_error *err)
{
    nn_model *with = NULL;
    nn_shape *shapes = NULL;
    nn_rebuild r = {0};
    bool *tail = nn_calloc((size_t)nn_graph_node_count((*m)->graph) + 1, sizeof *tail);
    *added = 0;
    nn_status status = tail ? nn_usual_shapes(&shapes, *m, h, w, err)
                            : nn_fail(err, NN_ENOMEM, "no memory to look at the graph");
    if (status == NN_OK) {
        int none;
        nn_mark_last_layers((*m)->graph, tail, &none, 0);
        status = nn_rebuild_begin(&r, *m, false, err);
    }
    if (status == NN_OK)
        status = copy_with_norms(&r, shapes, tail, added, &with, err);
    nn_rebuild_release(&r);
    if (status == NN_OK)
        status = nn_model_copy_bounds(with, *m, err);
    nn_free(shapes);
    nn_free(tail);
    if (status != NN_OK) {
        nn_model_free(with);
        return status;
    }
    do_nothing(with);
    nn_model_free(*m);
    *m = with;
    return NN_OK;
}

// Sums over pictures and pixels for each channel of all added norms.
typedef struct sums {
    nn_trainer *t;
    int channels;
    double *sum, *squares, *pixels; // of each channel
    nn_plan *plan;                  // for one picture
    int h, w;
} sums;

static void add_map(sums *s, const nn_tensor *x, int at)
{
    const int64_t plane = x->shape.dim[2] * x->shape.dim[3];
    for (int64_t c = 0; c < x->shape.dim[1]; c++) {
        const float *p = nn_tensor_f32(x) + c * plane;
        for (int64_t i = 0; i < plane; i++) {
            s->sum[at + c] += (double)p[i];
            s->squares[at + c] += (double)p[i] * (double)p[i];
        }
        s->pixels[at + c] += (double)plane;
    }
}

static void add_picture(sums *s)
{
    const nn_graph *g = s->t->model->graph;
    int at = 0;
    nn_plan_run(s->plan);
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info n = nn_graph_node_at(g, i);
        if (!is_added(&n))
            continue;
        add_map(s, nn_plan_value(s->plan, n.in[X]), at);
        at += (int)channels_of(s->t->model, &n);
    }
}

static nn_status plan_for(sums *s, const nn_batch *b, nn_error *err)
{
    const nn_shape image = nn_shape_4d(1, 3, b->height, b->width);
    const nn_plan_options o = {.keep_values = true, .pool = s->t->pool, .kernels = s->t->kernels};
    if (s->plan && s->h == b->height && s->w == b->width)
        return NN_OK;
    nn_plan_free(s->plan);
    s->h = b->height;
    s->w = b->width;
    return nn_plan_new(&s->plan, s->t->model, &image, 1, &o, err);
}

static nn_status add_batches(sums *s, int batches, nn_error *err)
{
    nn_loader *loader;
    nn_status status = nn_trainer_open_loader(s->t, &loader, err);
    for (int k = 0; k < batches && status == NN_OK; k++) {
        const nn_batch *b;
        status = nn_loader_next(loader, &b, err);
        if (status == NN_OK)
            status = plan_for(s, b, err);
        for (int n = 0; n < nn_trainer_own_batch(s->t) && status == NN_OK; n++) {
            const nn_tensor *input = nn_plan_input(s->plan, 0);
            memcpy(input->data, b->planes + n * nn_shape_count(&input->shape),
                   nn_tensor_bytes(input));
            add_picture(s);
        }
    }
    nn_loader_free(loader);
    nn_plan_free(s->plan);
    return status;
}

// The deviation with so few bits that its square minus EPS is exact.
static float short_scale(double variance)
{
    int exponent;
    const double part = frexp(sqrt(variance + (double)EPS), &exponent);
    return (float)ldexp(rint(ldexp(part, SHORT_BITS)), exponent - SHORT_BITS);
}

static void set_norms(const sums *s, nn_model *m)
{
    int at = 0;
    for (int i = 0; i < nn_graph_node_count(m->graph); i++) {
        const nn_node_info n = nn_graph_node_at(m->graph, i);
        for (int64_t c = 0; is_added(&n) && c < channels_of(m, &n); c++, at++) {
            const double mean = s->sum[at] / s->pixels[at];
            const double variance = fmax(s->squares[at] / s->pixels[at] - mean * mean, 0);
            set_norm(m, &n, c, (float)mean, short_scale(variance));
        }
    }
}

static int count_channels(const nn_model *m)
{
    int count = 0;
    for (int i = 0; i < nn_graph_node_count(m->graph); i++) {
        const nn_node_info n = nn_graph_node_at(m->graph, i);
        count += is_added(&n) ? (int)channels_of(m, &n) : 0;
    }
    return count;
}

nn_status nn_trainer_set_norms(nn_trainer *t, int batches, nn_error *err)
{
    sums s = {.t = t, .channels = count_channels(t->model)};
    double *all = nn_calloc((size_t)s.channels * 3 + 1, sizeof *all);
    if (!all)
        return nn_fail(err, NN_ENOMEM, "no memory for the statistics of %d channels", s.channels);
    s.sum = all;
    s.squares = all + s.channels;
    s.pixels = all + 2 * s.channels;
    nn_status status = s.channels > 0 ? add_batches(&s, batches, err) : NN_OK;
    if (status == NN_OK) {
        nn_ranks_sum(t->options.ranks, all, 3 * s.channels);
        set_norms(&s, t->model);
        set_norms(&s, t->average);
    }
    nn_free(all);
    return status;
}
