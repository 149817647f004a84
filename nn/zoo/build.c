// SPDX-License-Identifier: MIT
// The table of networks, and models from cards.
#include "nn/zoo/zoo.h"

#include "nn/graph/pretrained.h"
#include "nn/zoo/heads.h"

#include <string.h>

#define NN_ZOO(word) extern const nn_zoo_net nn_zoo_##word;
#include "nn/zoo/zoo.inc"
#undef NN_ZOO

#define NN_ZOO(word) &nn_zoo_##word,
static const nn_zoo_net *const nets[] = {
#include "nn/zoo/zoo.inc"
};
#undef NN_ZOO

int nn_zoo_count(void)
{
    return (int)(sizeof nets / sizeof *nets);
}

const nn_zoo_net *nn_zoo_at(int i)
{
    return nets[i];
}

const nn_zoo_net *nn_zoo_find(const char *name)
{
    for (int i = 0; i < nn_zoo_count(); i++)
        if (strcmp(nets[i]->name, name) == 0)
            return nets[i];
    return NULL;
}

const char *nn_zoo_own_task(const nn_zoo_net *net)
{
    return net && net->upscale ? "upscale" : "classify";
}

// The network and head that a card names.
typedef struct design {
    const nn_zoo_net *net;
    const nn_zoo_head *head; // NULL for a classifier
    nn_zoo_options options;
} design;

static nn_status find_head(design *d, const nn_card *card, nn_error *err)
{
    if (d->net->upscale || strcmp(card->task, "upscale") == 0)
        return d->net->upscale && strcmp(card->task, "upscale") == 0
                   ? NN_OK
                   : nn_fail(err, NN_EUNSUPPORTED, "the network %s is for the task '%s', not '%s'",
                             d->net->name, nn_zoo_own_task(d->net), card->task);
    // Its own last layer: a number for each class, whatever the task makes of it.
    if (strcmp(card->task, "classify") == 0 || strcmp(card->head, "classify") == 0 ||
        nn_card_is_pretrained(card))
        return NN_OK;
    if (!nn_zoo_head_of(card->task))
        return nn_fail(err, NN_EINVAL, "task '%s': no head is for it", card->task);
    d->head = nn_zoo_head_find(card->head);
    if (!d->head)
        return nn_fail(err, NN_ENOTFOUND, "no head is called '%s'", card->head);
    if (strcmp(d->head->task, card->task) != 0)
        return nn_fail(err, NN_EINVAL, "the head '%s' is for the task '%s', not '%s'",
                       d->head->name, d->head->task, card->task);
    if (d->head->beside && !d->net->classify)
        return nn_fail(err, NN_EUNSUPPORTED, "%s has no last layer to embed pictures with",
                       d->net->name);
    return NN_OK;
}

static nn_status read_card(design *d, const nn_card *card, nn_error *err)
{
    *d = (design){.net = nn_zoo_find(card->network)};
    if (!d->net)
        return nn_fail(err, NN_ENOTFOUND, "no network is called '%s'", card->network);
    nn_status status = find_head(d, card, err);
    if (status == NN_OK)
        status = nn_zoo_parse_options(d->net, d->head, card->options, &d->options, err);
    if (status != NN_OK)
        return status;
    if (!d->net->upscale && (d->options.classes == 0) != nn_card_is_pretrained(card))
        return nn_fail(err, NN_EINVAL, "%s: classes=%d is %s the task '%s'", d->net->name,
                       d->options.classes, d->options.classes ? "not for" : "only for", "pretrain");
    if (d->head && d->head->beside)
        d->options.classes = d->options.embed;
    if (card->label_count > 0 && nn_card_classes(card) != d->options.classes)
        return nn_fail(err, NN_EINVAL, "%d labels for a network of %d classes",
                       nn_card_classes(card), d->options.classes);
    return NN_OK;
}

// Stride of the finest map: that which the levels of boxes need, else the network's own.
static int finest_map(const design *d)
{
    const char *levels = d->options.levels;
    if (strcmp(d->head->task, "segment") == 0)
        levels = ""; // its levels are steps between the maps
    if (strstr(levels, "32"))
        return 8;
    return levels[0] == '4' || !d->net->finest ? 4 : d->net->finest;
}

static nn_status build_graph(nn_graph **out, const design *d, nn_error *err)
{
    *out = NULL;
    nn_graph *g = nn_graph_new();
    if (!g)
        return nn_fail(err, NN_ENOMEM, "no memory for a graph");
    nn_value image = nn_graph_input(g, "image");
    if (d->head && d->head->beside) {
        d->net->classify(g, image, d->net, &d->options);
        d->head->build(g, image, NULL, &d->options);
    } else if (d->head) {
        nn_zoo_features f = {.stride = finest_map(d)};
        d->net->features(g, image, d->net, &d->options, &f);
        d->head->build(g, image, &f, &d->options);
    } else if (d->net->upscale) {
        d->net->upscale(g, image, d->net, &d->options);
    } else {
        d->net->classify(g, image, d->net, &d->options);
    }
    nn_status status = nn_graph_check(g, err);
    if (status != NN_OK)
        nn_graph_free(g);
    else
        *out = g;
    return status;
}

nn_status nn_zoo_graph(nn_graph **out, const nn_card *card, nn_error *err)
{
    design d;
    *out = NULL;
    nn_status status = read_card(&d, card, err);
    return status == NN_OK ? build_graph(out, &d, err) : status;
}

static nn_status fill_card(nn_card *to, const nn_card *from, const design *d, nn_error *err)
{
    nn_status status = nn_card_copy(to, from, err);
    if (status != NN_OK)
        return status;
    nn_zoo_format_options(d->net, d->head, &d->options, to->options, sizeof to->options);
    int width = 0, height = 0;
    status = nn_zoo_input_size(d->net, d->head, to->options, &width, &height, err);
    if (status != NN_OK)
        return status;
    if (to->input_w <= 0)
        to->input_w = width;
    if (to->input_h <= 0)
        to->input_h = height;
    if (d->net->upscale) {
        to->input_channels = 1;
        to->factor = d->options.factor;
    }
    if (to->std[0] == 0) {
        memcpy(to->mean, d->net->mean, sizeof to->mean);
        memcpy(to->std, d->net->std, sizeof to->std);
    }
    return NN_OK;
}

nn_status nn_zoo_build(nn_model **out, const nn_card *card, nn_error *err)
{
    design d;
    nn_graph *graph;
    *out = NULL;
    nn_status status = read_card(&d, card, err);
    if (status == NN_OK)
        status = build_graph(&graph, &d, err);
    if (status == NN_OK)
        status = nn_model_new(out, graph, err);
    if (status == NN_OK)
        status = fill_card(&(*out)->card, card, &d, err);
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}

void nn_zoo_init_random(nn_model *m, uint64_t seed, const float object[2])
{
    nn_model_init_random(m, seed);
    const nn_zoo_head *head = nn_zoo_head_find(m->card.head);
    if (head && head->init && strcmp(m->card.task, head->task) == 0)
        head->init(m, seed, object);
    const nn_zoo_net *net = nn_zoo_find(m->card.network);
    if (net && net->init)
        net->init(m);
}
