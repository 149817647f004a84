// SPDX-License-Identifier: MIT
// The fields and shapes of a layer, for the builders of ncnn layers, and their errors.
#include "nn/base/first_failure.h"
#include "nn/io/ncnn/build.h"

#include <math.h>
#include <stdarg.h>

const nn_ncnn_value nn_ncnn_none = {NN_NO_VALUE, {.rank = -1}, {.rank = -1}};

void nn_ncnn_fail(nn_ncnn_node *n, nn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nn_fail_first(&n->import->error, status, format, args);
    va_end(args);
}

bool nn_ncnn_failed(const nn_ncnn_node *n)
{
    return n->import->error.status != NN_OK;
}

// --- fields ---

static const nn_ncnn_field *find_field(const nn_ncnn_node *n, int id)
{
    return nn_ncnn_field_find(n->import->net, n->import->layer, id);
}

bool nn_ncnn_has(const nn_ncnn_node *n, int id)
{
    return find_field(n, id) != NULL;
}

void nn_ncnn_no_text(nn_ncnn_node *n, int id)
{
    const nn_ncnn_field *f = find_field(n, id);
    if (f && f->text)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "shapes as expressions (%d=) are not supported", id);
}

const double *nn_ncnn_array(nn_ncnn_node *n, int id, int *count)
{
    const nn_ncnn_field *f = find_field(n, id);
    *count = f ? f->count : 0;
    if (f && f->text)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "its parameter %d is text", id);
    return *count > 0 ? n->import->net->numbers + f->first : NULL;
}

static bool find_number(nn_ncnn_node *n, int id, double *out)
{
    int count;
    const double *numbers = nn_ncnn_array(n, id, &count);
    if (!nn_ncnn_has(n, id) || nn_ncnn_failed(n))
        return false;
    if (count != 1) {
        nn_ncnn_fail(n, NN_EFORMAT, "its parameter %d is no single number", id);
        return false;
    }
    *out = numbers[0];
    return true;
}

static int to_int(nn_ncnn_node *n, int id, double v)
{
    if (v == floor(v) && fabs(v) <= INT32_MAX)
        return (int)v;
    nn_ncnn_fail(n, NN_EFORMAT, "its parameter %d is no whole number below 2^31", id);
    return 0;
}

int nn_ncnn_int(nn_ncnn_node *n, int id, int otherwise)
{
    double v;
    return find_number(n, id, &v) ? to_int(n, id, v) : otherwise;
}

float nn_ncnn_float(nn_ncnn_node *n, int id, float otherwise)
{
    double v;
    return find_number(n, id, &v) ? (float)v : otherwise;
}

int nn_ncnn_ints(nn_ncnn_node *n, int id, int *out, int max)
{
    int count;
    const double *numbers = nn_ncnn_array(n, id, &count);
    if (count > max) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "its parameter %d has %d numbers, at most %d", id, count,
                     max);
        return 0;
    }
    for (int i = 0; i < count; i++)
        out[i] = to_int(n, id, numbers[i]);
    return count;
}

// --- shapes ---

int nn_ncnn_dims(const nn_ncnn_value *v)
{
    return v->shape.rank - 1;
}

bool nn_ncnn_is_open(const nn_ncnn_value *v, int axis)
{
    return v->shape.rank != v->other.rank || v->shape.dim[axis] != v->other.dim[axis];
}

void nn_ncnn_bind_size(nn_ncnn_node *n)
{
    n->import->bound = true;
}

int64_t nn_ncnn_dim(nn_ncnn_node *n, const nn_ncnn_value *v, int axis)
{
    if (axis < 0 || axis >= v->shape.rank)
        return 1;
    if (nn_ncnn_is_open(v, axis))
        nn_ncnn_bind_size(n);
    return v->shape.dim[axis];
}

int nn_ncnn_axis(nn_ncnn_node *n, const nn_ncnn_value *v, int axis)
{
    const int dims = nn_ncnn_dims(v), at = axis < 0 ? dims + axis : axis;
    if (at >= 0 && at < dims)
        return at + 1;
    nn_ncnn_fail(n, NN_EFORMAT, "axis %d of a blob with %d", axis, dims);
    return 0;
}
