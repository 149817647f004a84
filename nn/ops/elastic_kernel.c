// SPDX-License-Identifier: MIT
// Depthwise kernel of 7x7, 5x5 or 3x3 taken from one 7x7 master, as the elastic kernels of
// Once-for-All (Cai 2020, section 3.2).
//
// elastic_kernel: master (C,1,7,7), to5 (25,25), to3 (9,9), image (N,3,H,W; only its shape) ->
// (C,1,K,K). K = 3, 5 or 7 as min(H,W)/224 < 1.5, < 2.5 or not: centre crop times a shared matrix.
#include "nn/ops/ops.h"

#include <string.h>

enum { MASTER, TO5, TO3, IMAGE, INPUTS };
enum { SIDE = 7, AREA7 = 49, AREA5 = 25, AREA3 = 9, AREA_MAX = 32 };

// 3 when the shorter side of the image is below 1.5 * 224 pixels, 5 when it is below 2.5 * 224,
// else 7.
static int find_side(const nn_shape *image)
{
    int64_t side = image->dim[2] < image->dim[3] ? image->dim[2] : image->dim[3];
    return 2 * side < 3 * 224 ? 3 : 2 * side < 5 * 224 ? 5 : 7;
}

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    (void)params, (void)n_in;
    char text[80];
    const nn_shape *m = &in[MASTER], five = nn_shape_2d(AREA5, AREA5),
                   three = nn_shape_2d(AREA3, AREA3);
    if (m->rank != 4 || m->dim[1] != 1 || m->dim[2] != SIDE || m->dim[3] != SIDE)
        return nn_fail(err, NN_ESHAPE, "elastic_kernel: master %s must be (C,1,7,7)",
                       nn_shape_text(m, text, sizeof text));
    if (!nn_shape_equal(&in[TO5], &five) || !nn_shape_equal(&in[TO3], &three))
        return nn_fail(err, NN_ESHAPE, "elastic_kernel: to5 must be 25x25 and to3 9x9, not %s",
                       nn_shape_text(nn_shape_equal(&in[TO5], &five) ? &in[TO3] : &in[TO5], text,
                                     sizeof text));
    if (in[IMAGE].rank != 4)
        return nn_fail(err, NN_ESHAPE, "elastic_kernel: image %s must be (N,C,H,W)",
                       nn_shape_text(&in[IMAGE], text, sizeof text));
    int side = find_side(&in[IMAGE]);
    *out = nn_shape_4d(m->dim[0], 1, side, side);
    return NN_OK;
}

static double count_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)params, (void)n_in;
    int side = (int)out->dim[3];
    double channels = (double)in[MASTER].dim[0];
    return channels * ((side <= 5 ? AREA5 * AREA5 : 0) + (side == 3 ? AREA3 * AREA3 : 0));
}

// The middle of a (side+2) x (side+2) kernel.
static void crop(float *to, const float *from, int side)
{
    for (int y = 0; y < side; y++)
        memcpy(to + y * side, from + (y + 1) * (side + 2) + 1, (size_t)side * sizeof *to);
}

static void add_crop(float *to, const float *from, int side)
{
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            to[(y + 1) * (side + 2) + x + 1] += from[y * side + x];
}

// out = matrix in
static void map(float *out, const float *matrix, const float *in, int n)
{
    for (int i = 0; i < n; i++) {
        double sum = 0.0;
        for (int j = 0; j < n; j++)
            sum += (double)matrix[i * n + j] * (double)in[j];
        out[i] = (float)sum;
    }
}

// grad_in = matrix^T grad_out; grad_matrix += grad_out in^T.
static void map_back(float *grad_in, float *grad_matrix, const float *matrix, const float *in,
                     const float *grad_out, int n)
{
    for (int j = 0; j < n; j++) {
        double sum = 0.0;
        for (int i = 0; i < n; i++)
            sum += (double)matrix[i * n + j] * (double)grad_out[i];
        grad_in[j] = (float)sum;
    }
    if (grad_matrix)
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                grad_matrix[i * n + j] += grad_out[i] * in[j];
}

static void forward(const nn_op_call *call)
{
    int side = (int)call->out->shape.dim[3], area = side * side;
    const float *master = nn_tensor_f32(&call->in[MASTER]);
    float *out = nn_tensor_f32(call->out), cut5[AREA_MAX], five[AREA_MAX], cut3[AREA_MAX];
    if (side == SIDE) {
        memcpy(out, master, nn_tensor_bytes(call->out));
        return;
    }
    for (int64_t c = 0; c < call->out->shape.dim[0]; c++, out += area) {
        crop(cut5, master + c * AREA7, 5);
        map(side == 5 ? out : five, nn_tensor_f32(&call->in[TO5]), cut5, AREA5);
        if (side == 5)
            continue;
        crop(cut3, five, 3);
        map(out, nn_tensor_f32(&call->in[TO3]), cut3, AREA3);
    }
}

static void backward(const nn_op_call *call)
{
    int side = (int)call->grad_out->shape.dim[3], area = side * side;
    const float *master = nn_tensor_f32(&call->in[MASTER]), *gy = nn_tensor_f32(call->grad_out);
    const float *to5 = nn_tensor_f32(&call->in[TO5]), *to3 = nn_tensor_f32(&call->in[TO3]);
    float *gm = nn_tensor_f32(&call->grad_in[MASTER]), *g5 = nn_tensor_f32(&call->grad_in[TO5]),
          *g3 = nn_tensor_f32(&call->grad_in[TO3]);
    int64_t channels = call->grad_out->shape.dim[0];
    if (side == SIDE) {
        if (gm)
            call->kernels->eltwise.add(gm, gm, gy, channels * AREA7);
        return;
    }
    for (int64_t c = 0; c < channels; c++, gy += area) {
        float cut5[AREA_MAX], five[AREA_MAX], cut3[AREA_MAX], grad3[AREA_MAX], grad5[AREA_MAX];
        float grad_five[AREA_MAX] = {0};
        const float *grad = gy;
        crop(cut5, master + c * AREA7, 5);
        if (side == 3) {
            map(five, to5, cut5, AREA5);
            crop(cut3, five, 3);
            map_back(grad3, g3, to3, cut3, gy, AREA3);
            add_crop(grad_five, grad3, 3);
            grad = grad_five;
        }
        map_back(grad5, g5, to5, cut5, grad, AREA5);
        if (gm)
            add_crop(gm + c * AREA7, grad5, 5);
    }
}

const nn_op nn_op_elastic_kernel = {
    .name = "elastic_kernel",
    .min_in = INPUTS,
    .max_in = INPUTS,
    .shape_only = 1u << IMAGE,
    .no_grad = 1u << IMAGE,
    .shape = find_shape,
    .macs = count_macs,
    .forward = forward,
    .backward = backward,
};
