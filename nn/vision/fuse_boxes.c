// SPDX-License-Identifier: MIT
// Weighted boxes fusion: clusters of boxes, their mean, and how many passes agree.
#include "nn/vision/fuse_boxes.h"

#include "nn/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = NN_FUSE_PASSES / 64 };

const nn_fuse_options nn_fuse_defaults = {.iou = 0.55f, .agree = 0.5f, .same = 0.8f};

// A fused box in the making: sums over its boxes.
typedef struct cluster {
    nn_fused_box fused;
    double sum[4];       // sides * score * weight
    double confidence;   // score * weight
    double weight;       // of its passes
    uint64_t has[WORDS]; // passes with a box in it
} cluster;

typedef struct ranked {
    float score;
    int index;
} ranked;

static int by_score(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->index - y->index;
}

static bool has_pass(const cluster *c, int pass)
{
    return c->has[pass / 64] >> (pass % 64) & 1;
}

static void join(cluster *c, const nn_pass_box *b, const nn_fuse_pass *pass)
{
    const double w = (double)pass->weight * fmax((double)b->box.score, 1e-6);
    const float side[4] = {b->box.x0, b->box.y0, b->box.x1, b->box.y1};
    float *const mean[4] = {&c->fused.box.x0, &c->fused.box.y0, &c->fused.box.x1, &c->fused.box.y1};
    c->confidence += w;
    c->weight += (double)pass->weight;
    for (int i = 0; i < 4; i++) {
        c->sum[i] += w * (double)side[i];
        *mean[i] = (float)(c->sum[i] / c->confidence);
    }
    c->has[b->pass / 64] |= (uint64_t)1 << (b->pass % 64);
    c->fused.models |= (uint32_t)1 << pass->model;
    c->fused.found++;
}

static cluster *find_cluster(cluster *list, int count, const nn_pass_box *b, float iou)
{
    cluster *best = NULL;
    for (int i = 0; i < count; i++) {
        if (list[i].fused.box.label != b->box.label || has_pass(&list[i], b->pass))
            continue;
        const float overlap = nn_box_iou(&list[i].fused.box, &b->box);
        if (overlap > iou) {
            iou = overlap;
            best = &list[i];
        }
    }
    return best;
}

static bool saw(const nn_fuse_pass *p, const nn_box *b)
{
    const float slack = 1; // pixels; sides are means of several boxes
    return p->x0 <= b->x0 + slack && p->y0 <= b->y0 + slack && p->x1 >= b->x1 - slack &&
           p->y1 >= b->y1 - slack;
}

// Passes that did not see the object do not count.
static void score_cluster(cluster *c, const nn_fuse_pass *passes, int count, float agree)
{
    double looked = 0;
    for (int i = 0; i < count; i++)
        if (has_pass(c, i) || saw(&passes[i], &c->fused.box)) {
            looked += (double)passes[i].weight;
            c->fused.looked++;
        }
    const double mean = c->confidence / c->weight;
    c->fused.box.score = (float)fmin(mean * pow(c->weight / looked, (double)agree), 1);
}

static int by_fused_score(const void *a, const void *b)
{
    const cluster *x = a, *y = b;
    if (x->fused.box.score != y->fused.box.score)
        return x->fused.box.score < y->fused.box.score ? 1 : -1;
    const float d = x->fused.box.x0 - y->fused.box.x0;
    return d < 0 ? -1 : d > 0;
}

// Takes the fused boxes from best to worst and drops those that overlap a better one.
static int take_best(nn_fused_box *out, cluster *list, int count, float same)
{
    int kept = 0;
    qsort(list, (size_t)count, sizeof *list, by_fused_score);
    for (int i = 0; i < count; i++) {
        bool covered = false;
        for (int k = 0; k < kept && !covered; k++)
            covered = nn_box_iou(&out[k].box, &list[i].fused.box) > same;
        if (!covered)
            out[kept++] = list[i].fused;
    }
    return kept;
}

static nn_status check(const nn_pass_box *boxes, int count, const nn_fuse_pass *passes,
                       int pass_count, nn_error *err)
{
    if (pass_count > NN_FUSE_PASSES)
        return nn_fail(err, NN_EINVAL, "%d passes over a picture; at most %d can be fused",
                       pass_count, NN_FUSE_PASSES);
    for (int i = 0; i < pass_count; i++)
        if (!(passes[i].weight > 0) || passes[i].model < 0 || passes[i].model >= NN_FUSE_MODELS)
            return nn_fail(err, NN_EINVAL, "pass %d has weight %g and model %d", i,
                           (double)passes[i].weight, passes[i].model);
    for (int i = 0; i < count; i++)
        if (boxes[i].pass < 0 || boxes[i].pass >= pass_count)
            return nn_fail(err, NN_EINVAL, "a box of pass %d of %d", boxes[i].pass, pass_count);
    return NN_OK;
}

static int cluster_all(cluster *list, ranked *order, const nn_pass_box *boxes, int count,
                       const nn_fuse_pass *passes, float iou)
{
    int clusters = 0;
    for (int i = 0; i < count; i++)
        order[i] = (ranked){boxes[i].box.score, i};
    qsort(order, (size_t)count, sizeof *order, by_score);
    for (int i = 0; i < count; i++) {
        const nn_pass_box *b = &boxes[order[i].index];
        cluster *c = find_cluster(list, clusters, b, iou);
        if (!c) {
            c = &list[clusters++];
            *c = (cluster){.fused.box.label = b->box.label};
        }
        join(c, b, &passes[b->pass]);
    }
    return clusters;
}

nn_status nn_fuse_boxes(nn_fused_box **out, int *out_count, const nn_pass_box *boxes, int count,
                        const nn_fuse_pass *passes, int pass_count, const nn_fuse_options *options,
                        nn_error *err)
{
    *out = NULL;
    *out_count = 0;
    nn_status status = check(boxes, count, passes, pass_count, err);
    if (status != NN_OK || count == 0)
        return status;
    cluster *list = nn_calloc((size_t)count, sizeof *list);
    ranked *order = nn_calloc((size_t)count, sizeof *order);
    if (list && order) {
        const int clusters = cluster_all(list, order, boxes, count, passes, options->iou);
        for (int i = 0; i < clusters; i++)
            score_cluster(&list[i], passes, pass_count, options->agree);
        *out = nn_calloc((size_t)clusters, sizeof **out);
        if (*out)
            *out_count = take_best(*out, list, clusters, options->same);
    }
    nn_free(list);
    nn_free(order);
    return *out ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory to fuse %d boxes", count);
}

bool nn_fuse_is_cut(const nn_box *b, const nn_fuse_pass *p, int width, int height, float margin)
{
    return (p->x0 > 0 && b->x0 <= p->x0 + margin) || (p->y0 > 0 && b->y0 <= p->y0 + margin) ||
           (p->x1 < (float)width && b->x1 >= p->x1 - margin) ||
           (p->y1 < (float)height && b->y1 >= p->y1 - margin);
}
