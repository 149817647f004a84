// SPDX-License-Identifier: MIT
// ONNX: DFT and STFT as products with tables, and windows.
#include "nn/io/onnx/import/compose.h"
#include "nn/io/onnx/import/kernel_attributes.h"
#include "nn/io/onnx/onnx_proto.h"

#include <math.h>

enum { MAX_LENGTH = 4096 };

// cos or sin of 2 pi i k / length as length x bins.
static const nn_onnx_value *table(nn_onnx_node *n, int64_t length, int64_t bins, bool sine,
                                  float scale)
{
    const nn_shape shape = nn_shape_2d(length, bins);
    float *data;
    const nn_onnx_value *v = nn_onnx_make(n, &shape, false, &data);
    for (int64_t i = 0; data && i < length; i++)
        for (int64_t k = 0; k < bins; k++) {
            const double angle = 2 * M_PI * (double)(i * k % length) / (double)length;
            data[i * bins + k] = scale * (float)(sine ? sin(angle) : cos(angle));
        }
    return v;
}

// The transform of the last axis of a real and an imaginary part (NULL: 0), with a new last axis of
// both parts.
static const nn_onnx_value *transform(nn_onnx_node *n, const nn_onnx_value *real,
                                      const nn_onnx_value *imaginary, int64_t bins, bool inverse)
{
    if (!real || nn_onnx_failed(n))
        return NULL;
    const int rank = real->shape.rank;
    const int64_t length = real->shape.dim[rank - 1];
    const float scale = inverse ? 1.0f / (float)length : 1;
    const nn_onnx_value *cosine = table(n, length, bins, false, scale);
    const nn_onnx_value *sine = table(n, length, bins, true, inverse ? -scale : scale), *part[2];
    if (nn_onnx_failed(n))
        return NULL;
    part[0] = nn_onnx_put_matmul(n, real, cosine);
    part[1] = nn_onnx_pointwise(n, NN_POINTWISE_NEG, nn_onnx_put_matmul(n, real, sine), 0, 0);
    if (imaginary) {
        part[0] = nn_onnx_binary(n, &nn_op_add, part[0], nn_onnx_put_matmul(n, imaginary, sine));
        part[1] = nn_onnx_binary(n, &nn_op_add, part[1], nn_onnx_put_matmul(n, imaginary, cosine));
    }
    for (int i = 0; i < 2; i++)
        part[i] = nn_onnx_add_axis(n, part[i], rank);
    return nn_onnx_failed(n) ? NULL : nn_onnx_concat(n, part, 2, rank);
}

// One part of the last axis without it, and with `axis` as the last one.
static const nn_onnx_value *part_of(nn_onnx_node *n, const nn_onnx_value *x, int part, int axis,
                                    const int *perm)
{
    const int last = x->shape.rank - 1;
    const nn_onnx_value *v =
        nn_onnx_drop_axis(n, nn_onnx_slice(n, x, last, part, part + 1, 1), last);
    return v && axis != last - 1 ? nn_onnx_transpose(n, v, perm) : v;
}

// Cut, or with zeros behind.
static const nn_onnx_value *fit(nn_onnx_node *n, const nn_onnx_value *x, int axis, int64_t length)
{
    const int64_t have = x->shape.dim[axis];
    return have >= length ? nn_onnx_slice(n, x, axis, 0, length, 1)
                          : nn_onnx_pad_axis(n, x, axis, 0, (int32_t)(length - have), 0);
}

static void build_dft(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const int rank = x->shape.rank;
    const bool inverse = nn_onnx_int(n, "inverse", 0) != 0;
    const bool onesided = nn_onnx_int(n, "onesided", 0) != 0;
    int64_t at = nn_onnx_int(n, "axis", n->opset >= 20 ? -2 : 1), length = 0;
    int perm[NN_MAX_RANK], back[NN_MAX_RANK];
    if (n->n_in > 2 && n->in[2])
        nn_onnx_const_ints(n, n->in[2], &at, 1);
    const int axis = nn_onnx_axis(n, at, rank), last = rank - 1;
    if (rank < 2 || axis == last || x->shape.dim[last] < 1 || x->shape.dim[last] > 2)
        nn_onnx_fail(n, NN_ESHAPE, "the last axis must hold 1 or 2 parts of a number");
    if (nn_onnx_failed(n))
        return;
    length = x->shape.dim[axis];
    if (n->n_in > 1 && n->in[1])
        nn_onnx_const_ints(n, n->in[1], &length, 1);
    if (length < 1 || length > MAX_LENGTH)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a length of %lld, supported are 1 to %d",
                     (long long)length, MAX_LENGTH);
    if (nn_onnx_failed(n) || !(x = fit(n, x, axis, length)))
        return;
    for (int i = 0; i < last; i++) // the axis moves behind the others, then back
        perm[i] = i < axis ? i : i == last - 1 ? axis : i + 1;
    for (int i = 0; i < last; i++)
        back[perm[i]] = i;
    back[last] = last;
    const nn_onnx_value *y =
        transform(n, part_of(n, x, 0, axis, perm),
                  x->shape.dim[last] == 2 ? part_of(n, x, 1, axis, perm) : NULL,
                  onesided ? length / 2 + 1 : length, inverse);
    if (y)
        nn_onnx_output(n, 0, axis != last - 1 ? nn_onnx_transpose(n, y, back) : y);
}

// Frames of a real signal N x L x 1, times a window.
static void build_stft(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *window = n->n_in > 2 ? n->in[2] : NULL;
    const bool onesided = nn_onnx_int(n, "onesided", 1) != 0;
    int64_t step = 0, length = window ? nn_shape_count(&window->shape) : 0;
    float *data;
    if (nn_onnx_const_ints(n, n->in[1], &step, 1) == 1 && n->n_in > 3 && n->in[3])
        nn_onnx_const_ints(n, n->in[3], &length, 1);
    if (nn_onnx_failed(n))
        return;
    if (x->shape.rank < 2 || x->shape.rank > 3 || (x->shape.rank == 3 && x->shape.dim[2] != 1) ||
        length < 1 || length > MAX_LENGTH || step < 1 || x->shape.dim[1] < length) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "frames of %lld with steps of %lld are not supported",
                     (long long)length, (long long)step);
        return;
    }
    const int64_t frames = (x->shape.dim[1] - length) / step + 1;
    const nn_shape flat = nn_shape_2d(x->shape.dim[0], x->shape.dim[1]);
    const nn_shape shape = nn_shape_2d(frames, length);
    const nn_onnx_value *places = nn_onnx_make(n, &shape, true, &data);
    for (int64_t i = 0; data && i < frames * length; i++)
        data[i] = (float)(i / length * step + i % length);
    x = nn_onnx_gather(n, nn_onnx_reshape(n, x, &flat), places, 1);
    if (window && x)
        x = nn_onnx_binary(n, &nn_op_mul, x, window);
    nn_onnx_output(n, 0, transform(n, x, NULL, onesided ? length / 2 + 1 : length, false));
}

// Sums of cosines.
static void build_window(nn_onnx_node *n)
{
    static const double parts[][3] = {{0.5, 0.5, 0}, {25.0 / 46, 21.0 / 46, 0}, {0.42, 0.5, 0.08}};
    const double *a = parts[n->arg];
    int64_t size = 0;
    float *data;
    if (nn_onnx_const_ints(n, n->in[0], &size, 1) != 1 || size < 1 || size > 1 << 20)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a size that is no number from 1 to 2^20");
    if (nn_onnx_failed(n))
        return;
    const nn_shape shape = nn_shape_1d(size);
    const double turns =
        (double)(nn_onnx_int(n, "periodic", 1) != 0 || size == 1 ? size : size - 1);
    const nn_onnx_value *y = nn_onnx_make(n, &shape, false, &data);
    for (int64_t i = 0; data && i < size; i++) {
        const double angle = 2 * M_PI * (double)i / turns;
        data[i] = (float)(a[0] - a[1] * cos(angle) + a[2] * cos(2 * angle));
    }
    const int64_t type = nn_onnx_int(n, "output_datatype", 1);
    nn_onnx_output(n, 0, type > 0 && type < 64 ? nn_onnx_typed(n, y, (int)type) : y);
}

const nn_onnx_op nn_onnx_signal[] = {
    {"DFT", 1, 3, 1, build_dft, 0},
    {"STFT", 2, 4, 1, build_stft, 0},
    {"HannWindow", 1, 1, 1, build_window, 0},
    {"HammingWindow", 1, 1, 1, build_window, 1},
    {"BlackmanWindow", 1, 1, 1, build_window, 2},
    {0},
};
