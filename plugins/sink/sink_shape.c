// SPDX-License-Identifier: MIT
// Turns clicks into zones and lines.
#include "plugins/sink/sink_shape.h"

#include "plugins/common/adjust.h"
#include "po/translate.h"

#include <math.h>
#include <string.h>

void nero_shape_forget(NeroShape *s)
{
    s->name[0] = '\0';
    s->count = 0;
    s->corner = -1;
}

void nero_shape_begin(NeroShape *s, NeroShapeMode mode)
{
    nero_shape_forget(s);
    s->mode = s->mode == mode ? NERO_SHAPE_NONE : mode;
}

void nero_shape_cancel(NeroShape *s)
{
    nero_shape_forget(s);
    s->mode = NERO_SHAPE_NONE;
}

static gboolean is_near(nn_point a, nn_point b, float near)
{
    return hypotf(a.x - b.x, a.y - b.y) <= near;
}

static const nn_area *find_area(const nn_report *r, const char *name)
{
    for (int i = 0; i < r->area_count; i++)
        if (strcmp(r->areas[i].name, name) == 0)
            return &r->areas[i];
    return NULL;
}

// "zone1", "line2", ...: a name that is free. The report may not have the last ones yet.
static void find_name(NeroShape *s, const nn_report *r, gboolean line, char *name)
{
    do
        g_snprintf(name, NN_AREA_NAME, "%s%d", line ? "line" : "zone", ++s->named[line ? 1 : 0]);
    while (find_area(r, name));
}

static gboolean finish(NeroShape *s, const nn_report *report, NeroShapeChange *c)
{
    *c = (NeroShapeChange){.line = s->mode == NERO_SHAPE_LINE, .count = s->count};
    if (s->count < (c->line ? 2 : 3))
        return FALSE;
    memcpy(c->points, s->points, sizeof c->points);
    find_name(s, report, c->line, c->name);
    nero_shape_cancel(s);
    return TRUE;
}

// Even-odd rule.
static gboolean contains(const nn_point *q, int n, nn_point p)
{
    gboolean in = FALSE;
    for (int i = 0, k = n - 1; i < n; k = i++)
        if ((q[i].y > p.y) != (q[k].y > p.y) &&
            p.x < (q[k].x - q[i].x) * (p.y - q[i].y) / (q[k].y - q[i].y) + q[i].x)
            in = !in;
    return in;
}

static float distance(nn_point a, nn_point b, nn_point p)
{
    const float x = b.x - a.x, y = b.y - a.y, square = x * x + y * y;
    const float t = square > 0 ? CLAMP(((p.x - a.x) * x + (p.y - a.y) * y) / square, 0, 1) : 0;
    return hypotf(a.x + t * x - p.x, a.y + t * y - p.y);
}

static void choose(NeroShape *s, nn_point p, float near, const nn_report *r)
{
    s->name[0] = '\0';
    s->count = 0;
    for (int i = 0; i < r->area_count; i++) {
        const nn_area *a = &r->areas[i];
        const nn_point *q = nn_report_points(r, a);
        const gboolean hit = a->line ? distance(q[0], q[1], p) <= near : contains(q, a->count, p);
        if (!hit || a->count > NN_POLYGON_POINTS)
            continue;
        g_strlcpy(s->name, a->name, sizeof s->name);
        s->line = a->line;
        s->count = a->count;
        memcpy(s->points, q, (gsize)a->count * sizeof *q);
    }
}

static void press_edit(NeroShape *s, nn_point p, float near, const nn_report *r)
{
    s->corner = -1;
    for (int i = 0; s->name[0] && i < s->count; i++)
        if (is_near(s->points[i], p, near))
            s->corner = i;
    if (s->corner < 0)
        choose(s, p, near, r);
}

gboolean nero_shape_press(NeroShape *s, nn_point p, float near, const nn_report *report,
                          NeroShapeChange *change)
{
    s->at = p = (nn_point){CLAMP(p.x, 0, 1), CLAMP(p.y, 0, 1)};
    if (s->mode == NERO_SHAPE_EDIT) {
        press_edit(s, p, near, report);
        return FALSE;
    }
    if (s->mode == NERO_SHAPE_ZONE && s->count > 2 && is_near(s->points[0], p, near))
        return finish(s, report, change);
    if (s->count > 0 && is_near(s->points[s->count - 1], p, near / 2))
        return FALSE; // of a double click
    s->points[s->count++] = p;
    return (s->mode == NERO_SHAPE_LINE ? s->count == 2 : s->count == NN_POLYGON_POINTS) &&
           finish(s, report, change);
}

void nero_shape_move(NeroShape *s, nn_point p)
{
    s->at = (nn_point){CLAMP(p.x, 0, 1), CLAMP(p.y, 0, 1)};
    if (s->mode == NERO_SHAPE_EDIT && s->corner >= 0)
        s->points[s->corner] = s->at;
}

static void write_chosen(const NeroShape *s, NeroShapeChange *c)
{
    *c = (NeroShapeChange){.line = s->line, .count = s->count};
    g_strlcpy(c->name, s->name, sizeof c->name);
    memcpy(c->points, s->points, sizeof c->points);
}

gboolean nero_shape_drop(NeroShape *s, NeroShapeChange *change)
{
    if (s->mode != NERO_SHAPE_EDIT || s->corner < 0)
        return FALSE;
    write_chosen(s, change);
    s->corner = -1;
    return TRUE;
}

gboolean nero_shape_close(NeroShape *s, const nn_report *report, NeroShapeChange *change)
{
    return s->mode == NERO_SHAPE_ZONE && finish(s, report, change);
}

gboolean nero_shape_remove(NeroShape *s, NeroShapeChange *change)
{
    if (s->mode != NERO_SHAPE_EDIT || !s->name[0])
        return FALSE;
    write_chosen(s, change);
    change->remove = TRUE;
    nero_shape_forget(s);
    return TRUE;
}

nn_status nero_shape_check(const NeroShapeChange *c, nn_error *err)
{
    nn_polygon read;
    g_autofree char *points = nero_adjust_points(c->points, c->count);
    if (c->remove || c->line)
        return NN_OK;
    return nn_polygon_parse(&read, points, strlen(points), err);
}

static void append(nn_report *r, const nn_area *a, const nn_point *points, int count)
{
    nn_area *new = &r->areas[r->area_count++];
    *new = *a;
    new->first = r->point_count;
    new->count = count;
    memcpy(r->points + r->point_count, points, (gsize)count * sizeof *points);
    r->point_count += count;
}

nn_status nero_shape_show(nn_report *r, const NeroShapeChange *change)
{
    nn_area fresh = {.line = change->line, .since_ms = -1};
    nn_report to, copy;
    g_autofree nn_area *areas = g_new(nn_area, r->area_count + 1);
    g_autofree nn_point *points = g_new(nn_point, r->point_count + change->count);
    gboolean found = FALSE;
    to = (nn_report){.areas = areas, .points = points};
    for (int i = 0; i < r->area_count; i++) {
        const nn_area *a = &r->areas[i];
        const gboolean same = strcmp(a->name, change->name) == 0;
        found = found || same;
        if (!same)
            append(&to, a, nn_report_points(r, a), a->count);
        else if (!change->remove)
            append(&to, a, change->points, change->count);
    }
    g_strlcpy(fresh.name, change->name, sizeof fresh.name);
    if (!found && !change->remove)
        append(&to, &fresh, change->points, change->count);
    // Objects and events of the frame belong to the areas as they were.
    const nn_status status = nn_report_copy(&copy, &to);
    if (status != NN_OK)
        return status;
    nn_report_release(r);
    *r = copy;
    return NN_OK;
}

const char *nero_shape_hint(const NeroShape *s)
{
    switch (s->mode) {
    case NERO_SHAPE_ZONE:
        return s->count < 3 ? _("click the corners of the zone   Escape: none")
                            : _("click the first corner again, or Enter   Escape: none");
    case NERO_SHAPE_LINE:
        return s->count == 0 ? _("click where the line begins   Escape: none")
                             : _("click where it ends   Escape: none");
    case NERO_SHAPE_EDIT:
        return s->name[0] ? _("drag a corner   Delete: remove   e: done")
                          : _("click a zone or line   e: done");
    default:
        return NULL;
    }
}
