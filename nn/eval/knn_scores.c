// SPDX-License-Identifier: MIT
// k nearest neighbours, leaving out the picture itself.
#include "nn/eval/knn_scores.h"

#include "nn/base/memory.h"
#include "nn/data/class_map.h"
#include "nn/kernels/kernels.h"

#include <math.h>
#include <string.h>

#define TEMPERATURE 0.07
enum { BLOCK = 64 }; // pictures that are compared with all others at once

struct nn_knn_scores {
    int dims, count, room;
    float *unit; // count x dims, of length 1
    int *label;
    nn_names classes;
};

typedef struct neighbours {
    int count, label[NN_KNN_NEIGHBOURS];
    float cosine[NN_KNN_NEIGHBOURS]; // the nearest first
} neighbours;

nn_knn_scores *nn_knn_scores_new(int dims)
{
    nn_knn_scores *k = nn_calloc(1, sizeof *k);
    if (k)
        k->dims = dims;
    return k;
}

void nn_knn_scores_free(nn_knn_scores *k)
{
    if (!k)
        return;
    nn_free(k->unit);
    nn_free(k->label);
    nn_names_release(&k->classes);
    nn_free(k);
}

// The number of the folder that a picture lies in; folders get numbers as they come.
static nn_status find_folder(nn_names *folders, const char *name, int *number, nn_error *err)
{
    const char *end = strrchr(name, '/'), *begin = end ? end : name;
    char folder[256];
    while (begin > name && begin[-1] != '/')
        begin--;
    const size_t length = end ? (size_t)(end - begin) : 0;
    const size_t kept = length < sizeof folder ? length : sizeof folder - 1;
    memcpy(folder, begin, kept);
    folder[kept] = '\0';
    *number = nn_names_find(folders, folder);
    if (*number >= 0)
        return NN_OK;
    *number = folders->count;
    return nn_names_add(folders, folder, kept, err);
}

static nn_status make_room(nn_knn_scores *k, nn_error *err)
{
    enum { FIRST = 256 };
    if (k->count < k->room)
        return NN_OK;
    const int room = k->room ? 2 * k->room : FIRST;
    const size_t row = sizeof(float) * (size_t)k->dims;
    float *unit = nn_realloc(k->unit, row * (size_t)k->room, row * (size_t)room);
    k->unit = unit ? unit : k->unit;
    int *label =
        unit ? nn_realloc(k->label, sizeof(int) * (size_t)k->room, sizeof(int) * (size_t)room)
             : NULL;
    if (!label)
        return nn_fail(err, NN_ENOMEM, "no memory for the features of %d pictures", room);
    k->label = label;
    k->room = room;
    return NN_OK;
}

nn_status nn_knn_scores_add(nn_knn_scores *k, const char *name, const float *features,
                            nn_error *err)
{
    double square = 0;
    nn_status status = make_room(k, err);
    if (status == NN_OK)
        status = find_folder(&k->classes, name, &k->label[k->count], err);
    if (status != NN_OK)
        return status;
    for (int d = 0; d < k->dims; d++)
        square += (double)features[d] * (double)features[d];
    const float part = (float)(square > 0 ? 1 / sqrt(square) : 0);
    for (int d = 0; d < k->dims; d++)
        k->unit[(size_t)k->count * (size_t)k->dims + (size_t)d] = part * features[d];
    k->count++;
    return NN_OK;
}

static void insert(neighbours *n, float cosine, int label)
{
    int at = n->count;
    if (at == NN_KNN_NEIGHBOURS && cosine <= n->cosine[at - 1])
        return;
    at -= at == NN_KNN_NEIGHBOURS;
    for (; at > 0 && n->cosine[at - 1] < cosine; at--) {
        n->cosine[at] = n->cosine[at - 1];
        n->label[at] = n->label[at - 1];
    }
    n->cosine[at] = cosine;
    n->label[at] = label;
    n->count += n->count < NN_KNN_NEIGHBOURS;
}

// The class with most votes.
static int vote(const neighbours *n)
{
    double most = -1;
    int best = -1;
    for (int i = 0; i < n->count; i++) {
        double votes = 0;
        for (int j = 0; j < n->count; j++)
            votes += n->label[j] == n->label[i] ? exp((double)n->cosine[j] / TEMPERATURE) : 0;
        if (votes > most) {
            most = votes;
            best = n->label[i];
        }
    }
    return best;
}

// Counts the hits among pictures [begin, end); s has room for their cosines with all.
static int count_hits(const nn_knn_scores *k, int begin, int end, float *s)
{
    const int64_t dims = k->dims, count = k->count;
    int hits = 0;
    nn_kernels_best()->gemm.sgemm(false, true, end - begin, count, dims, 1, k->unit + begin * dims,
                                  dims, k->unit, dims, 0, s, count);
    for (int i = begin; i < end; i++) {
        neighbours n = {0};
        for (int j = 0; j < k->count; j++)
            if (j != i)
                insert(&n, s[(i - begin) * count + j], k->label[j]);
        hits += vote(&n) == k->label[i];
    }
    return hits;
}

// Pictures of the largest class; *largest starts at 0.
static nn_status count_largest(const nn_knn_scores *k, int *largest, nn_error *err)
{
    int *members = nn_calloc((size_t)k->classes.count + 1, sizeof *members);
    if (!members)
        return nn_fail(err, NN_ENOMEM, "no memory for scores");
    for (int i = 0; i < k->count; i++)
        *largest = ++members[k->label[i]] > *largest ? members[k->label[i]] : *largest;
    nn_free(members);
    return NN_OK;
}

nn_status nn_knn_scores_result(const nn_knn_scores *k, nn_knn_result *out, nn_error *err)
{
    int largest = 0, hits = 0;
    *out = (nn_knn_result){.pictures = k->count, .classes = k->classes.count, .top1 = NAN};
    nn_status status = count_largest(k, &largest, err);
    if (status != NN_OK || k->count == 0)
        return status;
    out->chance = (double)largest / k->count;
    if (k->classes.count < 2)
        return NN_OK;
    float *s = nn_alloc(sizeof(float) * BLOCK * (size_t)k->count);
    if (!s)
        return nn_fail(err, NN_ENOMEM, "no memory to compare %d pictures", k->count);
    for (int i = 0; i < k->count; i += BLOCK)
        hits += count_hits(k, i, i + BLOCK < k->count ? i + BLOCK : k->count, s);
    out->top1 = (double)hits / k->count;
    nn_free(s);
    return NN_OK;
}

int nn_knn_folders(const nn_dataset *data)
{
    nn_names folders = {0};
    nn_status status = NN_OK;
    for (int i = 0, number; i < data->count && status == NN_OK; i++)
        status = find_folder(&folders, data->samples[i].name, &number, NULL);
    const int count = status == NN_OK ? folders.count : 0;
    nn_names_release(&folders);
    return count;
}
