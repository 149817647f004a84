// SPDX-License-Identifier: MIT
// Labels as YOLO and MOT text.
#include "app/label/write.h"

#include "app/cli/output.h"

#include <math.h>
#include <string.h>

#define BELOW 0.001 // below `keep`: the highest score of an ignore box

nn_status label_used_classes(const label_set *set, const nn_names *all, nn_names *used, int *to,
                             nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < all->count; i++)
        to[i] = -1;
    for (int p = 0; p < set->pages; p++)
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
    app_output out;
    g_autofree char *path = g_build_filename(dir, "classes.txt", NULL);
    nn_status status = app_output_open(&out, path, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < names->count; i++)
        fprintf(out.file, "%s\n", names->name[i]);
    return app_output_close(&out, NN_OK, err);
}

// The score for --ignore-below keep.
static double written_score(const label_box *b, double keep)
{
    const double score = (double)b->box.score;
    return b->ignore ? fmin(score, keep - BELOW) : fmax(score, keep);
}

// Clips a box to the page; false when nothing is left.
static bool clip(nn_box *b, const label_page *p)
{
    b->x0 = fmaxf(b->x0, 0);
    b->y0 = fmaxf(b->y0, 0);
    b->x1 = fminf(b->x1, (float)p->width);
    b->y1 = fminf(b->y1, (float)p->height);
    return b->x1 - b->x0 >= 1 && b->y1 - b->y0 >= 1;
}

nn_status label_write_yolo(const char *dir, const char *stem, const label_set *set, int page,
                           const label_page *p, const int *to, double keep, nn_error *err)
{
    app_output out;
    g_autofree char *path = g_strdup_printf("%s/labels/%s.txt", dir, stem);
    nn_status status = app_output_open(&out, path, err);
    if (status != NN_OK)
        return status;
    for (guint i = 0; i < set->boxes[page]->len; i++) {
        const label_box *l = label_set_at(set, page, (int)i);
        nn_box b = l->box;
        if (to[b.label] < 0 || !clip(&b, p))
            continue;
        const double x0 = (double)b.x0, x1 = (double)b.x1, y0 = (double)b.y0, y1 = (double)b.y1;
        fprintf(out.file, "%d", to[b.label]);
        fprintf(out.file, " %.6f", 0.5 * (x0 + x1) / p->width);
        fprintf(out.file, " %.6f", 0.5 * (y0 + y1) / p->height);
        fprintf(out.file, " %.6f", (x1 - x0) / p->width);
        fprintf(out.file, " %.6f", (y1 - y0) / p->height);
        fprintf(out.file, " %.4f\n", written_score(l, keep));
    }
    return app_output_close(&out, NN_OK, err);
}

nn_status label_write_mot(const char *path, const label_detections *finds, const label_set *set,
                          const int *to, double keep, nn_error *err)
{
    app_output out;
    nn_status status = app_output_open(&out, path, err);
    if (status != NN_OK)
        return status;
    for (int page = 0; page < set->pages; page++) {
        const label_page *p = label_detections_at(finds, page);
        for (guint i = 0; i < set->boxes[page]->len; i++) {
            const label_box *l = label_set_at(set, page, (int)i);
            nn_box b = l->box;
            if (to[b.label] < 0 || !clip(&b, p))
                continue;
            fprintf(out.file, "%d,%d", p->number, b.track_id > 0 ? b.track_id : -1);
            fprintf(out.file, ",%.2f", (double)b.x0);
            fprintf(out.file, ",%.2f", (double)b.y0);
            fprintf(out.file, ",%.2f", (double)(b.x1 - b.x0));
            fprintf(out.file, ",%.2f", (double)(b.y1 - b.y0));
            fprintf(out.file, ",%.4f", written_score(l, keep));
            fprintf(out.file, ",%d,1\n", to[b.label] + 1);
        }
    }
    return app_output_close(&out, NN_OK, err);
}
