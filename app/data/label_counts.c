// SPDX-License-Identifier: MIT
// Counts labels, picture by picture.
#include "app/data/label_counts.h"

#include <glib.h>

// Adds the labels of a picture to counts[labels].
static void count_sample(const nn_sample *s, int labels, double *counts)
{
    int64_t pixels[NN_MASK_IGNORE + 1] = {0};
    for (int i = 0; i < s->truth_count; i++)
        if (!s->truths[i].ignore && s->truths[i].label >= 0 && s->truths[i].label < labels)
            counts[s->truths[i].label]++;
    for (int i = 0; i < s->class_count && !s->mask.runs; i++) // classes of masks are pixels
        if (s->classes[i] >= 0 && s->classes[i] < labels)
            counts[s->classes[i]]++;
    if (s->mask.runs)
        nn_mask_count(&s->mask, pixels);
    for (int i = 0; s->mask.runs && i < labels && i < NN_MASK_CLASSES; i++)
        counts[i] += (double)pixels[i];
}

void app_label_counts_take(app_label_counts *c, const nn_dataset *d, int labels)
{
    *c = (app_label_counts){.labels = labels,
                            .pictures = g_new0(double, labels + 1),
                            .objects = g_new0(double, labels + 1)};
    g_autofree double *own = g_new0(double, labels + 1);
    for (int i = 0; i < d->count; i++) {
        bool any = false;
        for (int k = 0; k < labels; k++)
            own[k] = 0;
        count_sample(&d->samples[i], labels, own);
        for (int k = 0; k < labels; k++) {
            c->objects[k] += own[k];
            c->pictures[k] += own[k] > 0;
            any = any || own[k] > 0;
        }
        c->labelled += any;
    }
}

void app_label_counts_release(app_label_counts *c)
{
    g_free(c->pictures);
    g_free(c->objects);
    *c = (app_label_counts){0};
}
