// SPDX-License-Identifier: MIT
// ONNX: sequences of tensors, whose lengths and places are known while a model is read.
#include "nn/io/onnx/import/compose.h"

enum { MAX_ITEMS = 4096, MAX_PARTS = NN_ONNX_MAX_IN };

static bool need_list(nn_onnx_node *n)
{
    if (!n->in[0]->items)
        nn_onnx_fail(n, NN_EFORMAT, "its input is no sequence");
    return !nn_onnx_failed(n);
}

// The place that input i means among `count`; `otherwise` when there is none.
static int find_place(nn_onnx_node *n, int i, int count, int otherwise)
{
    int64_t at;
    if (i >= n->n_in || !n->in[i])
        return otherwise;
    if (n->in[i]->items || nn_onnx_const_ints(n, n->in[i], &at, 1) != 1) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a place that is not one constant number");
        return 0;
    }
    at += at < 0 ? count : 0;
    if (at < 0 || at > count - (otherwise < count)) {
        nn_onnx_fail(n, NN_EFORMAT, "place %lld of %d", (long long)at, count);
        return 0;
    }
    return (int)at;
}

static void build_construct(nn_onnx_node *n)
{
    for (int i = 0; i < n->n_in; i++)
        if (!n->in[i])
            nn_onnx_fail(n, NN_EFORMAT, "an item is missing");
    nn_onnx_output(n, 0, nn_onnx_list(n, n->in, n->n_in));
}

static void build_length(nn_onnx_node *n)
{
    const float count = (float)n->in[0]->count;
    if (need_list(n))
        nn_onnx_output(n, 0, nn_onnx_constant(n, &(nn_shape){0}, &count, true));
}

static void build_at(nn_onnx_node *n)
{
    if (!need_list(n))
        return;
    const int at = find_place(n, 1, n->in[0]->count, -1);
    if (!nn_onnx_failed(n))
        nn_onnx_output(n, 0, n->in[0]->items[at]);
}

static void build_insert(nn_onnx_node *n)
{
    const nn_onnx_value *items[MAX_ITEMS + 1];
    if (!need_list(n))
        return;
    if (n->in[1]->items) {
        nn_onnx_fail(n, NN_EFORMAT, "a sequence of sequences is not supported");
        return;
    }
    const int count = n->in[0]->count, at = find_place(n, 2, count, count);
    for (int i = 0; i < count; i++)
        items[i + (i >= at)] = n->in[0]->items[i];
    items[at] = n->in[1];
    nn_onnx_output(n, 0, nn_onnx_list(n, items, count + 1));
}

static void build_erase(nn_onnx_node *n)
{
    const nn_onnx_value *items[MAX_ITEMS];
    if (!need_list(n))
        return;
    const int count = n->in[0]->count;
    if (count < 1)
        nn_onnx_fail(n, NN_EFORMAT, "the sequence is empty");
    const int at = n->n_in > 1 && n->in[1] ? find_place(n, 1, count, -1) : count - 1;
    if (nn_onnx_failed(n))
        return;
    for (int i = 0, to = 0; i < count; i++)
        if (i != at)
            items[to++] = n->in[0]->items[i];
    nn_onnx_output(n, 0, nn_onnx_list(n, items, count - 1));
}

static void build_join(nn_onnx_node *n)
{
    const nn_onnx_value *items[MAX_PARTS];
    if (!need_list(n))
        return;
    const int count = n->in[0]->count;
    const bool new_axis = nn_onnx_int(n, "new_axis", 0) != 0;
    if (count < 1 || count > MAX_PARTS) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a sequence of %d, supported are 1 to %d", count,
                     MAX_PARTS);
        return;
    }
    const int axis =
        nn_onnx_axis(n, nn_onnx_int(n, "axis", 0), n->in[0]->items[0]->shape.rank + new_axis);
    for (int i = 0; i < count && !nn_onnx_failed(n); i++)
        items[i] = new_axis ? nn_onnx_add_axis(n, n->in[0]->items[i], axis) : n->in[0]->items[i];
    if (!nn_onnx_failed(n))
        nn_onnx_output(n, 0, nn_onnx_concat(n, items, count, axis));
}

// Into parts of a size, of given sizes, or of 1, which may lose the axis.
static void build_split(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *items[MAX_ITEMS];
    const bool given = n->n_in > 1 && n->in[1];
    const bool keep = given || nn_onnx_int(n, "keepdims", 1) != 0;
    int64_t sizes[MAX_PARTS] = {1};
    int count = 0, listed = 0;
    if (x->items)
        nn_onnx_fail(n, NN_EFORMAT, "its input is a sequence");
    const int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", 0), x->shape.rank);
    if (given)
        listed = nn_onnx_const_ints(n, n->in[1], sizes, MAX_PARTS);
    const bool even = !given || n->in[1]->shape.rank == 0;
    for (int64_t at = 0, size = x->shape.rank > 0 ? x->shape.dim[axis] : 0;
         !nn_onnx_failed(n) && (even ? at < size : count < listed);) {
        const int64_t part = sizes[even ? 0 : count], left = size - at;
        const int64_t take = even && part > left ? left : part;
        if (take < (even ? 1 : 0) || take > left || count == MAX_ITEMS) {
            nn_onnx_fail(n, NN_EFORMAT, "part %d has %lld of %lld", count, (long long)take,
                         (long long)size);
            return;
        }
        const nn_onnx_value *y = nn_onnx_slice(n, x, axis, at, at + take, 1);
        items[count++] = keep ? y : nn_onnx_drop_axis(n, y, axis);
        at += take;
    }
    nn_onnx_output(n, 0, nn_onnx_list(n, items, count));
}

const nn_onnx_op nn_onnx_sequence[] = {
    {"SequenceConstruct", 1, NN_ONNX_MAX_IN, 1, build_construct, 0},
    {"SequenceEmpty", 0, 0, 1, build_construct, 0},
    {"SequenceLength", 1, 1, 1, build_length, NN_ONNX_SEQUENCES},
    {"SequenceAt", 2, 2, 1, build_at, NN_ONNX_SEQUENCES},
    {"SequenceInsert", 2, 3, 1, build_insert, NN_ONNX_SEQUENCES},
    {"SequenceErase", 1, 2, 1, build_erase, NN_ONNX_SEQUENCES},
    {"ConcatFromSequence", 1, 1, 1, build_join, NN_ONNX_SEQUENCES},
    {"SplitToSequence", 1, 2, 1, build_split, 0},
    {0},
};
