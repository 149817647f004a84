// SPDX-License-Identifier: MIT
// How a network that has learnt nothing starts.
#include "nn/train/trainer.h"

#include "nn/base/memory.h"
#include "nn/zoo/zoo.h"

#include <math.h>
#include <stdlib.h>

void nn_trainer_init_model(nn_model *model, const nn_dataset *data, uint64_t seed)
{
    // Geometric mean of the widths and heights of all boxes, in pixels of the network input.
    const nn_card *card = &model->card;
    double sum[2] = {0, 0};
    int64_t n = 0;
    for (int i = 0; i < data->count; i++) {
        const nn_sample *s = &data->samples[i];
        double fit = fmin((double)card->input_w / s->width, (double)card->input_h / s->height);
        for (int k = 0; k < s->truth_count; k++) {
            const nn_truth *t = &s->truths[k];
            sum[0] += log(fit * (t->x1 - t->x0));
            sum[1] += log(fit * (t->y1 - t->y0));
            n++;
        }
    }
    float object[2] = {0, 0};
    for (int i = 0; i < 2 && n > 0; i++)
        object[i] = (float)exp(sum[i] / (double)n);
    nn_zoo_init_random(model, seed, n > 0 ? object : NULL);
}

static int compare_sides(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

float nn_choose_crop(const nn_dataset *d, int input_h, int input_w)
{
    const int least = input_h < input_w ? input_h : input_w;
    int middle = 0, *side = nn_alloc((size_t)(d->count + 1) * sizeof *side);
    if (!side)
        return 0;
    for (int i = 0; i < d->count; i++) {
        const nn_sample *s = &d->samples[i];
        side[i] = s->width < s->height ? s->width : s->height;
    }
    qsort(side, (size_t)d->count, sizeof *side, compare_sides);
    if (d->count > 0)
        middle = side[d->count / 2];
    nn_free(side);
    return middle > least ? 0 : 1;
}
