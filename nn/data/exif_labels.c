// SPDX-License-Identifier: MIT
// Labels for pictures with an Exif orientation that were made for the stored pixels, by tools that
// ignore Exif. The picture size of the labels reveals them.
#include "nn/data/folder.h"
#include "nn/io/image/exif_orientation.h"

int nn_folder_find_exif(const nn_sample *s, int64_t width, int64_t height)
{
    if (width <= 0 || height <= 0 || (width == s->width && height == s->height))
        return 1;
    if (width != s->height || height != s->width)
        return 0;
    const int orientation = nn_exif_orientation_of_file(s->name);
    return nn_exif_swaps_axes(orientation) ? orientation : 0;
}

static void sort_two(float *low, float *high)
{
    const float least = *low < *high ? *low : *high;
    *high = *low < *high ? *high : *low;
    *low = least;
}

void nn_folder_apply_exif(nn_sample *s, int orientation)
{
    for (int i = 0; i < s->truth_count; i++) {
        nn_truth *t = &s->truths[i];
        nn_exif_apply_point(orientation, s->width, s->height, &t->x0, &t->y0);
        nn_exif_apply_point(orientation, s->width, s->height, &t->x1, &t->y1);
        sort_two(&t->x0, &t->x1);
        sort_two(&t->y0, &t->y1);
    }
}

void nn_folder_note_exif(nn_dataset *d, const char *path, int turned)
{
    if (turned > 0)
        nn_dataset_note(d, 0,
                        "%s: the labels of %d pictures are for their pixels as stored, and turned "
                        "upright with them (Exif)",
                        path, turned);
}
