// SPDX-License-Identifier: MIT
// Scores of a model on a folder.
#include "nn/api/scores.h"

#include "nn/data/folder_labels.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { MAX_THREADS = 1024, CACHE_BYTES = 256 << 20 };

_Static_assert((int)NN_MAX_SCORES == (int)NN_SCORES, "as many scores as any task has");

int nn_all_threads(void)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > MAX_THREADS ? MAX_THREADS : (int)cores;
}

nn_status nn_check_threads(int threads, nn_error *err)
{
    return threads >= 1 && threads <= MAX_THREADS
               ? NN_OK
               : nn_fail(err, NN_EINVAL, "threads: %d, 1 to %d are possible", threads, MAX_THREADS);
}

void nn_scores_set(nn_scores *out, const nn_evaluator *task, const nn_score *s)
{
    *out = (nn_scores){.worth = s->worth, .pictures = s->pictures, .milliseconds = s->milliseconds};
    for (int i = 0; i < NN_SCORES && task->scores[i].key; i++) {
        out->list[i].name = task->scores[i].key;
        out->list[i].value = s->value[i];
        out->count++;
    }
}

double nn_scores_get(const nn_scores *s, const char *name)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->list[i].name, name) == 0)
            return s->list[i].value;
    return NAN;
}

void nn_evaluate_options_init(nn_evaluate_options *options)
{
    *options =
        (nn_evaluate_options){.threads = nn_all_threads(), .threshold = (float)NN_FROM_MODEL};
}

static nn_status score(nn_evaluation *e, const char *folder, const char *list, nn_score *s,
                       nn_error *err)
{
    const nn_names labels = {e->card->labels, e->card->label_count};
    nn_dataset data;
    nn_status status = nn_dataset_init(&data, CACHE_BYTES, (nn_notes){0}, err);
    if (status != NN_OK)
        return status;
    status = nn_folder_load(&data, folder, list, e->task->kind, e->task->details, &labels, err);
    if (status == NN_OK)
        status = nn_evaluate_dataset(e, &data, err);
    if (status == NN_OK)
        status = nn_evaluation_score(e, s, err);
    nn_dataset_release(&data);
    return status;
}

nn_status nn_evaluate(nn_scores *out, const char *model, const char *folder,
                      const nn_evaluate_options *options, nn_error *err)
{
    nn_evaluate_options defaults;
    nn_evaluation_options how;
    nn_evaluation e;
    nn_score s;
    nn_evaluate_options_init(&defaults);
    nn_evaluation_options_init(&how);
    const nn_evaluate_options *o = options ? options : &defaults;
    *out = (nn_scores){0};
    nn_status status = nn_check_threads(o->threads, err);
    if (status != NN_OK)
        return status;
    if (o->threshold != (float)NN_FROM_MODEL && !(o->threshold >= 0 && o->threshold <= 1))
        return nn_fail(err, NN_EINVAL, "threshold: %g, 0 to 1 are possible", (double)o->threshold);
    how.threads = o->threads;
    how.threshold = o->threshold;
    how.ctx = o->ctx;
    how.progress = o->picture_done;
    status = nn_evaluation_open(&e, NULL, NULL, model, &how, err);
    if (status == NN_OK)
        status = score(&e, folder, o->list, &s, err);
    if (status == NN_OK)
        nn_scores_set(out, e.task, &s);
    nn_evaluation_close(&e);
    return status;
}
