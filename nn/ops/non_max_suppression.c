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
    if (p->most < 0 || b->dim[1] > INT32_MAX ||
        __builtin_mul_overflow(s->dim[0], s->dim[1], &rows) ||
        __builtin_mul_overflow(rows, most, &rows))
        return nn_fail(err, NN_EINVAL, "non_max_suppression: up to %d boxes of each class of %s",
                       p->most, nn_shape_text(s, scores, sizeof scores));
    *out = nn_shape_2d(rows, 3);
    return NN_OK;
}

// Work space for the boxes of one class: the candidates, and the sides of those that are kept.
typedef struct room {
    int32_t *heap;
    float *top, *left, *bottom, *right, *area;
} room;

static size_t scratch_bytes(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                            int threads, bool backward)
{
    (void)params, (void)n_in, (void)out, (void)threads, (void)backward;
    return (size_t)in[BOXES].dim[1] * 6 * sizeof(float);
}

static room take_room(void *scratch, int64_t count)
{
    float *sides = scratch;
    return (room){(int32_t *)(sides + 5 * count),
                  sides,
                  sides + count,
                  sides + 2 * count,
                  sides + 3 * count,
                  sides + 4 * count};
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

// Whether the IoU of a box with one of `count` that are kept is above the threshold. Sixteen at a
// time, without a branch among them.
static bool is_covered(const room *r, int64_t count, const box *b, float threshold)
{
    enum { GROUP = 16 };
    const float area = find_area(b);
    for (int64_t first = 0; first < count; first += GROUP) {
        const int64_t end = first + GROUP < count ? first + GROUP : count;
        int found = 0;
        for (int64_t i = first; i < end; i++) {
            const float top = r->top[i] > b->top ? r->top[i] : b->top;
            const float left = r->left[i] > b->left ? r->left[i] : b->left;
            const float bottom = r->bottom[i] < b->bottom ? r->bottom[i] : b->bottom;
            const float right = r->right[i] < b->right ? r->right[i] : b->right;
            const float both = (bottom - top) * (right - left);
            const float iou = both / (r->area[i] + area - both);
            found |= (bottom > top && right > left ? iou : 0) > threshold;
        }
        if (found)
            return true;
    }
    return false;
}

static void keep(const room *r, int64_t at, const box *b)
{
    r->top[at] = b->top;
    r->left[at] = b->left;
    r->bottom[at] = b->bottom;
    r->right[at] = b->right;
    r->area[at] = find_area(b);
}

// Whether candidate a comes before b: by score, the first of equal ones.
static bool is_better(const float *score, int32_t a, int32_t b)
{
    return score[a] > score[b] || (score[a] == score[b] && a < b);
}

// Restores the heap of candidates, the best on top, below place `at`.
static void sift_down(int32_t *heap, int64_t count, int64_t at, const float *score)
{
    const int32_t moved = heap[at];
    for (int64_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_better(score, heap[child + 1], heap[child]))
            child++;
        if (!is_better(score, heap[child], moved))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static int64_t make_heap(int32_t *heap, const float *score, int64_t count, float threshold)
{
    int64_t n = 0;
    for (int64_t i = 0; i < count; i++)
        if (score[i] > threshold)
            heap[n++] = (int32_t)i;
    for (int64_t i = n / 2; i-- > 0;)
        sift_down(heap, n, i, score);
    return n;
}

// Finds the boxes of one class to keep, writes them as rows of `out` and returns their number.
static int64_t keep_boxes(const nn_nms_params *p, const float *boxes, const float *score,
                          const room *r, int64_t count, float *out, int64_t image, int64_t class)
{
    int64_t rows = 0, n = make_heap(r->heap, score, count, p->score_threshold);
    while (rows < p->most && n > 0) {
        const int32_t best = r->heap[0];
        const box b = read_box(boxes + 4 * (int64_t)best, p->centred);
        r->heap[0] = r->heap[--n];
        sift_down(r->heap, n, 0, score);
        if (is_covered(r, rows, &b, p->iou_threshold))
            continue;
        keep(r, rows, &b);
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
    const room r = take_room(call->scratch, count);
    int64_t rows = 0;
    for (int64_t image = 0; image < s->dim[0]; image++)
        for (int64_t class = 0; class < classes; class ++)
            rows +=
                keep_boxes(p, boxes + image * count * 4, scores + (image * classes + class) * count,
                           &r, count, out + 3 * rows, image, class);
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
