// SPDX-License-Identifier: MIT
// Strides of blocked images, their halo, and copies from and to dense ones.
#include "nn/tensor/blocked.h"

#include <string.h>

int64_t nn_blocked_plan(nn_tensor *t, const nn_halo *halo, int64_t *origin)
{
    int64_t width = t->shape.dim[3] + halo->left + halo->right;
    int64_t height = t->shape.dim[2] + halo->top + halo->bottom;
    t->layout = NN_BLOCKED;
    t->row = width * NN_BLOCK;
    t->plane = height * t->row;
    t->image = nn_blocked_count(t->shape.dim[1]) * t->plane;
    *origin = halo->top * t->row + halo->left * NN_BLOCK;
    return t->shape.dim[0] * t->image;
}

static void clear_plane(float *plane, int64_t row, int64_t h, int64_t w, const nn_halo *halo)
{
    size_t left = (size_t)halo->left * NN_BLOCK, right = (size_t)halo->right * NN_BLOCK;
    float *start = plane - halo->top * row - halo->left * NN_BLOCK;
    memset(start, 0, (size_t)(halo->top * row) * sizeof *plane);
    for (int64_t y = 0; y < h && left + right; y++) {
        memset(plane + y * row - left, 0, left * sizeof *plane);
        memset(plane + y * row + w * NN_BLOCK, 0, right * sizeof *plane);
    }
    memset(start + (halo->top + h) * row, 0, (size_t)(halo->bottom * row) * sizeof *plane);
}

void nn_blocked_clear_halo(const nn_tensor *t, const nn_halo *halo)
{
    const int64_t *dim = t->shape.dim;
    for (int64_t n = 0; n < dim[0]; n++)
        for (int64_t b = 0; b < nn_blocked_count(dim[1]); b++)
            clear_plane(nn_blocked_at(t, n, b, 0, 0), t->row, dim[2], dim[3], halo);
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
