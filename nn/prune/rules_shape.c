// SPDX-License-Identifier: MIT
// Rules of the operators that move channels: where each element of an axis goes.
#include "nn/prune/rules_shape.h"

#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <limits.h>

enum { X, LIKE };

// --- joined and cut ---

static void copy_atoms(nn_channels *c, nn_channel_list *to, int at, const nn_channel_list *from,
                       int count)
{
    for (int i = 0; i < count && !c->failed; i++) {
        const int atom = from ? from->atom[i] : nn_channels_new_atom(c);
        to->atom[at + i] = atom;
        if (!from && !c->failed)
            c->fixed[atom] = true;
    }
}

static void join(nn_channels *c, const nn_node_info *node, int axis)
{
    nn_channel_list *out = nn_channels_new_list(c, (int)c->shapes[node->out].dim[axis]);
    int at = 0;
    for (int k = 0; k < node->n_in && out; k++) {
        const int count = (int)c->shapes[node->in[k]].dim[axis];
        copy_atoms(c, out, at, nn_channels_ask(c, node->in[k], axis), count);
        at += count;
    }
    nn_channels_set(c, node->out, axis, out);
}

void nn_channels_concat(nn_channels *c, int i, const nn_node_info *node)
{
    const nn_concat_params *p = node->params;
    const nn_shape *s = &c->shapes[node->out];
    const int along = nn_op_axis_of(p->axis, s);
    (void)i;
    for (int axis = 0; axis < s->rank; axis++) {
        if (axis == along && s->dim[axis] <= INT_MAX) {
            join(c, node, axis);
            continue;
        }
        for (int k = 1; k < node->n_in; k++)
            nn_channels_unite(c, nn_channels_ask(c, node->in[0], axis),
                              nn_channels_ask(c, node->in[k], axis));
        nn_channels_set(c, node->out, axis, nn_channels_ask(c, node->in[0], axis));
    }
}

// As the operator clamps it.
static int clamp(int64_t at, int size)
{
    at += at < 0 ? size : 0;
    return (int)(at < 0 ? 0 : at > size ? size : at);
}

void nn_channels_slice(nn_channels *c, int i, const nn_node_info *node)
{
    const nn_slice_params *p = node->params;
    const int along = nn_op_axis_of(p->axis, &c->shapes[node->in[X]]);
    (void)i;
    for (int axis = 0; axis < c->shapes[node->out].rank; axis++) {
        nn_channel_list *list = nn_channels_ask(c, node->in[X], axis);
        if (list && axis == along && p->step == 1) {
            const int begin = clamp(p->begin, list->count), end = clamp(p->end, list->count);
            const nn_channel_list part = {end - begin, list->atom + begin};
            list = nn_channels_new_list(c, part.count);
            if (list)
                copy_atoms(c, list, 0, &part, part.count);
        } else if (axis == along) {
            nn_channels_fix(c, list);
            list = NULL;
        }
        nn_channels_set(c, node->out, axis, list);
    }
}

void nn_channels_rewrite_slice(const nn_channels *c, const nn_node_info *node, const bool *removed,
                               void *params)
{
    nn_slice_params *p = params;
    const int along = nn_op_axis_of(p->axis, &c->shapes[node->in[X]]);
    const nn_channel_list *list = nn_channels_at(c, node->in[X], along);
    if (!list || p->step != 1 || nn_channels_kept(c, list, removed) == list->count)
        return;
    const nn_channel_list before = {clamp(p->begin, list->count), list->atom};
    const nn_channel_list with = {clamp(p->end, list->count), list->atom};
    p->begin = nn_channels_kept(c, &before, removed);
    p->end = nn_channels_kept(c, &with, removed);
}

// --- other dims ---

// Elements of an axis among `outer` times as many, each with `inner` behind it.
typedef struct place {
    int64_t outer, dim, inner;
} place;

static place place_of(const nn_shape *s, int axis)
{
    return (place){nn_shape_span(s, 0, axis), s->dim[axis], nn_shape_span(s, axis + 1, s->rank)};
}

// An axis of the output that holds the whole axis, with parts of what is around it.
static nn_channel_list *merge(nn_channels *c, const nn_channel_list *list, const place *from,
                              const nn_shape *s, int *axis)
{
    for (*axis = 0; *axis < s->rank; ++*axis) {
        const place to = place_of(s, *axis);
        if (to.outer < 1 || to.inner < 1 || from->outer % to.outer || from->inner % to.inner)
            continue;
        const int64_t times = from->outer / to.outer, behind = from->inner / to.inner;
        if (to.dim != times * from->dim * behind || to.dim > INT_MAX)
            continue;
        nn_channel_list *out = nn_channels_new_list(c, (int)to.dim);
        for (int64_t i = 0; out && i < to.dim; i++)
            out->atom[i] = list->atom[i / behind % from->dim];
        return out;
    }
    return NULL;
}

// The axis is divided into several: of these the largest one is kept apart, as the channels within
// the groups of a shuffle.
static nn_channel_list *split(nn_channels *c, const nn_channel_list *list, const place *from,
                              const nn_shape *s, int *axis)
{
    int first = 0, end;
    while (first < s->rank && nn_shape_span(s, 0, first) < from->outer)
        first++;
    while (first < s->rank && nn_shape_span(s, 0, first) == from->outer && s->dim[first] == 1)
        first++;
    for (end = first; end < s->rank && nn_shape_span(s, first, end) < from->dim; end++)
        ;
    if (nn_shape_span(s, 0, first) != from->outer || nn_shape_span(s, first, end) != from->dim)
        return NULL;
    *axis = first;
    for (int k = first; k < end; k++)
        *axis = s->dim[k] > s->dim[*axis] ? k : *axis;
    const int64_t inner = nn_shape_span(s, *axis + 1, end);
    nn_channel_list *out = nn_channels_new_list(c, (int)s->dim[*axis]);
    for (int i = 0; out && i < list->count; i++) {
        const int at = (int)(i / inner % out->count);
        if (i / inner / out->count == 0 && i % inner == 0)
            out->atom[at] = list->atom[i];
        nn_channels_unite_atoms(c, out->atom[at], list->atom[i]);
    }
    return out;
}

void nn_channels_reshape(nn_channels *c, int i, const nn_node_info *node)
{
    const nn_shape *in = &c->shapes[node->in[X]], *s = &c->shapes[node->out];
    (void)i;
    if (node->n_in > LIKE && node->in[LIKE] >= 0) { // the result has the shape of another value
        nn_channels_fix_all(c, node->in[X]);
        nn_channels_fix_all(c, node->in[LIKE]);
        return;
    }
    for (int axis = 0; axis < in->rank; axis++) {
        const nn_channel_list *list = nn_channels_ask(c, node->in[X], axis);
        const place from = place_of(in, axis);
        int to;
        if (!list)
            continue;
        nn_channel_list *out = merge(c, list, &from, s, &to);
        out = out ? out : split(c, list, &from, s, &to);
        if (!out || nn_channels_at(c, node->out, to)) { // or two axes in one
            nn_channels_fix(c, list);
            nn_channels_fix(c, out ? nn_channels_at(c, node->out, to) : NULL);
            continue;
        }
        nn_channels_set(c, node->out, to, out);
    }
}

static int64_t dim_after(const nn_channels *c, nn_value v, int axis, const bool *removed)
{
    const nn_channel_list *list = nn_channels_at(c, v, axis);
    return list                       ? nn_channels_kept(c, list, removed)
           : axis < c->shapes[v].rank ? c->shapes[v].dim[axis]
                                      : 0;
}

// 0 copies the dim of the input, -1 follows from the others.
void nn_channels_rewrite_reshape(const nn_channels *c, const nn_node_info *node,
                                 const bool *removed, void *params)
{
    nn_reshape_params *p = params;
    for (int axis = 0; axis < p->rank; axis++) {
        const int64_t dim = dim_after(c, node->out, axis, removed);
        const bool copied = p->dim[axis] == 0 && dim_after(c, node->in[X], axis, removed) == dim;
        if (p->dim[axis] >= 0 && !copied)
            p->dim[axis] = (int32_t)dim;
    }
}

// --- axes ---

void nn_channels_transpose(nn_channels *c, int i, const nn_node_info *node)
{
    const nn_transpose_params *p = node->params;
    (void)i;
    for (int axis = 0; axis < p->rank; axis++)
        nn_channels_set(c, node->out, axis, nn_channels_ask(c, node->in[X], p->perm[axis]));
}

void nn_channels_reduce(nn_channels *c, int i, const nn_node_info *node)
{
    const nn_reduce_params *p = node->params;
    int to = 0;
    (void)i;
    for (int axis = 0; axis < c->shapes[node->in[X]].rank; axis++) {
        const bool gone = p->axes >> axis & 1;
        nn_channel_list *list = nn_channels_ask(c, node->in[X], axis);
        if (gone)
            nn_channels_fix(c, list);
        else
            nn_channels_set(c, node->out, to, list);
        to += !gone || p->keep_dims;
    }
}

void nn_channels_pad(nn_channels *c, int i, const nn_node_info *node)
{
    const nn_pad_params *p = node->params;
    (void)i;
    for (int axis = 0; axis < p->rank; axis++) {
        nn_channel_list *list = nn_channels_ask(c, node->in[X], axis);
        if (p->begin[axis] || p->end[axis]) {
            nn_channels_fix(c, list);
            list = NULL;
        }
        nn_channels_set(c, node->out, axis, list);
    }
}

void nn_channels_tile(nn_channels *c, int i, const nn_node_info *node)
{
    const nn_tile_params *p = node->params;
    (void)i;
    for (int axis = 0; axis < p->rank; axis++) {
        const nn_channel_list *list = nn_channels_ask(c, node->in[X], axis);
        const int64_t count = list ? (int64_t)list->count * p->repeats[axis] : 0;
        nn_channel_list *out =
            list && count <= INT_MAX ? nn_channels_new_list(c, (int)count) : NULL;
        for (int k = 0; out && k < out->count; k++)
            out->atom[k] = list->atom[k % list->count];
        if (!out)
            nn_channels_fix(c, list);
        nn_channels_set(c, node->out, axis, out);
    }
}
