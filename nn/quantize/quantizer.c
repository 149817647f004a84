// SPDX-License-Identifier: MIT
// Calibration: runs the float32 model on pictures and counts what its values are.
#include "nn/quantize/quantizer.h"

#include "nn/base/memory.h"
#include "nn/graph/pass.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <string.h>

// Dense layers take the last axis, of whatever rank.
static void find_axes(nn_quantizer *q)
{
    const nn_graph *g = q->model->graph;
    for (int v = 0; v < nn_graph_value_count(g); v++)
        q->axis[v] = q->shapes[v].rank == 4 ? 1 : q->shapes[v].rank - 1;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (node.op == &nn_op_linear)
            q->axis[node.in[0]] = q->shapes[node.in[0]].rank - 1;
    }
}

static int64_t count_channels(const nn_quantizer *q, int v)
{
    return q->axis[v] < 0 ? 1 : q->shapes[v].dim[q->axis[v]];
}

static nn_status allocate(nn_quantizer *q, nn_error *err)
{
    const nn_graph *g = q->model->graph;
    const nn_status no_memory = NN_ENOMEM;
    bool good = true;
    for (int v = 0; v < nn_graph_value_count(g); v++) {
        if (!q->points.quantized[v])
            continue;
        const int64_t channels = count_channels(q, v);
        q->counts[v] = nn_calloc(1, sizeof *q->counts[v]);
        q->means[v] = nn_calloc((size_t)channels, sizeof *q->means[v]);
        q->most[v] = nn_calloc((size_t)channels, sizeof *q->most[v]);
        good = good && q->counts[v] && q->means[v] && q->most[v];
    }
    return good ? NN_OK : nn_fail(err, no_memory, "no memory to calibrate");
}

static nn_status prepare(nn_quantizer *q, const nn_shape *inputs, nn_error *err)
{
    // A sum in a convolution has no range of its own.
    nn_status status = nn_model_fuse(&q->model, NN_PASS_ADD, err);
    if (status != NN_OK)
        return status;
    const nn_graph *g = q->model->graph;
    const size_t values = (size_t)nn_graph_value_count(g);
    const int count = nn_graph_input_count(g);
    q->shapes = nn_calloc(values, sizeof *q->shapes);
    q->counts = nn_calloc(values, sizeof *q->counts);
    q->axis = nn_calloc(values, sizeof *q->axis);
    q->means = nn_calloc(values, sizeof *q->means);
    q->most = nn_calloc(values, sizeof *q->most);
    if (!q->shapes || !q->counts || !q->axis || !q->means || !q->most)
        return nn_fail(err, NN_ENOMEM, "no memory to calibrate");
    status = nn_graph_infer(g, inputs, count, q->shapes, NULL, err);
    if (status == NN_OK)
        status = nn_quantize_points_find(&q->points, q->model, q->shapes, NULL, err);
    if (status == NN_OK && q->points.layer_count == 0)
        status = nn_fail(err, NN_EINVAL, "the model has no convolution or dense layer to quantise");
    if (status == NN_OK) {
        find_axes(q);
        status = allocate(q, err);
    }
    const nn_plan_options plan = {.pool = q->options.pool, .keep_values = true, .compiled = true};
    return status == NN_OK ? nn_plan_new(&q->plan, q->model, inputs, count, &plan, err) : status;
}

nn_status nn_quantizer_new(nn_quantizer **out, nn_model *model, const nn_shape *inputs,
                           const nn_quantize_options *options, nn_error *err)
{
    *out = NULL;
    nn_quantizer *q = nn_calloc(1, sizeof *q);
    if (!q) {
        nn_model_free(model);
        return nn_fail(err, NN_ENOMEM, "no memory to calibrate");
    }
    q->model = model;
    q->rng = nn_rng_seed(1);
    if (options)
        q->options = *options;
    const nn_status status = prepare(q, inputs, err);
    if (status != NN_OK) {
        nn_quantizer_free(q);
        return status;
    }
    *out = q;
    return NN_OK;
}

void nn_quantizer_free(nn_quantizer *q)
{
    if (!q)
        return;
    const int values = q->model ? nn_graph_value_count(q->model->graph) : 0;
    for (int v = 0; v < values; v++) {
        nn_free(q->counts ? q->counts[v] : NULL);
        nn_free(q->means ? q->means[v] : NULL);
        nn_free(q->most ? q->most[v] : NULL);
    }
    for (int i = 0; i < NN_QUANTIZE_PROBES; i++)
        nn_free(q->probes[i]);
    nn_free(q->counts);
    nn_free(q->axis);
    nn_free(q->means);
    nn_free(q->most);
    nn_free(q->shapes);
    nn_quantize_points_release(&q->points);
    nn_plan_free(q->plan);
    nn_model_free(q->model);
    nn_free(q);
}

const nn_tensor *nn_quantizer_input(const nn_quantizer *q, int i)
{
    return nn_plan_input(q->plan, i);
}

void nn_quantizer_set_method(nn_quantizer *q, nn_range_method method)
{
    q->options.method = method;
}

int64_t nn_quantizer_pictures(const nn_quantizer *q)
{
    return q->pictures;
}

const nn_model *nn_quantizer_model(const nn_quantizer *q)
{
    return q->model;
}

static void add_channels(const nn_quantizer *q, int v, const nn_tensor *t)
{
    const int64_t channels = count_channels(q, v),
                  inner = nn_shape_span(&t->shape, q->axis[v] + 1, t->shape.rank);
    const float *x = nn_tensor_f32(t);
    double *sums = q->means[v];
    float *most = q->most[v];
    const int64_t rows = inner > 0 ? nn_shape_count(&t->shape) / inner : 0;
    for (int64_t r = 0; r < rows; r++) {
        double sum = 0;
        float largest = most[r % channels];
        for (int64_t i = 0; i < inner; i++) {
            sum += (double)x[r * inner + i];
            largest = fmaxf(largest, fabsf(x[r * inner + i]));
        }
        most[r % channels] = largest;
        sums[r % channels] += sum * (double)channels / (double)(rows * inner);
    }
}

static void count_values(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_quantizer *q = ctx;
    (void)worker;
    for (int64_t v = begin; v < end; v++) {
        if (!q->counts[v])
            continue;
        const nn_tensor *t = nn_plan_value(q->plan, (nn_value)v);
        nn_histogram_add(q->counts[v], nn_tensor_f32(t), nn_shape_count(&t->shape));
        add_channels(q, (int)v, t);
    }
}

// Reservoir sampling (Vitter 1985, algorithm R).
static nn_status keep_probe(nn_quantizer *q, nn_error *err)
{
    const int count = nn_graph_input_count(q->model->graph);
    const uint64_t drawn = (uint64_t)nn_rng_below(&q->rng, q->pictures + 1);
    const uint64_t at = q->pictures < NN_QUANTIZE_PROBES ? (uint64_t)q->pictures : drawn;
    size_t bytes = 0;
    if (at >= NN_QUANTIZE_PROBES)
        return NN_OK;
    for (int i = 0; i < count; i++)
        bytes += nn_tensor_bytes(nn_plan_input(q->plan, i));
    if (!q->probes[at] && !(q->probes[at] = nn_alloc(bytes)))
        return nn_fail(err, NN_ENOMEM, "no memory to calibrate");
    char *to = (char *)q->probes[at];
    for (int i = 0; i < count; i++) {
        const nn_tensor *t = nn_plan_input(q->plan, i);
        memcpy(to, t->data, nn_tensor_bytes(t));
        to += nn_tensor_bytes(t);
    }
    q->probe_count += q->pictures < NN_QUANTIZE_PROBES;
    return NN_OK;
}

nn_status nn_quantizer_observe(nn_quantizer *q, nn_error *err)
{
    const nn_graph *g = q->model->graph;
    const nn_status status = keep_probe(q, err);
    if (status != NN_OK)
        return status;
    nn_plan_run(q->plan);
    for (int i = 0; i < nn_graph_output_count(g); i++) {
        const nn_tensor *t = nn_plan_output(q->plan, i);
        for (int64_t k = 0; k < nn_shape_count(&t->shape); k++)
            if (isnan(nn_tensor_f32(t)[k]))
                return nn_fail(err, NN_EFORMAT, "the model's output '%s' is not a number",
                               nn_graph_output_name(g, i));
    }
    nn_pool_run(q->options.pool, nn_graph_value_count(g), 1, count_values, q);
    q->pictures++;
    return NN_OK;
}

// --- scales ---

// Whole numbers 0 to 255 for low to high; 0 is one of them, so that padding has no error.
static nn_scale scale_of(nn_range r)
{
    const float size = r.high - r.low;
    if (!(size > 0) || !isfinite(size))
        return (nn_scale){1, 0};
    const float scale = size / 255;
    return (nn_scale){scale, fminf(fmaxf(rintf(-r.low / scale), 0), 255)};
}

static nn_status find_scales(const nn_quantizer *q, const nn_quantize_points *points,
                             nn_scale *scales, nn_error *err)
{
    const int values = nn_graph_value_count(q->model->graph);
    nn_histogram *sum = nn_alloc(sizeof *sum);
    if (!sum)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    for (int root = 0; root < values; root++) {
        if (points->group[root] != root)
            continue;
        *sum = (nn_histogram){0};
        for (int v = 0; v < values; v++)
            if (points->group[v] == root && points->quantized[v] && q->counts[v])
                nn_histogram_merge(sum, q->counts[v]);
        const nn_scale s = scale_of(nn_histogram_range(sum, q->options.method));
        for (int v = 0; v < values; v++)
            if (points->group[v] == root)
                scales[v] = s;
    }
    nn_free(sum);
    return NN_OK;
}

nn_status nn_quantizer_make(nn_quantizer *q, const char *const *keep, nn_model **out, nn_error *err)
{
    nn_quantize_points points = {0};
    *out = NULL;
    if (q->pictures == 0)
        return nn_fail(err, NN_EINVAL, "calibration saw no picture");
    nn_scale *scales = nn_calloc((size_t)nn_graph_value_count(q->model->graph), sizeof *scales);
    nn_status status = scales ? nn_quantize_points_find(&points, q->model, q->shapes, keep, err)
                              : nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK && points.layer_count == 0)
        status = nn_fail(err, NN_EINVAL, "no layer is left to quantise");
    if (status == NN_OK)
        status = find_scales(q, &points, scales, err);
    if (status == NN_OK)
        status = nn_quantize_rewrite(q, &points, scales, out, err);
    nn_quantize_points_release(&points);
    nn_free(scales);
    return status;
}
