// SPDX-License-Identifier: MIT
// The plans of a detector: of a few input sizes, and for each of them one a lane.
#include "nn/base/memory.h"
#include "nn/io/tuning_cache.h"
#include "nn/predict/detector_internal.h"

#include <string.h>

static void free_sized(sized_plans *s)
{
    for (int i = MOST_LANES; i-- > 0;)
        nn_plan_free(s->plan[i]);
    *s = (sized_plans){0};
}

void nn_detector_free_plans(nn_detector *d)
{
    for (int i = 0; i < SIZES; i++)
        free_sized(&d->sizes[i]);
}

// Outputs of a tail, whose dims a run may choose: as if they were 1, and the first one the batch.
static void expect_outputs(const nn_detector *d, lane *l)
{
    const nn_tail *t = d->model->tail;
    for (int i = 0; i < d->output_count; i++) {
        const nn_shape shape = nn_tail_usual_shape(t, i, d->batch);
        l->all[i] = (nn_head_output){.name = nn_tail_output_name(t, i),
                                     .tensor = nn_tensor_dense(NN_F32, shape, NULL),
                                     .anchors = &d->model->card.anchors,
                                     .open = nn_tail_is_list(t, i)};
    }
}

void nn_detector_read_outputs(const nn_detector *d, lane *l, const nn_plan *plan)
{
    if (d->model->tail) {
        expect_outputs(d, l);
        return;
    }
    for (int i = 0; i < d->output_count; i++) {
        l->all[i].name = nn_graph_output_name(d->model->graph, i);
        l->all[i].tensor = *nn_plan_output(plan, i);
        l->all[i].anchors = &d->model->card.anchors;
    }
}

static void put_first(nn_detector *d, int i)
{
    const sized_plans chosen = d->sizes[i];
    memmove(d->sizes + 1, d->sizes, (size_t)i * sizeof(chosen));
    d->sizes[0] = chosen;
}

nn_status nn_detector_check_outputs(nn_detector *d, int h, int w, nn_error *err)
{
    lane *l = &d->lanes[0];
    if (!nn_decode_pick(l->all, d->output_count, d->batch, 0, d->decoder->joint, l->output))
        return nn_fail(
            err, NN_ESHAPE,
            "the model is for batches of %d pictures, but its outputs are not; export it "
            "for single pictures",
            d->batch);
    nn_status status =
        nn_decoder_check(d->decoder, l->output, d->output_count, h, w, d->classes, err);
    if (status == NN_OK && d->classes == 0) { // a classifier without labels
        d->classes = d->decoder->classes(d->decoder, l->output, d->output_count, h, w);
        status = nn_card_number_labels(&d->model->card, d->classes, err);
    }
    return status;
}

// What a lane needs for any plan.
static nn_status open_lane(nn_detector *d, lane *l, nn_error *err)
{
    if (!l->workspace)
        l->workspace =
            l == d->lanes ? nn_workspace_new() : nn_workspace_new_beside(d->lanes[0].workspace);
    if (!l->resizer)
        l->resizer = nn_resizer_new();
    if (!l->candidates)
        l->candidates = nn_candidates_new();
    return l->workspace && l->resizer && l->candidates
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory for a detector");
}

static nn_status make_plan(nn_detector *d, sized_plans *s, int i, nn_error *err)
{
    nn_shape shape = nn_shape_4d(d->batch, 3, s->h, s->w);
    nn_status status = open_lane(d, &d->lanes[i], err);
    nn_plan_options options = {.pool = d->pool,
                               .compiled = true,
                               .refills = true,
                               .half = d->model->half,
                               .bf16 = d->bf16,
                               .workspace = d->lanes[i].workspace};
    if (d->tuning && nn_tuning_cache_suit(d->tuning, &shape, &options))
        options.tuning = d->tuning;
    return status == NN_OK ? nn_plan_new(&s->plan[i], d->model, &shape, 1, &options, err) : status;
}

static nn_status make_mask(const nn_detector *d, lane *l, nn_error *err)
{
    if (!l->frame_mask)
        l->frame_mask = nn_calloc((size_t)d->classes, sizeof *l->frame_mask);
    return l->frame_mask ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a detector");
}

// Makes the plan of the first lane for a new input size and puts it in front.
static nn_status add_size(nn_detector *d, int h, int w, nn_error *err)
{
    const int place = d->kept - 1;
    sized_plans *last = &d->sizes[place];
    free_sized(last);
    *last = (sized_plans){.h = h, .w = w};
    nn_status status = make_plan(d, last, 0, err);
    if (status != NN_OK)
        return status;
    nn_detector_read_outputs(d, &d->lanes[0], last->plan[0]);
    status = nn_detector_check_outputs(d, h, w, err);
    if (status == NN_OK)
        put_first(d, place);
    else
        free_sized(last);
    return status;
}

sized_plans *nn_detector_find_plans(nn_detector *d, int h, int w)
{
    for (int i = 0; i < d->kept && d->sizes[i].plan[0]; i++)
        if (d->sizes[i].h == h && d->sizes[i].w == w) {
            put_first(d, i);
            return d->sizes;
        }
    return NULL;
}

bool nn_detector_has_plans(const nn_detector *d, const sized_plans *s, int lanes)
{
    for (int i = 0; i < lanes; i++)
        if (!s->plan[i] || !d->lanes[i].frame_mask)
            return false;
    return true;
}

nn_status nn_detector_make_plans(nn_detector *d, int lanes, int h, int w, nn_error *err)
{
    nn_status status = nn_detector_find_plans(d, h, w) ? NN_OK : add_size(d, h, w, err);
    for (int i = 0; i < lanes && status == NN_OK; i++) {
        sized_plans *s = &d->sizes[0];
        if (!s->plan[i])
            status = make_plan(d, s, i, err);
        if (status == NN_OK)
            status = make_mask(d, &d->lanes[i], err);
        if (status == NN_ENOMEM && i > 0) {
            d->most_lanes = i; // those that there are do
            return NN_OK;
        }
    }
    return status;
}

// Plans of the other precision make room when the comparison is decided.
void nn_detector_settle_precision(nn_detector *d)
{
    if (!d->comparing || !d->trial || !nn_precision_trial_done(d->trial))
        return;
    d->bf16 = nn_precision_trial_won(d->trial);
    d->comparing = false;
    nn_precision_trial_free(d->trial);
    d->trial = NULL;
    if (d->bf16)
        nn_detector_free_plans(d);
}

void nn_detector_run_plan(nn_detector *d, nn_plan *plan)
{
    const nn_shape *input = &nn_plan_input(plan, 0)->shape;
    const nn_plan_options options = {.pool = d->pool, .compiled = true, .half = d->model->half};
    if (d->comparing && !d->trial) {
        d->trial_input = *input;
        d->trial = nn_precision_trial_new(d->model, input, 1, &options, NULL);
        d->comparing = d->trial != NULL; // without memory it stays float32
    }
    if (d->trial && nn_shape_equal(&d->trial_input, input))
        nn_precision_trial_run(d->trial, plan);
    else
        nn_plan_run(plan);
}
