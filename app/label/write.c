// SPDX-License-Identifier: MIT
// Writes labels as YOLO and MOT text.
#include "app/label/write.h"

#include "nn/data/write/label_text.h"

#include <math.h>
#include <string.h>

#define BELOW 0.001 // below `keep`: the highest score of an ignored box

nn_status label_used_classes(const label_set *set, const nn_names *all, nn_names *used, int *to,
                             nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < all->count; i++)
        to[i] = -1;
    for (int p = 0; p < set->pictures; p++)
        for (guint i = 0; i < set->boxes[p]->len; i++) {
            const label_box *b = label_set_at(set, p, (int)i);
            if (!b->ignore)
                to[b->box.label] = 0;
        }
    for (int i = 0; i < all->count && status == NN_OK; i++)
        if (to[i] == 0) {
            to[i] = used->count;
            status = nn_names_add(used, all->name[i], strlen(all->name[i]), err);
        }
    return status;
}

nn_status label_write_classes(const char *dir, const nn_names *names, nn_error *err)
{
    g_autofree char *path = g_build_filename(dir, "classes.txt", NULL);
    nn_buffer text = {0};
    for (int i = 0; i < names->count; i++) {
        nn_buffer_add(&text, names->name[i], strlen(names->name[i]));
        nn_buffer_add(&text, "\n", 1);
    }
    const nn_status status = nn_buffer_save(&text, path, err);
    nn_buffer_release(&text);
    return status;
}

// The score of a box as --ignore-below KEEP expects it.
static double written_score(const label_box *b, double keep)
{
    const double score = (double)b->box.score;
    return b->ignore ? fmin(score, keep - BELOW) : fmax(score, keep);
}

// Clips a box to the picture; false when nothing is left.
static bool clip(nn_box *b, const label_picture *p)
{
    b->x0 = fmaxf(b->x0, 0);
    b->y0 = fmaxf(b->y0, 0);
    b->x1 = fminf(b->x1, (float)p->width);
    b->y1 = fminf(b->y1, (float)p->height);
    return b->x1 - b->x0 >= 1 && b->y1 - b->y0 >= 1;
}

nn_status label_write_yolo(const char *dir, const char *stem, const label_set *set, int picture,
                           const label_picture *p, const int *to, double keep, nn_error *err)
{
    g_autofree char *path = g_strdup_printf("%s/labels/%s.txt", dir, stem);
    nn_buffer text = {0};
    for (guint i = 0; i < set->boxes[picture]->len; i++) {
        const label_box *l = label_set_at(set, picture, (int)i);
        nn_box b = l->box;
        if (to[b.label] < 0 || !clip(&b, p))
            continue;
        const double box[] = {(double)b.x0, (double)b.y0, (double)b.x1, (double)b.y1};
        nn_yolo_print(&text, to[b.label], box, p->width, p->height, written_score(l, keep));
        nn_buffer_add(&text, "\n", 1);
    }
    const nn_status status = nn_buffer_save(&text, path, err);
    nn_buffer_release(&text);
    return status;
}

nn_status label_write_mot(const char *path, const label_detections *detections,
                          const label_set *set, const int *to, double keep, nn_error *err)
{
    nn_buffer text = {0};
    for (int picture = 0; picture < set->pictures; picture++) {
        const label_picture *p = label_detections_at(detections, picture);
        for (guint i = 0; i < set->boxes[picture]->len; i++) {
            const label_box *l = label_set_at(set, picture, (int)i);
            nn_box b = l->box;
            if (to[b.label] < 0 || !clip(&b, p))
                continue;
            const double box[] = {(double)b.x0, (double)b.y0, (double)b.x1, (double)b.y1};
            nn_mot_print(&text, p->number, b.track_id, box, written_score(l, keep),
                         to[b.label] + 1);
            nn_buffer_print(&text, ",1\n");
        }
    }
    const nn_status status = nn_buffer_save(&text, path, err);
    nn_buffer_release(&text);
    return status;
}
