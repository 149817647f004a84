// SPDX-License-Identifier: MIT
// Captions of a data set, and how pictures find theirs.
#include "nn/eval/retrieval.h"

#include "nn/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Keeps each of sorted texts once; *most gets how often the most frequent one is there.
static int unite(const char **texts, int count, int64_t *most)
{
    int kept = 0;
    int64_t run = 0;
    *most = 0;
    for (int i = 0; i < count; i++) {
        const bool same = kept > 0 && strcmp(texts[kept - 1], texts[i]) == 0;
        run = same ? run + 1 : 1;
        *most = run > *most ? run : *most;
        if (!same)
            texts[kept++] = texts[i];
    }
    return kept;
}

nn_status nn_retrieval_init(nn_retrieval *r, const nn_dataset *data, nn_error *err)
{
    int64_t all = 0;
    *r = (nn_retrieval){0};
    for (int i = 0; i < data->count; i++)
        all += data->samples[i].text_count;
    if (all < 1 || all > INT32_MAX / 2)
        return nn_fail(err, NN_EINVAL, "%lld captions in the data", (long long)all);
    r->captions = nn_calloc((size_t)all, sizeof *r->captions);
    if (!r->captions)
        return nn_fail(err, NN_ENOMEM, "no memory for scores");
    for (int i = 0; i < data->count; i++)
        for (int k = 0; k < data->samples[i].text_count; k++)
            r->captions[r->count++] = data->samples[i].texts[k];
    qsort(r->captions, (size_t)r->count, sizeof *r->captions, compare);
    r->count = unite(r->captions, r->count, &r->frequent);
    return NN_OK;
}

void nn_retrieval_release(nn_retrieval *r)
{
    nn_free(r->captions);
    *r = (nn_retrieval){0};
}

int nn_retrieval_find(const nn_retrieval *r, const char *caption)
{
    const char *const *found =
        bsearch(&caption, r->captions, (size_t)r->count, sizeof *r->captions, compare);
    return found ? (int)(found - r->captions) : -1;
}

int nn_retrieval_add(nn_retrieval *r, const nn_sample *sample, const float *probabilities)
{
    enum { FEW = 5 };
    float best = -1;
    double sum = 0;
    int better = 0;
    for (int i = 0; i < sample->text_count; i++) {
        const int at = nn_retrieval_find(r, sample->texts[i]);
        best = at >= 0 ? fmaxf(best, probabilities[at]) : best;
        sum += at >= 0 ? (double)probabilities[at] : 0;
    }
    for (int i = 0; i < r->count; i++)
        better += probabilities[i] > best;
    r->pictures++;
    r->top1 += better == 0;
    r->top5 += better < FEW;
    r->loss -= log(fmax(sum, 1e-30));
    return better;
}
