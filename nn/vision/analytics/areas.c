// SPDX-License-Identifier: MIT
// Takes zones and lines from a configuration, with the counts of those that stay.
#include "nn/vision/analytics/internal.h"

#include "nn/base/memory.h"

#include <string.h>

static int find_area(const nn_counted *areas, int count, const nn_area_config *c)
{
    for (int i = 0; i < count; i++)
        if (areas[i].config.line == c->line && strcmp(areas[i].config.name, c->name) == 0)
            return i;
    return -1;
}

static bool same_shape(const nn_polygon *a, const nn_polygon *b)
{
    return a->count == b->count && a->pixels == b->pixels &&
           memcmp(a->point, b->point, (size_t)a->count * sizeof a->point[0]) == 0;
}

static void settle_settings(nn_counted *to, const nn_analytics_config *config,
                            const nn_analytics_options *o)
{
    const nn_setting *s;
    for (int i = 0; (s = nn_setting_at(i)); i++) {
        const double own = to->config.setting[i], file = config->setting[i], rest = o->setting[i];
        to->setting[i] = own >= 0 ? own : file >= 0 ? file : rest >= 0 ? rest : s->usual;
    }
}

static void make_area(nn_counted *to, const nn_area_config *c, const nn_counted *old)
{
    *to = old ? *old : (nn_counted){.last = -1};
    to->settled = old && old->settled && same_shape(&c->shape, &old->config.shape) &&
                  !c->has_ground && !old->has_ground;
    to->config = *c;
    memcpy(to->report.name, c->name, sizeof to->report.name);
    to->report.line = c->line;
    to->report.count = c->shape.count;
}

// The visits of all objects to the new areas.
static void carry_visits(const nn_analytics *a, const nn_counted *areas, int count,
                         nn_visit *visits)
{
    for (int k = 0; k < count; k++) {
        const nn_area_config *c = &areas[k].config;
        const int from = find_area(a->areas, a->area_count, c);
        if (from < 0 || (c->line && !same_shape(&c->shape, &a->areas[from].config.shape)))
            continue;
        for (int i = 0; i < a->count; i++)
            visits[(size_t)k * (size_t)a->capacity + (size_t)i] = *nn_visit_at(a, i, from);
    }
}

// Objects that were in a zone which is no more, or which begins anew, have not left it.
static void count_inside(nn_analytics *a)
{
    for (int k = 0; k < a->area_count; k++) {
        int inside = 0;
        for (int i = 0; i < a->count; i++)
            inside += nn_visit_at(a, i, k)->inside;
        a->areas[k].report.occupancy = inside;
    }
}

nn_status nn_analytics_configure(nn_analytics *a, const nn_analytics_config *config,
                                 const nn_analytics_options *options, nn_error *err)
{
    const int count = config->count;
    nn_counted *areas = nn_calloc((size_t)count + 1, sizeof *areas);
    nn_visit *visits = nn_calloc((size_t)a->capacity * (size_t)count + 1, sizeof *visits);
    nn_point *points = nn_calloc((size_t)count * NN_POLYGON_POINTS + 1, sizeof *points);
    nn_area *reported = nn_calloc((size_t)count + 1, sizeof *reported);
    if (!areas || !visits || !points || !reported) {
        nn_free(areas);
        nn_free(visits);
        nn_free(points);
        nn_free(reported);
        return nn_fail(err, NN_ENOMEM, "no memory for %d zones and lines", count);
    }
    for (int k = 0; k < count; k++) {
        const int old = find_area(a->areas, a->area_count, &config->areas[k]);
        make_area(&areas[k], &config->areas[k], old >= 0 ? &a->areas[old] : NULL);
        settle_settings(&areas[k], config, options);
    }
    carry_visits(a, areas, count, visits);
    nn_free(a->areas);
    nn_free(a->visits);
    nn_free(a->report.points);
    nn_free(a->report.areas);
    a->areas = areas;
    a->visits = visits;
    a->area_count = count;
    a->report.points = points;
    a->report.areas = reported;
    a->report.area_count = a->report.point_count = a->report.event_count = 0;
    a->report.object_count = 0;
    a->config = *config;
    a->config.areas = NULL;
    a->options = *options;
    a->settled = false;
    count_inside(a);
    return NN_OK;
}

static void settle_area(nn_counted *r, int width, int height)
{
    r->shape = r->config.shape;
    r->shape.pixels = false;
    for (int i = 0; i < r->shape.count && r->config.shape.pixels; i++) {
        r->shape.point[i].x /= (float)width;
        r->shape.point[i].y /= (float)height;
    }
    nn_polygon_bounds(&r->shape, &r->bounds);
    r->has_ground =
        r->config.has_ground && nn_ground_solve(&r->ground, &r->config.ground, width, height);
    r->settled = true;
}

// Makes fractions of pixels, now that the size is known.
void nn_analytics_settle(nn_analytics *a, int width, int height)
{
    int points = 0;
    if (a->settled)
        return;
    a->has_ground =
        a->config.has_ground && nn_ground_solve(&a->ground, &a->config.ground, width, height);
    for (int k = 0; k < a->area_count; k++) {
        nn_counted *r = &a->areas[k];
        if (!r->settled)
            settle_area(r, width, height);
        memcpy(a->report.points + points, r->shape.point,
               (size_t)r->shape.count * sizeof(nn_point));
        r->report.first = points;
        points += r->shape.count;
    }
    a->report.point_count = points;
    a->report.area_count = a->area_count;
    a->settled = true;
}

bool nn_counted_takes(const nn_counted *r, const char *label)
{
    const char *list = r->config.classes;
    const size_t length = label ? strlen(label) : 0;
    for (const char *p = list; *p; p += *p == ',') {
        p += strspn(p, " ");
        size_t n = strcspn(p, ",");
        const size_t whole = n;
        while (n > 0 && p[n - 1] == ' ')
            n--;
        if (n == length && memcmp(p, label ? label : "", n) == 0)
            return true;
        p += whole;
    }
    return !*list;
}
