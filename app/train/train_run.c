// SPDX-License-Identifier: MIT
// Runs a training and shows it: progress, history.csv, curves, and at the end the model file and
// its report.
#include "app/train/train_run.h"

#include "app/data/label_counts.h"
#include "app/report/report.h"
#include "app/report/report_curves.h"
#include "app/train/train_auto.h"
#include "app/train/train_files.h"
#include "app/train/train_quantize.h"
#include "app/train/train_show.h"
#include "app/train/training_card.h"
#include "nn/eval/knn_scores.h"
#include "nn/predict/load_model.h"

#define DRAW_PART 0.1 // largest fraction of the time for drawing curves

// Redraws the curves, unless epochs are too short for that. A failure does not stop the training
// and is printed once.
static void draw_curves(app_train *t, bool always)
{
    nn_error err = {0};
    const double began = app_now();
    if (t->cannot_draw || (!always && t->draw_seconds > DRAW_PART * (began - t->drawn)))
        return;
    if (app_report_curves(t->o.work, t->o.out, &err) != NN_OK) {
        fprintf(stderr, "note: no curves are drawn: %s\n", err.text);
        t->cannot_draw = true;
    }
    t->drawn = app_now();
    t->draw_seconds = t->drawn - began;
}

static void draw_pictures(app_train *t, bool always)
{
    draw_curves(t, always);
    app_inspect_draw(&t->inspect, t->o.out, always);
}

static bool show_batch(void *ctx, const nn_train_state *s)
{
    app_train *t = ctx;
    app_train_show_step(t, s);
    return app_inspect_step(&t->inspect, s, &t->failure) == NN_OK;
}

static bool add_epoch(void *ctx, const nn_train_state *s)
{
    app_train *t = ctx;
    app_train_show_epoch(t, s);
    t->has_new_row = true;
    return app_history_add(&t->history, s, &t->failure) == NN_OK;
}

static void draw_epoch(void *ctx, const nn_train_state *s)
{
    (void)s;
    app_train *t = ctx;
    if (t->has_new_row)
        draw_pictures(t, false);
    t->has_new_row = false;
}

static void show_warning(void *ctx, const char *line)
{
    (void)ctx;
    app_progress_warning(line);
}

nn_status app_train_open_run(app_train *t, nn_error *err)
{
    nn_training_options o;
    nn_training_options_init(&o);
    o.val = &t->val;
    o.work = t->o.work;
    o.val_every = t->o.val_every;
    o.patience = t->o.patience;
    o.threads = t->o.threads;
    o.ctx = t;
    o.batch = show_batch;
    o.epoch = add_epoch;
    o.saved = draw_epoch;
    o.warn = show_warning;
    o.validate = app_train_show_validation;
    return nn_training_new(&t->run, t->trainer, &o, err);
}

nn_status app_train_run(app_train *t, const volatile sig_atomic_t *stop, nn_error *err)
{
    nn_status status = app_train_choose_rate(t, stop, err);
    if (status == NN_OK)
        status = nn_train_run(t->run, stop, err);
    const nn_train_state s = nn_training_state(t->run);
    app_progress_break(&t->progress);
    if (status != NN_OK)
        return status;
    if (t->failure.status != NN_OK)
        return nn_fail(err, t->failure.status, "%s", t->failure.text);
    if (nn_training_stalled(t->run))
        fprintf(stderr, "no better epoch than %d for %d epochs (--patience): done\n", s.best_epoch,
                t->o.patience);
    if (nn_training_stopped(t->run))
        fprintf(stderr, "stopped at step %lld%s\n", (long long)s.step,
                t->given ? "" : "; --resume goes on from there");
    return NN_OK;
}

nn_status app_train_record(app_train *t, nn_card *card, const nn_score *score, nn_error *err)
{
    const nn_trainer_options *o = &t->o.trainer;
    const nn_train_state s = nn_training_state(t->run);
    int option_count;
    const nn_option_values *options = nn_trainer_option_values(t->trainer, &option_count);
    const app_training training = {.command = t->o.command,
                                   .sources = &t->o.sources,
                                   .source_classes = &t->source_names,
                                   .train = &t->train,
                                   .val = &t->val,
                                   .options = options,
                                   .option_count = option_count,
                                   .task = t->o.task,
                                   .best_epoch = score ? s.best_epoch : o->epochs,
                                   .seconds = s.seconds,
                                   .images_per_second = (double)s.step * o->batch / s.seconds,
                                   .evaluator = t->task->evaluator,
                                   .score = score,
                                   .calibrated =
                                       t->quantized.scored ? &t->quantized.calibrated : NULL};
    return app_training_to_card(card, &training, err);
}

// The pictures to report on: those held back, else those that were learnt where no label was.
static nn_dataset *reported(app_train *t)
{
    return t->val.count == 0 && t->say->learns_no_labels ? &t->train : &t->val;
}

// Writes the report on the validation data.
static void write_report(app_train *t)
{
    nn_error err = {0};
    nn_dataset *data = reported(t);
    draw_pictures(t, true);
    if (t->say->learns_no_labels && nn_knn_folders(data) < 2)
        return; // nothing tells what the pictures show
    if (data->count == 0) {
        fprintf(stderr, "note: nothing was held back to validate on (--val-split), so there is no "
                        "report\n");
        return;
    }
    app_label_counts counts;
    app_label_counts_take(&counts, &t->train, t->labels.count - t->rivals);
    const app_report_training training = {.work = t->o.work,
                                          .learnt = t->say->verdict.pixels ? counts.pictures
                                                                           : counts.objects,
                                          .epochs = t->o.trainer.epochs};
    if (app_report_file(t->o.work, t->o.out, data, t->o.threads, &training, stderr, &err) == NN_OK)
        fprintf(stderr, "%s/report.md says what it gets right and wrong\n", t->o.work);
    else
        fprintf(stderr, "note: no report: %s\n", err.text);
    if (data == &t->train)
        fprintf(stderr, "note: it was scored on the pictures that it learnt from, which flatters; "
                        "--val-split 0.2 scores it on others\n");
    app_label_counts_release(&counts);
}

static void say_written(const app_train *t, const nn_model *m, const nn_score *score,
                        const nn_train_state *s)
{
    const nn_evaluator *e = t->task->evaluator;
    char text[128];
    fprintf(stderr, "%s written after %s", t->o.out,
            app_format_seconds(s->seconds, text, sizeof text));
    if (score)
        fprintf(stderr, ": %s", app_task_describe(t->say, score, text, sizeof text));
    if (score && e->choose)
        fprintf(stderr, "; precision %.3f, recall %.3f at %s %.3f",
                nn_score_get(e, score, "precision"), nn_score_get(e, score, "recall"),
                m->card.class_thresholds ? "thresholds of the classes from" : "threshold",
                (double)nn_card_lowest_threshold(&m->card));
    fputc('\n', stderr);
}

nn_status app_train_finish(app_train *t, nn_error *err)
{
    nn_model *m = NULL;
    nn_score score;
    bool scored;
    nn_status status = nn_training_finish(t->run, &m, &score, &scored, err);
    const nn_train_state s = nn_training_state(t->run);
    app_progress_clear(&t->progress);
    if (status == NN_OK)
        status = app_train_record(t, &m->card, scored ? &score : NULL, err);
    if (status == NN_OK && scored)
        status = app_train_quantize_score(t, &m->card, err);
    if (status == NN_OK)
        status = app_train_finish_files(t, m, err);
    if (status == NN_OK) {
        say_written(t, m, scored ? &score : NULL, &s);
        write_report(t);
        app_train_quantize_say(t);
    }
    nn_model_free(m);
    return status;
}
