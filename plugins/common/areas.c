// SPDX-License-Identifier: MIT
// Places zones and lines in a picture, and says what they count.
#include "plugins/common/areas.h"

#include <math.h>

enum { QUIET = 0xffffff, ALARM = 0xff4d6d, LOITERING = 0xff9f1c, EVENT = 0xf6e23a };

static const float FLASH_MS = 400; // how long an event is seen

static guint32 colour_of(const nn_area *a)
{
    if (a->crowded)
        return ALARM;
    if (a->since_ms >= 0 && a->since_ms < FLASH_MS)
        return EVENT;
    return a->loitering > 0 ? LOITERING : QUIET;
}

static void write_text(const nn_area *a, char *text, gsize size)
{
    if (a->line)
        g_snprintf(text, size, "%s %" G_GINT64_FORMAT " in, %" G_GINT64_FORMAT " out", a->name,
                   a->in, a->out);
    else if (a->loitering > 0)
        g_snprintf(text, size, "%s %d, %d loitering", a->name, a->occupancy, a->loitering);
    else
        g_snprintf(text, size, "%s %d", a->name, a->occupancy);
}

// Seen along the line, "in" is on the right hand; rows count downwards.
static void place_arrow(NeroAreaShape *s, float size)
{
    const nn_point a = s->points[0], b = s->points[1];
    const float length = hypotf(b.x - a.x, b.y - a.y);
    if (!(length > 0))
        return;
    const float ux = (b.x - a.x) / length, uy = (b.y - a.y) / length, vx = -uy, vy = ux;
    const nn_point from = {(a.x + b.x) / 2, (a.y + b.y) / 2};
    const nn_point to = {from.x + size * vx, from.y + size * vy};
    const float head = size * 0.4f;
    s->arrow[0] = from;
    s->arrow[1] = to;
    s->tips[0] = (nn_point){to.x - head * (vx - ux), to.y - head * (vy - uy)};
    s->tips[1] = (nn_point){to.x - head * (vx + ux), to.y - head * (vy + uy)};
}

void nero_area_describe(const nn_report *r, int i, float width, float height, float size,
                        NeroAreaShape *shape)
{
    const nn_area *a = &r->areas[i];
    const nn_point *points = nn_report_points(r, a);
    *shape = (NeroAreaShape){.line = a->line, .rgb = colour_of(a)};
    shape->count = (guint)CLAMP(a->count, 0, NN_POLYGON_POINTS);
    for (guint k = 0; k < shape->count; k++) {
        const nn_point p = {points[k].x * width, points[k].y * height};
        shape->points[k] = p;
        if (k == 0 || p.y < shape->top.y)
            shape->top = p;
    }
    if (a->line && shape->count == 2)
        place_arrow(shape, size);
    write_text(a, shape->text, sizeof shape->text);
}
