// SPDX-License-Identifier: MIT
// Interp: resizes images.
#include "nn/io/ncnn/layers/kernel_fields.h"

#include <math.h>

enum { NEAREST = 1, BILINEAR, BICUBIC };

typedef struct target {
    int size[2];    // y, x; 0: by scale
    float scale[2]; // y, x
} target;

// The size that a scale gives.
static int32_t scaled_size(nn_ncnn_node *n, const nn_ncnn_value *x, const target *t, int i)
{
    const double size = floor((double)nn_ncnn_dim(n, x, 2 + i) * (double)t->scale[i]);
    if (size >= 1 && size <= INT32_MAX)
        return (int32_t)size;
    nn_ncnn_fail(n, NN_EUNSUPPORTED, "an output size of %g is not supported", size);
    return 1;
}

static nn_ncnn_value cubic(nn_ncnn_node *n, nn_ncnn_value x, const target *t, bool corners)
{
    nn_resample_params p = {.mode = NN_SAMPLE_CUBIC,
                            .place = corners ? NN_PLACE_CORNERS : NN_PLACE_HALF_PIXEL,
                            .cubic = -0.75f};
    for (int i = 0; i < 2; i++) {
        p.size[i] = t->size[i] > 0 ? t->size[i] : scaled_size(n, &x, t, i);
        p.scale[i] = (float)p.size[i] / (float)nn_ncnn_dim(n, &x, 2 + i);
    }
    return nn_ncnn_emit(n, NULL, &nn_op_resample, &p, &x, 1);
}

// Whether the scaled size is a whole number, for other pictures, too. Otherwise ncnn samples by the
// sizes instead of the scale.
static bool is_exact(const nn_ncnn_value *x, const target *t, int i)
{
    const double a = (double)x->shape.dim[2 + i] * (double)t->scale[i];
    const double b = (double)x->other.dim[2 + i] * (double)t->scale[i];
    return a == floor(a) && b == floor(b);
}

static nn_ncnn_value resize(nn_ncnn_node *n, nn_ncnn_value x, const target *t)
{
    const int kind = nn_ncnn_int(n, 0, 0);
    const bool corners = nn_ncnn_int(n, 6, 0) != 0;
    nn_resize_params p = {.mode = kind == NEAREST ? NN_RESIZE_NEAREST : NN_RESIZE_BILINEAR,
                          .align_corners = corners && kind == BILINEAR};
    for (int i = 0; i < 2; i++) {
        p.size[i] = t->size[i];
        p.scale[i] = t->scale[i];
    }
    if (kind == BILINEAR && p.size[0] == 0 && !(is_exact(&x, t, 0) && is_exact(&x, t, 1)))
        for (int i = 0; i < 2; i++)
            p.size[i] = scaled_size(n, &x, t, i);
    if (kind == BICUBIC)
        return cubic(n, x, t, corners);
    if (kind == NEAREST || kind == BILINEAR)
        return nn_ncnn_emit(n, NULL, &nn_op_resize, &p, &x, 1);
    nn_ncnn_fail(n, NN_EUNSUPPORTED, "interpolation of kind %d is not supported", kind);
    return nn_ncnn_none;
}

// Makes an image of a vector, with one value in each channel.
static nn_ncnn_value spread(nn_ncnn_node *n, nn_ncnn_value x, const nn_ncnn_value *like,
                            const target *t)
{
    const nn_resize_params p = {.mode = NN_RESIZE_NEAREST,
                                .size = {t->size[0], t->size[1]},
                                .scale = {t->scale[0], t->scale[1]}};
    const nn_ncnn_value in[] = {nn_ncnn_reshape(n, "pixel", x, 4, (const int64_t[]){0, 1, -1, -1}),
                                like ? *like : nn_ncnn_none};
    return nn_ncnn_emit(n, NULL, &nn_op_resize, &p, in, 2);
}

// Resizes to height and width of the second blob.
static void build_like(nn_ncnn_node *n)
{
    const nn_ncnn_value x = n->in[0], like = n->in[1];
    const int kind = nn_ncnn_int(n, 0, 0);
    if (nn_ncnn_dims(&like) != 3 || (nn_ncnn_dims(&x) != 3 && nn_ncnn_dims(&x) != 1)) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "inputs with %d and %d axes are not supported",
                     nn_ncnn_dims(&x), nn_ncnn_dims(&like));
        return;
    }
    if (nn_ncnn_dims(&x) == 1) {
        nn_ncnn_output(n, 0, spread(n, x, &like, &(target){0}));
        return;
    }
    target t = {{1, 1}, {0, 0}};
    if (kind == BICUBIC) {
        for (int i = 0; i < 2; i++)
            t.size[i] = (int)nn_ncnn_dim(n, &like, 2 + i);
        nn_ncnn_output(n, 0, resize(n, x, &t));
        return;
    }
    const nn_resize_params p = {.mode = kind == NEAREST ? NN_RESIZE_NEAREST : NN_RESIZE_BILINEAR,
                                .align_corners = kind == BILINEAR && nn_ncnn_int(n, 6, 0)};
    if (kind != NEAREST && kind != BILINEAR)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "interpolation of kind %d is not supported", kind);
    nn_ncnn_output(n, 0,
                   nn_ncnn_emit(n, NULL, &nn_op_resize, &p, (const nn_ncnn_value[]){x, like}, 2));
}

static void build_interp(nn_ncnn_node *n)
{
    const nn_ncnn_value x = n->in[0];
    target t = {.scale = {nn_ncnn_float(n, 1, 1), nn_ncnn_float(n, 2, 1)},
                .size = {nn_ncnn_int(n, 3, 0), nn_ncnn_int(n, 4, 0)}};
    nn_ncnn_no_text(n, 9);
    if (nn_ncnn_failed(n))
        return;
    if (t.size[0] < 1 || t.size[1] < 1)
        t.size[0] = t.size[1] = 0;
    if (n->n_in == 2)
        build_like(n);
    else if (nn_ncnn_dims(&x) == 1)
        nn_ncnn_output(n, 0, spread(n, x, NULL, &t));
    else if (nn_ncnn_dims(&x) != 3)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "an input with %d axes is not supported",
                     nn_ncnn_dims(&x));
    else
        nn_ncnn_output(n, 0, resize(n, x, &t));
}

const nn_ncnn_op nn_ncnn_resize[] = {
    {"Interp", 1, 2, 1, build_interp, 0},
    {0},
};
