// SPDX-License-Identifier: MIT
// Chooses feature maps by what is made of them, or finds them by name.
#include "nn/train/feature_maps.h"

#include "nn/base/memory.h"
#include "nn/train/last_layers.h"
#include "nn/train/task/task.h"

#include <stdio.h>
#include <string.h>

enum { STRIDES = 3, FINEST = 8, LAST = 62, FEW = 8, MAX_NAME = 256 };

// The nodes of a network, as the search for feature maps needs them.
typedef struct survey {
    const nn_model *m;
    nn_shape *shapes; // of values, for one picture
    bool *tail;       // from the last layers on
    uint64_t *makes;  // which of the last layers are made of it; the highest bit: some output is
    int layer[LAST], layers;
} survey;

static void release(survey *s)
{
    nn_free(s->shapes);
    nn_free(s->tail);
    nn_free(s->makes);
}

// Passes on to the nodes in front what is made of those behind.
static void mark_makers(survey *s)
{
    const nn_graph *g = s->m->graph;
    for (int i = 0; i < nn_graph_output_count(g); i++) {
        const nn_value_info v = nn_graph_value(g, nn_graph_output_at(g, i));
        if (v.kind == NN_VALUE_NODE)
            s->makes[v.index] = 1ull << 63;
    }
    for (int i = 0; i < s->layers; i++)
        s->makes[s->layer[i]] |= 1ull << i;
    for (int i = nn_graph_node_count(g) - 1; i >= 0; i--) {
        const nn_node_info n = nn_graph_node_at(g, i);
        for (int k = 0; k < n.n_in; k++) {
            const nn_value_info v = n.in[k] >= 0 ? nn_graph_value(g, n.in[k]) : (nn_value_info){0};
            if (n.in[k] >= 0 && v.kind == NN_VALUE_NODE)
                s->makes[v.index] |= s->makes[i];
        }
    }
}

static nn_status look_at(survey *s, const nn_model *m, int h, int w, nn_error *err)
{
    const size_t nodes = (size_t)nn_graph_node_count(m->graph) + 1;
    *s = (survey){.m = m, .tail = nn_calloc(nodes, 1), .makes = nn_calloc(nodes, sizeof *s->makes)};
    if (!s->tail || !s->makes)
        return nn_fail(err, NN_ENOMEM, "no memory to look at the graph");
    if (nn_graph_input_count(m->graph) != 1)
        return nn_fail(err, NN_EUNSUPPORTED, "it has not one input");
    const nn_status status = nn_usual_shapes(&s->shapes, m, h, w, err);
    if (status != NN_OK)
        return status;
    s->layers = nn_mark_last_layers(m->graph, s->tail, s->layer, LAST);
    s->layers = s->layers > LAST ? LAST : s->layers;
    mark_makers(s);
    return NN_OK;
}

static const nn_shape *shape_at(const survey *s, int node)
{
    return &s->shapes[nn_graph_node_at(s->m->graph, node).out];
}

static int stride_at(const survey *s, int node)
{
    return nn_stride_of(shape_at(s, node), &s->shapes[nn_graph_input_at(s->m->graph, 0)]);
}

// Whether a node gives a map that something is made of.
static bool is_map(const survey *s, int node)
{
    const nn_shape *shape = shape_at(s, node);
    return !s->tail[node] && s->makes[node] && shape->rank == 4 && shape->dim[1] >= FEW;
}

// The map at a stride; NN_NO_VALUE: there is none.
static nn_value map_at(const survey *s, int stride)
{
    const int nodes = nn_graph_node_count(s->m->graph);
    uint64_t all = 0;
    nn_value found = NN_NO_VALUE;
    for (int i = 0; i < s->layers; i++)
        if (stride_at(s, s->layer[i]) == stride)
            all |= 1ull << i;
    for (int i = 0; i < nodes; i++)
        if (is_map(s, i) && stride_at(s, i) == stride && (s->makes[i] & all) == all)
            found = nn_graph_node_at(s->m->graph, i).out;
    return found;
}

// The last map that is more than a column of means.
static nn_value last_map(const survey *s)
{
    nn_value found = NN_NO_VALUE;
    for (int i = 0; i < nn_graph_node_count(s->m->graph); i++) {
        const nn_shape *shape = shape_at(s, i);
        if (is_map(s, i) && shape->dim[2] > 1 && shape->dim[3] > 1)
            found = nn_graph_node_at(s->m->graph, i).out;
    }
    return found;
}

static nn_feature_pair pair_of(const survey *a, nn_value student, const survey *b, nn_value teacher)
{
    return (nn_feature_pair){student, teacher, (int)a->shapes[student].dim[1],
                             (int)b->shapes[teacher].dim[1]};
}

static nn_status choose(nn_feature_pair *pairs, int *count, const survey *a, const survey *b,
                        nn_error *err)
{
    const nn_train_task *task = nn_train_task_find(a->m->card.task);
    const bool several = task && task->transfer == NN_TRANSFER_HEAD;
    for (int i = 0; i < (several ? STRIDES : 1); i++) {
        const nn_value x = several ? map_at(a, FINEST << i) : last_map(a);
        const nn_value y = several ? map_at(b, FINEST << i) : last_map(b);
        if (x >= 0 && y >= 0)
            pairs[(*count)++] = pair_of(a, x, b, y);
    }
    return *count > 0
               ? NN_OK
               : nn_fail(err, NN_ENOTFOUND,
                         "no feature map of one fits a map of the other; name pairs (OURS=ITS; "
                         "'neroscale info MODEL' shows names)");
}

static nn_value named(const survey *s, const char *text, size_t length, const char *whose,
                      nn_error *err)
{
    char name[MAX_NAME];
    snprintf(name, sizeof name, "%.*s", (int)(length < MAX_NAME ? length : 0), text);
    const nn_value v = nn_graph_find_value(s->m->graph, name);
    if (v >= 0 && nn_graph_value(s->m->graph, v).kind == NN_VALUE_NODE && s->shapes[v].rank == 4)
        return v;
    nn_fail(err, NN_ENOTFOUND, "%s has no map of a layer '%.80s' ('neroscale info' names them)",
            whose, name);
    return NN_NO_VALUE;
}

static nn_status read_names(nn_feature_pair *pairs, int *count, const survey *a, const survey *b,
                            const char *text, nn_error *err)
{
    while (*text) {
        const size_t length = strcspn(text, ","), own = strcspn(text, "=");
        if (own >= length || *count == NN_FEATURE_PAIRS)
            return nn_fail(err, NN_EINVAL, "'%.*s' is not OURS=ITS, or one of more than %d",
                           (int)(length < 80 ? length : 80), text, NN_FEATURE_PAIRS);
        const nn_value x = named(a, text, own, "the network", err);
        const nn_value y =
            x < 0 ? NN_NO_VALUE : named(b, text + own + 1, length - own - 1, "the teacher", err);
        if (y < 0)
            return NN_ENOTFOUND;
        pairs[(*count)++] = pair_of(a, x, b, y);
        text += length + (text[length] == ',');
    }
    return *count > 0 ? NN_OK : nn_fail(err, NN_EINVAL, "no pair of maps is named");
}

nn_status nn_feature_pairs_find(nn_feature_pair pairs[NN_FEATURE_PAIRS], int *count,
                                const nn_model *student, const nn_model *teacher, const char *names,
                                int h, int w, nn_error *err)
{
    survey a = {0}, b = {0};
    *count = 0;
    nn_status status = look_at(&a, student, h, w, err);
    if (status == NN_OK)
        status = look_at(&b, teacher, h, w, err);
    if (status == NN_OK)
        status = names ? read_names(pairs, count, &a, &b, names, err)
                       : choose(pairs, count, &a, &b, err);
    release(&a);
    release(&b);
    return status;
}
