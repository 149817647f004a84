// SPDX-License-Identifier: MIT
// The plans of a detector: a few input sizes, and for each of them batches of several lengths.
#include "nn/io/tuning_cache.h"
#include "nn/predict/detector_internal.h"

#include <string.h>

static void free_sized(sized_plans *s)
{
    for (int i = BATCHES; i-- > 0;)
        nn_plan_free(s->plan[i]);
    nn_tuning_cache_free(s->choice);
    *s = (sized_plans){0};
}

void nn_detector_free_plans(nn_detector *d)
{
    for (int i = 0; i < SIZES; i++)
        free_sized(&d->sizes[i]);
}

// Points the decoder at the outputs of a plan.
static void read_outputs(nn_detector *d, const nn_plan *plan)
{
    for (int i = 0; i < d->output_count; i++) {
        d->output[i].name = nn_graph_output_name(d->model->graph, i);
        d->output[i].tensor = *nn_plan_output(plan, i);
        d->output[i].anchors = &d->model->card.anchors;
    }
}

static void put_first(nn_detector *d, int i)
{
    const sized_plans chosen = d->sizes[i];
    memmove(d->sizes + 1, d->sizes, (size_t)i * sizeof(chosen));
    d->sizes[0] = chosen;
}

static nn_status check_outputs(nn_detector *d, int h, int w, nn_error *err)
{
    nn_status status =
        d->decoder->check(d->decoder, d->output, d->output_count, h, w, d->classes, err);
    if (status == NN_OK && d->classes == 0) { // a classifier without labels
        d->classes = d->decoder->classes(d->decoder, d->output, d->output_count, h, w);
        status = nn_card_number_labels(&d->model->card, d->classes, err);
    }
    return status;
}

static nn_status make_plan(const nn_detector *d, nn_plan **plan, int frames, const sized_plans *s,
                           nn_error *err)
{
    nn_shape shape = nn_shape_4d(frames, 3, s->h, s->w);
    nn_plan_options options = {.pool = d->pool,
                               .compiled = true,
                               .half = d->model->half,
                               .bf16 = d->bf16,
                               .workspace = d->workspace};
    if (s->choice)
        options.tuning = s->choice;
    else if (d->tuning && nn_tuning_cache_suit(d->tuning, &shape, &options))
        options.tuning = d->tuning;
    return nn_plan_new(plan, d->model, &shape, 1, &options, err);
}

// Moves an input size to the front and makes its plan for single frames.
static nn_status choose_size(nn_detector *d, int h, int w, nn_error *err)
{
    for (int i = 0; i < d->kept && d->sizes[i].plan[0]; i++)
        if (d->sizes[i].h == h && d->sizes[i].w == w) {
            put_first(d, i);
            return NN_OK;
        }
    sized_plans *last = &d->sizes[d->kept - 1];
    free_sized(last);
    *last = (sized_plans){.h = h, .w = w};
    nn_status status = make_plan(d, &last->plan[0], 1, last, err);
    if (status != NN_OK)
        return status;
    read_outputs(d, last->plan[0]);
    status = check_outputs(d, h, w, err);
    if (status == NN_OK)
        put_first(d, d->kept - 1);
    else
        free_sized(last);
    return status;
}

// Whether each output of a batch holds those of its frames, one behind the other.
static bool outputs_match(const nn_detector *d, const nn_plan *batch, int frames)
{
    for (int i = 0; i < d->output_count; i++) {
        nn_shape one = nn_plan_output(d->sizes[0].plan[0], i)->shape;
        if (one.rank < 1 || one.dim[0] != 1)
            return false;
        one.dim[0] = frames;
        if (!nn_shape_equal(&one, &nn_plan_output(batch, i)->shape))
            return false;
    }
    return true;
}

// A batch runs by the implementations of the single frame, so that it gives the same numbers.
static nn_status make_batch(nn_detector *d, nn_plan **plan, int frames, nn_error *err)
{
    sized_plans *s = &d->sizes[0];
    if (!s->choice) {
        nn_status status = nn_plan_choice(s->plan[0], &s->choice, err);
        if (status != NN_OK)
            return status;
    }
    nn_status status = make_plan(d, plan, frames, s, err);
    if (status == NN_OK && !outputs_match(d, *plan, frames))
        status = nn_fail(err, NN_ESHAPE, "the graph takes one frame at a time");
    if (status != NN_OK) {
        nn_plan_free(*plan);
        *plan = NULL;
    }
    return status;
}

// Plans of the other precision make room when the comparison is decided.
static void settle_precision(nn_detector *d)
{
    if (!d->trial || !nn_precision_trial_done(d->trial))
        return;
    d->bf16 = nn_precision_trial_won(d->trial);
    d->compares = false;
    nn_precision_trial_free(d->trial);
    d->trial = NULL;
    if (d->bf16)
        nn_detector_free_plans(d);
}

void nn_detector_run_plan(nn_detector *d, nn_plan *plan)
{
    const nn_shape *input = &nn_plan_input(plan, 0)->shape;
    const nn_plan_options options = {.pool = d->pool, .compiled = true, .half = d->model->half};
    if (d->compares && !d->trial && input->dim[0] == 1) {
        d->trial_input = *input;
        d->trial = nn_precision_trial_new(d->model, input, 1, &options, NULL);
        d->compares = d->trial != NULL; // without memory it stays float32
    }
    if (d->trial && nn_shape_equal(&d->trial_input, input))
        nn_precision_trial_run(d->trial, plan);
    else
        nn_plan_run(plan);
}

nn_status nn_detector_choose_plan(nn_detector *d, nn_plan **plan, int frames, int h, int w,
                                  nn_error *err)
{
    int batch = 0;
    settle_precision(d);
    while (1 << batch < frames)
        batch++;
    nn_status status = choose_size(d, h, w, err);
    if (status == NN_OK && !d->sizes[0].plan[batch])
        status = make_batch(d, &d->sizes[0].plan[batch], frames, err);
    if (status != NN_OK)
        return status;
    *plan = d->sizes[0].plan[batch];
    read_outputs(d, *plan);
    return NN_OK;
}
