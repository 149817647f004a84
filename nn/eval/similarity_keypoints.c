// SPDX-License-Identifier: MIT
// Object keypoint similarity, by the rules of pycocotools' cocoeval.
#include "nn/eval/similarity.h"

#include "nn/vision/skeleton.h"

#include <math.h>

#define PART_OF_BOX 0.53 // of the box is the object, on the average of COCO's people

static const nn_detail *detail_of_truth(const nn_scored_objects *o, int truth)
{
    return o->truth_details ? nn_details_at(o->truth_details, o->truths[truth].detail) : NULL;
}

static int count_labelled(const nn_scored_objects *o, int truth)
{
    const nn_detail *d = detail_of_truth(o, truth);
    const nn_keypoint *k = d ? nn_detail_keypoints(o->truth_details, d) : NULL;
    int count = 0;
    for (int i = 0; d && i < d->keypoint_count; i++)
        count += k[i].score > 0;
    return count;
}

static bool counts(const nn_scored_objects *o, int truth)
{
    return count_labelled(o, truth) > 0;
}

// The keypoints of a detection; NULL: it has none.
static const nn_keypoint *keypoints_of(const nn_scored_objects *o, int box, int *count)
{
    const nn_detail *d = o->details ? nn_details_at(o->details, o->boxes[box].detail) : NULL;
    *count = d ? d->keypoint_count : 0;
    return *count > 0 ? nn_detail_keypoints(o->details, d) : NULL;
}

// That of the upright rectangle around the keypoints.
static double area(const nn_similarity_state *s, const nn_scored_objects *o, int box)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    int count;
    const nn_keypoint *k = keypoints_of(o, box, &count);
    (void)s;
    if (!k)
        return nn_similarity_box.area(s, o, box);
    for (int i = 0; i < count; i++) {
        low[0] = fmin(low[0], (double)k[i].x);
        low[1] = fmin(low[1], (double)k[i].y);
        high[0] = fmax(high[0], (double)k[i].x);
        high[1] = fmax(high[1], (double)k[i].y);
    }
    return (high[0] - low[0]) * (high[1] - low[1]);
}

static double outside(double v, double from, double size)
{
    return fmax(0, from - size - v) + fmax(0, v - (from + 2 * size));
}

// The squared distance of a keypoint: to the labelled one, or where none is labelled to the box
// with its own size around it.
static double distance(const nn_keypoint *found, const nn_keypoint *true_one, const nn_truth *t)
{
    double dx, dy;
    if (true_one) {
        dx = (double)found->x - (double)true_one->x;
        dy = (double)found->y - (double)true_one->y;
    } else {
        dx = outside((double)found->x, (double)t->x0, (double)t->x1 - (double)t->x0);
        dy = outside((double)found->y, (double)t->y0, (double)t->y1 - (double)t->y0);
    }
    return dx * dx + dy * dy;
}

static double sigma_of(const nn_scored_objects *o, int count, int i)
{
    return o->sigmas && o->sigma_count == count ? (double)o->sigmas[i]
                                                : nn_keypoint_sigma(count, i);
}

static double of(const nn_similarity_state *s, const nn_scored_objects *o, int box, int truth)
{
    const nn_truth *t = &o->truths[truth];
    const nn_detail *d = detail_of_truth(o, truth);
    const int labelled = count_labelled(o, truth);
    const nn_keypoint *own = labelled > 0 ? nn_detail_keypoints(o->truth_details, d) : NULL;
    int count;
    const nn_keypoint *found = keypoints_of(o, box, &count);
    (void)s;
    if (!found || (own && count != d->keypoint_count))
        return 0;
    const double size = ((double)t->x1 - (double)t->x0) * ((double)t->y1 - (double)t->y0);
    const double pixels = t->area > 0 ? (double)t->area : PART_OF_BOX * size;
    double sum = 0;
    for (int i = 0; i < count; i++) {
        const double sigma = 2 * sigma_of(o, count, i);
        if (!own || own[i].score > 0)
            sum += exp(-distance(&found[i], own ? &own[i] : NULL, t) / (sigma * sigma) /
                       (pixels + 0x1p-52) / 2);
    }
    return sum / (own ? labelled : count);
}

const nn_similarity nn_similarity_keypoints = {
    .name = "keypoints",
    .title = "OKS of keypoints",
    .details = NN_DETAIL_KEYPOINTS,
    .most = 20,
    .counts = counts,
    .area = area,
    .of = of,
};
