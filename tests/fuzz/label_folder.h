// SPDX-License-Identifier: MIT
// A folder of labelled pictures of 8 x 6 pixels for fuzz targets, in memory where there is
// /dev/shm.
#ifndef TESTS_FUZZ_LABEL_FOLDER_H
#define TESTS_FUZZ_LABEL_FOLDER_H

#include "nn/data/augment/augment.h"
#include "nn/data/folder.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char root[64]; // "": not made yet

// The path of a file in it, until the next call.
static const char *below(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void make_root(void)
{
    snprintf(root, sizeof root, "%s/neroscale-labels-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(root))
        abort();
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *f = fopen(below(name), "w");
    if (!f || fwrite(bytes, 1, size, f) != size || fclose(f) != 0)
        abort();
}

static inline void write_picture(const char *name)
{
    uint8_t rgb[8 * 6 * 3] = {0};
    const nn_image image = {.width = 8, .height = 6, .rgb = rgb};
    if (nn_image_save_png(&image, below(name), NULL) != NN_OK)
        abort();
}

// Boxes lie within the picture and have a label or do not count.
static inline void check_boxes(const nn_sample *s, int labels)
{
    for (int i = 0; i < s->truth_count; i++) {
        const nn_truth *t = &s->truths[i];
        if (!(t->x0 >= 0 && t->x0 < t->x1 && t->x1 <= 8 && t->y0 >= 0 && t->y0 < t->y1 &&
              t->y1 <= 6) ||
            (!t->ignore && (t->label < 0 || t->label >= labels)) ||
            (t->detail != 0 && !nn_details_at(&s->details, t->detail)))
            abort();
    }
    for (int i = 0; i < 2 * s->details.corner_count; i++)
        if (!isfinite(s->details.corners[i]))
            abort();
    for (int i = 0; i < s->details.keypoint_count; i++)
        if (!isfinite(s->details.keypoints[i].x) || !isfinite(s->details.keypoints[i].y))
            abort();
}

// What is asked of objects besides boxes, by the size of the input.
static inline unsigned choose_details(size_t size)
{
    static const unsigned all[] = {0, NN_DETAIL_OUTLINES, NN_DETAIL_KEYPOINTS | NN_DETAIL_OUTLINES,
                                   NN_DETAIL_ROTATED};
    return all[size / 2 % 4];
}

// Draws a view of each sample with what was read.
static inline void use_details(nn_dataset *d)
{
    static float planes[3 * 16 * 12];
    static nn_truth truths[64];
    nn_details details = {0};
    nn_augment_options o;
    nn_augment_defaults(&o);
    o.fit_w = 16;
    o.fit_h = 12;
    o.angle = 20;
    for (int i = 0; i < d->count && d->details; i++) {
        nn_rng rng = nn_rng_seed((uint64_t)i);
        nn_view v = {.height = 12,
                     .width = 16,
                     .planes = planes,
                     .truths = truths,
                     .capacity = 64,
                     .details = &details};
        nn_error err;
        if (nn_augment_draw(&v, d, i, (int[3]){i, i, i}, &o, nn_kernels_best(), &rng, &err) !=
                NN_OK &&
            err.status != NN_ENOMEM)
            abort();
    }
    nn_details_release(&details);
}

#endif
