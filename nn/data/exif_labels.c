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

// Rotated boxes are found again from their corners; keypoints keep their sides, since cameras turn
// pictures and mirror none.
static void turn_details(nn_sample *s, int orientation)
{
    nn_details *d = &s->details;
    for (int i = 0; i < d->count; i++) {
        float corner[8];
        nn_rotated_box *b = &d->detail[i].rotated;
        if (!(b->width > 0))
            continue;
        nn_rotated_corners(b, corner);
        for (int k = 0; k < 4; k++)
            nn_exif_apply_point(orientation, s->width, s->height, &corner[2 * k],
                                &corner[2 * k + 1]);
        *b = nn_rotated_around(corner, 4);
    }
    for (int i = 0; i < d->corner_count; i++)
        nn_exif_apply_point(orientation, s->width, s->height, &d->corners[2 * i],
                            &d->corners[2 * i + 1]);
    for (int i = 0; i < d->keypoint_count; i++)
        nn_exif_apply_point(orientation, s->width, s->height, &d->keypoints[i].x,
                            &d->keypoints[i].y);
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
    turn_details(s, orientation);
}

void nn_folder_note_exif(nn_dataset *d, const char *path, int turned)
{
    if (turned > 0)
        nn_dataset_note(d, 0,
                        "%s: the labels of %d pictures are for their pixels as stored, and turned "
                        "upright with them (Exif)",
                        path, turned);
}
