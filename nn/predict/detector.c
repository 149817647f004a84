// SPDX-License-Identifier: MIT
// Opening a detector: loads and fuses a model, checks its card and makes the first plan.
#include "nn/predict/detector_internal.h"

#include "nn/base/cpu_limit.h"
#include "nn/base/memory.h"
#include "nn/graph/precision.h"
#include "nn/io/io.h"
#include "nn/io/tuning_cache.h"
#include "nn/predict/fastest_form.h"
#include "nn/predict/graph_card.h"
#include "nn/predict/load_model.h"
#include "nn/predict/zero_shot.h"

#include <string.h>

static nn_status refuse_head(const nn_model *m, nn_error *err)
{
    if (!m->card.network[0] && !m->card.head[0])
        return nn_graph_card_refuse(m, err);
    if (nn_zero_shot_compares(&m->card))
        return nn_zero_shot_refuse(err);
    if (!m->card.head[0])
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the model is for the task '%s' and names nothing in pictures",
                       m->card.task);
    return nn_decoder_unknown(m->card.head, err);
}

static nn_status take_batch(nn_detector *d, nn_error *err)
{
    const nn_shape *fixed = d->model->fixed_inputs;
    d->batch = fixed && fixed->rank == 4 && fixed->dim[0] <= MOST_FRAMES ? (int)fixed->dim[0] : 1;
    if (fixed && fixed->rank == 4 && fixed->dim[0] > MOST_FRAMES)
        return nn_fail(
            err, NN_EUNSUPPORTED,
            "the model is for batches of %lld pictures, at most %d are supported; export "
            "it for fewer",
            (long long)fixed->dim[0], MOST_FRAMES);
    return NN_OK;
}

// Checks what the card says, before a plan is made.
static nn_status check_model(nn_detector *d, nn_error *err)
{
    const nn_card *card = &d->model->card;
    const nn_graph *g = d->model->graph;
    d->decoder = nn_decoder_of(card->head, card->task);
    if (!d->decoder)
        return refuse_head(d->model, err);
    d->rigid = d->model->fixed_inputs || card->stretch || d->decoder->whole_frame;
    d->output_count =
        d->model->tail ? nn_tail_output_count(d->model->tail) : nn_graph_output_count(g);
    if (nn_graph_input_count(g) != 1 || d->output_count > MAX_OUTPUTS)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "%d inputs and %d outputs; a detector has 1 and at most %d",
                       nn_graph_input_count(g), d->output_count, MAX_OUTPUTS);
    if (card->label_count < 1 && !d->decoder->whole_frame)
        return nn_fail(err, NN_EFORMAT, "the card has no labels");
    d->classes = nn_card_classes(card);
    return take_batch(d, err);
}

// A model for one fixed input size gets that size, whatever the frame.
static nn_status check_fixed_input(const nn_detector *d, int h, int w, nn_error *err)
{
    const nn_shape want = nn_shape_4d(d->batch, 3, h, w);
    char text[96];
    if (nn_shape_equal(d->model->fixed_inputs, &want))
        return NN_OK;
    return nn_fail(err, NN_EINVAL, "an input of %dx%d is not possible: this model accepts %s only",
                   w, h, nn_shape_text(d->model->fixed_inputs, text, sizeof text));
}

nn_status nn_detector_check_size(const nn_detector *d, int h, int w, nn_error *err)
{
    const int step = d->decoder->whole_frame ? 1 : SIDE_STEP; // only detectors are trimmed
    if (d->model->fixed_inputs)
        return check_fixed_input(d, h, w, err);
    if (h < step || w < step || h > MAX_SIDE || w > MAX_SIDE || h % step || w % step)
        return nn_fail(err, NN_EINVAL, "input size %dx%d: both must be multiples of %d up to %d", w,
                       h, step, MAX_SIDE);
    return NN_OK;
}

static nn_status take_model(nn_detector *d, nn_error *err)
{
    nn_status status = nn_model_fuse(&d->model, 0, err);
    if (status == NN_OK)
        status = nn_tuning_cache_load_for(&d->tuning, d->path, err);
    if (status == NN_OK)
        status = check_model(d, err);
    return status == NN_OK ? status : nn_fail_prefix(err, status, "%s", d->path);
}

static nn_status prepare(nn_detector *d, const nn_detector_options *o, nn_error *err)
{
    d->input_h = o->input_h > 0 ? o->input_h : d->model->card.input_h;
    d->input_w = o->input_w > 0 ? o->input_w : d->model->card.input_w;
    d->kept = USUAL_SIZES;
    d->tail_limits = o->tail_limits;
    nn_status status = nn_detector_check_size(d, d->input_h, d->input_w, err);
    d->pool = nn_pool_new(o->threads);
    const int threads = nn_pool_threads(d->pool);
    d->most_lanes = threads > 1 && threads >= nn_cpu_count("") ? threads + 1 : threads;
    d->most_lanes = d->most_lanes < MOST_LANES ? d->most_lanes : MOST_LANES;
    if (d->model->tail) // which has one state
        d->most_lanes = 1;
    if (status == NN_OK && !d->pool)
        status = nn_fail(err, NN_ENOMEM, "no memory or threads for a detector");
    const nn_shape shape = nn_shape_4d(d->batch, 3, d->input_h, d->input_w);
    nn_plan_options options = {.pool = d->pool, .half = d->model->half};
    if (d->tuning && nn_tuning_cache_suit(d->tuning, &shape, &options))
        options.tuning = d->tuning;
    if (status == NN_OK && !o->all_int8)
        status = nn_model_choose_precision(&d->model, &shape, 1, &options, err);
    d->bf16 = o->precision == NN_PRECISION_BF16;
    d->comparing = o->precision == NN_PRECISION_AUTO && nn_precision_has_bf16();
    // Makes the first plan now, so that a model that does not fit is refused when it is opened and
    // not at the first frame.
    if (status == NN_OK)
        status = nn_detector_make_plans(d, 1, d->input_h, d->input_w, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", d->path);
    nn_detector_set_thresholds(d, o->threshold, o->iou_threshold, o->max_detections);
    d->filter.agnostic_nms = o->agnostic_nms;
    d->untuned = nn_plan_untuned(d->sizes[0].plan[0]);
    d->details = d->decoder->details_of
                     ? d->decoder->details_of(d->lanes[0].output, d->output_count)
                     : d->decoder->details;
    return NN_OK;
}

nn_status nn_detector_new(nn_detector **out, nn_model *model, const char *path,
                          const nn_detector_options *options, nn_error *err)
{
    nn_status status = NN_OK;
    *out = NULL;
    nn_detector *d = nn_calloc(1, sizeof(*d));
    if (!d || !(d->path = nn_strdup(path))) {
        nn_free(d);
        nn_model_free(model);
        return nn_fail(err, NN_ENOMEM, "no memory for a detector");
    }
    d->model = model;
    pthread_mutex_init(&d->lock, NULL);
    status = take_model(d, err);
    if (status == NN_OK)
        status = prepare(d, options, err);
    if (status != NN_OK) {
        nn_detector_free(d);
        return status;
    }
    *out = d;
    return NN_OK;
}

nn_status nn_detector_open(nn_detector **out, const char *model, const nn_detector_options *options,
                           nn_error *err)
{
    static const nn_detector_options defaults = {.threshold = -1, .iou_threshold = -1};
    char path[4096];
    nn_model *m = NULL;
    *out = NULL;
    options = options ? options : &defaults;
    const nn_text_classes texts = {.texts = options->texts};
    const nn_model_hints hints = {.head = options->head,
                                  .texts = options->texts ? &texts : NULL,
                                  .labels = options->labels,
                                  .input_h = options->input_h,
                                  .input_w = options->input_w,
                                  .tail = true};
    char why[NN_FORM_TEXT] = "";
    nn_status status = nn_model_is_auto(model)
                           ? nn_model_find_fastest(model, options->threads, options->input_h,
                                                   options->input_w, path, sizeof path, why, err)
                           : nn_model_find(model, path, sizeof(path), err);
    if (status == NN_OK)
        status = nn_model_load_with(&m, path, &hints, err); // names the file
    if (status == NN_OK)
        status = nn_detector_new(out, m, path, options, err);
    if (status == NN_OK)
        memcpy((*out)->why, why, sizeof why);
    return status;
}

static void free_lane(lane *l)
{
    nn_workspace_free(l->workspace);
    nn_resizer_free(l->resizer);
    nn_candidates_free(l->candidates);
    nn_free(l->frame_mask);
}

void nn_detector_free(nn_detector *d)
{
    if (!d)
        return;
    nn_tail_run_free(d->tail);
    nn_detector_free_plans(d);
    for (int i = MOST_LANES; i-- > 0;) // the first one keeps the constants of all
        free_lane(&d->lanes[i]);
    nn_model_free(d->model);
    nn_precision_trial_free(d->trial);
    nn_tuning_cache_free(d->tuning);
    nn_pool_free(d->pool);
    nn_free(d->label_mask);
    nn_free(d->path);
    pthread_mutex_destroy(&d->lock);
    nn_free(d);
}

const nn_card *nn_detector_card(const nn_detector *d)
{
    return &d->model->card;
}

unsigned nn_detector_details(const nn_detector *d)
{
    return d->details;
}

const char *nn_detector_choice(const nn_detector *d)
{
    return *d->why ? d->why : NULL;
}

const char *nn_detector_path(const nn_detector *d)
{
    return d->path;
}

const char *nn_detector_precision(const nn_detector *d)
{
    return nn_precision_in_use(d->model->graph, d->bf16);
}

int nn_detector_batch(const nn_detector *d)
{
    return d->batch;
}

int nn_detector_untuned(const nn_detector *d)
{
    return d->untuned;
}

void nn_detector_set_thresholds(nn_detector *d, float threshold, float iou_threshold,
                                int max_detections)
{
    d->filter.threshold = threshold;
    d->filter.iou_threshold = iou_threshold;
    d->filter.max_detections = max_detections;
}

nn_status nn_detector_set_labels(nn_detector *d, const bool *label_mask)
{
    const size_t count = (size_t)d->model->card.label_count;
    bool *copy = NULL;
    if (label_mask) {
        copy = nn_calloc(count, sizeof *copy);
        if (!copy)
            return NN_ENOMEM;
        memcpy(copy, label_mask, count * sizeof *copy);
    }
    nn_free(d->label_mask);
    d->filter.label_mask = d->label_mask = copy;
    return NN_OK;
}

bool nn_detector_is_resizable(const nn_detector *d)
{
    return !d->model->fixed_inputs && !d->decoder->whole_frame;
}

nn_status nn_detector_set_size(nn_detector *d, int input_h, int input_w, nn_error *err)
{
    if (input_h == 0 && input_w == 0) {
        input_h = d->input_h;
        input_w = d->input_w;
    }
    nn_status status = nn_detector_check_size(d, input_h, input_w, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "%s", d->path);
    d->filter.input_h = input_h;
    d->filter.input_w = input_w;
    return NN_OK;
}

void nn_detector_size(const nn_detector *d, int *input_h, int *input_w)
{
    *input_h = d->input_h;
    *input_w = d->input_w;
}
