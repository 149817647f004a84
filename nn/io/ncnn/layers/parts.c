// SPDX-License-Identifier: MIT
// Split, slice, crop, concat, padding; constants; identities.
#include "nn/io/ncnn/import.h"

#include <stdio.h>

enum { OPEN = -233 }; // ncnn's value for "the rest"

static void build_split(nn_ncnn_node *n) // no node: the outputs are the input
{
    for (int i = 0; i < n->n_out; i++)
        nn_ncnn_output(n, i, n->in[0]);
}

static void build_slice(nn_ncnn_node *n)
{
    const nn_ncnn_value x = n->in[0];
    int sizes[NN_NCNN_MAX_IN], ends[NN_NCNN_MAX_IN];
    const int axis = nn_ncnn_axis(n, &x, nn_ncnn_int(n, 1, 0));
    const int n_sizes = nn_ncnn_ints(n, 0, sizes, NN_NCNN_MAX_IN);
    const int n_ends = nn_ncnn_ints(n, 2, ends, NN_NCNN_MAX_IN);
    if (n_ends > 0 ? n_ends < n->n_out - 1 : n_sizes < n->n_out)
        nn_ncnn_fail(n, NN_EFORMAT, "%d sizes for %d outputs", n_ends > 0 ? n_ends : n_sizes,
                     n->n_out);
    int64_t at = 0;
    for (int i = 0; i < n->n_out && !nn_ncnn_failed(n); i++) {
        const bool last = i == n->n_out - 1;
        const int64_t size = x.shape.dim[axis];
        int64_t end;
        char suffix[24];
        if (last && (n_ends > 0 || sizes[i] == OPEN)) { // without a number that depends on the size
            end = INT32_MAX;
        } else if (n_ends > 0) {
            end = ends[i] < 0 ? nn_ncnn_dim(n, &x, axis) + ends[i] : ends[i];
        } else {
            end = at +
                  (sizes[i] == OPEN ? (nn_ncnn_dim(n, &x, axis) - at) / (n->n_out - i) : sizes[i]);
        }
        if (end <= at || (end > size && end != INT32_MAX))
            nn_ncnn_fail(n, NN_ESHAPE, "output %d from %lld to %lld of %lld", i, (long long)at,
                         (long long)end, (long long)size);
        snprintf(suffix, sizeof suffix, "%d", i);
        nn_ncnn_output(n, i, nn_ncnn_slice(n, suffix, x, axis, at, end, 1));
        at = end;
    }
}

// A slice along several axes, one node for each; the last node has the layer's name.
typedef struct cut {
    int axis;
    int64_t begin, end; // end INT32_MAX: to the end; negative: from the end
} cut;

static bool is_whole(const nn_ncnn_value *x, const cut *c)
{
    return c->begin == 0 && (c->end == INT32_MAX ||
                             (!nn_ncnn_is_open(x, c->axis) && c->end == x->shape.dim[c->axis]));
}

static void output_cuts(nn_ncnn_node *n, const cut *cuts, int count)
{
    nn_ncnn_value x = n->in[0];
    int last = -1;
    char suffix[24];
    for (int i = 0; i < count; i++)
        last = is_whole(&n->in[0], &cuts[i]) ? last : i;
    for (int i = 0; i <= last && !nn_ncnn_failed(n); i++) {
        if (is_whole(&n->in[0], &cuts[i]))
            continue;
        snprintf(suffix, sizeof suffix, "axis%d", cuts[i].axis);
        x = nn_ncnn_slice(n, i == last ? NULL : suffix, x, cuts[i].axis, cuts[i].begin, cuts[i].end,
                          1);
        if (!nn_ncnn_failed(n) && x.shape.dim[cuts[i].axis] < 1)
            nn_ncnn_fail(n, NN_ESHAPE, "nothing is left of axis %d", cuts[i].axis - 1);
    }
    nn_ncnn_output(n, 0, x);
}

static void crop_like_numpy(nn_ncnn_node *n)
{
    enum { MOST = NN_MAX_RANK - 1 };
    int begin[MOST], end[MOST], axes[MOST];
    cut cuts[MOST];
    const nn_ncnn_value *x = &n->in[0];
    const int n_begin = nn_ncnn_ints(n, 9, begin, MOST), n_end = nn_ncnn_ints(n, 10, end, MOST);
    const int n_axes = nn_ncnn_ints(n, 11, axes, MOST);
    const int count = n_axes > 0 ? n_axes : nn_ncnn_dims(x);
    bool seen[NN_MAX_RANK] = {false};
    if (n_begin < count || n_end < count || count > MOST) {
        nn_ncnn_fail(n, NN_EFORMAT, "%d begins and %d ends for %d axes", n_begin, n_end, count);
        return;
    }
    for (int i = 0; i < count; i++) {
        const int axis = nn_ncnn_axis(n, x, n_axes > 0 ? axes[i] : i);
        if (seen[axis])
            nn_ncnn_fail(n, NN_EFORMAT, "axis %d twice", axis - 1);
        seen[axis] = true;
        cuts[i] = (cut){axis, begin[i] == OPEN ? 0 : begin[i],
                        end[i] == OPEN || end[i] == 0 ? INT32_MAX : end[i]};
    }
    output_cuts(n, cuts, count);
}

// Crops by offsets and sizes, or to the size of the second blob.
static void crop_by_offsets(nn_ncnn_node *n)
{
    static const struct {
        int offset, size, offset2;
    } ids[] = {{0, 3, 6}, {1, 4, 7}, {2, 5, 8}}; // w, h, c
    const nn_ncnn_value *x = &n->in[0];
    const int dims = nn_ncnn_dims(x);
    cut cuts[3];
    if (dims > 3) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "an input with %d axes is not supported", dims);
        return;
    }
    for (int i = 0; i < dims; i++) {
        const int axis = dims - i; // our axis; ids are innermost first
        const int64_t begin = nn_ncnn_int(n, ids[i].offset, 0);
        const int64_t behind = nn_ncnn_int(n, ids[i].offset2, 0);
        int64_t size = nn_ncnn_int(n, ids[i].size, 0);
        if (n->n_in == 2)
            size = nn_ncnn_dims(&n->in[1]) == dims ? nn_ncnn_dim(n, &n->in[1], axis) : OPEN;
        if (begin < 0 || behind < 0 || (size != OPEN && size < 1))
            nn_ncnn_fail(n, NN_EUNSUPPORTED, "a part of size %lld at %lld", (long long)size,
                         (long long)begin);
        cuts[i] = (cut){axis, begin, behind > 0 ? -behind : INT32_MAX};
        // A size that covers everything was written for the usual input, and means any size.
        const bool whole = begin == 0 && behind == 0 && size >= x->shape.dim[axis];
        if (size != OPEN && !whole && begin + size <= nn_ncnn_dim(n, x, axis) - behind)
            cuts[i].end = begin + size;
    }
    output_cuts(n, cuts, dims);
}

static void build_crop(nn_ncnn_node *n)
{
    for (int id = 19; id <= 21; id++)
        nn_ncnn_no_text(n, id);
    if (nn_ncnn_has(n, 9) && nn_ncnn_has(n, 10))
        crop_like_numpy(n);
    else
        crop_by_offsets(n);
}

static void build_concat(nn_ncnn_node *n)
{
    const nn_concat_params p = {.axis = nn_ncnn_axis(n, &n->in[0], nn_ncnn_int(n, 0, 0))};
    nn_ncnn_output(
        n, 0, n->n_in == 1 ? n->in[0] : nn_ncnn_emit(n, NULL, &nn_op_concat, &p, n->in, n->n_in));
}

static void build_padding(nn_ncnn_node *n)
{
    static const int modes[] = {NN_PAD_CONSTANT, NN_PAD_EDGE, NN_PAD_REFLECT};
    const int dims = nn_ncnn_dims(&n->in[0]), type = nn_ncnn_int(n, 4, 0);
    const int begin[] = {nn_ncnn_int(n, 2, 0), nn_ncnn_int(n, 0, 0), nn_ncnn_int(n, 7, 0)};
    const int end[] = {nn_ncnn_int(n, 3, 0), nn_ncnn_int(n, 1, 0), nn_ncnn_int(n, 8, 0)};
    if (type < 0 || type > 2 || nn_ncnn_int(n, 6, 0) != 0 || dims > 3) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED,
                     "padding of kind %d, or with a value for each channel, is not supported",
                     type);
        return;
    }
    nn_pad_params p = {.rank = dims + 1, .mode = modes[type], .value = nn_ncnn_float(n, 5, 0)};
    bool any = false;
    for (int i = 0; i < dims; i++) {
        p.begin[dims - i] = begin[i];
        p.end[dims - i] = end[i];
        any = any || begin[i] || end[i];
        if (begin[i] < 0 || end[i] < 0)
            nn_ncnn_fail(n, NN_EUNSUPPORTED, "a padding below 0 is not supported");
    }
    nn_ncnn_output(n, 0, any ? nn_ncnn_emit(n, NULL, &nn_op_pad, &p, &n->in[0], 1) : n->in[0]);
}

static void build_constant(nn_ncnn_node *n)
{
    static const int ids[] = {2, 11, 1, 0}; // outermost first
    nn_shape shape = {.rank = 1, .dim = {1}};
    for (int i = 0; i < 4; i++) {
        const int size = nn_ncnn_int(n, ids[i], 0);
        if (size < 0)
            nn_ncnn_fail(n, NN_EFORMAT, "a size of %d is not supported", size);
        if (size > 0)
            shape.dim[shape.rank++] = size;
    }
    if (shape.rank == 1) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "its size is missing");
        return;
    }
    nn_ncnn_output(n, 0,
                   nn_ncnn_int(n, 21, 1) ? nn_ncnn_plain(n, "", NN_PARAM_BUFFER, &shape)
                                         : nn_ncnn_weight(n, "", NN_PARAM_BUFFER, &shape));
}

static void build_dropout(nn_ncnn_node *n)
{
    const float scale = nn_ncnn_float(n, 0, 1);
    nn_ncnn_output(n, 0,
                   scale == 1 ? n->in[0]
                              : nn_ncnn_binary(n, NULL, &nn_op_mul, n->in[0],
                                               nn_ncnn_scalar(n, "scale", scale)));
}

static void build_noop(nn_ncnn_node *n)
{
    for (int i = 0; i < n->n_out && i < n->n_in; i++)
        nn_ncnn_output(n, i, n->in[i]);
}

const nn_ncnn_op nn_ncnn_parts[] = {
    {"Concat", 1, NN_NCNN_MAX_IN, 1, build_concat, 0},
    {"Crop", 1, 2, 1, build_crop, 0},
    {"Dropout", 1, 1, 1, build_dropout, 0},
    {"MemoryData", 0, 0, 1, build_constant, 0},
    {"Noop", 1, NN_NCNN_MAX_IN, NN_NCNN_MAX_IN, build_noop, 0},
    {"Padding", 1, 1, 1, build_padding, 0},
    {"Slice", 1, 1, NN_NCNN_MAX_IN, build_slice, 0},
    {"Split", 1, 1, 1024, build_split, 0},
    {0},
};
