// SPDX-License-Identifier: MIT
// Weights of ncnn's .bin: a tag before each weight tells how it is stored; biases are plain
// float32.
#include "nn/base/memory.h"
#include "nn/io/ncnn/build.h"

#include <stdio.h>
#include <string.h>

enum {
    TAG_FLOAT = 0,
    TAG_HALF = 0x01306B47,
    TAG_INT8 = 0x000D4B38,
    TAG_SCALED = 0x0002C056, // float32 that was scaled for int8, which makes no difference
};

static bool grow_loads(nn_ncnn_import *m)
{
    if (m->load_count < m->load_capacity)
        return true;
    const int bigger = m->load_capacity ? 2 * m->load_capacity : 256;
    nn_ncnn_numbers *p =
        nn_realloc(m->loads, (size_t)m->load_count * sizeof *p, (size_t)bigger * sizeof *p);
    if (!p)
        return false;
    m->loads = p;
    m->load_capacity = bigger;
    return true;
}

// Adds a parameter whose values `load` describes, and takes over its copy.
static nn_ncnn_value add(nn_ncnn_node *n, const char *suffix, nn_param_kind kind,
                         const nn_shape *shape, nn_ncnn_numbers load)
{
    nn_ncnn_import *m = n->import;
    char name[256];
    snprintf(name, sizeof name, "%s%s%s", m->layer->name, *suffix ? "." : "", suffix);
    const bool room = grow_loads(m);
    const nn_value v = room ? nn_graph_param(m->graph, name, kind, shape) : NN_FAILED_VALUE;
    if (v < 0) {
        nn_error err;
        const nn_status status = room ? nn_graph_check(m->graph, &err) : NN_ENOMEM;
        nn_ncnn_fail(n, status, "%s", room ? err.text : "out of memory");
        nn_free(load.copy);
        return nn_ncnn_none;
    }
    load.param = nn_graph_value(m->graph, v).index;
    load.count = nn_shape_count(shape);
    m->loads[m->load_count++] = load;
    return (nn_ncnn_value){v, *shape, *shape};
}

static bool take(nn_ncnn_node *n, size_t size, const uint8_t **bytes)
{
    nn_ncnn_import *m = n->import;
    if (size > m->bin_left) {
        nn_ncnn_fail(
            n, NN_EFORMAT,
            "needs %zu bytes of weights, but %zu are left: is the .bin cut off, or of another "
            "model?",
            size, m->bin_left);
        return false;
    }
    *bytes = m->bin;
    m->bin += size;
    m->bin_left -= size;
    return true;
}

static bool check_shape(nn_ncnn_node *n, const nn_shape *shape)
{
    nn_error err;
    if (nn_ncnn_failed(n))
        return false;
    if (nn_shape_check(shape, NN_F32, &err) != NN_OK || nn_shape_count(shape) < 1) {
        nn_ncnn_fail(n, NN_EFORMAT, "its weights have no sound size");
        return false;
    }
    return true;
}

static bool read_tag(nn_ncnn_node *n, bool *half)
{
    const uint8_t *b;
    if (!take(n, 4, &b))
        return false;
    const uint32_t tag =
        (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    *half = tag == TAG_HALF;
    if (tag == TAG_HALF || tag == TAG_FLOAT || tag == TAG_SCALED)
        return true;
    if (tag == TAG_INT8)
        nn_ncnn_fail(n, NN_EUNSUPPORTED,
                     "its weights are int8; models in float32 or float16 are supported");
    else if (b[0] || b[1] || b[2] || b[3])
        nn_ncnn_fail(n, NN_EUNSUPPORTED,
                     "its weights are a table of 256 numbers, or the .bin is of another model "
                     "(tag %08x)",
                     (unsigned)tag);
    return false;
}

static nn_ncnn_value read(nn_ncnn_node *n, const char *suffix, nn_param_kind kind,
                          const nn_shape *shape, bool tagged, nn_ncnn_numbers load)
{
    if (!check_shape(n, shape) || (tagged && !read_tag(n, &load.half)))
        return nn_ncnn_none;
    const size_t size = (size_t)nn_shape_count(shape) * (load.half ? 2 : 4);
    if (!take(n, size + (load.half ? size % 4 : 0), &load.bytes)) // aligned to 4 bytes
        return nn_ncnn_none;
    n->import->half |= load.half;
    return add(n, suffix, kind, shape, load);
}

nn_ncnn_value nn_ncnn_weight(nn_ncnn_node *n, const char *suffix, nn_param_kind kind,
                             const nn_shape *shape)
{
    return read(n, suffix, kind, shape, true, (nn_ncnn_numbers){0});
}

nn_ncnn_value nn_ncnn_plain(nn_ncnn_node *n, const char *suffix, nn_param_kind kind,
                            const nn_shape *shape)
{
    return read(n, suffix, kind, shape, false, (nn_ncnn_numbers){0});
}

nn_ncnn_value nn_ncnn_swapped(nn_ncnn_node *n, const char *suffix, const nn_shape *shape,
                              int groups)
{
    const nn_ncnn_numbers load = {
        .groups = groups, .outer = shape->dim[1], .inner = shape->dim[0] / groups};
    return read(n, suffix, NN_PARAM_WEIGHT, shape, true, load);
}

nn_ncnn_value nn_ncnn_constant(nn_ncnn_node *n, const char *suffix, const nn_shape *shape,
                               const float *data)
{
    if (!check_shape(n, shape))
        return nn_ncnn_none;
    const size_t bytes = (size_t)nn_shape_count(shape) * sizeof(float);
    if (bytes > n->import->budget) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "constants of too many bytes");
        return nn_ncnn_none;
    }
    nn_ncnn_numbers load = {.copy = nn_alloc(bytes)};
    if (!load.copy) {
        nn_ncnn_fail(n, NN_ENOMEM, "out of memory");
        return nn_ncnn_none;
    }
    n->import->budget -= bytes;
    memcpy(load.copy, data, bytes);
    return add(n, suffix, NN_PARAM_BUFFER, shape, load);
}

nn_ncnn_value nn_ncnn_scalar(nn_ncnn_node *n, const char *suffix, float x)
{
    const nn_shape shape = nn_shape_1d(1);
    return nn_ncnn_constant(n, suffix, &shape, &x);
}

nn_ncnn_value nn_ncnn_permute_channels(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x,
                                       const float *order, int64_t count)
{
    const nn_gather_params p = {.axis = 1};
    const nn_shape shape = nn_shape_1d(count);
    const nn_ncnn_value in[] = {x, nn_ncnn_constant(n, "order", &shape, order)};
    return nn_ncnn_emit(n, suffix, &nn_op_gather, &p, in, 2);
}

static void fill(const nn_ncnn_numbers *l, float *to)
{
    const nn_dtype type = l->half ? NN_F16 : NN_F32;
    const size_t size = l->half ? 2 : 4;
    if (l->copy) {
        memcpy(to, l->copy, (size_t)l->count * sizeof *to);
        return;
    }
    if (l->outer == 0) {
        nn_convert(NN_F32, to, type, l->bytes, l->count);
        return;
    }
    const int64_t rest = l->count / (l->groups * l->outer * l->inner);
    for (int64_t g = 0; g < l->groups; g++)
        for (int64_t o = 0; o < l->outer; o++)
            for (int64_t i = 0; i < l->inner; i++)
                nn_convert(NN_F32, to + ((g * l->inner + i) * l->outer + o) * rest, type,
                           l->bytes + (size_t)(((g * l->outer + o) * l->inner + i) * rest) * size,
                           rest);
}

void nn_ncnn_fill(const nn_ncnn_import *m, nn_model *model)
{
    for (int i = 0; i < m->load_count; i++)
        fill(&m->loads[i], nn_tensor_f32(&model->params[m->loads[i].param]));
}

void nn_ncnn_import_release(nn_ncnn_import *m)
{
    for (int i = 0; i < m->load_count; i++)
        nn_free(m->loads[i].copy);
    nn_free(m->loads);
    nn_free(m->blobs);
}
