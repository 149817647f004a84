// SPDX-License-Identifier: MIT
// Scores two models picture by picture, so that both see the same state of the machine. Without
// labels, what the float32 model finds is the truth.
#include "app/quantize/score.h"

#include <math.h>
#include <string.h>

typedef struct comparison {
    nn_evaluation exact, narrow;
    bool agreement;
    bool turn; // which model begins
} comparison;

// The boxes that the float32 model reports.
static nn_status judge_boxes(comparison *c, const nn_frame *frame, nn_sample *sample, nn_error *err)
{
    const nn_result *r = &c->exact.result;
    sample->truths = g_new0(nn_truth, r->count + 1);
    for (int i = 0; i < r->count; i++)
        if (r->boxes[i].score >= nn_card_threshold_of(c->exact.card, r->boxes[i].label)) {
            const nn_box *b = &r->boxes[i];
            sample->truths[sample->truth_count++] =
                (nn_truth){.x0 = b->x0, .y0 = b->y0, .x1 = b->x1, .y1 = b->y1, .label = b->label};
        }
    const nn_status status = nn_evaluate_frame(&c->narrow, -1, sample, frame, err);
    g_free(sample->truths);
    return status;
}

static nn_status judge_class(comparison *c, const nn_frame *frame, nn_sample *sample, nn_error *err)
{
    const nn_evaluation *e = &c->exact;
    int32_t best = 0;
    for (int i = 1; i < e->card->label_count; i++)
        best = e->probabilities[i] > e->probabilities[best] ? i : best;
    sample->classes = &best;
    sample->class_count = 1;
    return nn_evaluate_frame(&c->narrow, -1, sample, frame, err);
}

static nn_status compare(comparison *c, const nn_frame *frame, nn_sample *sample, nn_error *err)
{
    int32_t any = 0;
    nn_sample unknown = *sample;
    unknown.truths = NULL;
    unknown.truth_count = 0;
    unknown.classes = &any;
    unknown.class_count = 1;
    const bool boxes = nn_card_finds_boxes(c->exact.card);
    if (boxes)
        unknown.class_count = 0;
    const nn_status status = nn_evaluate_frame(&c->exact, -1, &unknown, frame, err);
    if (status != NN_OK)
        return status;
    return boxes ? judge_boxes(c, frame, &unknown, err) : judge_class(c, frame, &unknown, err);
}

static nn_status visit(void *ctx, const nn_frame *frame, const nn_sample *sample, nn_error *err)
{
    comparison *c = ctx;
    nn_sample copy = *sample;
    nn_evaluation *first = c->turn ? &c->narrow : &c->exact;
    if (c->agreement)
        return compare(c, frame, &copy, err);
    c->turn = !c->turn;
    nn_status status = nn_evaluate_frame(first, -1, sample, frame, err);
    if (status == NN_OK)
        status =
            nn_evaluate_frame(first == &c->exact ? &c->narrow : &c->exact, -1, sample, frame, err);
    return status;
}

nn_status quantize_score_find(quantize_score *s, const char *exact, const char *narrow,
                              const nn_evaluation_options *options, quantize_pictures *p,
                              nn_error *err)
{
    comparison c = {.agreement = p->unlabelled && !p->val_data};
    *s = (quantize_score){.agreement = c.agreement};
    nn_status status = nn_evaluation_open(&c.exact, NULL, NULL, exact, options, err);
    if (status == NN_OK)
        status = nn_evaluation_open(&c.narrow, NULL, NULL, narrow, options, err);
    if (status == NN_OK && c.agreement && strcmp(c.exact.task->name, "segment") == 0)
        status = nn_fail(err, NN_EUNSUPPORTED, "segmentation models need labelled data");
    if (status == NN_OK)
        status = quantize_pictures_score(p, visit, &c, err);
    if (status == NN_OK)
        status = nn_evaluation_score(&c.exact, &s->exact, err);
    if (status == NN_OK)
        status = nn_evaluation_score(&c.narrow, &s->narrow, err);
    s->task = c.exact.task;
    if (status == NN_OK && c.agreement)
        for (int i = 0; i < NN_SCORES; i++)
            s->exact.value[i] = i == 0 ? 1 : (double)NAN;
    nn_evaluation_close(&c.exact);
    nn_evaluation_close(&c.narrow);
    return status;
}

double quantize_score_loss(const quantize_score *s)
{
    const double loss = s->exact.value[0] - s->narrow.value[0];
    return isnan(loss) ? INFINITY : loss;
}
