// SPDX-License-Identifier: MIT
// Transfer learning with a detector's own last layers, whose rows are matched to new classes.
#include "nn/base/memory.h"
#include "nn/base/rng.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"
#include "nn/train/last_layers.h"
#include "nn/train/transfer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PRIOR 0.01f     // initial score of a new class (RetinaNet, Lin 2017, section 4.1)
#define DEVIATION 0.01f // of its initial weights

enum { MAX_NAME = 64 };

typedef struct keeper {
    const nn_model *from;
    const nn_transfer_options *o;
    nn_rebuild r;
    nn_last_layers last;
} keeper;

// Whether points are corners of cells, as in NanoDet-Plus, which has a fourth level.
static bool has_corners(const keeper *k)
{
    const char *head = k->from->card.head;
    return strcmp(head, "gfl_corner") == 0 ||
           (strcmp(head, "nanodet") == 0 && k->last.level[k->last.count - 1].stride == 64);
}

static const char *word_of(const nn_last_level *l)
{
    return l->bins > 0 ? "dist" : "box";
}

// Adds the convolution `node` with `channels` rows and new parameters; its outputs are called
// WORDs.
static void add_layer(keeper *k, int node, const char *word, int stride, int channels)
{
    char name[MAX_NAME], param[MAX_NAME + 8];
    const nn_node_info n = nn_graph_node_at(k->from->graph, node);
    nn_conv2d_params params = *(const nn_conv2d_params *)n.params;
    nn_shape shape = *nn_graph_value(k->from->graph, n.in[1]).shape;
    const nn_shape bias = nn_shape_1d(channels);
    shape.dim[0] = channels;
    params.act = NN_ACT_NONE; // scores stay logits
    snprintf(name, sizeof name, "head.%s%d", word, stride);
    nn_value in[3] = {nn_rebuild_value(&k->r, n.in[0])};
    snprintf(param, sizeof param, "%s.weight", name);
    in[1] = nn_graph_param(k->r.graph, param, NN_PARAM_WEIGHT, &shape);
    snprintf(param, sizeof param, "%s.bias", name);
    in[2] = nn_graph_param(k->r.graph, param, NN_PARAM_BIAS, &bias);
    nn_graph_output(k->r.graph, name + strlen("head."),
                    nn_graph_node(k->r.graph, n.op, name, &params, in, 3));
}

static void add_layers(keeper *k)
{
    for (int i = 0; i < k->last.count; i++) {
        const nn_last_level *l = &k->last.level[i];
        add_layer(k, l->cls, "cls", l->stride, k->o->classes.count);
        add_layer(k, l->box, word_of(l), l->stride, 4 * (l->bins > 0 ? l->bins : 1));
        if (l->obj >= 0)
            add_layer(k, l->obj, "obj", l->stride, 1);
    }
}

// Weight and bias of a last layer; bias NULL: zeros.
typedef struct rows {
    float *weight, *bias;
    int64_t row; // weights of a row
} rows;

static rows old_rows(const keeper *k, int node)
{
    const nn_node_info n = nn_graph_node_at(k->from->graph, node);
    const nn_tensor *w = &k->from->params[nn_graph_value(k->from->graph, n.in[1]).index];
    const bool biased = n.n_in > 2 && n.in[2] >= 0;
    const nn_tensor *b =
        biased ? &k->from->params[nn_graph_value(k->from->graph, n.in[2]).index] : NULL;
    return (rows){nn_tensor_f32(w), b ? nn_tensor_f32(b) : NULL,
                  nn_shape_count(&w->shape) / w->shape.dim[0]};
}

static rows new_rows(nn_model *m, const char *word, int stride)
{
    char name[MAX_NAME];
    snprintf(name, sizeof name, "head.%s%d.weight", word, stride);
    const nn_tensor *w = nn_model_param(m, name);
    snprintf(name, sizeof name, "head.%s%d.bias", word, stride);
    return (rows){nn_tensor_f32(w), nn_tensor_f32(nn_model_param(m, name)),
                  nn_shape_count(&w->shape) / w->shape.dim[0]};
}

// Row `to` becomes a weighted sum of rows of `from`; without any, it starts at random.
static void mix_row(rows to, int64_t at, rows from, const float *part, int old, nn_rng *rng)
{
    float sum = 0;
    for (int64_t i = 0; i < to.row; i++)
        to.weight[at * to.row + i] = 0;
    to.bias[at] = 0;
    for (int o = 0; o < old; o++) {
        for (int64_t i = 0; i < to.row && part[o] != 0; i++)
            to.weight[at * to.row + i] += part[o] * from.weight[o * from.row + i];
        to.bias[at] += part[o] != 0 && from.bias ? part[o] * from.bias[o] : 0;
        sum += fabsf(part[o]);
    }
    if (sum > 0)
        return;
    for (int64_t i = 0; i < to.row; i++)
        to.weight[at * to.row + i] = DEVIATION * nn_rng_normal(rng);
    to.bias[at] = -logf((1 - PRIOR) / PRIOR);
}

// Copies rows of the old layer, beginning with `first`.
static void copy_rows(rows to, rows from, int first, int count)
{
    memcpy(to.weight, from.weight + first * from.row, (size_t)(count * to.row) * sizeof *to.weight);
    for (int i = 0; i < count; i++)
        to.bias[i] = from.bias ? from.bias[first + i] : 0;
}

static void fill_level(const keeper *k, nn_model *m, const nn_last_level *l)
{
    const nn_class_start *c = &k->o->classes;
    nn_rng rng = nn_rng_stream(k->o->seed, (uint64_t)l->stride);
    const rows from = old_rows(k, l->cls), to = new_rows(m, "cls", l->stride);
    for (int i = 0; i < c->count; i++)
        mix_row(to, i, from, c->part + (size_t)i * c->old, c->old, &rng);
    copy_rows(new_rows(m, word_of(l), l->stride), old_rows(k, l->box),
              l->box == l->cls ? c->old : 0, 4 * (l->bins > 0 ? l->bins : 1));
    if (l->obj >= 0)
        copy_rows(new_rows(m, "obj", l->stride), old_rows(k, l->obj), 0, 1);
}

// The head of the new model; NULL when there is no loss for the old one. Each kind of head encodes
// boxes differently.
static const char *new_head(const keeper *k)
{
    static const char *const heads[][2] = {{"yolox", "yolox_maps"},
                                           {"yolox_legacy", "yolox_maps"},
                                           {"yolox_maps", "yolox_maps"},
                                           {"fastestdet", "fastestdet_maps"},
                                           {"fastestdet_maps", "fastestdet_maps"}};
    const nn_last_level *l = &k->last.level[0];
    const char *head = k->from->card.head;
    for (size_t i = 0; i < sizeof heads / sizeof *heads && l->obj >= 0; i++)
        if (strcmp(head, heads[i][0]) == 0)
            return heads[i][1];
    if (l->obj >= 0)
        return NULL;
    if (l->bins > 0)
        return has_corners(k) ? "gfl_corner" : "gfl";
    return strcmp(head, "fcos") == 0 ? "fcos" : NULL;
}

static nn_status write_card(const keeper *k, nn_card *card, nn_error *err)
{
    snprintf(card->head, sizeof card->head, "%s", new_head(k));
    snprintf(card->task, sizeof card->task, "detect");
    card->network[0] = card->options[0] = '\0';
    card->guessed = false;
    card->input_h = k->o->input_h;
    card->input_w = k->o->input_w;
    return nn_card_set_labels(card, k->o->classes.labels, k->o->classes.count, err);
}

static void describe(const keeper *k, nn_transfer_report *report)
{
    size_t used = 0;
    report->text[0] = '\0';
    for (int i = 0; i < k->last.count && used < sizeof report->text; i++) {
        const nn_last_level *l = &k->last.level[i];
        used += (size_t)snprintf(report->text + used, sizeof report->text - used, "%s%s at 1/%d",
                                 i ? ", " : "", nn_graph_node_at(k->from->graph, l->cls).name,
                                 l->stride);
    }
}

static nn_status keep(keeper *k, nn_model **out, nn_error *err)
{
    nn_status status = nn_find_last_layers(&k->last, k->from, k->o->classes.old, k->o->input_h,
                                           k->o->input_w, err);
    if (status == NN_OK && !new_head(k))
        status =
            nn_fail(err, NN_EUNSUPPORTED, "there is no loss for its head '%s'", k->from->card.head);
    if (status == NN_OK)
        status = nn_rebuild_begin(&k->r, k->from, true, err);
    if (status != NN_OK)
        return status;
    add_layers(k);
    status = nn_rebuild_finish(&k->r, out, err);
    for (int i = 0; i < k->last.count && status == NN_OK; i++)
        fill_level(k, *out, &k->last.level[i]);
    if (status == NN_OK)
        status = write_card(k, &(*out)->card, err);
    if (status == NN_OK)
        status = nn_want_red_first(*out, err);
    return status == NN_OK ? nn_free_inputs(*out, k->from, k->o->input_h, k->o->input_w, err)
                           : status;
}

nn_status nn_keep_head(nn_model **out, const nn_model *from, const nn_transfer_options *o,
                       nn_transfer_report *report, nn_error *err)
{
    keeper k = {.from = from, .o = o};
    *out = NULL;
    const nn_status status = keep(&k, out, err);
    if (status == NN_OK)
        describe(&k, report);
    nn_rebuild_release(&k.r);
    nn_last_layers_release(&k.last);
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}
