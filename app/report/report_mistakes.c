// SPDX-License-Identifier: MIT
// Keeps the worst pictures of a detector, cropped to the mistakes.
#include "app/report/report_mistakes.h"

#include "app/report/report_details.h"

#include "nn/base/memory.h"

#include <glib.h>
#include <math.h>

enum { MAX_CUT = 900, LEAST_CUT = 160 }; // pixels: longest side to keep, shortest side of a crop
#define MARGIN 0.12                      // around the mistakes, as a fraction of the crop
#define SHAPE (4.0 / 3)                  // width / height of a cell

static void release(app_mistake *m)
{
    g_free(m->name);
    app_report_cell_release(&m->cell);
    *m = (app_mistake){0};
}

void app_mistakes_release(app_mistakes *m)
{
    for (int i = 0; i < m->count; i++)
        release(&m->list[i]);
    m->count = 0;
}

// A picture with its verdicts.
typedef struct judged {
    const nn_frame *frame;
    double scale_x, scale_y; // from the full picture to the frame
    const nn_scored_objects *o;
    bool *found;
    nn_verdict *verdicts;
} judged;

typedef struct area {
    double x0, y0, x1, y1;
} area;

static void include(area *a, double x0, double y0, double x1, double y1)
{
    a->x0 = fmin(a->x0, x0);
    a->y0 = fmin(a->y0, y0);
    a->x1 = fmax(a->x1, x1);
    a->y1 = fmax(a->y1, y1);
}

static void keep_within(double *low, double *high, double size, double limit)
{
    size = fmin(size, limit);
    const double middle = 0.5 * (*low + *high);
    *low = floor(fmax(fmin(middle - 0.5 * size, limit - size), 0));
    *high = fmin(*low + ceil(size), limit);
}

// The smallest part of the frame with all mistakes, in the shape of a cell.
static area choose_area(const judged *j)
{
    area a = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; i < j->o->truth_count; i++)
        if (!j->found[i])
            include(&a, (double)j->o->truths[i].x0, (double)j->o->truths[i].y0,
                    (double)j->o->truths[i].x1, (double)j->o->truths[i].y1);
    for (int i = 0; i < j->o->box_count; i++)
        if (j->verdicts[i] == NN_VERDICT_FALSE)
            include(&a, (double)j->o->boxes[i].x0, (double)j->o->boxes[i].y0,
                    (double)j->o->boxes[i].x1, (double)j->o->boxes[i].y1);
    a = (area){a.x0 * j->scale_x, a.y0 * j->scale_y, a.x1 * j->scale_x, a.y1 * j->scale_y};
    double w = fmax((a.x1 - a.x0) * (1 + 2 * MARGIN), LEAST_CUT);
    double h = fmax((a.y1 - a.y0) * (1 + 2 * MARGIN), LEAST_CUT / SHAPE);
    if (w < h * SHAPE)
        w = h * SHAPE;
    else
        h = w / SHAPE;
    keep_within(&a.x0, &a.x1, w, j->frame->width);
    keep_within(&a.y0, &a.y1, h, j->frame->height);
    return a;
}

// Copies a part of the frame; each pixel is the mean of `step` x `step` pixels.
static nn_status cut(nn_image *out, const nn_frame *f, const area *a, int step, nn_error *err)
{
    const int x0 = (int)a->x0, y0 = (int)a->y0;
    out->width = MAX(((int)a->x1 - x0) / step, 1);
    out->height = MAX(((int)a->y1 - y0) / step, 1);
    out->rgb = nn_alloc((size_t)3 * (size_t)out->width * (size_t)out->height);
    if (!out->rgb)
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", out->width, out->height);
    uint8_t *to = out->rgb;
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++)
            for (int k = 0; k < 3; k++) {
                int sum = 0;
                for (int i = 0; i < step * step; i++) {
                    const int u = MIN(x0 + x * step + i % step, f->width - 1);
                    const int v = MIN(y0 + y * step + i / step, f->height - 1);
                    sum += f->plane[0][(size_t)v * (size_t)f->stride[0] + 3 * (size_t)u + k];
                }
                *to++ = (uint8_t)(sum / (step * step));
            }
    return NN_OK;
}

static const char *name_of(const app_mistakes *m, int label)
{
    return label >= 0 ? m->labels[label] : "";
}

static app_report_box *add_box(app_report_cell *cell, const judged *j, const area *a, double step,
                               const float *box, app_box_kind kind, const char *text)
{
    app_report_box *b = &cell->boxes[cell->box_count++];
    b->x0 = (float)(((double)box[0] * j->scale_x - a->x0) / step);
    b->y0 = (float)(((double)box[1] * j->scale_y - a->y0) / step);
    b->x1 = (float)(((double)box[2] * j->scale_x - a->x0) / step);
    b->y1 = (float)(((double)box[3] * j->scale_y - a->y0) / step);
    b->kind = kind;
    g_strlcpy(b->text, text, sizeof b->text);
    return b;
}

static void add_boxes(const app_mistakes *m, app_report_cell *cell, const judged *j, const area *a,
                      int step)
{
    char text[48];
    const app_report_place place = {j->scale_x / step, j->scale_y / step, -a->x0 / step,
                                    -a->y0 / step};
    cell->boxes = g_new0(app_report_box, j->o->truth_count + j->o->box_count + 1);
    for (int i = 0; i < j->o->box_count; i++) {
        const nn_box *b = &j->o->boxes[i];
        const bool wrong = j->verdicts[i] == NN_VERDICT_FALSE;
        if (j->verdicts[i] == NN_VERDICT_IGNORED)
            continue;
        g_snprintf(text, sizeof text, "%.36s %.2f", name_of(m, b->label), (double)b->score);
        app_report_box *drawn =
            add_box(cell, j, a, step, (const float[]){b->x0, b->y0, b->x1, b->y1},
                    wrong ? APP_BOX_FALSE : APP_BOX_HIT, wrong ? text : "");
        app_report_add_details(drawn, j->o->details, b->detail, &place);
    }
    for (int i = 0; i < j->o->truth_count; i++) {
        const nn_truth *t = &j->o->truths[i];
        if (j->found[i])
            continue;
        app_report_box *drawn =
            add_box(cell, j, a, step, (const float[]){t->x0, t->y0, t->x1, t->y1}, APP_BOX_MISSED,
                    name_of(m, t->label));
        app_report_add_details(drawn, j->o->truth_details, t->detail, &place);
    }
}

static nn_status keep(app_mistakes *m, app_mistake *one, const judged *j, const char *name,
                      nn_error *err)
{
    const area a = choose_area(j);
    const double side = fmax(a.x1 - a.x0, a.y1 - a.y0);
    const int step = MAX((int)(side / MAX_CUT), 1);
    nn_status status = cut(&one->cell.image, j->frame, &a, step, err);
    if (status != NN_OK)
        return status;
    add_boxes(m, &one->cell, j, &a, step);
    one->name = g_strdup(name);
    g_autofree char *base = g_path_get_basename(name);
    one->cell.caption[0] = g_strdup_printf("%d missed, %d wrong", one->missed, one->wrong);
    one->cell.caption[1] = g_strdup(base);
    if (m->count == APP_MISTAKES)
        release(&m->list[--m->count]);
    int at = m->count++;
    for (; at > 0 && m->list[at - 1].badness < one->badness; at--)
        m->list[at] = m->list[at - 1];
    m->list[at] = *one;
    return NN_OK;
}

// Counts the mistakes.
static app_mistake count(const judged *j)
{
    app_mistake one = {0};
    for (int i = 0; i < j->o->truth_count; i++)
        one.missed += !j->found[i];
    one.badness = one.missed;
    for (int i = 0; i < j->o->box_count; i++)
        if (j->verdicts[i] == NN_VERDICT_FALSE) {
            one.wrong++;
            one.badness += (double)j->o->boxes[i].score;
        }
    return one;
}

nn_status app_mistakes_add(app_mistakes *m, const char *name, const nn_frame *frame,
                           const nn_scored_objects *objects, nn_error *err)
{
    judged j = {.frame = frame,
                .scale_x = (double)frame->width / objects->width,
                .scale_y = (double)frame->height / objects->height,
                .o = objects,
                .found = g_new0(bool, objects->truth_count + 1),
                .verdicts = g_new0(nn_verdict, objects->box_count + 1)};
    nn_status status = nn_metrics_judge_objects(m->measure ? m->measure : &nn_similarity_box,
                                                objects, m->threshold, j.found, j.verdicts, err);
    if (status == NN_OK) {
        app_mistake one = count(&j);
        m->pictures += one.badness > 0;
        const bool full = m->count == APP_MISTAKES;
        if (one.badness > (full ? m->list[m->count - 1].badness : 0))
            status = keep(m, &one, &j, name, err);
    }
    g_free(j.found);
    g_free(j.verdicts);
    return status;
}
