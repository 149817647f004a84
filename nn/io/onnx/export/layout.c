// SPDX-License-Identifier: MIT
// ONNX export: operators that move elements: reshape, transpose, slice, concat, gather, pad, ...
#include "nn/io/onnx/onnx_writer.h"

enum { TYPE_FLOAT = 1 };

// Dropout at inference.
static void emit_nothing(const nn_onnx_item *n)
{
    nn_onnx_put_same(n);
}

static void emit_reshape(const nn_onnx_item *n)
{
    nn_onnx_put_reshape(n, n->in[0].name, &n->in[0], n->out, n->out->name);
}

static void emit_flatten(const nn_onnx_item *n)
{
    const int axis = ((const nn_flatten_params *)n->params)->axis;
    if (axis == 1 || axis == 1 - n->in[0].shape.rank)
        nn_onnx_put1(n, "Flatten", n->in[0].name, n->out->name);
    else
        emit_reshape(n);
}

static void emit_transpose(const nn_onnx_item *n)
{
    const nn_transpose_params *p = n->params;
    nn_onnx_put_transpose(n, n->in[0].name, p->perm, p->rank, n->out->name);
}

static void emit_pixel_shuffle(const nn_onnx_item *n)
{
    nn_onnx_begin(n, "DepthToSpace");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_int(n, "blocksize", ((const nn_pixel_shuffle_params *)n->params)->factor);
    nn_onnx_add_text(n, "mode", "CRD");
    nn_onnx_end(n, n->out->name);
}

static void emit_concat(const nn_onnx_item *n)
{
    nn_onnx_begin(n, "Concat");
    for (int i = 0; i < n->n_in; i++)
        nn_onnx_add_input(n, n->in[i].name);
    nn_onnx_add_int(n, "axis", ((const nn_concat_params *)n->params)->axis);
    nn_onnx_end(n, n->out->name);
}

static void emit_slice(const nn_onnx_item *n)
{
    const nn_slice_params *p = n->params;
    const int64_t numbers[] = {p->begin, p->end, p->axis, p->step};
    const char *names[4];
    for (int i = 0; i < 4; i++)
        names[i] = nn_onnx_put_ints(n, &numbers[i], 1);
    nn_onnx_begin(n, "Slice");
    nn_onnx_add_input(n, n->in[0].name);
    for (int i = 0; i < 4; i++)
        nn_onnx_add_input(n, names[i]);
    nn_onnx_end(n, n->out->name);
}

static void emit_gather(const nn_onnx_item *n)
{
    const char *index = nn_onnx_put_whole(n, &n->in[1]);
    nn_onnx_begin(n, "Gather");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, index);
    nn_onnx_add_int(n, "axis", ((const nn_gather_params *)n->params)->axis);
    nn_onnx_end(n, n->out->name);
}

static void emit_pad(const nn_onnx_item *n)
{
    static const char *const modes[] = {"constant", "reflect", "edge"};
    const nn_pad_params *p = n->params;
    int64_t counts[2 * NN_MAX_RANK];
    for (int i = 0; i < p->rank; i++) {
        counts[i] = p->begin[i];
        counts[p->rank + i] = p->end[i];
    }
    const char *pads = nn_onnx_put_ints(n, counts, 2 * p->rank);
    const char *value = nn_onnx_put_scalar(n, p->value);
    nn_onnx_begin(n, "Pad");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, pads);
    nn_onnx_add_input(n, value);
    nn_onnx_add_text(n, "mode", modes[p->mode]);
    nn_onnx_end(n, n->out->name);
}

static void emit_tile(const nn_onnx_item *n)
{
    const nn_tile_params *p = n->params;
    int64_t repeats[NN_MAX_RANK];
    for (int i = 0; i < p->rank; i++)
        repeats[i] = p->repeats[i];
    const char *list = nn_onnx_put_ints(n, repeats, p->rank);
    nn_onnx_put2(n, "Tile", n->in[0].name, list, n->out->name);
}

static void emit_arg_max(const nn_onnx_item *n)
{
    const nn_arg_max_params *p = n->params;
    nn_onnx_begin(n, p->min ? "ArgMin" : "ArgMax");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_int(n, "axis", p->axis);
    nn_onnx_add_int(n, "keepdims", p->keep_dims != 0);
    nn_onnx_add_int(n, "select_last_index", p->last != 0);
    nn_onnx_put_cast(n, nn_onnx_end(n, NULL), TYPE_FLOAT, n->out->name);
}

// ONNX's output has one row for each kept box. The most possible rows of -1 are appended, and the
// rest is cut off.
static void emit_non_max_suppression(const nn_onnx_item *n)
{
    const nn_nms_params *p = n->params;
    const int64_t most = p->most, rows[] = {0, n->out->shape.dim[0], 0};
    const char *names[5] = {n->in[0].name, n->in[1].name, nn_onnx_put_ints(n, &most, 1)};
    float *free_row;
    if (n->out->open)
        nn_onnx_refuse(n, "'%.80s' is for a fixed batch only", n->name);
    const char *filling = nn_onnx_make_floats(n, &n->out->shape, &free_row);
    for (int64_t i = 0; free_row && i < nn_shape_count(&n->out->shape); i++)
        free_row[i] = -1;
    names[3] = nn_onnx_put_scalar(n, p->iou_threshold);
    names[4] = nn_onnx_put_scalar(n, p->score_threshold);
    nn_onnx_begin(n, "NonMaxSuppression");
    for (int i = 0; i < 5; i++)
        nn_onnx_add_input(n, names[i]);
    nn_onnx_add_int(n, "center_point_box", p->centred != 0);
    names[0] = nn_onnx_put_cast(n, nn_onnx_end(n, NULL), TYPE_FLOAT, NULL);
    for (int i = 0; i < 3; i++)
        names[1 + i] = nn_onnx_put_ints(n, &rows[i], 1);
    nn_onnx_begin(n, "Concat");
    nn_onnx_add_input(n, names[0]);
    nn_onnx_add_input(n, filling);
    nn_onnx_add_int(n, "axis", 0);
    names[0] = nn_onnx_end(n, NULL);
    nn_onnx_begin(n, "Slice");
    for (int i = 0; i < 4; i++)
        nn_onnx_add_input(n, names[i]);
    nn_onnx_end(n, n->out->name);
}

const nn_onnx_emitter nn_onnx_emit_layout[] = {
    {&nn_op_dropout, emit_nothing},
    {&nn_op_reshape, emit_reshape},
    {&nn_op_flatten, emit_flatten},
    {&nn_op_transpose, emit_transpose},
    {&nn_op_pixel_shuffle, emit_pixel_shuffle},
    {&nn_op_concat, emit_concat},
    {&nn_op_slice, emit_slice},
    {&nn_op_gather, emit_gather},
    {&nn_op_pad, emit_pad},
    {&nn_op_tile, emit_tile},
    {&nn_op_arg_max, emit_arg_max},
    {&nn_op_non_max_suppression, emit_non_max_suppression},
    {0},
};
