// SPDX-License-Identifier: MIT
// neroscale train: data in, training with progress and checkpoints, the best weights out as a model
// file.
#include "app/command.h"
#include "app/evaluate.h"
#include "app/history.h"
#include "app/progress.h"
#include "app/train_options.h"
#include "app/training_card.h"
#include "nn/io/io.h"
#include "nn/zoo/zoo.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_USAGE = 2 };

int app_cmd_train(int argc, char **argv); // called by main.c through the table of commands

// Everything that lives for one training.
typedef struct training {
    app_train_options o;
    nn_names labels, source_names;
    nn_class_map map;
    nn_dataset train, val;
    bool have_data;
    nn_model *model;
    nn_pool *pool;
    nn_trainer *trainer;
    app_history history;
    app_progress progress;
    nn_checkpoint_info info; // best so far, time spent before this run
    double started;
    char *best_path, *average_path;
} training;

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static void print_note(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "note: %s\n", line);
}

static nn_status load_data(training *t, nn_error *err)
{
    nn_notes notes = {print_note, NULL};
    size_t cache = (size_t)t->o.cache_mb << 20;
    const char *folder = NULL;
    for (int i = 0; i < t->o.sources.count && !folder; i++)
        folder = t->o.sources.list[i].video ? NULL : t->o.sources.list[i].path;
    nn_status status = app_sources_map(&t->o.sources, folder, &t->labels, NULL, NULL, &t->map,
                                       &t->source_names, err);
    if (status == NN_OK)
        status = nn_dataset_init(&t->train, cache, notes, err);
    if (status != NN_OK)
        return status;
    status = nn_dataset_init(&t->val, cache / 4, notes, err);
    if (status != NN_OK) {
        nn_dataset_release(&t->train);
        return status;
    }
    t->have_data = true;
    status = app_sources_load(&t->o.sources, &t->map, &t->source_names, &t->train, &t->val, err);
    if (status != NN_OK)
        return status;
    fprintf(stderr, "%d pictures to train on, %d to validate, %d skipped\n", t->train.count,
            t->val.count, t->train.skipped + t->val.skipped);
    app_sources_count(&t->train, &t->labels, "to train on", stderr);
    if (t->val.count > 0)
        app_sources_count(&t->val, &t->labels, "to validate", stderr);
    return status;
}

// Copies the parameters that have the same name and shape, from a model or any file of weights.
static nn_status start_from(nn_model *model, const char *name, nn_error *err)
{
    char path[4096];
    nn_bundle b;
    nn_status status = nn_model_find(name, path, sizeof path, err);
    if (status == NN_OK)
        status = nn_bundle_load(&b, path, err);
    if (status != NN_OK)
        return status;
    const int taken = nn_model_take_params(model, &b), count = nn_graph_param_count(model->graph);
    nn_bundle_release(&b);
    if (taken == 0)
        return nn_fail(err, NN_ENOTFOUND, "--from %s: none of its tensors fits %s", name,
                       model->card.network);
    fprintf(stderr, "%d of %d parameter tensors taken from %s\n", taken, count, name);
    return NN_OK;
}

static nn_status build_model(training *t, nn_error *err)
{
    nn_card card = {
        .input_w = t->o.input_w, .input_h = t->o.input_h, .threshold = 0.4f, .iou_threshold = 0.6f};
    snprintf(card.network, sizeof card.network, "%s", t->o.network);
    snprintf(card.task, sizeof card.task, "%s", t->o.task);
    snprintf(card.head, sizeof card.head, "%s", t->o.head);
    nn_status status = t->o.classes ? nn_names_parse(&t->labels, t->o.classes, err)
                                    : app_sources_labels(&t->o.sources, &t->labels, err);
    if (status != NN_OK)
        return status;
    snprintf(card.options, sizeof card.options, "%s%sclasses=%d", t->o.options,
             *t->o.options ? "," : "", t->labels.count);
    status = nn_card_set_labels(&card, (const char *const *)t->labels.name, t->labels.count, err);
    if (status == NN_OK)
        status = nn_zoo_build(&t->model, &card, err);
    nn_card_release(&card);
    return status;
}

static nn_status prepare(training *t, nn_error *err)
{
    if (mkdir(t->o.work, 0777) != 0 && errno != EEXIST)
        return nn_fail(err, NN_EIO, "%s: %s", t->o.work, strerror(errno));
    t->best_path = g_build_filename(t->o.work, "best.safetensors", NULL);
    t->average_path = g_build_filename(t->o.work, "average.safetensors", NULL);
    // The network first: a wrong option shows before minutes of reading.
    nn_status status = build_model(t, err);
    if (status == NN_OK)
        status = load_data(t, err);
    if (status != NN_OK)
        return status;
    nn_trainer_init_model(t->model, &t->train, t->o.trainer.seed);
    if (t->o.from)
        status = start_from(t->model, t->o.from, err);
    if (status != NN_OK)
        return status;
    t->pool = nn_pool_new(t->o.threads);
    if (!t->pool)
        return nn_fail(err, NN_ENOMEM, "cannot start %d threads", t->o.threads);
    status = nn_trainer_new(&t->trainer, t->model, &t->train, &t->o.trainer, t->pool, err);
    t->info.best = -1;
    if (status == NN_OK && t->o.resume)
        status = nn_trainer_resume(t->trainer, t->o.work, &t->info, err);
    if (status == NN_OK)
        status = app_history_open(&t->history, t->o.work, nn_trainer_steps_done(t->trainer), err);
    if (status == NN_OK)
        fprintf(stderr, "%s %s: %lld parameters, %.0f M multiply-adds a picture, %lld steps\n",
                t->model->card.network, t->model->card.options,
                (long long)nn_model_param_count(t->model),
                nn_trainer_macs(t->trainer) / t->o.trainer.batch / 1e6,
                (long long)nn_trainer_steps_total(t->trainer));
    return status;
}

// Scores a model file on the validation data.
static nn_status validate(training *t, const char *path, float iou, app_evaluation *e,
                          nn_metrics_score *score, nn_error *err)
{
    nn_detector *d = NULL;
    const nn_detector_options options = {.iou_threshold = iou, .threads = t->o.threads};
    nn_status status = app_evaluation_init(e, t->labels.count, err);
    if (status == NN_OK)
        status = app_evaluate_open(&d, path, &options, err);
    if (status == NN_OK)
        status = app_evaluate_dataset(e, d, &t->val, err);
    if (status == NN_OK)
        status = nn_metrics_compute(e->metrics, -1, t->model->card.threshold, score, err);
    nn_detector_free(d);
    return status;
}

// Sums over the steps of an epoch.
typedef struct totals {
    nn_trainer_report sum;
    int steps, skipped;
    double began;
} totals;

static void add_step(totals *s, const nn_trainer_report *r)
{
    s->steps++;
    s->skipped += r->skipped;
    s->sum.loss += r->loss;
    s->sum.cls += r->cls;
    s->sum.box += r->box;
    s->sum.grad_norm += r->skipped ? 0 : r->grad_norm;
    s->sum.wait += r->wait;
    s->sum.forward += r->forward;
    s->sum.loss_time += r->loss_time;
    s->sum.backward += r->backward;
    s->sum.update += r->update;
    s->sum.rate = r->rate;
}

static double spent(const training *t)
{
    return t->info.seconds + app_now() - t->started;
}

// What makes one set of weights better than another: finding things, and boxing them well. AP50
// alone is too coarse: among good detectors a few pictures decide it.
static double worth(const nn_metrics_score *s)
{
    return isfinite(s->ap50) ? 0.5 * (s->ap50 + s->ap) : 0;
}

// Keeps the averaged weights when they are the best so far.
static nn_status keep_best(training *t, int epoch, nn_metrics_score *score, nn_error *err)
{
    nn_status status = nn_model_save(nn_trainer_average(t->trainer), t->average_path, true, err);
    app_evaluation e = {0};
    if (status == NN_OK)
        status = validate(t, t->average_path, -1, &e, score, err);
    app_evaluation_release(&e);
    double value = worth(score);
    if (status != NN_OK || value <= t->info.best)
        return status;
    t->info.best = value;
    t->info.best_epoch = epoch;
    if (rename(t->average_path, t->best_path) != 0)
        return nn_fail(err, NN_EIO, "%s: %s", t->best_path, strerror(errno));
    return NN_OK;
}

static nn_status save_checkpoint(training *t, nn_error *err)
{
    nn_checkpoint_info info = t->info;
    info.seconds = spent(t);
    return nn_trainer_save(t->trainer, t->o.work, &info, err);
}

static void print_epoch(const training *t, int epoch, const totals *s, double pace,
                        const nn_metrics_score *score)
{
    double n = s->steps;
    fprintf(stderr, "epoch %d/%d  loss %.4f (class %.4f, box %.4f)  %.1f images/s", epoch,
            t->o.trainer.epochs, s->sum.loss / n, s->sum.cls / n, s->sum.box / n, pace);
    if (score)
        fprintf(stderr, "  AP50 %.4f  AP50:95 %.4f%s", score->ap50, score->ap,
                t->info.best_epoch == epoch ? "  best" : "");
    fprintf(stderr,
            "\n  ms a step: wait %.0f, forward %.0f, loss %.0f, backward %.0f, update %.0f\n",
            1e3 * s->sum.wait / n, 1e3 * s->sum.forward / n, 1e3 * s->sum.loss_time / n,
            1e3 * s->sum.backward / n, 1e3 * s->sum.update / n);
    if (s->skipped)
        fprintf(stderr, "note: %d steps skipped, their gradient was not finite\n", s->skipped);
}

// After the last step of an epoch: validation, history, checkpoint.
static nn_status end_epoch(training *t, const totals *s, nn_error *err)
{
    int64_t step = nn_trainer_steps_done(t->trainer);
    int epoch = (int)(step / nn_trainer_steps_per_epoch(t->trainer));
    double pace = s->steps * t->o.trainer.batch / (app_now() - s->began);
    bool scored = t->val.count > 0 && (epoch % t->o.val_every == 0 || epoch == t->o.trainer.epochs);
    nn_metrics_score score = {.ap50 = -1, .ap = -1};
    nn_status status = scored ? keep_best(t, epoch, &score, err) : NN_OK;
    if (status != NN_OK)
        return status;
    app_progress_break(&t->progress);
    print_epoch(t, epoch, s, pace, scored ? &score : NULL);
    app_history_row row = {.step = step,
                           .epoch = epoch,
                           .rate = s->sum.rate,
                           .loss = s->sum.loss / s->steps,
                           .cls = s->sum.cls / s->steps,
                           .box = s->sum.box / s->steps,
                           .grad_norm = s->sum.grad_norm / s->steps,
                           .images_per_second = pace,
                           .seconds = spent(t),
                           .ap50 = scored ? score.ap50 : -1,
                           .ap = score.ap};
    status = app_history_add(&t->history, &row, err);
    return status == NN_OK ? save_checkpoint(t, err) : status;
}

static void show_step(training *t, const totals *s, int64_t done)
{
    char text[128];
    snprintf(text, sizeof text, "epoch %.2f  loss %.4f  %.1f images/s",
             (double)done / (double)nn_trainer_steps_per_epoch(t->trainer), s->sum.loss / s->steps,
             s->steps * t->o.trainer.batch / (app_now() - s->began));
    app_progress_show(&t->progress, done, text);
}

static nn_status run(training *t, nn_error *err)
{
    int64_t total = nn_trainer_steps_total(t->trainer);
    int64_t per_epoch = nn_trainer_steps_per_epoch(t->trainer);
    t->started = app_now();
    app_progress_begin(&t->progress, nn_trainer_steps_done(t->trainer), total);
    totals s = {.began = app_now()};
    nn_status status = NN_OK;
    while (status == NN_OK && nn_trainer_steps_done(t->trainer) < total && !interrupted) {
        nn_trainer_report r;
        status = nn_trainer_step(t->trainer, &r, err);
        if (status != NN_OK)
            break;
        add_step(&s, &r);
        int64_t done = nn_trainer_steps_done(t->trainer);
        show_step(t, &s, done);
        if (done % per_epoch == 0) {
            status = end_epoch(t, &s, err);
            s = (totals){.began = app_now()};
        }
    }
    app_progress_break(&t->progress);
    if (status == NN_OK && interrupted) {
        status = save_checkpoint(t, err);
        if (status == NN_OK)
            fprintf(stderr, "stopped at step %lld; --resume goes on from there\n",
                    (long long)nn_trainer_steps_done(t->trainer));
    }
    return status;
}

// A threshold somewhat below the one with the best F1: over a video an object that is missed now
// and then is worse than one wrong box more, and users raise a threshold more readily than they
// lower it.
static const double F1_SLACK = 0.01;

// The suppression threshold with the best AP on the validation data, and the score threshold.
static nn_status choose_thresholds(training *t, nn_model *m, nn_metrics_score *score, nn_error *err)
{
    static const float ious[] = {0.5f, 0.6f, 0.7f};
    double best = -1;
    for (int i = 0; i < 3; i++) {
        app_evaluation e = {0};
        nn_metrics_score s;
        float threshold = 0;
        nn_status status = validate(t, t->best_path, ious[i], &e, &s, err);
        if (status == NN_OK)
            status = nn_metrics_best_threshold(e.metrics, F1_SLACK, &threshold, NULL, err);
        if (status == NN_OK)
            status = nn_metrics_compute(e.metrics, -1, threshold, &s, err);
        app_evaluation_release(&e);
        if (status != NN_OK)
            return status;
        double value = worth(&s);
        if (value <= best)
            continue;
        best = value;
        *score = s;
        m->card.iou_threshold = ious[i];
        m->card.threshold = threshold;
    }
    return NN_OK;
}

static nn_status finish(training *t, nn_error *err)
{
    nn_model *m = nn_trainer_average(t->trainer), *loaded = NULL;
    nn_metrics_score score = {.ap50 = NAN, .ap = NAN};
    nn_status status = NN_OK;
    if (t->val.count > 0) {
        status = nn_model_load(&loaded, t->best_path, err);
        m = loaded;
        if (status == NN_OK)
            status = choose_thresholds(t, m, &score, err);
    }
    double seconds = spent(t);
    app_training card = {.command = t->o.command,
                         .sources = &t->o.sources,
                         .source_classes = &t->source_names,
                         .train = &t->train,
                         .val = &t->val,
                         .seed = t->o.trainer.seed,
                         .epochs = t->o.trainer.epochs,
                         .best_epoch = loaded ? t->info.best_epoch : t->o.trainer.epochs,
                         .batch = t->o.trainer.batch,
                         .rate = (double)t->o.trainer.rate,
                         .seconds = seconds,
                         .images_per_second = (double)nn_trainer_steps_total(t->trainer) *
                                              t->o.trainer.batch / seconds,
                         .score = score};
    if (status == NN_OK)
        status = app_training_to_card(&m->card, &card, err);
    if (status == NN_OK)
        status = nn_model_save(m, t->o.out, true, err);
    if (status == NN_OK) {
        char text[32];
        fprintf(stderr, "%s written after %s", t->o.out,
                app_format_seconds(seconds, text, sizeof text));
        if (loaded)
            fprintf(stderr,
                    ": AP50 %.4f, AP50:95 %.4f; precision %.3f, recall %.3f at threshold %.3f",
                    score.ap50, score.ap, score.precision, score.recall, (double)m->card.threshold);
        fputc('\n', stderr);
    }
    nn_model_free(loaded);
    return status;
}

static void release(training *t)
{
    app_history_close(&t->history);
    nn_trainer_free(t->trainer);
    nn_pool_free(t->pool);
    nn_model_free(t->model);
    if (t->have_data) {
        nn_dataset_release(&t->train);
        nn_dataset_release(&t->val);
    }
    nn_names_release(&t->labels);
    nn_names_release(&t->source_names);
    g_free(t->best_path);
    g_free(t->average_path);
    app_train_options_release(&t->o);
}

int app_cmd_train(int argc, char **argv)
{
    training t = {0};
    nn_error err = {0};
    nn_status status = NN_OK;
    if (!app_train_options_parse(&t.o, argc, argv, &err)) {
        status = err.status;
    } else {
        struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        status = prepare(&t, &err);
        if (status == NN_OK)
            status = run(&t, &err);
        if (status == NN_OK && !interrupted)
            status = finish(&t, &err);
    }
    if (status != NN_OK)
        fprintf(stderr, "neroscale train: %s\n", err.text);
    release(&t);
    return status != NN_OK ? EXIT_USAGE : interrupted ? 130 : 0;
}
