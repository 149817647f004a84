// SPDX-License-Identifier: MIT
// A rule for each operator: the box of its input behind a box of its output.
#include "nn/explain/receptive_rules.h"

#include "nn/base/arith.h"
#include "nn/ops/common/check.h"
#include "nn/ops/common/pool2d.h"
#include "nn/ops/ops.h"

#include <math.h>

// A rule changes `box`, which is that of the output, into that of the input.
typedef void rule(const nn_cell_query *q, nn_cell_box *box);

// Clips an axis to what there is; an empty one empties the box.
static void clip(nn_cell_box *box, int axis, int64_t size)
{
    box->begin[axis] = nn_max(box->begin[axis], 0);
    box->end[axis] = nn_min(box->end[axis], size);
    if (box->end[axis] <= box->begin[axis])
        *box = (nn_cell_box){0};
}

static void whole_axis(const nn_cell_query *q, nn_cell_box *box, int axis)
{
    box->begin[axis] = 0;
    box->end[axis] = q->in->dim[axis];
}

static void behind_nothing(const nn_cell_query *q, nn_cell_box *box)
{
    (void)q, (void)box;
}

// numpy's rules: axes are aligned at the last one, and a size of 1 is repeated.
static void behind_broadcast(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_cell_box out = *box;
    const int shift = q->out->rank - q->in->rank;
    *box = nn_cell_box_whole(q->in);
    for (int i = 0; i < q->in->rank; i++)
        if (q->in->dim[i] == q->out->dim[i + shift]) {
            box->begin[i] = out.begin[i + shift];
            box->end[i] = out.end[i + shift];
        }
}

// The input channels of the groups that a box of output channels lies in.
static void behind_groups(const nn_cell_query *q, nn_cell_box *box, int64_t groups)
{
    const int64_t out = q->out->dim[1] / groups, in = q->in->dim[1] / groups;
    box->begin[1] = box->begin[1] / out * in;
    box->end[1] = ((box->end[1] - 1) / out + 1) * in;
}

static void behind_conv2d(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_conv2d_params *p = q->node->params;
    if (q->k == 3) // skip, as the output
        return;
    if (q->k != 0) {
        *box = nn_cell_box_whole(q->in);
        return;
    }
    behind_groups(q, box, p->groups);
    for (int i = 0; i < 2; i++) {
        const int64_t reach = (q->shapes[q->node->in[1]].dim[2 + i] - 1) * p->dilation[i];
        const int64_t pad = p->pad[0] < 0 ? reach / 2 : p->pad[i];
        box->begin[2 + i] = box->begin[2 + i] * p->stride[i] - pad;
        box->end[2 + i] = (box->end[2 + i] - 1) * p->stride[i] - pad + reach + 1;
    }
    clip(box, 2, q->in->dim[2]);
    clip(box, 3, q->in->dim[3]);
}

// Input i of a transposed convolution writes outputs i stride - pad + dilation t of each tap t.
static bool reaches(const nn_conv_transpose_params *p, int axis, int64_t taps, int64_t in,
                    int64_t begin, int64_t end)
{
    for (int64_t t = 0; t < taps; t++) {
        const int64_t out = in * p->stride[axis] - p->pad[axis] + t * p->dilation[axis];
        if (out >= begin && out < end)
            return true;
    }
    return false;
}

static void behind_conv_transpose(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_conv_transpose_params *p = q->node->params;
    if (q->k != 0) {
        *box = nn_cell_box_whole(q->in);
        return;
    }
    behind_groups(q, box, p->groups);
    const nn_cell_box out = *box;
    for (int i = 0; i < 2; i++) {
        const int axis = 2 + i;
        const int64_t taps = q->shapes[q->node->in[1]].dim[axis];
        int64_t begin = 0, end = q->in->dim[axis];
        while (begin < end && !reaches(p, i, taps, begin, out.begin[axis], out.end[axis]))
            begin++;
        while (end > begin && !reaches(p, i, taps, end - 1, out.begin[axis], out.end[axis]))
            end--;
        box->begin[axis] = begin;
        box->end[axis] = end;
    }
    clip(box, 2, q->in->dim[2]);
    clip(box, 3, q->in->dim[3]);
}

static void behind_pool(const nn_cell_query *q, nn_cell_box *box)
{
    for (int i = 0; i < 2; i++) {
        const int axis = 2 + i;
        int64_t begin, end;
        nn_pool2d_clip(q->node->params, i, box->begin[axis], q->in->dim[axis], &begin, &end);
        const int64_t last = box->end[axis] - 1;
        box->begin[axis] = begin;
        nn_pool2d_clip(q->node->params, i, last, q->in->dim[axis], &begin, &end);
        box->end[axis] = end;
    }
    clip(box, 2, q->in->dim[2]);
    clip(box, 3, q->in->dim[3]);
}

static void behind_adaptive_pool(const nn_cell_query *q, nn_cell_box *box)
{
    for (int axis = 2; axis < 4; axis++) {
        const int64_t in = q->in->dim[axis], out = q->out->dim[axis];
        box->begin[axis] = box->begin[axis] * in / out;
        box->end[axis] = nn_divide_up(box->end[axis] * in, out);
    }
}

static void behind_lrn(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_lrn_params *p = q->node->params;
    box->begin[1] -= p->size / 2;
    box->end[1] += (p->size - 1) / 2;
    clip(box, 1, q->in->dim[1]);
}

static void behind_last_axis(const nn_cell_query *q, nn_cell_box *box)
{
    whole_axis(q, box, q->in->rank - 1);
}

static void behind_softmax(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_softmax_params *p = q->node->params;
    whole_axis(q, box, nn_op_axis_of(p->axis, q->in));
}

// Axes of the mask are taken together; the others stay, at their place or in order.
static void behind_reduced(const nn_cell_query *q, nn_cell_box *box, int axes, bool keep)
{
    const nn_cell_box out = *box;
    *box = nn_cell_box_whole(q->in);
    for (int i = 0, at = 0; i < q->in->rank; i++) {
        const bool gone = axes >> i & 1;
        if (!gone) {
            box->begin[i] = out.begin[at];
            box->end[i] = out.end[at];
        }
        at += !gone || keep;
    }
}

static void behind_reduce(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_reduce_params *p = q->node->params;
    behind_reduced(q, box, p->axes, p->keep_dims);
}

static void behind_arg_max(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_arg_max_params *p = q->node->params;
    behind_reduced(q, box, 1 << nn_op_axis_of(p->axis, q->in), p->keep_dims);
}

static void behind_concat(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_concat_params *p = q->node->params;
    const int axis = nn_op_axis_of(p->axis, q->in);
    int64_t before = 0;
    for (int i = 0; i < q->k; i++)
        before += q->shapes[q->node->in[i]].dim[axis];
    box->begin[axis] -= before;
    box->end[axis] -= before;
    clip(box, axis, q->in->dim[axis]);
}

static void behind_slice(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_slice_params *p = q->node->params;
    const int axis = nn_op_axis_of(p->axis, q->in);
    const int64_t size = q->in->dim[axis];
    int64_t begin = p->begin < 0 ? p->begin + size : p->begin;
    begin = nn_min(nn_max(begin, 0), size);
    box->begin[axis] = begin + box->begin[axis] * p->step;
    box->end[axis] = begin + (box->end[axis] - 1) * p->step + 1;
}

// The element that a padded axis shows at `at`; -1: none.
static int64_t padded(const nn_pad_params *p, int64_t at, int64_t size)
{
    if (at >= 0 && at < size)
        return at;
    if (p->mode == NN_PAD_CONSTANT)
        return -1;
    if (p->mode == NN_PAD_EDGE)
        return at < 0 ? 0 : size - 1;
    return at < 0 ? -at : 2 * (size - 1) - at;
}

static void behind_pad(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_pad_params *p = q->node->params;
    for (int i = 0; i < q->in->rank; i++) {
        int64_t begin = INT64_MAX, end = 0;
        for (int64_t o = box->begin[i]; o < box->end[i]; o++) {
            const int64_t at = padded(p, o - p->begin[i], q->in->dim[i]);
            begin = at >= 0 ? nn_min(begin, at) : begin;
            end = nn_max(end, at + 1);
        }
        box->begin[i] = begin;
        box->end[i] = end;
    }
    for (int i = 0; i < q->in->rank && !nn_cell_box_is_empty(box); i++)
        clip(box, i, q->in->dim[i]);
}

static void behind_transpose(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_transpose_params *p = q->node->params;
    const nn_cell_box out = *box;
    for (int i = 0; i < q->in->rank; i++) {
        box->begin[p->perm[i]] = out.begin[i];
        box->end[p->perm[i]] = out.end[i];
    }
}

static void behind_tile(const nn_cell_query *q, nn_cell_box *box)
{
    for (int i = 0; i < q->in->rank; i++) {
        const int64_t size = q->in->dim[i], first = box->begin[i] / size;
        if ((box->end[i] - 1) / size != first) {
            whole_axis(q, box, i);
            continue;
        }
        box->begin[i] -= first * size;
        box->end[i] -= first * size;
    }
}

// Of a (...,M,K) the rows, of b (...,K,N) the columns.
static void behind_matmul(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_matmul_params *p = q->node->params;
    const int rank = q->in->rank, shift = q->out->rank - rank;
    const nn_cell_box out = *box;
    *box = nn_cell_box_whole(q->in);
    if (rank < 2 || q->out->rank < 2)
        return;
    const int transposed = q->k == 0 ? p->trans_a : p->trans_b;
    const int mine =
        q->k == 0 ? (transposed ? rank - 1 : rank - 2) : (transposed ? rank - 2 : rank - 1);
    const int from = q->out->rank - (q->k == 0 ? 2 : 1);
    box->begin[mine] = out.begin[from];
    box->end[mine] = out.end[from];
    for (int i = 0; i < rank - 2; i++)
        if (i + shift >= 0 && q->in->dim[i] == q->out->dim[i + shift]) {
            box->begin[i] = out.begin[i + shift];
            box->end[i] = out.end[i + shift];
        }
}

static void behind_gather(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_gather_params *p = q->node->params;
    const nn_cell_box out = *box;
    const nn_shape *picks = &q->shapes[q->node->in[1]];
    const int axis = nn_op_axis_of(p->axis, q->in), more = picks->rank - 1;
    *box = nn_cell_box_whole(q->in);
    if (q->k != 0)
        return;
    for (int i = 0; i < q->in->rank; i++)
        if (i != axis) {
            box->begin[i] = out.begin[i < axis ? i : i + more];
            box->end[i] = out.end[i < axis ? i : i + more];
        }
    // Constant picks of one axis, such as those of a channel shuffle, are looked up.
    const nn_value_info info = nn_graph_value(q->model->graph, q->node->in[1]);
    const float *at = info.kind == NN_VALUE_PARAM ? q->model->params[info.index].data : NULL;
    if (!at || picks->rank != 1)
        return;
    box->begin[axis] = q->in->dim[axis];
    box->end[axis] = 0;
    for (int64_t i = out.begin[axis]; i < out.end[axis]; i++) {
        int64_t entry = (int64_t)(at[i] < 0 ? at[i] + (float)q->in->dim[axis] : at[i]);
        entry = nn_min(nn_max(entry, 0), q->in->dim[axis] - 1);
        box->begin[axis] = nn_min(box->begin[axis], entry);
        box->end[axis] = nn_max(box->end[axis], entry + 1);
    }
}

// Linear places lo .. hi of the axes [from, to) as the smallest box that holds them.
static void unravel(const nn_shape *s, int from, int to, int64_t lo, int64_t hi, nn_cell_box *box)
{
    bool apart = false;
    for (int i = from; i < to; i++) {
        const int64_t below = nn_shape_span(s, i + 1, to);
        box->begin[i] = apart ? 0 : lo / below;
        box->end[i] = apart ? s->dim[i] : hi / below + 1;
        apart = apart || lo / below != hi / below;
        lo %= below;
        hi %= below;
    }
}

static int64_t ravel(const nn_shape *s, int from, int to, const int64_t *at, int64_t minus)
{
    int64_t place = 0;
    for (int i = from; i < to; i++)
        place = place * s->dim[i] + at[i] - minus;
    return place;
}

// Axes are matched in groups with equal numbers of elements: an axis that stays keeps its range.
static void behind_reshape(const nn_cell_query *q, nn_cell_box *box)
{
    const nn_cell_box out = *box;
    int i = 0, k = 0; // axes of the output and of the input that are done
    *box = nn_cell_box_whole(q->in);
    if (nn_shape_count(q->out) == 0)
        return;
    while (i < q->out->rank && k < q->in->rank) {
        int to_i = i + 1, to_k = k + 1;
        int64_t a = q->out->dim[i], b = q->in->dim[k];
        while (a != b)
            if (a < b && to_i < q->out->rank)
                a *= q->out->dim[to_i++];
            else if (b < a && to_k < q->in->rank)
                b *= q->in->dim[to_k++];
            else
                return; // cannot be: the numbers of elements are equal
        unravel(q->in, k, to_k, ravel(q->out, i, to_i, out.begin, 0),
                ravel(q->out, i, to_i, out.end, 1), box);
        i = to_i;
        k = to_k;
    }
}

// A range of an axis that is resized: `reach` gives the elements that one element reads.
static void behind_resize(const nn_cell_query *q, nn_cell_box *box)
{
    const bool like = q->node->n_in > 1 && q->node->in[1] >= 0;
    for (int axis = 2; axis < 4; axis++) {
        int64_t first, last, begin = INT64_MAX, end = 0;
        for (int64_t o = box->begin[axis]; o < box->end[axis]; o++) {
            if (q->node->op == &nn_op_resize)
                nn_resize_reach(q->node->params, like, axis - 2, q->in->dim[axis],
                                q->out->dim[axis], o, &first, &last);
            else
                nn_resample_reach(q->node->params, axis - 2, q->in->dim[axis], o, &first, &last);
            begin = nn_min(begin, first);
            end = nn_max(end, last + 1);
        }
        box->begin[axis] = begin;
        box->end[axis] = end;
    }
    for (int axis = 2; axis < 4 && !nn_cell_box_is_empty(box); axis++)
        clip(box, axis, q->in->dim[axis]);
}

static const struct {
    const nn_op *op;
    rule *rule;
} rules[] = {
    {&nn_op_adaptive_avg_pool, behind_adaptive_pool},
    {&nn_op_add, behind_broadcast},
    {&nn_op_arg_max, behind_arg_max},
    {&nn_op_arithmetic, behind_broadcast},
    {&nn_op_avg_pool, behind_pool},
    {&nn_op_batch_norm, behind_nothing},
    {&nn_op_concat, behind_concat},
    {&nn_op_conv2d, behind_conv2d},
    {&nn_op_conv_transpose, behind_conv_transpose},
    {&nn_op_dropout, behind_nothing},
    {&nn_op_flatten, behind_reshape},
    {&nn_op_gather, behind_gather},
    {&nn_op_layer_norm, behind_last_axis},
    {&nn_op_linear, behind_last_axis},
    {&nn_op_local_response_norm, behind_lrn},
    {&nn_op_matmul, behind_matmul},
    {&nn_op_max_pool, behind_pool},
    {&nn_op_mul, behind_broadcast},
    {&nn_op_pad, behind_pad},
    {&nn_op_pointwise, behind_nothing},
    {&nn_op_reduce, behind_reduce},
    {&nn_op_resample, behind_resize},
    {&nn_op_reshape, behind_reshape},
    {&nn_op_resize, behind_resize},
    {&nn_op_slice, behind_slice},
    {&nn_op_softmax, behind_softmax},
    {&nn_op_tile, behind_tile},
    {&nn_op_transpose, behind_transpose},
};

nn_cell_box nn_cell_box_behind(const nn_cell_query *q, const nn_cell_box *out)
{
    nn_cell_box box = *out;
    if (nn_act_of_node(q->node->op, q->node->params) != NN_ACT_NONE)
        return box;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].op == q->node->op) {
            rules[i].rule(q, &box);
            return box;
        }
    return nn_cell_box_whole(q->in);
}
