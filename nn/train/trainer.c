// SPDX-License-Identifier: MIT
// The training loop's one step, and what it needs around it.
#include "nn/train/trainer.h"

#include "nn/base/memory.h"
#include "nn/train/trainer_internal.h"
#include "nn/zoo/zoo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void nn_trainer_defaults(nn_trainer_options *o)
{
    *o = (nn_trainer_options){.batch = 8,
                              .epochs = 16,
                              .warmup = 100,
                              .rate = 2e-3f,
                              .last = 0.02f,
                              .average = 0.998f,
                              .seed = 1};
    nn_optimiser_defaults(&o->optimiser);
    nn_detect_loss_defaults(&o->loss);
    nn_augment_defaults(&o->augment);
}

// The head's outputs "cls8", "box8", ... as levels of the loss.
static nn_status find_levels(nn_trainer *t, nn_error *err)
{
    const nn_graph *g = t->model->graph;
    for (int i = 0; i < nn_graph_output_count(g); i++) {
        int stride;
        char box_name[32];
        if (sscanf(nn_graph_output_name(g, i), "cls%d", &stride) != 1 || stride < 1)
            continue;
        snprintf(box_name, sizeof box_name, "box%d", stride);
        int j = nn_graph_find_output(g, box_name);
        if (j < 0 || t->level_count == NN_DETECT_MAX_LEVELS)
            return nn_fail(err, NN_EUNSUPPORTED, "training: output '%s' has no '%s' beside it",
                           nn_graph_output_name(g, i), box_name);
        const nn_tensor *cls = nn_plan_output(t->plan, i), *box = nn_plan_output(t->plan, j);
        nn_shape want = cls->shape;
        want.dim[1] = 4;
        if (cls->shape.rank != 4 || cls->shape.dim[1] != t->model->card.label_count ||
            !nn_shape_equal(&box->shape, &want))
            return nn_fail(err, NN_ESHAPE,
                           "training: outputs of stride %d are not (N,%d,H,W) and (N,4,H,W)",
                           stride, t->model->card.label_count);
        t->levels[t->level_count++] =
            (nn_detect_level){.stride = stride,
                              .h = (int)cls->shape.dim[2],
                              .w = (int)cls->shape.dim[3],
                              .cls = cls->data,
                              .box = box->data,
                              .cls_grad = nn_plan_output_grad(t->plan, i)->data,
                              .box_grad = nn_plan_output_grad(t->plan, j)->data};
    }
    if (t->level_count == 0)
        return nn_fail(err, NN_EUNSUPPORTED, "training: the network has no detection outputs");
    return NN_OK;
}

static nn_status make_average(nn_trainer *t, nn_error *err)
{
    nn_status status = nn_zoo_build(&t->average, &t->model->card, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < nn_graph_param_count(t->model->graph); i++)
        memcpy(t->average->params[i].data, t->model->params[i].data,
               nn_tensor_bytes(&t->model->params[i]));
    return NN_OK;
}

static nn_status prepare(nn_trainer *t, nn_pool *pool, nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    nn_shape input = nn_shape_4d(o->batch, 3, o->height, o->width);
    nn_plan_options plan = {.training = true, .pool = pool, .kernels = t->kernels};
    nn_status status = nn_plan_new(&t->plan, t->model, &input, 1, &plan, err);
    if (status == NN_OK)
        status = find_levels(t, err);
    if (status == NN_OK)
        status = nn_detect_loss_new(&t->loss, &o->loss, t->levels, t->level_count, o->batch,
                                    t->model->card.label_count, err);
    if (status == NN_OK)
        status = nn_optimiser_init(&t->optimiser, t->model, &o->optimiser, err);
    t->optimiser.pool = pool;
    if (status == NN_OK)
        status = make_average(t, err);
    return status;
}

nn_status nn_trainer_new(nn_trainer **out, nn_model *model, nn_dataset *data,
                         const nn_trainer_options *options, nn_pool *pool, nn_error *err)
{
    *out = NULL;
    if (options->batch < 1 || options->height < 32 || options->width < 32 || options->epochs < 1)
        return nn_fail(err, NN_EINVAL, "training: batch %d of %dx%d for %d epochs", options->batch,
                       options->width, options->height, options->epochs);
    if (data->count == 0)
        return nn_fail(err, NN_EINVAL, "training: no picture to train on");
    nn_trainer *t = nn_calloc(1, sizeof *t);
    if (!t)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    t->options = *options;
    t->model = model;
    t->data = data;
    t->kernels = nn_kernels_best();
    nn_augment_options *a = &t->options.augment;
    a->fit_h = model->card.input_h;
    a->fit_w = model->card.input_w;
    memcpy(a->mean, model->card.mean, sizeof a->mean);
    memcpy(a->std, model->card.std, sizeof a->std);
    int epoch = options->epoch_size > 0 ? options->epoch_size : data->count;
    t->steps_per_epoch = (epoch + options->batch - 1) / options->batch;
    nn_status status = prepare(t, pool, err);
    if (status != NN_OK) {
        nn_trainer_free(t);
        return status;
    }
    *out = t;
    return NN_OK;
}

void nn_trainer_free(nn_trainer *t)
{
    if (!t)
        return;
    nn_loader_free(t->loader);
    nn_detect_loss_free(t->loss);
    nn_optimiser_release(&t->optimiser);
    nn_plan_free(t->plan);
    nn_model_free(t->average);
    nn_free(t);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Seconds since *mark, which moves on to now.
static double lap(double *mark)
{
    double now = seconds_now(), passed = now - *mark;
    *mark = now;
    return passed;
}

static nn_status next_batch(nn_trainer *t, nn_truth_list **lists, nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    nn_status status = NN_OK;
    if (!t->loader) {
        nn_loader_options l = {.batch = o->batch,
                               .height = o->height,
                               .width = o->width,
                               .epoch_size = (int)(t->steps_per_epoch * o->batch),
                               .seed = o->seed,
                               .augment = o->augment,
                               .kernels = t->kernels};
        status = nn_loader_new(&t->loader, t->data, &l, t->step, err);
    }
    const nn_batch *batch;
    if (status == NN_OK)
        status = nn_loader_next(t->loader, &batch, err);
    if (status != NN_OK)
        return status;
    const nn_tensor *input = nn_plan_input(t->plan, 0);
    memcpy(input->data, batch->planes, nn_tensor_bytes(input));
    *lists = batch->lists;
    return NN_OK;
}

nn_status nn_trainer_step(nn_trainer *t, nn_trainer_report *r, nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    *r = (nn_trainer_report){.step = t->step};
    double mark = seconds_now();
    nn_truth_list *lists;
    nn_status status = next_batch(t, &lists, err);
    if (status != NN_OK)
        return status;
    r->wait = lap(&mark);
    nn_plan_set_step(t->plan, o->seed * 0x9E3779B97F4A7C15u + (uint64_t)t->step);
    nn_plan_run(t->plan);
    r->forward = lap(&mark);
    status = nn_detect_loss_assign(t->loss, t->levels, lists, err);
    if (status != NN_OK)
        return status;
    nn_detect_loss_value value = nn_detect_loss_grad(t->loss, t->levels);
    r->cls = value.cls;
    r->box = value.box;
    r->loss = value.cls + value.box;
    r->positives = value.positives;
    r->loss_time = lap(&mark);
    nn_plan_zero_grads(t->plan);
    nn_plan_backward(t->plan);
    r->backward = lap(&mark);
    r->rate = nn_schedule_rate(o->rate, o->last, t->step, o->warmup, nn_trainer_steps_total(t));
    r->grad_norm = nn_optimiser_step(&t->optimiser, t->plan, (float)r->rate, t->kernels);
    r->skipped = !isfinite(r->grad_norm);
    if (!r->skipped)
        nn_average_step(t->average, t->model, o->average, t->step, t->kernels);
    r->update = lap(&mark);
    t->step++;
    return NN_OK;
}

int64_t nn_trainer_steps_done(const nn_trainer *t)
{
    return t->step;
}

int64_t nn_trainer_steps_total(const nn_trainer *t)
{
    return t->steps_per_epoch * t->options.epochs;
}

int64_t nn_trainer_steps_per_epoch(const nn_trainer *t)
{
    return t->steps_per_epoch;
}

double nn_trainer_macs(const nn_trainer *t)
{
    return nn_plan_macs(t->plan);
}

nn_model *nn_trainer_average(nn_trainer *t)
{
    return t->average;
}
