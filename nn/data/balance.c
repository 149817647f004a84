// SPDX-License-Identifier: MIT
// Draws a class, then a sample with it, in two passes over the labels.
#include "nn/data/balance.h"

enum { MAX_LABELS = 1024 };

// Label k of a sample; negative when it is not drawn.
static int32_t label_at(const nn_sample *s, bool boxes, int k)
{
    if (!boxes)
        return s->classes[k];
    return s->truths[k].ignore ? -1 : s->truths[k].label;
}

static int label_count(const nn_sample *s, bool boxes)
{
    return boxes ? s->truth_count : s->class_count;
}

static bool has_label(const nn_sample *s, bool boxes, int32_t label)
{
    for (int k = 0; k < label_count(s, boxes); k++)
        if (label_at(s, boxes, k) == label)
            return true;
    return false;
}

bool nn_balance_pick(const nn_dataset *d, bool boxes, nn_rng *rng, int *index, int32_t *label)
{
    bool present[MAX_LABELS] = {false};
    int classes = 0, samples = 0;
    for (int i = 0; i < d->count; i++)
        for (int k = 0; k < label_count(&d->samples[i], boxes); k++) {
            const int32_t one = label_at(&d->samples[i], boxes, k);
            if (one < 0 || one >= MAX_LABELS || present[one])
                continue;
            present[one] = true;
            classes++;
        }
    if (classes == 0)
        return false;
    int wanted = (int)nn_rng_below(rng, classes);
    for (*label = 0; !present[*label] || wanted-- > 0; ++*label)
        ;
    for (int i = 0; i < d->count; i++)
        samples += has_label(&d->samples[i], boxes, *label);
    wanted = (int)nn_rng_below(rng, samples);
    for (*index = 0; !has_label(&d->samples[*index], boxes, *label) || wanted-- > 0; ++*index)
        ;
    return true;
}
