// SPDX-License-Identifier: MIT
// Finds the last convolutions of a detector and the meaning of their channels.
#include "nn/train/last_layers.h"

#include "nn/base/memory.h"
#include "nn/ops/ops.h"

#include <string.h>

enum { CANDIDATES = 3 * NN_LAST_LEVELS, MAX_BINS = 64, MAX_STRIDE = 128 };

nn_status nn_usual_shapes(nn_shape **shapes, const nn_model *m, int h, int w, nn_error *err)
{
    const nn_shape image = nn_shape_4d(1, 3, h, w);
    *shapes = nn_calloc((size_t)nn_graph_value_count(m->graph), sizeof **shapes);
    if (!*shapes)
        return nn_fail(err, NN_ENOMEM, "no memory for the shapes of the graph");
    nn_status status = nn_graph_infer(m->graph, m->fixed_inputs ? m->fixed_inputs : &image,
                                      nn_graph_input_count(m->graph), *shapes, NULL, err);
    if (status == NN_OK)
        return NN_OK;
    nn_free(*shapes);
    *shapes = NULL;
    return status;
}

int nn_stride_of(const nn_shape *map, const nn_shape *image)
{
    if (map->rank != 4 || image->rank != 4 || map->dim[2] < 1 || map->dim[3] < 1)
        return 0;
    for (int s = 1; s <= MAX_STRIDE; s *= 2)
        if ((image->dim[2] + s - 1) / s == map->dim[2] &&
            (image->dim[3] + s - 1) / s == map->dim[3])
            return s;
    return 0;
}

static bool only_reorders(const nn_op *op)
{
    return op == &nn_op_reshape || op == &nn_op_flatten || op == &nn_op_transpose ||
           op == &nn_op_slice || op == &nn_op_concat || op == &nn_op_sigmoid ||
           op == &nn_op_softmax;
}

int nn_mark_last_layers(const nn_graph *g, bool *tail, int *node, int capacity)
{
    int found = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++)
        tail[i] = false;
    for (int i = 0; i < nn_graph_output_count(g); i++) {
        const nn_value_info v = nn_graph_value(g, nn_graph_output_at(g, i));
        if (v.kind == NN_VALUE_NODE)
            tail[v.index] = true;
    }
    for (int i = nn_graph_node_count(g) - 1; i >= 0; i--) {
        const nn_node_info n = nn_graph_node_at(g, i);
        if (!tail[i])
            continue;
        if (n.op == &nn_op_conv2d && found < capacity)
            node[found] = i;
        found += n.op == &nn_op_conv2d;
        tail[i] = n.op == &nn_op_conv2d || only_reorders(n.op);
        for (int k = 0; k < n.n_in && only_reorders(n.op); k++) {
            const nn_value_info v = n.in[k] >= 0 ? nn_graph_value(g, n.in[k]) : (nn_value_info){0};
            if (n.in[k] >= 0 && v.kind == NN_VALUE_NODE)
                tail[v.index] = true;
        }
    }
    return found;
}

static bool is_plain(const nn_model *m, const nn_node_info *n)
{
    const nn_conv2d_params *p = n->params;
    bool plain =
        p->groups == 1 && n->n_in <= 3 && (p->act == NN_ACT_NONE || p->act == NN_ACT_SIGMOID);
    for (int k = 1; k < n->n_in; k++)
        plain = plain && (n->in[k] == NN_NO_VALUE ||
                          nn_graph_value(m->graph, n->in[k]).kind == NN_VALUE_PARAM);
    return plain;
}

static int bins_of(int64_t channels) // -1: neither four numbers nor distributions
{
    return channels < 4 || channels % 4 != 0 || channels / 4 > MAX_BINS ? -1
           : channels == 4                                              ? 0
                                                                        : (int)(channels / 4);
}

// Adds a convolution of `channels` to a level that has `mates` of them; false: it does not fit.
static bool fits(nn_last_level *l, int node, int64_t channels, int mates, int classes)
{
    const int64_t sides = mates == 1 ? channels - classes : channels;
    if (mates == 1 && bins_of(sides) >= 0)
        l->cls = node;
    else if (mates != 2)
        return false;
    else if (l->cls < 0 && channels == classes)
        return (l->cls = node) >= 0;
    if (l->box >= 0 || bins_of(sides) < 0)
        return false;
    l->box = node;
    l->bins = bins_of(sides);
    return true;
}

// Whether a node contains a sigmoid or softmax, or one follows it, maybe behind reordering.
static bool is_probability(const nn_graph *g, int node)
{
    const nn_node_info own = nn_graph_node_at(g, node);
    if (own.op == &nn_op_conv2d && ((const nn_conv2d_params *)own.params)->act == NN_ACT_SIGMOID)
        return true;
    for (int i = node + 1; i < nn_graph_node_count(g); i++) {
        const nn_node_info n = nn_graph_node_at(g, i);
        for (int k = 0; k < n.n_in; k++)
            if (n.in[k] == own.out)
                return n.op == &nn_op_sigmoid || n.op == &nn_op_softmax ||
                       (n.op != &nn_op_concat && only_reorders(n.op) && is_probability(g, i));
    }
    return false;
}

// The same for three convolutions: classes, four numbers of a box, an objectness. Ours are told by
// name; with one class, others are ambiguous.
static bool fits_three(nn_last_level *l, const nn_graph *g, int node, int64_t channels, int classes)
{
    static const char *const words[] = {"head.cls", "head.box", "head.obj"};
    int *to[] = {&l->cls, &l->box, &l->obj}, role = -1;
    for (int i = 0; i < 3; i++)
        if (strncmp(nn_graph_node_at(g, node).name, words[i], strlen(words[i])) == 0)
            role = i;
    if (role < 0 && classes != 1)
        role = channels == 1                                                 ? 2
               : channels == 4 && (classes != 4 || !is_probability(g, node)) ? 1
               : channels == classes                                         ? 0
                                                                             : -1;
    const int64_t want[] = {classes, 4, 1};
    if (role < 0 || channels != want[role] || *to[role] >= 0)
        return false;
    *to[role] = node;
    return true;
}

// Last layers in the order in which they are found.
typedef struct finding {
    const nn_model *m;
    const nn_shape *shapes;
    int node[CANDIDATES], count;
    int classes;
} finding;

static int stride_of(const finding *f, int i)
{
    const nn_graph *g = f->m->graph;
    return nn_stride_of(&f->shapes[nn_graph_node_at(g, f->node[i]).out],
                        &f->shapes[nn_graph_input_at(g, 0)]);
}

static nn_status add_layer(nn_last_layers *l, const finding *f, int at, nn_error *err)
{
    const nn_node_info n = nn_graph_node_at(f->m->graph, f->node[at]);
    const nn_shape *map = &f->shapes[n.out];
    const int stride = stride_of(f, at);
    char text[96];
    int mates = 0;
    for (int i = 0; i < f->count; i++)
        mates += stride_of(f, i) == stride;
    nn_last_level *level = NULL;
    for (int i = 0; i < l->count && !level; i++)
        level = l->level[i].stride == stride ? &l->level[i] : NULL;
    if (!level && stride > 0 && l->count < NN_LAST_LEVELS) {
        level = &l->level[l->count++];
        *level = (nn_last_level){.stride = stride, .cls = -1, .box = -1, .obj = -1};
    }
    if (level && is_plain(f->m, &n) &&
        (mates == 3 ? fits_three(level, f->m->graph, f->node[at], map->dim[1], f->classes)
                    : fits(level, f->node[at], map->dim[1], mates, f->classes)))
        return NN_OK;
    return nn_fail(err, NN_EUNSUPPORTED,
                   "its last layer %s gives %s, which are not numbers of %d classes and four sides "
                   "of one level",
                   n.name, nn_shape_text(map, text, sizeof text), f->classes);
}

static nn_status check_levels(nn_last_layers *l, nn_error *err)
{
    for (int i = 1; i < l->count; i++) // finest first
        for (int k = i; k > 0 && l->level[k].stride < l->level[k - 1].stride; k--) {
            const nn_last_level keep = l->level[k];
            l->level[k] = l->level[k - 1];
            l->level[k - 1] = keep;
        }
    for (int i = 0; i < l->count; i++)
        if (l->level[i].cls < 0 || l->level[i].box < 0 || l->level[i].bins != l->level[0].bins ||
            (l->level[i].obj < 0) != (l->level[0].obj < 0))
            return nn_fail(err, NN_EUNSUPPORTED,
                           "its level of stride %d lacks classes or sides, which the others have",
                           l->level[i].stride);
    return NN_OK;
}

nn_status nn_find_last_layers(nn_last_layers *l, const nn_model *m, int classes, int h, int w,
                              nn_error *err)
{
    finding f = {.m = m, .classes = classes};
    nn_shape *shapes = NULL;
    *l = (nn_last_layers){.tail = nn_calloc((size_t)nn_graph_node_count(m->graph) + 1, 1)};
    if (!l->tail)
        return nn_fail(err, NN_ENOMEM, "no memory for the analysis of the graph");
    f.count = nn_mark_last_layers(m->graph, l->tail, f.node, CANDIDATES);
    nn_status status = nn_graph_input_count(m->graph) == 1
                           ? nn_usual_shapes(&shapes, m, h, w, err)
                           : nn_fail(err, NN_EUNSUPPORTED, "it does not have exactly one input");
    f.shapes = shapes;
    if (status == NN_OK && (f.count < 1 || f.count > CANDIDATES))
        status = nn_fail(err, NN_EUNSUPPORTED,
                         "its outputs come from %d convolutions by reordering alone, not from 1 to "
                         "%d",
                         f.count, CANDIDATES);
    for (int i = f.count - 1; i >= 0 && status == NN_OK; i--) // as in the graph
        status = add_layer(l, &f, i, err);
    if (status == NN_OK)
        status = check_levels(l, err);
    nn_free(shapes);
    return status;
}

void nn_last_layers_release(nn_last_layers *l)
{
    nn_free(l->tail);
    *l = (nn_last_layers){0};
}
