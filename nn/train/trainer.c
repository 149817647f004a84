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
    nn_task_options_defaults(&o->task);
    nn_augment_defaults(&o->augment);
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
        status = t->task->open(&t->state, t->plan, t->model, o->batch, &o->task, err);
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
    if (options->batch < 1 || options->height < 1 || options->width < 1 || options->epochs < 1)
        return nn_fail(err, NN_EINVAL, "training: batch %d of %dx%d for %d epochs", options->batch,
                       options->width, options->height, options->epochs);
    if (data->count == 0)
        return nn_fail(err, NN_EINVAL, "training: no picture to train on");
    const nn_train_task *task = nn_train_task_find(model->card.task);
    if (!task)
        return nn_fail(err, NN_EUNSUPPORTED, "training: task '%s' is not known", model->card.task);
    nn_trainer *t = nn_calloc(1, sizeof *t);
    if (!t)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    t->options = *options;
    t->model = model;
    t->data = data;
    t->task = task;
    t->kernels = nn_kernels_best();
    nn_augment_options *a = &t->options.augment;
    a->fit_h = model->card.input_h;
    a->fit_w = model->card.input_w;
    a->stretch = model->card.stretch;
    a->crop = model->card.crop;
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
    if (t->task)
        t->task->close(t->state);
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

// The next batch, which is copied to the plan's input.
static nn_status next_batch(nn_trainer *t, const nn_batch **batch, nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    nn_status status = NN_OK;
    if (!t->loader) {
        nn_loader_options l = {
            .batch = o->batch,
            .height = o->height,
            .width = o->width,
            .epoch_size = (int)(t->steps_per_epoch * o->batch),
            .classes = t->task->kind == NN_DATA_CLASSES ? t->model->card.label_count : 0,
            .seed = o->seed,
            .augment = o->augment,
            .kernels = t->kernels};
        status = nn_loader_new(&t->loader, t->data, &l, t->step, err);
    }
    if (status == NN_OK)
        status = nn_loader_next(t->loader, batch, err);
    if (status != NN_OK)
        return status;
    const nn_tensor *input = nn_plan_input(t->plan, 0);
    memcpy(input->data, (*batch)->planes, nn_tensor_bytes(input));
    return NN_OK;
}

nn_status nn_trainer_step(nn_trainer *t, nn_trainer_report *r, nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    *r = (nn_trainer_report){.step = t->step};
    double mark = seconds_now();
    const nn_batch *batch;
    nn_status status = next_batch(t, &batch, err);
    if (status != NN_OK)
        return status;
    r->wait = lap(&mark);
    nn_plan_set_step(t->plan, o->seed * 0x9E3779B97F4A7C15u + (uint64_t)t->step);
    nn_plan_run(t->plan);
    r->forward = lap(&mark);
    status = t->task->run(t->state, batch, 1, &r->value, err);
    if (status != NN_OK)
        return status;
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

const nn_train_task *nn_trainer_task(const nn_trainer *t)
{
    return t->task;
}
