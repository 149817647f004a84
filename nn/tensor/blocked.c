// SPDX-License-Identifier: MIT
// Strides and halo of blocked images, and copies from and to dense ones.
#include "nn/tensor/blocked.h"

#include <string.h>

int64_t nn_blocked_plan(nn_tensor *t, const nn_halo *halo, int64_t *origin)
{
    int64_t width = t->shape.dim[3] + halo->left + halo->right;
    int64_t height = t->shape.dim[2] + halo->top + halo->bottom;
    const bool bytes = t->dtype == NN_U8;
    const int64_t lanes = bytes ? NN_BYTE_BLOCK : NN_BLOCK, channels = t->shape.dim[1];
    t->layout = NN_BLOCKED;
    t->row = width * lanes;
    t->plane = height * t->row;
    t->image = (bytes ? nn_byte_blocked_count(channels) : nn_blocked_count(channels)) * t->plane;
    *origin = halo->top * t->row + halo->left * lanes;
    return t->shape.dim[0] * t->image;
}

// Clears a few pixels without a call in the usual cases.
static void clear_pixels(float *at, int64_t pixels)
{
    enum { BYTES = NN_BLOCK * sizeof(float) };
    if (pixels == 2)
        memset(at, 0, 2 * BYTES);
    else if (pixels == 4)
        memset(at, 0, 4 * BYTES);
    else
        memset(at, 0, (size_t)pixels * BYTES);
}

// The right halo of a row and the left halo of the next are neighbours in memory.
static void clear_plane(float *plane, int64_t row, int64_t h, int64_t w, const nn_halo *halo)
{
    const int64_t left = (int64_t)halo->left * NN_BLOCK, right = (int64_t)halo->right * NN_BLOCK;
    float *last = plane + (h - 1) * row + w * NN_BLOCK;
    memset(plane - halo->top * row - left, 0, (size_t)(halo->top * row + left) * sizeof *plane);
    for (float *end = plane + w * NN_BLOCK; left + right && end < last; end += row)
        clear_pixels(end, halo->left + halo->right);
    memset(last, 0, (size_t)(right + halo->bottom * row) * sizeof *plane);
}

void nn_blocked_clear_halo(const nn_tensor *t, const nn_halo *halo)
{
    const int64_t *dim = t->shape.dim;
    for (int64_t n = 0; n < dim[0]; n++)
        for (int64_t b = 0; b < nn_blocked_count(dim[1]); b++)
            clear_plane(nn_blocked_at(t, n, b, 0, 0), t->row, dim[2], dim[3], halo);
}

// As clear_plane.
static void fill_plane(uint8_t *plane, int64_t row, int64_t h, int64_t w, const nn_halo *halo,
                       uint8_t byte)
{
    const int64_t left = (int64_t)halo->left * NN_BYTE_BLOCK;
    const int64_t right = (int64_t)halo->right * NN_BYTE_BLOCK;
    uint8_t *last = plane + (h - 1) * row + w * NN_BYTE_BLOCK;
    memset(plane - halo->top * row - left, byte, (size_t)(halo->top * row + left));
    for (uint8_t *end = plane + w * NN_BYTE_BLOCK; left + right && end < last; end += row)
        memset(end, byte, (size_t)(left + right));
    memset(last, byte, (size_t)(right + halo->bottom * row));
}

void nn_byte_blocked_fill_halo(const nn_tensor *t, const nn_halo *halo, uint8_t byte)
{
    const int64_t *dim = t->shape.dim;
    for (int64_t n = 0; n < dim[0]; n++)
        for (int64_t b = 0; b < nn_byte_blocked_count(dim[1]); b++)
            fill_plane(nn_byte_blocked_at(t, n, b, 0, 0), t->row, dim[2], dim[3], halo, byte);
}

static float *element(const nn_tensor *t, int64_t n, int64_t c, int64_t y)
{
    const int64_t *dim = t->shape.dim;
    if (t->layout == NN_BLOCKED)
        return nn_blocked_at(t, n, c / NN_BLOCK, y, 0) + c % NN_BLOCK;
    return nn_tensor_f32(t) + ((n * dim[1] + c) * dim[2] + y) * dim[3];
}

void nn_blocked_copy(const nn_tensor *dst, const nn_tensor *src)
{
    const int64_t *dim = src->shape.dim;
    int64_t to = dst->layout == NN_BLOCKED ? NN_BLOCK : 1;
    int64_t from = src->layout == NN_BLOCKED ? NN_BLOCK : 1;
    int64_t channels = to == NN_BLOCK ? nn_blocked_count(dim[1]) * NN_BLOCK : dim[1];
    for (int64_t n = 0; n < dim[0]; n++)
        for (int64_t c = 0; c < channels; c++)
            for (int64_t y = 0; y < dim[2]; y++) {
                float *d = element(dst, n, c, y);
                const float *s = c < dim[1] ? element(src, n, c, y) : NULL;
                for (int64_t x = 0; x < dim[3]; x++)
                    d[x * to] = s ? s[x * from] : 0.0f;
            }
}
