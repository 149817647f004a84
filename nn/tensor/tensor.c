// SPDX-License-Identifier: MIT
// Shapes, owning tensors and element conversion.
#include "nn/tensor/tensor.h"

#include "nn/base/memory.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
} DTYPES[NN_DTYPE_COUNT] = {
    [NN_F32] = {"F32", 4}, [NN_F16] = {"F16", 2}, [NN_BF16] = {"BF16", 2}, [NN_I64] = {"I64", 8},
    [NN_I32] = {"I32", 4}, [NN_U8] = {"U8", 1},   [NN_I8] = {"I8", 1},     [NN_F64] = {"F64", 8},
};

size_t nn_dtype_size(nn_dtype dtype)
{
    return DTYPES[dtype].size;
}

const char *nn_dtype_name(nn_dtype dtype)
{
    return DTYPES[dtype].name;
}

nn_shape nn_shape_make(int rank, const int64_t *dims)
{
    nn_shape s = {.rank = rank};
    for (int i = 0; i < rank && i < NN_MAX_RANK; i++)
        s.dim[i] = dims[i];
    return s;
}

nn_shape nn_shape_1d(int64_t a)
{
    return (nn_shape){1, {a}};
}

nn_shape nn_shape_2d(int64_t a, int64_t b)
{
    return (nn_shape){2, {a, b}};
}

nn_shape nn_shape_4d(int64_t n, int64_t c, int64_t h, int64_t w)
{
    return (nn_shape){4, {n, c, h, w}};
}

bool nn_shape_equal(const nn_shape *a, const nn_shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

int64_t nn_shape_span(const nn_shape *s, int from, int to)
{
    int64_t n = 1;
    for (int i = from; i < to && i < s->rank; i++)
        n *= s->dim[i];
    return n;
}

int64_t nn_shape_count(const nn_shape *s)
{
    return nn_shape_span(s, 0, s->rank);
}

nn_status nn_shape_check(const nn_shape *s, nn_dtype dtype, nn_error *err)
{
    if (s->rank < 0 || s->rank > NN_MAX_RANK)
        return nn_fail(err, NN_ESHAPE, "rank %d is not in 0..%d", s->rank, NN_MAX_RANK);
    uint64_t bytes = nn_dtype_size(dtype); // dims may be larger than a size_t of 32 bits
    for (int i = 0; i < s->rank; i++) {
        if (s->dim[i] < 0)
            return nn_fail(err, NN_ESHAPE, "dim %d is negative (%lld)", i, (long long)s->dim[i]);
        // A dimension of 0 must not hide an overflow of the others: callers take spans over parts
        // of a shape.
        if (s->dim[i] && __builtin_mul_overflow(bytes, (uint64_t)s->dim[i], &bytes))
            bytes = UINT64_MAX;
    }
    char text[96];
    if (bytes > PTRDIFF_MAX / 2)
        return nn_fail(err, NN_ESHAPE, "%s elements are too many",
                       nn_shape_text(s, text, sizeof text));
    return NN_OK;
}

char *nn_shape_text(const nn_shape *s, char *buf, size_t size)
{
    size_t used = 0;
    if (size)
        buf[0] = '\0';
    if (s->rank <= 0)
        snprintf(buf, size, s->rank ? "none" : "scalar");
    for (int i = 0; i < s->rank && used < size; i++)
        used +=
            (size_t)snprintf(buf + used, size - used, "%s%lld", i ? "x" : "", (long long)s->dim[i]);
    return buf;
}

size_t nn_tensor_bytes(const nn_tensor *t)
{
    return (size_t)nn_shape_count(&t->shape) * nn_dtype_size(t->dtype);
}

nn_status nn_tensor_init(nn_tensor *t, nn_dtype dtype, const nn_shape *shape, nn_error *err)
{
    *t = (nn_tensor){.shape = *shape, .dtype = dtype};
    nn_status status = nn_shape_check(shape, dtype, err);
    if (status)
        return status;
    t->data = nn_calloc((size_t)nn_shape_count(shape), nn_dtype_size(dtype));
    char text[96];
    if (!t->data)
        return nn_fail(err, NN_ENOMEM, "no memory for a tensor of %s",
                       nn_shape_text(shape, text, sizeof text));
    return NN_OK;
}

void nn_tensor_release(nn_tensor *t)
{
    nn_free(t->data);
    t->data = NULL;
}
