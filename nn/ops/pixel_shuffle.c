// SPDX-License-Identifier: MIT
// Turns channels into pixels.
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const int64_t factor = ((const nn_pixel_shuffle_params *)params)->factor;
    char text[96];
    (void)n_in;
    nn_status status = nn_op_require("pixel_shuffle", in, 0, err);
    if (status)
        return status;
    *out = in[0];
    if (in[0].rank != 4 || factor < 1 || factor > NN_OP_MAX_STEP ||
        in[0].dim[1] % (factor * factor) != 0)
        return nn_fail(err, NN_ESHAPE, "pixel_shuffle: %s does not become squares of %lldx%lld",
                       nn_shape_text(&in[0], text, sizeof text), (long long)factor,
                       (long long)factor);
    out->dim[1] /= factor * factor;
    if (__builtin_mul_overflow(out->dim[2], factor, &out->dim[2]) ||
        __builtin_mul_overflow(out->dim[3], factor, &out->dim[3]))
        return nn_fail(err, NN_ESHAPE, "pixel_shuffle: %s is too large",
                       nn_shape_text(&in[0], text, sizeof text));
    return NN_OK;
}

typedef struct shuffle {
    int64_t factor, height, width; // height, width: of the input
    float *dense;                  // the side with many channels
    float *wide;                   // the other one
} shuffle;

// A unit is a row of the wide side; `factor` rows of the other one are in it.
static float *row_of(const shuffle *s, int64_t unit, int64_t column)
{
    const int64_t rows = s->height * s->factor, y = unit % rows;
    const int64_t channel = (unit / rows * s->factor + y % s->factor) * s->factor + column;
    return s->dense + (channel * s->height + y / s->factor) * s->width;
}

static void spread_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const shuffle *s = ctx;
    (void)worker;
    for (int64_t unit = begin; unit < end; unit++)
        for (int64_t k = 0; k < s->factor; k++) {
            const float *from = row_of(s, unit, k);
            float *to = s->wide + unit * s->width * s->factor + k;
            for (int64_t x = 0; x < s->width; x++)
                to[x * s->factor] = from[x];
        }
}

// Half of all uses: two rows are interleaved.
static void spread_rows_2(void *ctx, int64_t begin, int64_t end, int worker)
{
    const shuffle *s = ctx;
    (void)worker;
    for (int64_t unit = begin; unit < end; unit++) {
        const float *even = row_of(s, unit, 0), *odd = row_of(s, unit, 1);
        float *to = s->wide + unit * s->width * 2;
        for (int64_t x = 0; x < s->width; x++) {
            to[2 * x] = even[x];
            to[2 * x + 1] = odd[x];
        }
    }
}

static void gather_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const shuffle *s = ctx;
    (void)worker;
    for (int64_t unit = begin; unit < end; unit++)
        for (int64_t k = 0; k < s->factor; k++) {
            const float *from = s->wide + unit * s->width * s->factor + k;
            float *to = row_of(s, unit, k);
            for (int64_t x = 0; x < s->width; x++)
                to[x] += from[x * s->factor];
        }
}

static void run(const nn_op_call *call, const nn_tensor *dense, const nn_tensor *wide,
                nn_task *task)
{
    shuffle s = {.factor = ((const nn_pixel_shuffle_params *)call->params)->factor,
                 .height = dense->shape.dim[2],
                 .width = dense->shape.dim[3],
                 .dense = nn_tensor_f32(dense),
                 .wide = nn_tensor_f32(wide)};
    const int64_t row = s.width * s.factor;
    if (row > 0)
        nn_pool_run(call->pool, nn_shape_count(&wide->shape) / row,
                    row < NN_OP_CHUNK ? NN_OP_CHUNK / row : 1, task, &s);
}

static void forward(const nn_op_call *call)
{
    const bool two = ((const nn_pixel_shuffle_params *)call->params)->factor == 2;
    run(call, &call->in[0], call->out, two ? spread_rows_2 : spread_rows);
}

static void backward(const nn_op_call *call)
{
    if (call->grad_in[0].data)
        run(call, &call->grad_in[0], call->grad_out, gather_rows);
}

static const nn_field fields[] = {
    {"factor", NN_FIELD_INT, offsetof(nn_pixel_shuffle_params, factor), 1, NULL},
    {0},
};

const nn_op nn_op_pixel_shuffle = {
    .name = "pixel_shuffle",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_pixel_shuffle_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .backward = backward,
};
