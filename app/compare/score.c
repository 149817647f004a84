// SPDX-License-Identifier: MIT
// Scores the models of a comparison on labelled data.
#include "app/cli/progress.h"
#include "app/compare/compare.h"
#include "app/data/evaluate_data.h"
#include "nn/eval/evaluation.h"

#include <math.h>
#include <string.h>

typedef struct scoring {
    app_progress progress;
} scoring;

static void show(void *ctx, int done, int total)
{
    scoring *s = ctx;
    s->progress.total = total;
    app_progress_late(&s->progress, done, "scoring");
}

static void print_note(void *ctx, const char *line)
{
    (void)ctx;
    app_progress_note(line);
}

static nn_status open(nn_evaluation *e, scoring *s, const compare_network *n,
                      const compare_options *o, nn_error *err)
{
    nn_evaluation_options how;
    nn_evaluation_options_init(&how);
    how.threads = o->threads;
    how.input_w = o->width;
    how.input_h = o->height;
    how.ctx = s;
    how.progress = show;
    app_progress_begin(&s->progress, "", 0, 0);
    return nn_evaluation_open(e, NULL, NULL, n->source, &how, err);
}

static nn_status take(compare_network *n, const nn_evaluation *e, nn_error *err)
{
    nn_score score;
    if (e->pictures == 0)
        return nn_fail(err, NN_EINVAL, "there are no labelled pictures");
    const nn_status status = nn_evaluation_score(e, &score, err);
    if (status != NN_OK)
        return status;
    n->metric = score.metric;
    n->accuracy = nn_score_get(e->task, &score, n->metric);
    n->pictures = score.pictures;
    return NN_OK;
}

static nn_status end(compare_network *n, scoring *s, nn_evaluation *e, nn_status status,
                     nn_error *err)
{
    if (status == NN_OK)
        status = take(n, e, err);
    app_progress_clear(&s->progress);
    nn_evaluation_close(e);
    return status == NN_OK ? status : nn_fail_prefix(err, status, "%s", n->name);
}

nn_status compare_score_on(compare_network *n, nn_dataset *data, const compare_options *o,
                           nn_error *err)
{
    scoring s = {0};
    nn_evaluation e = {0};
    nn_status status = open(&e, &s, n, o, err);
    if (status == NN_OK)
        status = nn_evaluate_dataset(&e, data, err);
    return end(n, &s, &e, status, err);
}

static nn_status score_one(compare_network *n, const compare_options *o, nn_error *err)
{
    enum { CACHE_BYTES = 256 << 20 };
    scoring s = {0};
    nn_evaluation e = {0};
    nn_dataset data;
    app_data_options sources = {.count = 1, .list = {{.path = g_strdup(o->data)}}};
    nn_status status = open(&e, &s, n, o, err);
    const bool opened =
        status == NN_OK &&
        nn_dataset_init(&data, CACHE_BYTES, (nn_notes){print_note, NULL}, err) == NN_OK;
    if (status == NN_OK && !opened)
        status = NN_ENOMEM;
    if (status == NN_OK) {
        const nn_names labels = {e.card->labels, e.card->label_count};
        sources.kind = e.task->kind;
        status = app_data_options_unpack(&sources, err);
        if (status == NN_OK)
            status = app_data_options_know(&sources, &labels, err);
    }
    if (status == NN_OK)
        status = app_evaluate_load(&sources, e.card, &data, err);
    if (status == NN_OK)
        status = nn_evaluate_dataset(&e, &data, err);
    status = end(n, &s, &e, status, err);
    if (opened)
        nn_dataset_release(&data);
    app_data_options_release(&sources);
    return status;
}

nn_status compare_score(compare_table *t, const compare_options *o, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < t->count && status == NN_OK; i++)
        if (t->list[i].file)
            status = score_one(&t->list[i], o, err);
    return status;
}
