// SPDX-License-Identifier: MIT
// Transfer learning with our neck and head on feature maps of any network.
#include "nn/base/memory.h"
#include "nn/graph/rebuild.h"
#include "nn/train/last_layers.h"
#include "nn/train/transfer.h"
#include "nn/zoo/heads.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 256 };
enum { MAPS = 3, FEW = 8 }; // maps with fewer channels are no features

static const char HEAD[] = "head.";

typedef struct putter {
    const nn_model *from;
    const nn_transfer_options *o;
    nn_shape *shapes;
    bool *tail; // nodes of the old head
    int node[MAPS], stride[MAPS];
} putter;

static int stride_at(const putter *p, int node)
{
    const nn_graph *g = p->from->graph;
    const nn_shape *map = &p->shapes[nn_graph_node_at(g, node).out];
    return nn_stride_of(map, &p->shapes[nn_graph_input_at(g, 0)]);
}

static int channels_at(const putter *p, int node)
{
    return (int)p->shapes[nn_graph_node_at(p->from->graph, node).out].dim[1];
}

// Chooses the last map of each of the strides 8, 16 and 32.
static nn_status choose_maps(putter *p, nn_error *err)
{
    for (int i = 0; i < MAPS; i++) {
        p->stride[i] = 8 << i;
        p->node[i] = -1;
    }
    for (int n = 0; n < nn_graph_node_count(p->from->graph); n++)
        for (int i = 0; i < MAPS; i++)
            if (!p->tail[n] && stride_at(p, n) == p->stride[i] && channels_at(p, n) >= FEW)
                p->node[i] = n;
    for (int i = 0; i < MAPS; i++)
        if (p->node[i] < 0)
            return nn_fail(err, NN_EUNSUPPORTED,
                           "it has no feature map at 1/%d of the input's size (name maps with "
                           "--taps)",
                           p->stride[i]);
    return NN_OK;
}

static int find_node(const nn_graph *g, const char *text, size_t length)
{
    char name[MAX_NAME];
    snprintf(name, sizeof name, "%.*s", (int)(length < MAX_NAME ? length : 0), text);
    const nn_value v = nn_graph_find_value(g, name);
    return v >= 0 && nn_graph_value(g, v).kind == NN_VALUE_NODE ? nn_graph_value(g, v).index : -1;
}

// Finds the maps that taps name, finest first.
static nn_status name_maps(putter *p, nn_error *err)
{
    const char *text = p->o->taps;
    for (int i = 0; i < MAPS; i++) {
        const size_t length = strcspn(text, ",");
        p->node[i] = find_node(p->from->graph, text, length);
        if (p->node[i] < 0)
            return nn_fail(err, NN_ENOTFOUND,
                           "taps '%s': no layer '%.*s' ('neroscale info FILE' names them; three "
                           "are needed)",
                           p->o->taps, length > 80 ? 80 : (int)length, text);
        p->stride[i] = stride_at(p, p->node[i]);
        text += length + (text[length] == ',');
    }
    if (*text || p->stride[0] < 4 || p->stride[0] > 16 || p->stride[1] != 2 * p->stride[0] ||
        p->stride[2] != 4 * p->stride[0])
        return nn_fail(err, NN_EUNSUPPORTED,
                       "taps '%s' are maps at 1/%d, 1/%d and 1/%d of the input's size; three, each "
                       "half as large as the one before, from 1/4, 1/8 or 1/16 on are needed",
                       p->o->taps, p->stride[0], p->stride[1], p->stride[2]);
    return NN_OK;
}

static void describe(const putter *p, nn_transfer_report *report)
{
    size_t used = 0;
    report->text[0] = '\0';
    for (int i = 0; i < MAPS && used < sizeof report->text; i++)
        used += (size_t)snprintf(report->text + used, sizeof report->text - used,
                                 "%s%s (%d channels at 1/%d)", i ? ", " : "",
                                 nn_graph_node_at(p->from->graph, p->node[i]).name,
                                 channels_at(p, p->node[i]), p->stride[i]);
}

static void build(const putter *p, nn_rebuild *r, const nn_zoo_head *head)
{
    nn_zoo_features f = {.stride = p->stride[0]};
    nn_zoo_options o = {.classes = p->o->classes.count};
    head->defaults(&o);
    snprintf(o.levels, sizeof o.levels, "%s",
             f.stride == 4   ? "4+8+16"
             : f.stride == 8 ? "8+16+32"
                             : "16+32+64");
    if (p->o->neck > 0)
        o.neck = p->o->neck;
    if (p->o->keypoints > 0)
        o.keypoints = p->o->keypoints;
    for (int i = 0; i < MAPS; i++) {
        f.map[i] = nn_rebuild_value(r, nn_graph_node_at(p->from->graph, p->node[i]).out);
        f.channels[i] = channels_at(p, p->node[i]);
    }
    head->build(r->graph, nn_graph_input_at(r->graph, 0), &f, &o);
}

// Initialises the parameters of the head as in our own networks; copied parameters stay.
static nn_status start_head(nn_model *m, const nn_zoo_head *head, uint64_t seed, nn_error *err)
{
    nn_model *fresh;
    nn_status status = nn_model_copy(&fresh, m, err);
    if (status != NN_OK)
        return status;
    nn_model_init_random(fresh, seed);
    head->init(fresh, seed, NULL);
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        if (strncmp(nn_graph_value(m->graph, nn_graph_param_at(m->graph, i)).name, HEAD,
                    strlen(HEAD)) == 0)
            memcpy(m->params[i].data, fresh->params[i].data, nn_tensor_bytes(&m->params[i]));
    nn_model_free(fresh);
    return NN_OK;
}

static nn_status write_card(nn_card *card, const nn_transfer_options *o, const nn_zoo_head *head,
                            nn_error *err)
{
    snprintf(card->head, sizeof card->head, "%s", head->name);
    snprintf(card->task, sizeof card->task, "%s", head->task);
    card->network[0] = card->options[0] = '\0';
    card->guessed = false;
    card->input_h = o->input_h;
    card->input_w = o->input_w;
    card->threshold = NN_CARD_THRESHOLD;
    card->iou_threshold = NN_CARD_IOU_THRESHOLD;
    return nn_card_set_labels(card, o->classes.labels, o->classes.count, err);
}

static nn_status find_maps(putter *p, nn_error *err)
{
    const nn_graph *g = p->from->graph;
    if (nn_graph_input_count(g) != 1)
        return nn_fail(err, NN_EUNSUPPORTED, "it has not one input");
    p->tail = nn_calloc((size_t)nn_graph_node_count(g) + 1, sizeof *p->tail);
    if (!p->tail)
        return nn_fail(err, NN_ENOMEM, "no memory to look at the graph");
    nn_status status = nn_usual_shapes(&p->shapes, p->from, p->o->input_h, p->o->input_w, err);
    if (status != NN_OK)
        return status;
    int none;
    nn_mark_last_layers(g, p->tail, &none, 0);
    return p->o->taps ? name_maps(p, err) : choose_maps(p, err);
}

static nn_status put(putter *p, nn_model **out, nn_error *err)
{
    const nn_zoo_head *head = nn_zoo_head_find(p->o->head ? p->o->head : "fcos");
    nn_rebuild r;
    if (!head)
        return nn_fail(err, NN_ENOTFOUND, "no head is called '%s'", p->o->head);
    nn_status status = nn_rebuild_begin(&r, p->from, true, err);
    if (status == NN_OK) {
        build(p, &r, head);
        status = nn_rebuild_finish(&r, out, err);
    }
    nn_rebuild_release(&r);
    if (status == NN_OK)
        status = start_head(*out, head, p->o->seed, err);
    if (status == NN_OK)
        status = write_card(&(*out)->card, p->o, head, err);
    if (status == NN_OK)
        status = nn_want_red_first(*out, err);
    return status == NN_OK ? nn_free_inputs(*out, p->from, p->o->input_h, p->o->input_w, err)
                           : status;
}

nn_status nn_replace_head(nn_model **out, const nn_model *from, const nn_transfer_options *o,
                          nn_transfer_report *report, nn_error *err)
{
    putter p = {.from = from, .o = o};
    *out = NULL;
    nn_status status = find_maps(&p, err);
    if (status == NN_OK)
        status = put(&p, out, err);
    if (status == NN_OK)
        describe(&p, report);
    nn_free(p.tail);
    nn_free(p.shapes);
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}
