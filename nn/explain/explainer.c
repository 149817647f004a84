// SPDX-License-Identifier: MIT
// Opens a model to look into it: takes it apart, checks it and plans it.
#include "nn/explain/explain_internal.h"

#include "nn/base/memory.h"
#include "nn/graph/rebuild.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"
#include "nn/zoo/zoo.h"

#include <stdio.h>
#include <string.h>

enum { START_SEED = 1 };

// A copy in which activations and sums are nodes, with the outputs that are used in inference.
static nn_status take_apart(nn_model **m, nn_error *err)
{
    const nn_graph *g = (*m)->graph;
    nn_model *apart = NULL;
    nn_rebuild r;
    int outputs = 0;
    nn_status status = nn_rebuild_begin(&r, *m, true, err);
    for (int i = 0; i < nn_graph_output_count(g) && status == NN_OK; i++) {
        const char *name = nn_graph_output_name(g, i);
        if (strncmp(name, "aux", 3) == 0)
            continue;
        nn_graph_output(r.graph, name, nn_rebuild_value(&r, nn_graph_output_at(g, i)));
        outputs++;
    }
    if (status == NN_OK && outputs == 0)
        status = nn_fail(err, NN_EUNSUPPORTED, "the model has no output");
    if (status == NN_OK)
        status = nn_rebuild_finish(&r, &apart, err);
    nn_rebuild_release(&r);
    if (status == NN_OK && (*m)->fixed_inputs) {
        apart->fixed_inputs = (*m)->fixed_inputs;
        (*m)->fixed_inputs = NULL;
    }
    if (status == NN_OK) {
        nn_model_free(*m);
        *m = apart;
    } else {
        nn_model_free(apart);
    }
    return status;
}

static nn_status check_model(nn_explainer *e, nn_error *err)
{
    const nn_card *card = &e->model->card;
    const nn_graph *g = e->model->graph;
    const nn_shape *fixed = e->model->fixed_inputs;
    char text[96];
    if (nn_graph_input_count(g) != 1 || nn_graph_output_count(g) > NN_EXPLAIN_OUTPUTS)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the model has %d inputs and %d outputs; one picture and at most %d outputs "
                       "can be explained",
                       nn_graph_input_count(g), nn_graph_output_count(g), NN_EXPLAIN_OUTPUTS);
    if (nn_card_channels(card) != 3)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the model reads the luma of pictures (task '%s') and cannot be explained",
                       card->task);
    if (fixed && (fixed->rank != 4 || fixed->dim[0] != 1 || fixed->dim[1] != 3))
        return nn_fail(err, NN_EUNSUPPORTED, "the model takes %s, not one picture 1x3xHxW",
                       nn_shape_text(fixed, text, sizeof text));
    e->decoder = card->task[0] || card->head[0] ? nn_decoder_of(card->head, card->task) : NULL;
    e->output_count = nn_graph_output_count(g);
    e->classes = nn_card_classes(card);
    e->rigid = fixed || card->stretch || !e->decoder || e->decoder->whole_frame;
    return NN_OK;
}

static nn_status choose_input(nn_explainer *e, const nn_explainer_options *o, nn_error *err)
{
    const nn_card *card = &e->model->card;
    const nn_shape *fixed = e->model->fixed_inputs;
    e->input_h = o->input_h > 0 ? o->input_h : fixed ? (int)fixed->dim[2] : card->input_h;
    e->input_w = o->input_w > 0 ? o->input_w : fixed ? (int)fixed->dim[3] : card->input_w;
    if (fixed && (e->input_h != fixed->dim[2] || e->input_w != fixed->dim[3]))
        return nn_fail(err, NN_EINVAL,
                       "an input of %dx%d is not possible: this model takes %dx%d only", e->input_w,
                       e->input_h, (int)fixed->dim[3], (int)fixed->dim[2]);
    if (e->input_h < 1 || e->input_w < 1 || e->input_h > NN_EXPLAIN_MAX_SIDE ||
        e->input_w > NN_EXPLAIN_MAX_SIDE)
        return nn_fail(err, NN_EINVAL, "input size %dx%d: each side must be 1 to %d", e->input_w,
                       e->input_h, NN_EXPLAIN_MAX_SIDE);
    return NN_OK;
}

void nn_explainer_read_outputs(nn_explainer *e)
{
    for (int i = 0; i < e->output_count; i++)
        e->output[i] = (nn_head_output){.name = nn_graph_output_name(e->model->graph, i),
                                        .tensor = *nn_plan_output(e->plan, i),
                                        .anchors = &e->model->card.anchors};
}

nn_status nn_explainer_plan(nn_explainer *e, int h, int w, nn_error *err)
{
    if (e->plan && e->plan_h == h && e->plan_w == w)
        return NN_OK;
    const nn_shape shape = nn_shape_4d(1, 3, h, w);
    nn_training_plan_options o;
    nn_training_plan_options_init(&o);
    o.pool = e->pool;
    o.input_grads = o.fixed = true;
    o.exact = e->exact;
    nn_plan *plan;
    nn_status status = nn_plan_new_training(&plan, e->model, &shape, 1, &o, err);
    if (status != NN_OK)
        return status;
    nn_walk_convs *convs = nn_walk_convs_new(plan);
    if (!convs) {
        nn_plan_free(plan);
        return nn_fail(err, NN_ENOMEM, "no memory to look into a model");
    }
    nn_walk_convs_free(e->convs);
    nn_plan_free(e->plan);
    e->convs = convs;
    e->plan = plan;
    e->plan_h = h;
    e->plan_w = w;
    e->seen = false;
    nn_explainer_read_outputs(e);
    return NN_OK;
}

static nn_status check_outputs(nn_explainer *e, nn_error *err)
{
    if (!e->decoder)
        return NN_OK;
    nn_status status = nn_decoder_check(e->decoder, e->output, e->output_count, e->plan_h,
                                        e->plan_w, e->classes, err);
    if (status == NN_OK && e->classes == 0) {
        e->classes =
            e->decoder->classes(e->decoder, e->output, e->output_count, e->plan_h, e->plan_w);
        status = nn_card_number_labels(&e->model->card, e->classes, err);
    }
    return status;
}

static nn_status prepare(nn_explainer *e, const nn_explainer_options *o, nn_error *err)
{
    nn_status status = take_apart(&e->model, err);
    if (status == NN_OK)
        status = check_model(e, err);
    if (status == NN_OK)
        status = choose_input(e, o, err);
    if (status != NN_OK)
        return status;
    e->threshold = o->threshold > 0 ? o->threshold : nn_card_lowest_threshold(&e->model->card);
    e->own_thresholds = !(o->threshold > 0);
    e->exact = o->exact;
    e->pool = nn_pool_new(o->threads);
    e->resizer = nn_resizer_new();
    e->candidates = nn_candidates_new();
    if (!e->pool || !e->resizer || !e->candidates)
        return nn_fail(err, NN_ENOMEM, "no memory or threads to look into a model");
    status = nn_explainer_plan(e, e->input_h, e->input_w, err);
    if (status == NN_OK)
        status = check_outputs(e, err);
    return status == NN_OK ? nn_explainer_list_layers(e, err) : status;
}

nn_status nn_explainer_new(nn_explainer **out, nn_model *model, const char *path,
                           const nn_explainer_options *options, nn_error *err)
{
    *out = NULL;
    nn_explainer *e = nn_calloc(1, sizeof *e);
    if (!e || !(e->path = nn_strdup(path))) {
        nn_free(e);
        nn_model_free(model);
        return nn_fail(err, NN_ENOMEM, "no memory to look into a model");
    }
    e->model = model;
    nn_result_init(&e->result);
    const nn_status status = prepare(e, options ? options : &(nn_explainer_options){0}, err);
    if (status != NN_OK) {
        nn_fail_prefix(err, status, "%s", path);
        nn_explainer_free(e);
        return status;
    }
    *out = e;
    return NN_OK;
}

// A network of the zoo with start weights.
static nn_status build(nn_model **out, const char *network, const nn_explainer_options *o,
                       nn_error *err)
{
    nn_card card = {0};
    snprintf(card.network, sizeof card.network, "%s", network);
    snprintf(card.task, sizeof card.task,
             o->head && strcmp(o->head, "classify") ? "detect" : "classify");
    snprintf(card.head, sizeof card.head, "%s",
             o->head && strcmp(o->head, "classify") ? o->head : "");
    const nn_status status = nn_zoo_build(out, &card, err);
    if (status == NN_OK)
        nn_zoo_init_random(*out, START_SEED, NULL);
    return status;
}

nn_status nn_explainer_open(nn_explainer **out, const char *model,
                            const nn_explainer_options *options, nn_error *err)
{
    char path[4096];
    nn_model *m = NULL;
    *out = NULL;
    const nn_explainer_options none = {0}, *o = options ? options : &none;
    const nn_model_hints hints = {
        .head = o->head, .labels = o->labels, .input_h = o->input_h, .input_w = o->input_w};
    nn_status status = nn_model_find(model, path, sizeof path, err);
    if (status == NN_OK)
        status = nn_model_load_with(&m, path, &hints, err); // names the file
    else if (nn_zoo_find(model))
        status = build(&m, model, o, err);
    return status == NN_OK ? nn_explainer_new(out, m, model, o, err) : status;
}

void nn_explainer_free(nn_explainer *e)
{
    if (!e)
        return;
    nn_walk_convs_free(e->convs);
    nn_plan_free(e->plan);
    nn_model_free(e->model);
    nn_candidates_free(e->candidates);
    nn_resizer_free(e->resizer);
    nn_pool_free(e->pool);
    nn_result_release(&e->result);
    nn_free(e->layers);
    nn_free(e->picture.data);
    nn_free(e->seed_memory.data);
    nn_free(e->work.data);
    nn_free(e->path);
    nn_free(e);
}

const nn_card *nn_explainer_card(const nn_explainer *e)
{
    return &e->model->card;
}

const nn_model *nn_explainer_model(const nn_explainer *e)
{
    return e->model;
}

size_t nn_explainer_bytes(const nn_explainer *e)
{
    return nn_plan_bytes(e->plan) + nn_walk_convs_bytes(e->convs) +
           (e->picture.capacity + e->seed_memory.capacity + e->work.capacity) * sizeof(float);
}

nn_status nn_floats_need(nn_floats *f, size_t count, nn_error *err)
{
    if (count <= f->capacity)
        return NN_OK;
    float *data = nn_calloc(count, sizeof *data);
    if (!data)
        return nn_fail(err, NN_ENOMEM, "no memory for %zu numbers of an explanation", count);
    nn_free(f->data);
    *f = (nn_floats){data, count};
    return NN_OK;
}
