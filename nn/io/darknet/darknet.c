// SPDX-License-Identifier: MIT
// Reads Darknet's networks: builds layer after layer, then counts the weights.
#include "nn/io/darknet/darknet.h"

#include "nn/base/memory.h"
#include "nn/io/darknet/build.h"
#include "nn/vision/decode/decode.h"

#include <stdio.h>
#include <string.h>

enum { USUAL_SIDE = 416, MAX_SIDE = 1 << 14, MAX_CHANNELS = 1 << 10, HEADER = 12 };

typedef nn_darknet_value builder(nn_darknet *d);

static const struct {
    const char *type;
    builder *build;
} sections[] = {
    {"convolutional", nn_darknet_convolutional},
    {"conv", nn_darknet_convolutional},
    {"connected", nn_darknet_connected},
    {"conn", nn_darknet_connected},
    {"batchnorm", nn_darknet_batchnorm},
    {"activation", nn_darknet_activation},
    {"maxpool", nn_darknet_maxpool},
    {"max", nn_darknet_maxpool},
    {"avgpool", nn_darknet_avgpool},
    {"avg", nn_darknet_avgpool},
    {"softmax", nn_darknet_softmax},
    {"soft", nn_darknet_softmax},
    {"route", nn_darknet_route},
    {"shortcut", nn_darknet_shortcut},
    {"scale_channels", nn_darknet_scale_channels},
    {"sam", nn_darknet_sam},
    {"upsample", nn_darknet_upsample},
    {"reorg", nn_darknet_reorg},
    {"reorg3d", nn_darknet_reorg3d},
    {"dropout", nn_darknet_nothing},
    {"empty", nn_darknet_nothing},
    {"silence", nn_darknet_nothing},
    {"cost", nn_darknet_nothing}, // for training only
    {"yolo", nn_darknet_yolo},
    {"region", nn_darknet_region},
};

static builder *find_builder(const char *type)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (strcmp(sections[i].type, type) == 0)
            return sections[i].build;
    return NULL;
}

// --- what is not supported ---

// Lists each unknown type once, with its first line.
static nn_status check_types(const nn_cfg *cfg, nn_error *err)
{
    char text[300] = "";
    size_t used = 0;
    for (int i = 1; i < cfg->section_count; i++) {
        const nn_cfg_section *s = &cfg->sections[i];
        int first = 1;
        while (strcmp(cfg->sections[first].type, s->type) != 0)
            first++;
        if (first == i && !find_builder(s->type) && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s[%.40s] (line %d)",
                                     used ? ", " : "", s->type, s->line);
    }
    return used ? nn_fail(err, NN_EUNSUPPORTED, "not supported: %s", text) : NN_OK;
}

// --- layers ---

static void add_input(nn_darknet *d, const nn_graph_load_options *o)
{
    d->section = &d->cfg->sections[0];
    const int channels = nn_darknet_int(d, "channels", 3, 1, MAX_CHANNELS);
    int h = nn_darknet_int(d, "height", 0, 0, MAX_SIDE);
    int w = nn_darknet_int(d, "width", 0, 0, MAX_SIDE);
    const bool asked = o->input_h > 0 && o->input_w > 0;
    h = asked ? o->input_h : h > 0 ? h : USUAL_SIDE;
    w = asked ? o->input_w : w > 0 ? w : USUAL_SIDE;
    d->input = o->inputs && o->n_inputs == 1 ? o->inputs[0] : nn_shape_4d(1, channels, h, w);
    if (d->input.rank != 4 || d->input.dim[1] != channels)
        nn_darknet_fail(d, NN_ESHAPE, "the input is an image of %d channels", channels);
    if (!nn_darknet_failed(d))
        d->in = (nn_darknet_value){nn_graph_input(d->graph, "input"), d->input, false};
}

static nn_status build_layers(nn_darknet *d, nn_error *err)
{
    for (int i = 1; i < d->cfg->section_count && !nn_darknet_failed(d); i++) {
        d->section = &d->cfg->sections[i];
        d->index = i - 1;
        d->in = find_builder(d->section->type)(d);
        d->layers[d->index] = d->in;
    }
    if (!nn_darknet_failed(d)) {
        if (nn_graph_output_count(d->graph) == 0)
            nn_graph_output(d->graph, d->section->type, d->in.value);
        return nn_graph_check(d->graph, err);
    }
    return nn_fail(err, d->error.status, "[%.40s] (layer %d, line %d): %.340s", d->section->type,
                   d->index, d->section->line, d->error.text);
}

// --- weights ---

static uint32_t number_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

// Version (major, minor, revision), then the number of pictures seen: 64 bits from version 0.2 on.
static nn_status read_header(const uint8_t *bytes, size_t size, size_t *header, nn_error *err)
{
    const uint32_t major = size >= HEADER ? number_at(bytes) : 0;
    const uint32_t minor = size >= HEADER ? number_at(bytes + 4) : 0;
    *header = HEADER + (major > 0 || minor >= 2 ? 8 : 4);
    if (size < *header)
        return nn_fail(err, NN_EFORMAT, "the weights are %zu bytes, shorter than their header",
                       size);
    if (major > 1000 || minor > 1000)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "weights of version %u.%u: those of connected layers lie transposed there, "
                       "or these are no weights of Darknet",
                       (unsigned)major, (unsigned)minor);
    return NN_OK;
}

static nn_status count_weights(const nn_darknet *d, size_t bytes, nn_error *err)
{
    const int64_t have = (int64_t)(bytes / sizeof(float)), over = have - d->floats;
    if (over == 0 && bytes % sizeof(float) == 0)
        return NN_OK;
    return nn_fail(err, NN_EFORMAT,
                   "the layers want %lld numbers and the weights have %lld: %lld too %s; they are "
                   "cut off, or of another network",
                   (long long)d->floats, (long long)have, (long long)(over < 0 ? -over : over),
                   over < 0 ? "few" : "many");
}

static void fill(const nn_darknet *d, const uint8_t *numbers, nn_model *model)
{
    for (int i = 0; i < d->load_count; i++) {
        const nn_darknet_numbers *l = &d->loads[i];
        memcpy(model->params[l->param].data, numbers + (size_t)l->first * sizeof(float),
               (size_t)l->count * sizeof(float));
    }
}

// --- the model ---

// Makes a model, which owns the graph.
static nn_status finish(nn_darknet *d, const uint8_t *numbers, nn_model **out, nn_error *err)
{
    nn_graph *g = d->graph;
    d->graph = NULL;
    nn_status status = nn_model_new(out, g, err);
    if (status != NN_OK)
        return status;
    nn_model *m = *out;
    fill(d, numbers, m);
    m->card = *d->card; // it has no labels
    for (int i = 0; i < 3; i++)
        m->card.std[i] = 1;
    m->card.input_h = (int)d->input.dim[2];
    m->card.input_w = (int)d->input.dim[3];
    if (d->classes > 0)
        status = d->classes == NN_COCO_CLASSES
                     ? nn_card_set_labels(&m->card, nn_coco_labels, d->classes, err)
                     : nn_card_number_labels(&m->card, d->classes, err);
    if (status != NN_OK || (!d->bound && d->input.dim[1] == 3))
        return status;
    m->fixed_inputs = nn_calloc(1, sizeof *m->fixed_inputs);
    if (!m->fixed_inputs)
        return nn_fail(err, NN_ENOMEM, "out of memory");
    *m->fixed_inputs = d->input;
    return NN_OK;
}

static nn_status import(nn_darknet *d, nn_model **out, const uint8_t *weights, size_t size,
                        const nn_graph_load_options *o, nn_error *err)
{
    size_t header = 0;
    d->graph = nn_graph_new();
    d->layers = nn_calloc((size_t)d->cfg->section_count, sizeof *d->layers);
    nn_status status = d->graph && d->layers ? NN_OK : nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK && d->cfg->section_count < 2)
        status = nn_fail(err, NN_EUNSUPPORTED, "there are no layers");
    if (status == NN_OK)
        add_input(d, o);
    if (status == NN_OK)
        status = build_layers(d, err);
    if (status == NN_OK)
        status = read_header(weights, size, &header, err);
    if (status == NN_OK)
        status = count_weights(d, size - header, err);
    if (status == NN_OK)
        status = finish(d, weights + header, out, err);
    nn_graph_free(d->graph);
    nn_free(d->layers);
    nn_free(d->loads);
    return status;
}

nn_status nn_darknet_parse(nn_model **out, const void *cfg, size_t cfg_size, const void *weights,
                           size_t weights_size, const nn_graph_load_options *options, nn_error *err)
{
    static const nn_graph_load_options none = {0};
    nn_cfg text;
    nn_card card = {0};
    *out = NULL;
    nn_status status = nn_cfg_parse(&text, cfg, cfg_size, err);
    if (status == NN_OK)
        status = check_types(&text, err);
    nn_darknet d = {.cfg = &text, .card = &card};
    if (status == NN_OK)
        status = import(&d, out, weights, weights_size, options ? options : &none, err);
    nn_cfg_release(&text);
    if (status == NN_OK)
        return NN_OK;
    nn_model_free(*out);
    *out = NULL;
    return nn_fail_prefix(err, status, "Darknet");
}
