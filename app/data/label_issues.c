// SPDX-License-Identifier: MIT
// Compares the labels of a data set with a detector's results.
#include "app/data/label_issues.h"

#include <math.h>

#define CONFIDENT 0.5f // score from which a detection should have a label
#define FOUND 0.4      // IoU from which a detection and a label are probably one object
#define PLAIN_SIDE 64  // pixels: larger objects are hardly ever missed

const char *const app_label_issue_names[3] = {"missing", "spurious", "wrong class"};

typedef struct judging {
    const nn_names *labels;
    int *label_of; // label of the model -> label of the data; -1: none
    bool *judged;  // by label of the data: the model has it
    GArray *label_issues;
    int sample;
    const nn_sample *s;
    const nn_result *r;
} judging;

static double overlap(const nn_box *b, const nn_truth *t, bool of_own)
{
    const double w = fmin((double)b->x1, (double)t->x1) - fmax((double)b->x0, (double)t->x0);
    const double h = fmin((double)b->y1, (double)t->y1) - fmax((double)b->y0, (double)t->y0);
    const double own = (double)(b->x1 - b->x0) * (double)(b->y1 - b->y0);
    const double other = (double)(t->x1 - t->x0) * (double)(t->y1 - t->y0);
    return w > 0 && h > 0 ? w * h / (of_own ? own : own + other - w * h) : 0;
}

static void add(judging *j, app_label_issue one)
{
    one.sample = j->sample;
    g_array_append_val(j->label_issues, one);
}

// Compares a label with the best detections there, of its own and of other classes.
static void judge_label(judging *j, const nn_truth *t)
{
    float same = 0, other = 0;
    int seen = -1;
    for (int i = 0; i < j->r->count; i++) {
        const nn_box *b = &j->r->boxes[i];
        const int label = j->label_of[b->label];
        if (label < 0 || overlap(b, t, false) < FOUND)
            continue;
        if (label == t->label) {
            same = fmaxf(same, b->score);
        } else if (b->score > other) {
            other = b->score;
            seen = label;
        }
    }
    app_label_issue one = {APP_LABEL_WRONG_CLASS, 0, t->x0, t->y0, t->x1, t->y1, t->label, seen,
                           other - same};
    if (other < CONFIDENT || other - same < 0.2f) {
        const float side = sqrtf((t->x1 - t->x0) * (t->y1 - t->y0));
        one.kind = APP_LABEL_SPURIOUS;
        one.seen = -1;
        one.score = (1 - same) * fminf(side / PLAIN_SIDE, 1) * 0.75f;
        if (same > 0.2f)
            return;
    }
    add(j, one);
}

// Reports a confident detection where no label of any class is, if the source labels its class.
static void judge_find(judging *j, const nn_box *b)
{
    const int label = j->label_of[b->label];
    if (label < 0 || b->score < CONFIDENT)
        return;
    for (int i = 0; i < j->s->truth_count; i++) {
        const nn_truth *t = &j->s->truths[i];
        const bool concerns = t->label == label || t->ignore != NN_IGNORE_CLASS;
        if (concerns && overlap(b, t, t->ignore != NN_IGNORE_NOT) >= FOUND)
            return;
    }
    add(j,
        (app_label_issue){APP_LABEL_MISSING, 0, b->x0, b->y0, b->x1, b->y1, -1, label, b->score});
}

static void judge_picture(judging *j)
{
    for (int i = 0; i < j->s->truth_count; i++) {
        const nn_truth *t = &j->s->truths[i];
        if (!t->ignore && t->label >= 0 && t->label < j->labels->count && j->judged[t->label])
            judge_label(j, t);
    }
    for (int i = 0; i < j->r->count; i++)
        judge_find(j, &j->r->boxes[i]);
}

static int compare(const void *a, const void *b)
{
    const app_label_issue *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->sample - y->sample;
}

static nn_status run_all(judging *j, nn_detector *model, nn_dataset *data, app_progress *progress,
                         nn_error *err)
{
    nn_result result;
    nn_status status = NN_OK;
    nn_result_init(&result);
    for (int i = 0; i < data->count && status == NN_OK; i++) {
        nn_image image;
        bool borrowed;
        status = nn_dataset_picture(data, i, &image, &borrowed, err);
        if (status != NN_OK)
            break;
        const nn_frame frame = nn_image_frame(&image);
        j->sample = i;
        j->s = &data->samples[i];
        j->r = &result;
        status = nn_detector_run(model, &frame, &result, err);
        nn_result_scale(&result, (float)j->s->width / (float)image.width,
                        (float)j->s->height / (float)image.height);
        if (status == NN_OK)
            judge_picture(j);
        if (!borrowed)
            nn_image_release(&image);
        app_progress_late(progress, i + 1, "pictures judged");
    }
    nn_result_release(&result);
    return status;
}

nn_status app_label_issues_find(GArray **label_issues, nn_detector *model, nn_dataset *data,
                                const nn_names *labels, app_progress *progress, nn_error *err)
{
    const nn_card *card = nn_detector_card(model);
    judging j = {.labels = labels,
                 .label_of = g_new(int, card->label_count + 1),
                 .judged = g_new0(bool, labels->count + 1),
                 .label_issues = g_array_new(FALSE, TRUE, sizeof(app_label_issue))};
    int common = 0;
    for (int i = 0; i < card->label_count; i++) {
        j.label_of[i] = nn_names_find(labels, card->labels[i]);
        if (j.label_of[i] >= 0)
            j.judged[j.label_of[i]] = true;
        common += j.label_of[i] >= 0;
    }
    nn_status status =
        common > 0 ? NN_OK
                   : nn_fail(err, NN_EINVAL, "--model %s: has none of the classes of the data",
                             nn_detector_path(model));
    nn_detector_set_thresholds(model, 0.05f, -1, 300);
    app_progress_begin(progress, "labels", 0, data->count);
    if (status == NN_OK)
        status = run_all(&j, model, data, progress, err);
    app_progress_clear(progress);
    g_array_sort(j.label_issues, compare);
    g_free(j.label_of);
    g_free(j.judged);
    *label_issues = j.label_issues;
    return status;
}
