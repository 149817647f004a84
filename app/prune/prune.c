// SPDX-License-Identifier: MIT
// The steps of a pruning: weigh the channels, remove the least, train, and score each state.
#include "app/prune/prune.h"

#include "app/bench/time_models.h"
#include "app/cli/open_model.h"
#include "app/cli/progress.h"
#include "app/train/train_files.h"
#include "nn/graph/quantized.h"
#include "nn/graph/rebuild.h"
#include "nn/io/io.h"
#include "nn/predict/load_model.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WEIGH_PICTURES = 512 }; // whose gradients weigh channels, at most
#define RATE_PART 0.33f        // of a training's usual learning rate: the weights know the task
#define STOPPED "stopped; nothing is written"

typedef struct pruning {
    const prune_options *o;
    const volatile sig_atomic_t *stop;
    app_train train;
    nn_model *whole, *now; // before the first step, and the present one
    double whole_macs, part;
    nn_score whole_score;
    prune_row *rows;
} pruning;

// --- the start ---

static nn_status parse(pruning *p, const nn_card *card, nn_error *err)
{
    const prune_options *o = p->o;
    GPtrArray *c = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(c, g_strdup("train"));
    g_ptr_array_add(c, g_strdup_printf("--task=%s", card->task));
    g_ptr_array_add(c, g_strdup_printf("--init=%s", o->model));
    g_ptr_array_add(c, g_strdup_printf("--size=%dx%d", card->input_w, card->input_h));
    if (!nn_card_finds_boxes(card) && card->label_count > 0) { // in the order of the model
        g_autofree char **labels = g_new0(char *, card->label_count + 1);
        memcpy(labels, card->labels, (size_t)card->label_count * sizeof *labels);
        g_autofree char *list = g_strjoinv(",", labels);
        g_ptr_array_add(c, g_strdup_printf("--classes=%s", list));
    }
    for (int i = 0; o->words[i]; i++)
        g_ptr_array_add(c, g_strdup(o->words[i]));
    g_ptr_array_add(c, NULL);
    const int count = (int)c->len - 1;
    g_autofree char **argv = g_new0(char *, c->len); // GLib reorders them
    memcpy(argv, c->pdata, c->len * sizeof *argv);
    nn_status status = NN_OK;
    if (!app_train_options_parse(&p->train.o, count, argv, err))
        status = err->status;
    g_ptr_array_unref(c);
    app_train_options *t = &p->train.o;
    if (status != NN_OK)
        return status;
    g_free(t->command);
    t->command = g_strdup(o->command);
    t->trainer.epochs = MAX(o->epochs, 1);
    t->trainer.schedule.rate *= o->keep_rate ? 1 : RATE_PART;
    return NN_OK;
}

// Ours are trained as they are. Others become trainable as those of `train --init`.
static nn_status open_model(pruning *p, nn_error *err)
{
    nn_model *m;
    nn_status status = nn_model_load(&m, p->o->model, err);
    if (status != NN_OK)
        return status;
    if (nn_graph_is_quantized(m->graph))
        status = nn_fail(err, NN_EINVAL,
                         "%s is quantised: prune the float32 model, then quantize it", p->o->model);
    else if (app_refuse_texts(m, p->o->model, err) != NN_OK)
        status = err->status;
    else if (!nn_evaluator_of(&m->card) || !nn_train_task_find(m->card.task))
        status = nn_fail(err, NN_EUNSUPPORTED, "%s: no training for its task '%s'", p->o->model,
                         m->card.task);
    if (status == NN_OK)
        status = parse(p, &m->card, err);
    if (status == NN_OK && m->card.network[0])
        p->train.model = m;
    else
        nn_model_free(m);
    if (status == NN_OK)
        status = app_train_prepare(&p->train, err);
    if (status == NN_OK && p->train.val.count == 0)
        status = nn_fail(err, NN_EINVAL,
                         "no pictures are held back to score the model (--val-split, --val-data)");
    if (status == NN_OK)
        status = nn_model_copy(&p->whole, p->train.model, err);
    if (status == NN_OK)
        status = nn_model_copy(&p->now, p->whole, err);
    return status;
}

// Refuses what no number of steps reaches, before anything is trained.
static nn_status check_reach(const pruning *p, nn_error *err)
{
    const prune_options *o = p->o;
    const nn_prune_options options = {.method = o->method == NN_PRUNE_BN
                                                    ? NN_PRUNE_BN
                                                    : NN_PRUNE_L1, // taylor has no gradients yet
                                      .floor = 1e-6f};
    nn_shape input;
    nn_pruner *pruner = NULL;
    nn_status status = app_model_image(p->now, &input, err);
    if (status == NN_OK)
        status = nn_pruner_new(&pruner, p->now, &input, &options, err);
    if (status != NN_OK)
        return status;
    const double least = nn_pruner_least_macs(pruner) / nn_pruner_macs(pruner);
    nn_pruner_free(pruner);
    return o->speed_up > 0 || o->macs >= least
               ? NN_OK
               : nn_fail(err, NN_EINVAL,
                         "--macs %g cannot be reached: of the multiply-adds of %s %.3f stay at "
                         "least, because a layer keeps 8 channels and some cannot be removed (a "
                         "larger --macs)",
                         o->macs, o->model, least);
}

// --- scores ---

static void show_scoring(void *ctx, int done, int total)
{
    app_progress *progress = ctx;
    if (done == 0)
        app_progress_begin(progress, "scoring", 0, total);
    app_progress_late(progress, done, "pictures");
}

// Scores what a file holds, as `eval` does.
static nn_status score(pruning *p, const nn_model *m, nn_score *s, nn_error *err)
{
    g_autofree char *file = g_build_filename(p->train.o.work, "present.safetensors", NULL);
    nn_evaluation_options o;
    nn_evaluation_options_init(&o);
    o.threads = p->train.o.threads;
    o.ctx = &p->train.progress;
    o.progress = show_scoring;
    nn_status status = nn_model_save(m, file, false, err);
    if (status == NN_OK)
        status = nn_evaluate_file(s, nn_evaluator_of(&m->card), file, &o, &p->train.val, err);
    app_progress_clear(&p->train.progress);
    g_unlink(file);
    return status;
}

static const char *first_score(const pruning *p)
{
    return p->train.task->evaluator->scores[0].key;
}

static void say_row(const pruning *p, int step)
{
    const prune_row *r = &p->rows[step];
    fprintf(stderr, "step %d of %d: %.1f M multiply-adds, %s %.4f", step + 1, p->o->steps,
            r->macs / 1e6, first_score(p), r->cut.value[0]);
    if (r->trained.pictures > 0)
        fprintf(stderr, ", after training %.4f", r->trained.value[0]);
    fputc('\n', stderr);
}

// --- a step ---

// Gradients of some batches, at the weights that are pruned.
static nn_status observe(pruning *p, nn_pruner *pruner, nn_error *err)
{
    app_train *t = &p->train;
    const int batch = t->o.trainer.batch;
    const int count = MAX(MIN(t->train.count, WEIGH_PICTURES) / batch, 1);
    nn_tensor *grads = g_new0(nn_tensor, nn_graph_param_count(p->now->graph));
    nn_status status = NN_OK;
    app_progress_begin(&t->progress, "weighing", 0, count);
    for (int i = 0; i < count && status == NN_OK && !*p->stop; i++) {
        status = nn_trainer_gradients(t->trainer, grads, err);
        if (status == NN_OK)
            nn_pruner_observe(pruner, grads);
        app_progress_show(&t->progress, i + 1, "batches");
    }
    app_progress_clear(&t->progress);
    g_free(grads);
    return status;
}

static nn_status again(pruning *p, int epochs, nn_error *err)
{
    nn_model *copy;
    const nn_status status = nn_model_copy(&copy, p->now, err);
    p->train.o.trainer.epochs = MAX(epochs, 1);
    return status == NN_OK ? app_train_again(&p->train, copy, err) : status;
}

// The part that is left after this step: each removes the same part of what is there.
static nn_status find_target(pruning *p, nn_pruner *pruner, int step, double *macs, nn_error *err)
{
    nn_status status = NN_OK;
    if (step == 0 && p->o->speed_up > 0)
        status = prune_find_macs(pruner, p->now, p->train.pool, p->o->speed_up, &p->part, err);
    *macs = p->whole_macs * pow(p->part, (step + 1.0) / p->o->steps);
    return status;
}

static nn_status cut(pruning *p, int step, nn_error *err)
{
    const nn_prune_options options = {.method = p->o->method};
    nn_shape input;
    nn_pruner *pruner = NULL;
    nn_model *small = NULL;
    double macs = 0;
    nn_status status = app_model_image(p->now, &input, err);
    if (status == NN_OK)
        status = nn_pruner_new(&pruner, p->now, &input, &options, err);
    if (status == NN_OK && p->o->method == NN_PRUNE_TAYLOR && step > 0)
        status = again(p, 1, err);
    if (status == NN_OK && p->o->method == NN_PRUNE_TAYLOR)
        status = observe(p, pruner, err);
    if (status == NN_OK && *p->stop)
        status = nn_fail(err, NN_EINVAL, STOPPED);
    if (status == NN_OK)
        status = find_target(p, pruner, step, &macs, err);
    if (status == NN_OK)
        status = nn_pruner_make(pruner, macs, &small, err);
    nn_pruner_free(pruner); // it reads the model
    if (status != NN_OK)
        return status;
    nn_model_free(p->now);
    p->now = small;
    p->rows[step].macs = app_model_macs(small);
    return score(p, small, &p->rows[step].cut, err);
}

// The last training has half of the epochs, those between the rest.
static int epochs_of(const prune_options *o, int step)
{
    const int between = o->steps > 1 ? o->epochs / 2 / (o->steps - 1) : 0;
    return step + 1 < o->steps ? between : o->epochs - between * (o->steps - 1);
}

static nn_status train(pruning *p, int step, nn_error *err)
{
    const int epochs = epochs_of(p->o, step);
    nn_model *m = NULL;
    nn_score best;
    bool scored;
    if (epochs == 0)
        return NN_OK;
    nn_status status = again(p, epochs, err);
    if (status == NN_OK)
        status = app_train_run(&p->train, p->stop, err);
    if (status == NN_OK && *p->stop) // there may be no best model yet, or that of the step before
        status = nn_fail(err, NN_EINVAL, STOPPED);
    if (status == NN_OK)
        status = nn_training_finish(p->train.run, &m, &best, &scored, err);
    if (status == NN_OK)
        status = score(p, m, &p->rows[step].trained, err);
    if (status != NN_OK) {
        nn_model_free(m);
        return status;
    }
    nn_model_free(p->now);
    p->now = m;
    return NN_OK;
}

// --- the end ---

static const nn_score *last_score(const pruning *p)
{
    const prune_row *r = &p->rows[p->o->steps - 1];
    return r->trained.pictures > 0 ? &r->trained : &r->cut;
}

static nn_status print_result(const pruning *p, nn_error *err)
{
    const nn_score *a = &p->whole_score, *cut = &p->rows[p->o->steps - 1].cut, *b = last_score(p);
    const nn_evaluator *task = p->train.task->evaluator;
    double ms[2];
    nn_status status = prune_print_layers(p->whole, p->now, err);
    if (status == NN_OK)
        status = app_time_models((const nn_model *const[]){p->whole, p->now}, 2, p->train.pool, 3,
                                 ms, err);
    if (status != NN_OK)
        return status;
    printf("\nscored with %d pictures that were not trained on\n", a->pictures);
    printf("%-18s %10s %10s %10s %10s\n", "", "whole", "cut", "trained", "change");
    for (int i = 0; task->scores[i].key; i++)
        if (task->scores[i].column && a->value[i] == a->value[i])
            printf("%-18s %10.4f %10.4f %10.4f %+10.4f\n", task->scores[i].key, a->value[i],
                   cut->value[i], b->value[i], b->value[i] - a->value[i]);
    printf("%-18s %10.2f %10s %10.2f %9.2fx\n", "M multiply-adds", p->whole_macs / 1e6, "",
           app_model_macs(p->now) / 1e6, p->whole_macs / app_model_macs(p->now));
    printf("%-18s %10.3f %10s %10.3f %9.2fx\n", "M parameters",
           (double)nn_model_param_count(p->whole) / 1e6, "",
           (double)nn_model_param_count(p->now) / 1e6,
           (double)nn_model_param_count(p->whole) / (double)nn_model_param_count(p->now));
    printf("%-18s %10.2f %10s %10.2f %9.2fx\n", "ms/picture", ms[0], "", ms[1], ms[0] / ms[1]);
    if (ms[0] / ms[1] < p->o->speed_up)
        fprintf(stderr,
                "note: it is %.2f times as fast, --speed-up asked for %g: what was measured "
                "when its size was chosen varies, a larger --speed-up may help\n",
                ms[0] / ms[1], p->o->speed_up);
    return NN_OK;
}

static nn_status save(pruning *p, nn_error *err)
{
    const double loss = p->whole_score.value[0] - last_score(p)->value[0];
    app_train *t = &p->train;
    nn_status status = NN_OK;
    if (t->run)
        status = app_train_record(t, &p->now->card, last_score(p), err);
    if (status == NN_OK && loss <= p->o->max_loss) {
        status = app_train_finish_files(t, p->now, err);
        if (status == NN_OK)
            fprintf(stderr, "%s written\n", t->o.out);
        return status;
    }
    g_autofree char *file = g_build_filename(t->o.work, "pruned.safetensors", NULL);
    if (status == NN_OK)
        status = nn_model_save(p->now, file, false, err);
    return status != NN_OK
               ? status
               : nn_fail(err, NN_EINVAL,
                         "%s falls by %.4f, --max-loss is %g: %s is not written, the model lies in "
                         "%s (more --epochs or --steps, or a larger part of the work, may help)",
                         first_score(p), loss, p->o->max_loss, t->o.out, file);
}

nn_status prune_run(const prune_options *o, const volatile sig_atomic_t *stop, nn_error *err)
{
    pruning p = {.o = o, .stop = stop, .part = o->macs, .rows = g_new0(prune_row, o->steps)};
    nn_status status = open_model(&p, err);
    p.whole_macs = status == NN_OK ? app_model_macs(p.whole) : 0;
    if (status == NN_OK)
        status = check_reach(&p, err);
    if (status == NN_OK)
        status = score(&p, p.whole, &p.whole_score, err);
    for (int i = 0; i < o->steps && status == NN_OK && !*stop; i++) {
        status = cut(&p, i, err);
        if (status == NN_OK && !*stop)
            status = train(&p, i, err);
        if (status == NN_OK)
            say_row(&p, i);
    }
    if (status == NN_OK && *stop)
        status = nn_fail(err, NN_EINVAL, STOPPED);
    if (status == NN_OK)
        status = print_result(&p, err);
    if (status == NN_OK)
        status = save(&p, err);
    app_train_release(&p.train);
    nn_model_free(p.whole);
    nn_model_free(p.now);
    g_free(p.rows);
    return status;
}
