// SPDX-License-Identifier: MIT
// Percentiles of the sizes of objects.
#include "nn/train/object_sizes.h"

#include "nn/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_size(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

// Of an object in a picture, relative to the input. Area scales with both sides alike: a stretched
// picture covers the input, another one keeps its shape.
static float size_of(const nn_truth *t, const nn_sample *s, const nn_card *card)
{
    const double sx = (double)card->input_w / s->width, sy = (double)card->input_h / s->height;
    const double scale = card->stretch ? sx * sy : fmin(sx, sy) * fmin(sx, sy);
    const double area = (double)(t->x1 - t->x0) * (double)(t->y1 - t->y0) * scale;
    return (float)sqrt(area / ((double)card->input_w * card->input_h));
}

static int list_sizes(const nn_dataset *d, const nn_card *card, float *size)
{
    int n = 0;
    for (int i = 0; i < d->count; i++) {
        const nn_sample *s = &d->samples[i];
        for (int k = 0; k < s->truth_count; k++)
            if (s->truths[k].ignore == NN_IGNORE_NOT && s->width > 0 && s->height > 0)
                size[n++] = size_of(&s->truths[k], s, card);
    }
    return n;
}

nn_status nn_dataset_object_sizes(const nn_dataset *d, nn_card *card, nn_error *err)
{
    static const float part[NN_CARD_SIZES] = {0.05f, 0.25f, 0.5f, 0.75f, 0.95f};
    size_t count = 0;
    for (int i = 0; i < d->count; i++)
        count += (size_t)d->samples[i].truth_count;
    memset(card->object_sizes, 0, sizeof card->object_sizes);
    if (count == 0)
        return NN_OK;
    float *size = nn_calloc(count, sizeof *size);
    if (!size)
        return nn_fail(err, NN_ENOMEM, "no memory for the sizes of %zu objects", count);
    const int n = list_sizes(d, card, size);
    if (n > 0)
        qsort(size, (size_t)n, sizeof *size, by_size);
    for (int i = 0; i < NN_CARD_SIZES && n > 0; i++)
        card->object_sizes[i] = size[(int)(part[i] * (float)(n - 1) + 0.5f)];
    nn_free(size);
    return NN_OK;
}
