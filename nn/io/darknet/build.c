// SPDX-License-Identifier: MIT
// Options, weights and nodes of a Darknet network while it is read.
#include "nn/io/darknet/build.h"

#include "nn/base/first_failure.h"
#include "nn/base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const nn_darknet_value nn_darknet_none = {NN_FAILED_VALUE, {.rank = -1}, false};

void nn_darknet_fail(nn_darknet *d, nn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nn_fail_first(&d->error, status, format, args);
    va_end(args);
}

bool nn_darknet_failed(const nn_darknet *d)
{
    return d->error.status != NN_OK;
}

// --- options ---

const char *nn_darknet_text(const nn_darknet *d, const char *key, const char *otherwise)
{
    const nn_cfg_option *o = nn_cfg_find(d->cfg, d->section, key);
    return o ? o->value : otherwise;
}

double nn_darknet_number(nn_darknet *d, const char *key, double otherwise)
{
    const nn_cfg_option *o = nn_cfg_find(d->cfg, d->section, key);
    char *end;
    if (!o)
        return otherwise;
    const double v = strtod(o->value, &end);
    if (end != o->value && !*end && isfinite(v))
        return v;
    nn_darknet_fail(d, NN_EFORMAT, "line %d: %.40s=%.40s is no number", o->line, key, o->value);
    return otherwise;
}

int nn_darknet_int(nn_darknet *d, const char *key, int otherwise, int low, int high)
{
    const double v = nn_darknet_number(d, key, otherwise);
    const nn_cfg_option *o = nn_cfg_find(d->cfg, d->section, key);
    if (!o || nn_darknet_failed(d))
        return otherwise;
    if (v == floor(v) && v >= low && v <= high)
        return (int)v;
    nn_darknet_fail(d, NN_EFORMAT, "line %d: %.40s=%.40s is no whole number from %d to %d", o->line,
                    key, o->value, low, high);
    return otherwise;
}

void nn_darknet_refuse(nn_darknet *d, const char *key, int usual)
{
    const nn_cfg_option *o = nn_cfg_find(d->cfg, d->section, key);
    if (o && nn_darknet_number(d, key, usual) != usual)
        nn_darknet_fail(d, NN_EUNSUPPORTED, "line %d: %.40s=%.40s is not supported", o->line, key,
                        o->value);
}

int nn_darknet_list(nn_darknet *d, const char *key, double *out, int most)
{
    const nn_cfg_option *o = nn_cfg_find(d->cfg, d->section, key);
    int count = 0;
    for (const char *p = o ? o->value : ""; *p && count < most;) {
        char *end;
        out[count] = strtod(p, &end);
        if (end == p || !isfinite(out[count]) || (*end && *end != ',')) {
            nn_darknet_fail(d, NN_EFORMAT, "line %d: number %d of %.40s is none", o->line, count,
                            key);
            return 0;
        }
        count++;
        p = *end ? end + 1 : end;
        if (*p && count == most)
            nn_darknet_fail(d, NN_EUNSUPPORTED, "line %d: over %d numbers in %.40s", o->line, most,
                            key);
    }
    return nn_darknet_failed(d) ? 0 : count;
}

int nn_darknet_layers(nn_darknet *d, const char *key, nn_darknet_value out[NN_DARKNET_MAX_FROM])
{
    double numbers[NN_DARKNET_MAX_FROM];
    const int count = nn_darknet_list(d, key, numbers, NN_DARKNET_MAX_FROM);
    if (count == 0)
        nn_darknet_fail(d, NN_EFORMAT, "it names no layers (%s=)", key);
    for (int i = 0; i < count; i++) {
        const double at = numbers[i] < 0 ? d->index + numbers[i] : numbers[i];
        if (!(at >= 0 && at < d->index) || at != floor(at)) {
            nn_darknet_fail(d, NN_EFORMAT, "%s names a layer %g: those before are 0 to %d", key,
                            numbers[i], d->index - 1);
            return 0;
        }
        out[i] = d->layers[(int)at];
    }
    return nn_darknet_failed(d) ? 0 : count;
}

// --- weights ---

static bool grow_loads(nn_darknet *d)
{
    if (d->load_count < d->load_capacity)
        return true;
    const int bigger = d->load_capacity ? 2 * d->load_capacity : 256;
    nn_darknet_numbers *p =
        nn_realloc(d->loads, (size_t)d->load_count * sizeof *p, (size_t)bigger * sizeof *p);
    if (!p)
        return false;
    d->loads = p;
    d->load_capacity = bigger;
    return true;
}

static void make_name(const nn_darknet *d, const char *suffix, char *name, size_t size)
{
    snprintf(name, size, "layer%d%s%s", d->index, suffix ? "." : "", suffix ? suffix : "");
}

nn_darknet_value nn_darknet_weight(nn_darknet *d, const char *suffix, nn_param_kind kind,
                                   nn_shape shape)
{
    char name[64];
    nn_error err = {0};
    if (nn_darknet_failed(d))
        return nn_darknet_none;
    nn_status status = nn_shape_check(&shape, NN_F32, &err);
    if (status == NN_OK && nn_shape_count(&shape) > INT64_MAX / 8 - d->floats)
        status = nn_fail(&err, NN_EFORMAT, "its weights have no sound size");
    if (status == NN_OK && !grow_loads(d))
        status = nn_fail(&err, NN_ENOMEM, "out of memory");
    nn_value v = NN_FAILED_VALUE;
    if (status == NN_OK) {
        make_name(d, suffix, name, sizeof name);
        v = nn_graph_param(d->graph, name, kind, &shape);
        status = v < 0 ? nn_graph_check(d->graph, &err) : NN_OK;
    }
    if (status != NN_OK) {
        nn_darknet_fail(d, status, "%s", err.text);
        return nn_darknet_none;
    }
    const int64_t count = nn_shape_count(&shape);
    d->loads[d->load_count++] =
        (nn_darknet_numbers){nn_graph_value(d->graph, v).index, d->floats, count};
    d->floats += count;
    return (nn_darknet_value){v, shape, true};
}

// --- nodes ---

nn_darknet_value nn_darknet_emit(nn_darknet *d, const char *suffix, const nn_op *op,
                                 const void *params, const nn_darknet_value *in, int n_in)
{
    nn_darknet_value out = {NN_FAILED_VALUE, {0}, true};
    nn_shape shapes[NN_DARKNET_MAX_FROM];
    nn_value values[NN_DARKNET_MAX_FROM];
    char name[64];
    nn_error err = {0};
    if (nn_darknet_failed(d))
        return nn_darknet_none;
    for (int i = 0; i < n_in; i++) {
        shapes[i] = in[i].shape;
        values[i] = in[i].value;
        out.fixed = out.fixed && in[i].fixed;
    }
    nn_status status = op->shape(params, shapes, n_in, &out.shape, &err);
    if (status == NN_OK)
        status = nn_shape_check(&out.shape, NN_F32, &err);
    if (status == NN_OK) {
        make_name(d, suffix, name, sizeof name);
        out.value = nn_graph_node(d->graph, op, name, params, values, n_in);
        status = out.value < 0 ? nn_graph_check(d->graph, &err) : NN_OK;
    }
    if (status == NN_OK)
        return out;
    nn_darknet_fail(d, status, "%s", err.text);
    return nn_darknet_none;
}

nn_darknet_value nn_darknet_unary(nn_darknet *d, const char *suffix, const nn_op *op,
                                  nn_darknet_value x)
{
    return nn_darknet_emit(d, suffix, op, NULL, &x, 1);
}

nn_darknet_value nn_darknet_binary(nn_darknet *d, const char *suffix, const nn_op *op,
                                   nn_darknet_value a, nn_darknet_value b)
{
    return nn_darknet_emit(d, suffix, op, NULL, (const nn_darknet_value[]){a, b}, 2);
}

nn_darknet_value nn_darknet_slice(nn_darknet *d, const char *suffix, nn_darknet_value x, int axis,
                                  int64_t begin, int64_t end, int step)
{
    const nn_slice_params p = {axis, (int32_t)begin, (int32_t)end, step};
    return nn_darknet_emit(d, suffix, &nn_op_slice, &p, &x, 1);
}

nn_darknet_value nn_darknet_reshape(nn_darknet *d, const char *suffix, nn_darknet_value x,
                                    const nn_reshape_params *p)
{
    return nn_darknet_emit(d, suffix, &nn_op_reshape, p, &x, 1);
}

nn_darknet_value nn_darknet_flatten(nn_darknet *d, nn_darknet_value x)
{
    const nn_flatten_params p = {.axis = 1};
    if (x.shape.rank == 2 || nn_darknet_failed(d))
        return x;
    d->bound = d->bound || !x.fixed;
    return nn_darknet_emit(d, "flat", &nn_op_flatten, &p, &x, 1);
}

bool nn_darknet_is_image(nn_darknet *d)
{
    if (!nn_darknet_failed(d) && d->in.shape.rank != 4)
        nn_darknet_fail(d, NN_EFORMAT, "the layer before it makes no image");
    return !nn_darknet_failed(d);
}
