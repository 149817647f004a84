// SPDX-License-Identifier: MIT
// The classifier: a fused model planned for one input size, and what its output means.
#include "nn/predict/classifier.h"

#include "nn/base/memory.h"
#include "nn/graph/plan.h"
#include "nn/graph/precision.h"
#include "nn/graph/pretrained.h"
#include "nn/predict/zero_shot.h"
#include "nn/vision/decode/decode.h"
#include "nn/vision/resize.h"
#include "nn/vision/scores.h"

#include <math.h>
#include <string.h>

enum { MAX_SIDE = 8192, MAX_BATCH = 64 };

struct nn_classifier {
    nn_model *model; // fused
    nn_pool *pool;
    nn_plan *plan;
    bool bf16;
    nn_precision_trial *trial; // of NN_PRECISION_AUTO, until it is decided
    nn_resizer *resizer;
    int input_h, input_w, classes;
    int batch; // pictures that the model takes at once; the first place has the picture
    float crop;
};

// Checks what can be checked before a plan is made.
static nn_status check_model(const nn_classifier *c, bool features, nn_error *err)
{
    const nn_graph *g = c->model->graph;
    const nn_card *card = &c->model->card;
    if (nn_zero_shot_compares(card))
        return nn_zero_shot_refuse(err);
    const bool segment = strcmp(card->task, "segment") == 0;
    if (segment || nn_card_finds_boxes(card) ||
        (card->head[0] && strcmp(card->head, "classify") != 0))
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the model finds %s (head '%s') and does not classify pictures",
                       segment ? "classes of pixels" : "boxes", card->head);
    if (nn_card_is_pretrained(card) && !features)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the model is pretrained and has no classes yet: 'neroscale train --task "
                       "classify --init' gives it some");
    if (nn_card_channels(card) != 3)
        return nn_fail(
            err, NN_EUNSUPPORTED,
            "the model reads the luma of pictures (task '%s') and does not classify them",
            card->task);
    if (nn_graph_input_count(g) != 1 || nn_graph_output_count(g) != 1)
        return nn_fail(err, NN_EUNSUPPORTED,
                       "the model has %d inputs and %d outputs, a classifier has one of each",
                       nn_graph_input_count(g), nn_graph_output_count(g));
    return NN_OK;
}

static nn_status choose_input(nn_classifier *c, const nn_classifier_options *o, nn_error *err)
{
    const nn_shape *fixed = c->model->fixed_inputs;
    char text[96];
    c->input_h = o->input_h > 0 ? o->input_h : c->model->card.input_h;
    c->input_w = o->input_w > 0 ? o->input_w : c->model->card.input_w;
    if (fixed &&
        (fixed->rank != 4 || fixed->dim[0] < 1 || fixed->dim[0] > MAX_BATCH || fixed->dim[1] != 3))
        return nn_fail(err, NN_ESHAPE, "the input is %s, not a picture 1x3xHxW",
                       nn_shape_text(fixed, text, sizeof text));
    if (fixed && ((o->input_h > 0 && o->input_h != fixed->dim[2]) ||
                  (o->input_w > 0 && o->input_w != fixed->dim[3])))
        return nn_fail(err, NN_ESHAPE,
                       "an input of %dx%d is not possible: the model accepts %s only", o->input_h,
                       o->input_w, nn_shape_text(fixed, text, sizeof text));
    c->batch = fixed ? (int)fixed->dim[0] : 1;
    if (fixed) {
        c->input_h = (int)fixed->dim[2];
        c->input_w = (int)fixed->dim[3];
    }
    if (c->input_h < 1 || c->input_w < 1 || c->input_h > MAX_SIDE || c->input_w > MAX_SIDE)
        return nn_fail(err, NN_EINVAL, "input size %dx%d: each side must be 1 to %d", c->input_h,
                       c->input_w, MAX_SIDE);
    return NN_OK;
}

static nn_status check_output(nn_classifier *c, nn_error *err)
{
    const nn_decoder *decoder = nn_decoder_find("classify");
    const nn_head_output all = {.name = nn_graph_output_name(c->model->graph, 0),
                                .tensor = *nn_plan_output(c->plan, 0)};
    nn_head_output output;
    nn_card *card = &c->model->card;
    if (!nn_decode_pick(&all, 1, c->batch, 0, false, &output))
        return nn_fail(err, NN_ESHAPE, "the model is for %d pictures, but its output is not",
                       c->batch);
    nn_status status =
        nn_decoder_check(decoder, &output, 1, c->input_h, c->input_w, card->label_count, err);
    if (status != NN_OK)
        return status;
    c->classes = decoder->classes(decoder, &output, 1, c->input_h, c->input_w);
    return card->label_count > 0 ? NN_OK : nn_card_number_labels(card, c->classes, err);
}

static nn_status prepare(nn_classifier *c, const nn_classifier_options *o, nn_error *err)
{
    const float own = c->model->card.crop;
    c->crop = o->crop > 0 ? o->crop : own > 0 ? own : NN_LETTERBOX_IMAGENET;
    if (c->crop > 1)
        return nn_fail(err, NN_EINVAL, "a crop of %g is larger than the picture", (double)c->crop);
    nn_status status = nn_model_fuse(&c->model, 0, err); // drops auxiliary outputs
    if (status == NN_OK)
        status = check_model(c, o->features, err);
    if (status == NN_OK)
        status = choose_input(c, o, err);
    if (status != NN_OK)
        return status;
    c->pool = nn_pool_new(o->threads);
    c->resizer = nn_resizer_new();
    if (!c->pool || !c->resizer)
        return nn_fail(err, NN_ENOMEM, "no memory or threads for a classifier");
    const nn_shape shape = nn_shape_4d(c->batch, 3, c->input_h, c->input_w);
    nn_plan_options options = {.pool = c->pool, .compiled = true, .half = c->model->half};
    if (!o->all_int8)
        status = nn_model_choose_precision(&c->model, &shape, 1, &options, err);
    if (status != NN_OK)
        return status;
    options.bf16 = c->bf16 = o->precision == NN_PRECISION_BF16;
    if (o->precision == NN_PRECISION_AUTO && nn_precision_has_bf16()) {
        c->trial = nn_precision_trial_new(c->model, &shape, 1, &options, err);
        if (!c->trial)
            return err ? err->status : NN_ENOMEM;
    }
    options.release_weights_of = c->trial ? NULL : c->model; // two plans may read them
    status = nn_plan_new(&c->plan, c->model, &shape, 1, &options, err);
    return status == NN_OK ? check_output(c, err) : status;
}

nn_status nn_classifier_new(nn_classifier **out, nn_model *model,
                            const nn_classifier_options *options, nn_error *err)
{
    *out = NULL;
    nn_classifier *c = nn_calloc(1, sizeof *c);
    if (!c) {
        nn_model_free(model);
        return nn_fail(err, NN_ENOMEM, "no memory for a classifier");
    }
    c->model = model;
    nn_status status = prepare(c, options ? options : &(nn_classifier_options){0}, err);
    if (status != NN_OK) {
        nn_classifier_free(c);
        return status;
    }
    *out = c;
    return NN_OK;
}

void nn_classifier_free(nn_classifier *c)
{
    if (!c)
        return;
    nn_precision_trial_free(c->trial);
    nn_plan_free(c->plan);
    nn_model_free(c->model);
    nn_resizer_free(c->resizer);
    nn_pool_free(c->pool);
    nn_free(c);
}

const nn_card *nn_classifier_card(const nn_classifier *c)
{
    return &c->model->card;
}

void nn_classifier_input(const nn_classifier *c, int *width, int *height)
{
    *width = c->input_w;
    *height = c->input_h;
}

int nn_classifier_classes(const nn_classifier *c)
{
    return c->classes;
}

bool nn_classifier_is_bf16(const nn_classifier *c)
{
    return c->bf16 && nn_precision_has_bf16();
}

// Before the input is filled: goes over to the plan in bfloat16 when that is decided.
static void settle_precision(nn_classifier *c)
{
    if (!c->trial || !nn_precision_trial_done(c->trial))
        return;
    c->bf16 = nn_precision_trial_won(c->trial);
    if (c->bf16) {
        nn_plan_free(c->plan);
        c->plan = nn_precision_trial_take(c->trial);
    }
    nn_precision_trial_free(c->trial);
    c->trial = NULL;
}

static void run_plan(nn_classifier *c)
{
    if (c->trial)
        nn_precision_trial_run(c->trial, c->plan);
    else
        nn_plan_run(c->plan);
}

// Runs the network on a picture; *outputs is borrowed until the next run.
static nn_status run_network(nn_classifier *c, const nn_frame *frame, const float **outputs,
                             nn_error *err)
{
    const nn_card *card = &c->model->card;
    settle_precision(c);
    nn_tensor input = *nn_plan_input(c->plan, 0);
    nn_status status = nn_frame_check(frame, err);
    if (status != NN_OK)
        return status;
    if (c->batch > 1)
        memset(input.data, 0, nn_tensor_bytes(&input));
    input.shape.dim[0] = 1;
    const nn_letterbox place =
        card->stretch
            ? nn_letterbox_stretch(frame->width, frame->height, c->input_w, c->input_h)
            : nn_letterbox_crop(frame->width, frame->height, c->input_w, c->input_h, c->crop);
    status = nn_preprocess(c->resizer, frame, &place, card->mean, card->std, &input, c->pool,
                           nn_kernels_best(), err);
    if (status != NN_OK)
        return status;
    if (card->bgr)
        nn_swap_red_and_blue(&input);
    run_plan(c);
    const float *scores = nn_tensor_f32(nn_plan_output(c->plan, 0));
    for (int i = 0; i < c->classes; i++)
        if (!isfinite(scores[i]))
            return nn_fail(err, NN_EFORMAT,
                           "the network's output for class %d is not a finite number: its weights "
                           "are damaged or not those of this network",
                           i);
    *outputs = scores;
    return NN_OK;
}

nn_status nn_classifier_outputs(nn_classifier *c, const nn_frame *frame, float *outputs,
                                nn_error *err)
{
    const float *scores;
    const nn_status status = run_network(c, frame, &scores, err);
    if (status == NN_OK)
        memcpy(outputs, scores, (size_t)c->classes * sizeof *outputs);
    return status;
}

nn_status nn_classifier_run(nn_classifier *c, const nn_frame *frame, float *probabilities,
                            nn_error *err)
{
    const float *scores;
    const nn_status status = run_network(c, frame, &scores, err);
    if (status != NN_OK)
        return status;
    if (c->model->card.sigmoid)
        for (int i = 0; i < c->classes; i++)
            probabilities[i] = 1 / (1 + expf(-scores[i]));
    else
        nn_scores_normalise(scores, c->classes, probabilities);
    return NN_OK;
}
