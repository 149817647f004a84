// SPDX-License-Identifier: MIT
// Greedy suppression of boxes that overlap boxes of higher score, class by class. Has no gradient.
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

enum { BOXES, SCORES, INPUTS };

typedef struct box {
    float top, left, bottom, right;
} box;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_nms_params *p = params;
    char boxes[96], scores[96];
    (void)n_in;
    const nn_shape *b = &in[BOXES], *s = &in[SCORES];
    if (b->rank != 3 || s->rank != 3 || b->dim[2] != 4 || b->dim[0] != s->dim[0] ||
        b->dim[1] != s->dim[2])
        return nn_fail(err, NN_ESHAPE,
                       "non_max_suppression: boxes %s and scores %s must be (N,B,4) and (N,C,B)",
                       nn_shape_text(b, boxes, sizeof boxes),
                       nn_shape_text(s, scores, sizeof scores));
    const int64_t most = p->most < b->dim[1] ? p->most : b->dim[1];
    int64_t rows;
    if (p->most < 0 || __builtin_mul_overflow(s->dim[0], s->dim[1], &rows) ||
        __builtin_mul_overflow(rows, most, &rows))
        return nn_fail(err, NN_EINVAL, "non_max_suppression: up to %d boxes of each class of %s",
                       p->most, nn_shape_text(s, scores, sizeof scores));
    *out = nn_shape_2d(rows, 3);
    return NN_OK;
}

// One flag per box: whether it is still a candidate.
static size_t scratch_bytes(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                            int threads, bool backward)
{
    (void)params, (void)n_in, (void)out, (void)threads, (void)backward;
    return (size_t)in[BOXES].dim[1];
}

// Corners may come in any order.
static box read_box(const float *b, bool centred)
{
    if (centred)
        return (box){b[1] - b[3] / 2, b[0] - b[2] / 2, b[1] + b[3] / 2, b[0] + b[2] / 2};
    return (box){b[0] < b[2] ? b[0] : b[2], b[1] < b[3] ? b[1] : b[3], b[0] < b[2] ? b[2] : b[0],
                 b[1] < b[3] ? b[3] : b[1]};
}

static float find_area(const box *b)
{
    return (b->bottom - b->top) * (b->right - b->left);
}

static float find_iou(const box *a, const box *b)
{
    const float top = a->top > b->top ? a->top : b->top;
    const float left = a->left > b->left ? a->left : b->left;
    const float bottom = a->bottom < b->bottom ? a->bottom : b->bottom;
    const float right = a->right < b->right ? a->right : b->right;
    if (!(bottom > top) || !(right > left))
        return 0;
    const float both = (bottom - top) * (right - left);
    return both / (find_area(a) + find_area(b) - both);
}

// The candidate of highest score, the first of equal ones; -1 when there is none.
static int64_t find_best(const float *score, const bool *there, int64_t count)
{
    int64_t best = -1;
    for (int64_t i = 0; i < count; i++)
        if (there[i] && (best < 0 || score[i] > score[best]))
            best = i;
    return best;
}

// Finds the boxes of one class to keep, writes them as rows of `out` and returns their number.
static int64_t keep_boxes(const nn_nms_params *p, const float *boxes, const float *score,
                          bool *there, int64_t count, float *out, int64_t image, int64_t class)
{
    int64_t rows = 0, best;
    for (int64_t i = 0; i < count; i++)
        there[i] = score[i] > p->score_threshold;
    while (rows < p->most && (best = find_best(score, there, count)) >= 0) {
        const box kept = read_box(boxes + 4 * best, p->centred);
        there[best] = false;
        for (int64_t i = 0; i < count; i++) {
            if (!there[i])
                continue;
            const box other = read_box(boxes + 4 * i, p->centred);
            there[i] = !(find_iou(&kept, &other) > p->iou_threshold);
        }
        out[3 * rows] = (float)image;
        out[3 * rows + 1] = (float)class;
        out[3 * rows + 2] = (float)best;
        rows++;
    }
    return rows;
}

static void forward(const nn_op_call *call)
{
    const nn_nms_params *p = call->params;
    const nn_shape *s = &call->in[SCORES].shape;
    const int64_t classes = s->dim[1], count = s->dim[2];
    const float *boxes = nn_tensor_f32(&call->in[BOXES]),
                *scores = nn_tensor_f32(&call->in[SCORES]);
    float *out = nn_tensor_f32(call->out);
    int64_t rows = 0;
    for (int64_t image = 0; image < s->dim[0]; image++)
        for (int64_t class = 0; class < classes; class ++)
            rows +=
                keep_boxes(p, boxes + image * count * 4, scores + (image * classes + class) * count,
                           call->scratch, count, out + 3 * rows, image, class);
    for (int64_t i = 3 * rows; i < nn_shape_count(&call->out->shape); i++)
        out[i] = -1;
}

static const nn_field fields[] = {
    {"most", NN_FIELD_INT, offsetof(nn_nms_params, most), 1, NULL},
    {"iou_threshold", NN_FIELD_FLOAT, offsetof(nn_nms_params, iou_threshold), 1, NULL},
    {"score_threshold", NN_FIELD_FLOAT, offsetof(nn_nms_params, score_threshold), 1, NULL},
    {"centred", NN_FIELD_INT, offsetof(nn_nms_params, centred), 1, NULL},
    {0},
};

const nn_op nn_op_non_max_suppression = {
    .name = "non_max_suppression",
    .min_in = INPUTS,
    .max_in = INPUTS,
    .no_grad = 1u << BOXES | 1u << SCORES,
    .params_size = sizeof(nn_nms_params),
    .fields = fields,
    .shape = find_shape,
    .scratch = scratch_bytes,
    .forward = forward,
};
