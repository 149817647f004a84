// SPDX-License-Identifier: MIT
// ONNX: Col2Im, PyTorch's fold: columns, each a patch of all channels, added up to an image.
#include "nn/io/onnx/import/kernel_attributes.h"

typedef struct fold {
    nn_onnx_kernel w; // kernel is block_shape
    int64_t image[2], steps[2], channels, taps;
} fold;

// Places of the block along each side of the image; 0 when it does not fit.
static int64_t count_steps(const nn_onnx_kernel *w, int axis, int64_t image)
{
    const int64_t reach = (int64_t)w->dilation[axis] * (w->kernel[axis] - 1) + 1;
    const int64_t room = image + w->begin[axis] + w->end[axis] - reach;
    return room < 0 ? 0 : room / w->stride[axis] + 1;
}

static bool read_fold(nn_onnx_node *n, fold *f)
{
    int64_t block[2] = {0};
    const nn_shape *x = &n->in[0]->shape;
    const int sides = nn_onnx_const_ints(n, n->in[1], f->image, 2);
    const int blocks = nn_onnx_const_ints(n, n->in[2], block, 2);
    if (nn_onnx_failed(n))
        return false;
    for (int i = 0; i < 2; i++)
        if (sides != 2 || blocks != 2 || f->image[i] < 1 || f->image[i] > 1 << 20 || block[i] < 1 ||
            block[i] > 256) {
            nn_onnx_fail(n, NN_EUNSUPPORTED,
                         "images of 2 sides, up to 2^20, and blocks up to 256x256 are supported");
            return false;
        }
    f->w = nn_onnx_read_kernel(n, 4, &(nn_shape){4, {1, 1, block[0], block[1]}});
    f->taps = block[0] * block[1];
    for (int i = 0; i < 2 && !nn_onnx_failed(n); i++)
        f->steps[i] = count_steps(&f->w, NN_ONNX_Y + i, f->image[i]);
    f->channels = x->rank == 3 ? x->dim[1] / f->taps : 0;
    if (x->rank != 3 || f->channels < 1 || x->dim[1] % f->taps != 0 ||
        x->dim[2] != f->steps[0] * f->steps[1] || x->dim[2] < 1)
        nn_onnx_fail(n, NN_ESHAPE, "%lldx%lld places of a block do not suit columns of %lld",
                     (long long)f->steps[0], (long long)f->steps[1],
                     (long long)(x->rank == 3 ? x->dim[2] : 0));
    return !nn_onnx_failed(n);
}

// A transposed convolution whose weights put tap i of a column at place i of its block.
static void build_col2im(nn_onnx_node *n)
{
    fold f;
    float *weight;
    if (!read_fold(n, &f))
        return;
    const int32_t *kernel = &f.w.kernel[NN_ONNX_Y];
    const nn_shape taps = {4, {f.channels * f.taps, 1, kernel[0], kernel[1]}};
    const nn_shape columns =
        nn_shape_4d(n->in[0]->shape.dim[0], f.channels * f.taps, f.steps[0], f.steps[1]);
    const nn_onnx_value *in[] = {nn_onnx_reshape(n, n->in[0], &columns),
                                 nn_onnx_make(n, &taps, false, &weight)};
    for (int64_t i = 0; weight && i < f.channels * f.taps * f.taps; i++)
        weight[i] = i / f.taps % f.taps == i % f.taps;
    nn_conv_transpose_params p = {.groups = (int32_t)f.channels};
    for (int i = 0; i < 2; i++) {
        const int a = NN_ONNX_Y + i;
        p.stride[i] = f.w.stride[a];
        p.dilation[i] = f.w.dilation[a];
        p.pad[i] = f.w.begin[a];
        p.pad[2 + i] = f.w.end[a];
        p.output_pad[i] =
            (int32_t)(f.image[i] + p.pad[i] + p.pad[2 + i] - (f.steps[i] - 1) * p.stride[i] -
                      (int64_t)p.dilation[i] * (kernel[i] - 1) - 1);
    }
    nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_conv_transpose, &p, in, 2));
}

const nn_onnx_op nn_onnx_fold[] = {
    {"Col2Im", 3, 3, 1, build_col2im, 0},
    {0},
};
