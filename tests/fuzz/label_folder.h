// SPDX-License-Identifier: MIT
// A folder of labelled pictures of 8 x 6 pixels for fuzz targets, in memory where there is
// /dev/shm.
#ifndef TESTS_FUZZ_LABEL_FOLDER_H
#define TESTS_FUZZ_LABEL_FOLDER_H

#include "nn/data/folder.h"

#include <limits.h>
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
            (!t->ignore && (t->label < 0 || t->label >= labels)))
            abort();
    }
}

#endif
