// SPDX-License-Identifier: MIT
// Sums and products of a blocked image with another image, with a number for each channel, or with
// a number for each pixel.
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/broadcast.h"

typedef enum operand { NO_OPERAND, IMAGE, CHANNELS, PIXELS } operand;

typedef struct binary_run {
    const nn_op_call *call;
    const nn_tensor *x, *b; // the image, the other operand
    operand kind;
    bool product;
    int64_t dim[4]; // of b, padded with ones in front to four axes
} binary_run;

// Tells how `b` is broadcast to the shape `out`, and writes its dims with ones in front.
static operand find_operand(const nn_shape *b, const nn_shape *out, int64_t dim[4])
{
    if (b->rank < 0 || b->rank > 4 || out->rank != 4)
        return NO_OPERAND;
    for (int i = 0; i < 4; i++)
        dim[i] = i < 4 - b->rank ? 1 : b->dim[i - (4 - b->rank)];
    if (dim[2] == out->dim[2] && dim[3] == out->dim[3]) {
        if (dim[1] == out->dim[1] && b->rank == 4)
            return IMAGE;
        if (dim[1] == 1)
            return PIXELS;
    }
    return dim[2] == 1 && dim[3] == 1 ? CHANNELS : NO_OPERAND;
}

// Index of the input that has the output's shape; -1 when there is none.
static int find_image(const nn_shape *a, const nn_shape *b, const nn_shape *out)
{
    return nn_shape_equal(a, out) ? 0 : nn_shape_equal(b, out) ? 1 : -1;
}

int nn_broadcast_impls(const nn_op_problem *problem, nn_op_impl *impl,
                       void (*run)(const nn_op_call *call))
{
    int64_t dim[4];
    const int image = find_image(&problem->in[0], &problem->in[1], problem->out);
    if (image < 0)
        return 0;
    const operand kind = find_operand(&problem->in[1 - image], problem->out, dim);
    const uint64_t both = 3, follow = kind == IMAGE ? both : 1u << image;
    if (kind == NO_OPERAND || !(problem->blocked & follow))
        return 0;
    *impl = (nn_op_impl){.name = "blocked", .blocked_out = true, .run = run};
    impl->blocked_in = kind == IMAGE ? both : (problem->blocked & both) | follow;
    return 1;
}

// One number per channel of a block; 0 behind the last channel.
static void find_numbers(const binary_run *r, const nn_blocked_row *at, float number[NN_BLOCK])
{
    const int channels = nn_blocked_channels(r->x, at->block);
    const int64_t n = r->dim[0] == 1 ? 0 : at->n, first = at->block * NN_BLOCK;
    for (int i = 0; i < NN_BLOCK; i++) {
        const int64_t c = r->dim[1] == 1 ? 0 : first + i;
        if (i >= channels)
            number[i] = 0.0f;
        else if (r->b->layout == NN_BLOCKED)
            number[i] = nn_blocked_at(r->b, n, c / NN_BLOCK, 0, 0)[c % NN_BLOCK];
        else
            number[i] = nn_tensor_f32(r->b)[n * r->dim[1] + c];
    }
}

static void write_row(const binary_run *r, const nn_blocked_row *at)
{
    static const float ones[NN_BLOCK] = {1, 1, 1, 1, 1, 1, 1, 1}, zeros[NN_BLOCK];
    const nn_kernels *k = r->call->kernels;
    const int64_t width = r->x->shape.dim[3], n = r->dim[0] == 1 ? 0 : at->n;
    const float *x = nn_blocked_row_data(r->x, at);
    float *y = nn_blocked_row_data(r->call->out, at), number[NN_BLOCK];
    if (r->kind == IMAGE) {
        const float *b = nn_blocked_at(r->b, n, at->block, at->y, 0);
        (r->product ? k->eltwise.mul : k->eltwise.add)(y, x, b, width * NN_BLOCK);
    } else if (r->kind == PIXELS) {
        const bool blocked = r->b->layout == NN_BLOCKED;
        const float *b = blocked ? nn_blocked_at(r->b, n, 0, at->y, 0)
                                 : nn_tensor_f32(r->b) + (n * r->dim[2] + at->y) * width;
        (r->product ? k->nchw8c.mul_pixels : k->nchw8c.add_pixels)(y, x, b, blocked ? NN_BLOCK : 1,
                                                                   width);
    } else {
        find_numbers(r, at, number);
        k->nchw8c.affine(y, x, r->product ? number : ones, r->product ? zeros : number, false,
                         width);
    }
}

static void write_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const binary_run *r = ctx;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(r->call->out, u);
        write_row(r, &at);
    }
}

void nn_broadcast_run_blocked(const nn_op_call *call, bool product)
{
    const nn_shape *out = &call->out->shape;
    const int image = find_image(&call->in[0].shape, &call->in[1].shape, out);
    binary_run r = {.call = call, .x = &call->in[image], .b = &call->in[1 - image]};
    r.kind = find_operand(&r.b->shape, out, r.dim);
    r.product = product;
    nn_blocked_run_rows(call->pool, call->out, 1, write_rows, &r);
}
