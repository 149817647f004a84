// SPDX-License-Identifier: MIT
// The training loop's one step, and what it needs around it.
#include "nn/train/trainer.h"

#include "nn/base/arith.h"
#include "nn/base/clock.h"
#include "nn/base/memory.h"
#include "nn/graph/backward.h"
#include "nn/graph/rebuild.h"
#include "nn/ops/ops.h"
#include "nn/train/exact_outputs.h"
#include "nn/train/fake_quantize.h"
#include "nn/train/feature_teacher.h"
#include "nn/train/options.h"
#include "nn/train/trainer_internal.h"
#include "nn/train/unused_params.h"

#include <math.h>
#include <string.h>

enum { SHORT_WARMUP = 100 }; // steps
#define ONE_CYCLE_UP 0.3     // part of a one-cycle that goes up (Smith 2018)

// Copies the factors of the rates; those of a frozen batch norm's statistics become 0, too.
static nn_status take_rates(nn_trainer *t, const float *rates, nn_error *err)
{
    enum { SCALE = 1, MEAN = 3, INPUTS = 5 };
    const nn_graph *g = t->model->graph;
    const int count = nn_graph_param_count(g);
    const int given = nn_graph_param_count((t->kept ? t->kept : t->model)->graph);
    if (!rates)
        return NN_OK;
    t->rates = nn_calloc((size_t)count, sizeof *t->rates);
    if (!t->rates)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    for (int i = 0; i < count; i++)
        t->rates[i] = i < given ? rates[i] : 1;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (node.op != &nn_op_batch_norm || t->rates[nn_graph_value(g, node.in[SCALE]).index] > 0)
            continue;
        for (int k = MEAN; k < INPUTS; k++)
            t->rates[nn_graph_value(g, node.in[k]).index] = 0;
    }
    for (int i = 0; i < count; i++)
        if (t->rates[i] > 0 && nn_graph_value(g, nn_graph_param_at(g, i)).param != NN_PARAM_BUFFER)
            return NN_OK;
    return nn_fail(err, NN_EINVAL, "training: every parameter is frozen");
}

// Pictures of a batch that this process has.
static int own_batch(const nn_trainer_options *o)
{
    return o->batch / nn_ranks_count(o->ranks);
}

static void sum_norms(void *ranks, double *x, int n)
{
    nn_ranks_sum(ranks, x, n);
}

int nn_trainer_own_batch(const nn_trainer *t)
{
    return own_batch(&t->options);
}

int nn_trainer_views(const nn_trainer *t)
{
    return t->task->views > 0 ? t->task->views : 1;
}

static bool learns_exact(const nn_trainer_options *o)
{
    return o->fake && o->exact_part > 0;
}

static nn_status add_runner(nn_trainer *t, nn_loader_size size, const bool *frozen, nn_pool *pool,
                            nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    const int rows = own_batch(o) * nn_trainer_views(t);
    nn_shape input[1 + NN_TASK_INPUTS] = {
        nn_shape_4d(rows, nn_card_channels(&t->model->card), size.height, size.width)};
    const int more = t->task->inputs ? t->task->inputs(t->model, rows, input + 1) : 0;
    const nn_training_plan_options plan = {.frozen = frozen,
                                           .allreduce = o->sync_norm && o->ranks ? &t->sum : NULL,
                                           .batch_offset = nn_ranks_index(o->ranks) * rows,
                                           .shared = t->runner_count ? t->runner[0].plan : NULL,
                                           .pool = pool,
                                           .kernels = t->kernels};
    nn_runner *r = &t->runner[t->runner_count];
    nn_status status = nn_plan_new_training(&r->plan, t->model, input, 1 + more, &plan, err);
    if (status != NN_OK)
        return status;
    r->size = size;
    t->runner_count++;
    status = t->task->open(&r->state, r->plan, t->model, own_batch(o), &o->task, err);
    if (status == NN_OK && learns_exact(o))
        status =
            nn_exact_outputs_new(&r->exact, nn_fake_quantizer_exact(o->fake), r->plan, pool, err);
    return status == NN_OK && o->features
               ? nn_feature_run_new(&r->features, o->features, t->model, r->plan, pool, err)
               : status;
}

static nn_status add_runners(nn_trainer *t, nn_pool *pool, nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    const int params = nn_graph_param_count(t->model->graph);
    bool *frozen = nn_calloc((size_t)params, sizeof *frozen);
    if (!frozen)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    for (int i = 0; i < params; i++)
        frozen[i] = t->rates && !(t->rates[i] > 0);
    nn_status status = nn_freeze_unused(t->model->graph, frozen, err);
    if (o->size_count == 0 && status == NN_OK)
        status = add_runner(t, (nn_loader_size){o->height, o->width}, frozen, pool, err);
    for (int i = 0; i < o->size_count && status == NN_OK; i++)
        status = add_runner(t, o->sizes[i], frozen, pool, err);
    nn_free(frozen);
    return status;
}

static nn_status extend(nn_trainer *t, nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    if (!t->task->extend)
        return NN_OK;
    t->kept = t->model;
    return t->task->extend(&t->model, t->kept, &o->task, o->seed, err);
}

static nn_status prepare(nn_trainer *t, nn_pool *pool, nn_error *err)
{
    nn_status status = extend(t, err);
    if (status == NN_OK)
        status = take_rates(t, t->options.rates, err);
    t->options.rates = NULL; // the caller's
    t->options.optimiser.rates = t->rates;
    t->options.task.detect.pool = pool;
    if (status == NN_OK)
        status = add_runners(t, pool, err);
    if (status == NN_OK)
        status = nn_optimiser_init(&t->optimiser, t->model, &t->options.optimiser, err);
    t->optimiser.pool = t->pool = pool;
    if (status == NN_OK)
        status = nn_model_copy(&t->average, t->model, err);
    return status;
}

// Options of steps, of views and of the caller.
static nn_status gather_options(nn_trainer *t, nn_error *err)
{
    enum { OWN = 2 };
    const nn_trainer_options *o = &t->options;
    t->groups = nn_calloc((size_t)(OWN + o->more_count), sizeof *t->groups);
    if (!t->groups)
        return nn_fail(err, NN_ENOMEM, "training: no memory");
    for (int i = 0; i < o->more_count; i++) // they explain the others
        t->groups[t->group_count++] = o->more[i];
    t->groups[t->group_count++] = (nn_option_values){nn_trainer_option_rows(), &t->options, NULL};
    t->groups[t->group_count++] =
        (nn_option_values){nn_augment_option_rows(), &t->options.augment, NULL};
    return NN_OK;
}

const nn_option_values *nn_trainer_option_values(const nn_trainer *t, int *count)
{
    *count = t->group_count;
    return t->groups;
}

static nn_status check_options(const nn_trainer_options *o, const nn_dataset *data, nn_error *err)
{
    if (o->batch < 1 || o->height < 1 || o->width < 1 || o->epochs < 1 || o->size_count < 0 ||
        o->size_count > NN_LOADER_MAX_SIZES || o->accumulate < 0)
        return nn_fail(err, NN_EINVAL, "training: batch %d of %dx%d for %d epochs", o->batch,
                       o->width, o->height, o->epochs);
    for (int i = 0; i < o->size_count; i++)
        if (o->sizes[i].height < 1 || o->sizes[i].width < 1)
            return nn_fail(err, NN_EINVAL, "training: an input of %dx%d", o->sizes[i].width,
                           o->sizes[i].height);
    if (data->count == 0)
        return nn_fail(err, NN_EINVAL, "training: no picture to train on");
    if (o->batch % nn_ranks_count(o->ranks) != 0)
        return nn_fail(err, NN_EINVAL, "training: a batch of %d cannot be divided by %d processes",
                       o->batch, nn_ranks_count(o->ranks));
    return NN_OK;
}

// What the schedule has from the number of epochs, of `steps` steps each.
static void complete_schedule(nn_trainer_options *o, int64_t steps)
{
    nn_schedule *s = &o->schedule;
    s->total = steps * o->epochs;
    if (s->warmup < 0 && s->kind == NN_SCHEDULE_ONE_CYCLE) {
        s->warmup = 0;
        o->warmup_epochs = ONE_CYCLE_UP * o->epochs;
    }
    if (s->warmup < 0)
        s->warmup = s->total < 10 * SHORT_WARMUP ? s->total / 10 : SHORT_WARMUP;
    s->warmup += (int64_t)(o->warmup_epochs * (double)steps + 0.5);
    if (s->kind == NN_SCHEDULE_STEP && !(o->step_epochs > 0) && s->every <= 0)
        o->step_epochs = o->epochs / 3.0;
    if (o->step_epochs > 0)
        s->every = (int64_t)(o->step_epochs * (double)steps + 0.5);
}

// Completes options that depend on the model's card and on the number of steps in an epoch.
static void complete_options(nn_trainer *t)
{
    nn_trainer_options *o = &t->options;
    const nn_card *card = &t->model->card;
    nn_augment_options *a = &o->augment;
    a->fit_h = card->input_h;
    a->fit_w = card->input_w;
    a->stretch = card->stretch;
    a->crop = card->crop;
    memcpy(a->mean, card->mean, sizeof a->mean);
    memcpy(a->std, card->std, sizeof a->std);
    o->accumulate = o->accumulate > 0 ? o->accumulate : 1;
    o->task.detect.ranks = o->task.segment.ranks = o->task.ranks = o->ranks;
    const int epoch = o->epoch_size > 0 ? o->epoch_size : t->data->count;
    const int draws = o->batch * o->accumulate; // of a step
    t->steps_per_epoch = nn_divide_up(epoch, draws);
    t->asked = (nn_trainer_asked){o->schedule, o->warmup_epochs, o->step_epochs};
    complete_schedule(o, t->steps_per_epoch);
}

nn_schedule nn_trainer_schedule_of(const nn_trainer *t, int epochs)
{
    nn_trainer_options o = t->options;
    o.epochs = epochs;
    o.schedule = t->asked.schedule;
    o.warmup_epochs = t->asked.warmup_epochs;
    o.step_epochs = t->asked.step_epochs;
    complete_schedule(&o, t->steps_per_epoch);
    return o.schedule;
}

nn_status nn_trainer_new(nn_trainer **out, nn_model *model, nn_dataset *data,
                         const nn_trainer_options *options, nn_pool *pool, nn_error *err)
{
    *out = NULL;
    nn_status status = check_options(options, data, err);
    if (status != NN_OK)
        return status;
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
    complete_options(t);
    t->options.task.segment.pool = pool;
    t->sum = (nn_op_allreduce){sum_norms, options->ranks, nn_ranks_count(options->ranks)};
    status = gather_options(t, err);
    if (status == NN_OK)
        status = prepare(t, pool, err);
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
    for (int i = t->runner_count - 1; i >= 0; i--) { // the first one holds the gradients
        t->task->close(t->runner[i].state);
        nn_feature_run_free(t->runner[i].features);
        nn_exact_outputs_free(t->runner[i].exact);
        nn_plan_free(t->runner[i].plan);
    }
    nn_optimiser_release(&t->optimiser);
    nn_model_free(t->average);
    if (t->kept)
        nn_model_free(t->model);
    nn_free(t->rates);
    nn_free(t->groups);
    nn_free(t);
}

// Seconds since *mark, which moves on to now.
static double lap(double *mark)
{
    double now = nn_clock_seconds(), passed = now - *mark;
    *mark = now;
    return passed;
}

int nn_trainer_classes(const nn_trainer *t)
{
    const nn_card *card = &t->model->card;
    return nn_data_kind_facts(t->task->evaluator->kind)->unlabelled ? card->factor
                                                                    : card->label_count;
}

nn_status nn_trainer_open_loader(const nn_trainer *t, nn_loader **out, nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    const int views = nn_trainer_views(t), own = own_batch(o) * views;
    nn_loader_options l = {.batch = own,
                           .views = views,
                           .shared_batch = o->batch * views,
                           .shared_first = nn_ranks_index(o->ranks) * own,
                           .height = o->height,
                           .width = o->width,
                           .kind = t->task->evaluator->kind,
                           .classes = nn_trainer_classes(t),
                           .channels = nn_card_channels(&t->model->card),
                           .size_count = o->size_count,
                           .epoch_size = (int)(t->steps_per_epoch * o->batch * o->accumulate),
                           .seed = o->seed,
                           .augment = o->augment,
                           .kernels = t->kernels};
    memcpy(l.sizes, o->sizes, sizeof l.sizes);
    return nn_loader_new(out, t->data, &l, t->step * o->accumulate, err);
}

static nn_runner *find_runner(nn_trainer *t, const nn_batch *b)
{
    for (int i = 0; i < t->runner_count; i++)
        if (t->runner[i].size.height == b->height && t->runner[i].size.width == b->width)
            return &t->runner[i];
    return NULL;
}

// The next batch, which is copied to the input of the plan for its size.
static nn_status next_batch(nn_trainer *t, nn_runner **runner, const nn_batch **batch,
                            nn_error *err)
{
    nn_status status = t->loader ? NN_OK : nn_trainer_open_loader(t, &t->loader, err);
    if (status == NN_OK)
        status = nn_loader_next(t->loader, batch, err);
    if (status != NN_OK)
        return status;
    *runner = find_runner(t, *batch);
    if (!*runner)
        return nn_fail(err, NN_EINVAL, "training: a batch of %dx%d", (*batch)->width,
                       (*batch)->height);
    const nn_tensor *input = nn_plan_input((*runner)->plan, 0);
    memcpy(input->data, (*batch)->planes, nn_tensor_bytes(input));
    return t->task->feed ? t->task->feed((*runner)->state, *batch, err) : NN_OK;
}

// Combines the losses of all processes.
static void share_value(nn_ranks *ranks, nn_task_value *v)
{
    enum { OTHERS = 3 };
    double x[OTHERS + NN_TASK_PARTS] = {v->loss, (double)v->hits, v->features};
    for (int i = 0; i < NN_TASK_PARTS; i++)
        x[OTHERS + i] = v->part[i];
    nn_ranks_sum(ranks, x, OTHERS + NN_TASK_PARTS);
    v->loss = x[0];
    v->hits = (int64_t)x[1];
    v->features = x[2];
    for (int i = 0; i < NN_TASK_PARTS; i++)
        v->part[i] = x[OTHERS + i];
}

// Adds the gradient of the mean over a step's batches for the next one of them, the `last` or not.
static nn_status run_batch(nn_trainer *t, bool last, nn_trainer_report *r, double *mark,
                           nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    const double part = 1.0 / o->accumulate / nn_ranks_count(o->ranks);
    const nn_batch *batch;
    nn_runner *runner;
    nn_task_value value;
    nn_status status = next_batch(t, &runner, &batch, err);
    if (status != NN_OK)
        return status;
    r->wait += lap(mark);
    nn_plan_set_step(runner->plan, o->seed * 0x9E3779B97F4A7C15u + (uint64_t)batch->step);
    nn_plan_run(runner->plan);
    t->last_plan = runner->plan;
    r->forward += lap(mark);
    const double exact = runner->exact ? (double)o->exact_part : 0;
    status = t->task->run(runner->state, batch, (float)(part * (1 - exact)), &value, err);
    if (status != NN_OK)
        return status;
    if (runner->exact) {
        value.features = exact * nn_exact_outputs_learn(runner->exact, batch->planes, part * exact);
        value.loss = (1 - exact) * value.loss + value.features;
    }
    if (runner->features) {
        value.features =
            (double)o->feature_weight *
            nn_feature_run_learn(runner->features, batch->planes, part * (double)o->feature_weight);
        value.loss += value.features;
    }
    r->value.loss += part * value.loss;
    r->value.features += part * value.features;
    for (int i = 0; i < NN_TASK_PARTS; i++)
        r->value.part[i] += part * value.part[i];
    r->value.hits += value.hits;
    r->loss_time += lap(mark);
    if (last)
        nn_ranks_start_grads(o->ranks, runner->plan);
    nn_plan_backward(runner->plan);
    if (last)
        nn_ranks_finish_grads(o->ranks);
    r->backward += lap(mark);
    return NN_OK;
}

nn_status nn_trainer_step(nn_trainer *t, nn_trainer_report *r, nn_error *err)
{
    const nn_trainer_options *o = &t->options;
    const nn_plan *gradients = t->runner[0].plan;
    *r = (nn_trainer_report){.step = t->step};
    double mark = nn_clock_seconds();
    nn_plan_zero_grads(t->runner[0].plan);
    r->update += lap(&mark);
    for (int i = 0; i < o->accumulate; i++) {
        nn_status status = run_batch(t, i + 1 == o->accumulate, r, &mark, err);
        if (status != NN_OK)
            return status;
    }
    share_value(o->ranks, &r->value);
    r->rate = nn_schedule_rate(&o->schedule, t->step);
    r->grad_norm = nn_optimiser_step(&t->optimiser, gradients, (float)r->rate, t->kernels);
    r->skipped = !isfinite(r->grad_norm);
    if (!r->skipped)
        nn_average_step(t->average, t->model, t->rates, o->average, t->step, t->kernels);
    if (o->fake && !r->skipped)
        nn_fake_quantizer_follow(o->fake, t->model, t->last_plan, o->ranks, t->pool);
    r->update += lap(&mark);
    t->step++;
    return NN_OK;
}

nn_status nn_trainer_gradients(nn_trainer *t, nn_tensor *grads, nn_error *err)
{
    const nn_plan *gradients = t->runner[0].plan;
    nn_trainer_report r = {0};
    double mark = nn_clock_seconds();
    nn_plan_zero_grads(t->runner[0].plan);
    const nn_status status = run_batch(t, true, &r, &mark, err);
    for (int i = 0; i < nn_graph_param_count(t->model->graph); i++)
        grads[i] = *nn_plan_param_grad(gradients, i);
    return status;
}

int64_t nn_trainer_steps_done(const nn_trainer *t)
{
    return t->step;
}

int64_t nn_trainer_steps_total(const nn_trainer *t)
{
    return t->options.schedule.total;
}

int64_t nn_trainer_steps_per_epoch(const nn_trainer *t)
{
    return t->steps_per_epoch;
}

double nn_trainer_macs(const nn_trainer *t)
{
    return nn_plan_macs(t->runner[0].plan);
}

nn_model *nn_trainer_average(nn_trainer *t)
{
    if (t->options.fake)
        return nn_fake_quantizer_whole(t->options.fake, t->average);
    nn_model *plain = t->options.features ? nn_feature_teacher_plain(t->options.features) : t->kept;
    return plain && nn_model_blend(plain, t->average, 1, NULL) == NN_OK ? plain : t->average;
}

const nn_train_task *nn_trainer_task(const nn_trainer *t)
{
    return t->task;
}
