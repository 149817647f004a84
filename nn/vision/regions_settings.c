// SPDX-License-Identifier: MIT
// Reads where to look, cuts frames accordingly, and says which boxes count.
#include "nn/vision/regions_internal.h"

#include "nn/base/memory.h"

#include <math.h>

enum { GRID = 4 }; // parts begin at its multiples, so that they do not cut through chroma

nn_status nn_region_settings_read(nn_region_settings *s, const nn_region_options *o, nn_error *err)
{
    *s = (nn_region_settings){
        .overlap = o->overlap, .motion = o->motion, .refresh = o->refresh, .tiling = {false, 1, 1}};
    nn_status status = nn_tiles_parse(&s->tiling, o->tiles ? o->tiles : "off", err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "tiles");
    if (!(o->overlap >= 0 && o->overlap <= 0.5f))
        return nn_fail(err, NN_EINVAL, "tile-overlap: %g is not within 0 .. 0.5",
                       (double)o->overlap);
    if (o->motion && !(o->refresh > 0))
        return nn_fail(err, NN_EINVAL, "tile-refresh: %g seconds; it must be above 0", o->refresh);
    status = nn_polygon_parse_list(&s->roi, &s->roi_count, o->roi, err);
    if (status != NN_OK)
        return nn_fail_prefix(err, status, "roi");
    status = nn_polygon_parse_list(&s->ignore, &s->ignore_count, o->ignore, err);
    if (status != NN_OK) {
        nn_region_settings_release(s);
        return nn_fail_prefix(err, status, "ignore");
    }
    return NN_OK;
}

void nn_region_settings_release(nn_region_settings *s)
{
    nn_free(s->roi);
    nn_free(s->ignore);
    *s = (nn_region_settings){.roi_count = 0};
}

nn_status nn_region_options_check(const nn_region_options *o, nn_error *err)
{
    nn_region_settings s;
    const nn_status status = nn_region_settings_read(&s, o, err);
    if (status == NN_OK)
        nn_region_settings_release(&s);
    return status;
}

// The smallest rectangle around an area that lies in the frame and on the grid; false: none.
static bool take_bounds(const nn_polygon *roi, int width, int height, nn_rect *out)
{
    nn_polygon p;
    nn_box b;
    nn_polygon_to_pixels(&p, roi, width, height);
    nn_polygon_bounds(&p, &b);
    const int x0 = (int)fminf(b.x0, (float)width) / GRID * GRID;
    const int y0 = (int)fminf(b.y0, (float)height) / GRID * GRID;
    const int x1 = ((int)ceilf(fminf(b.x1, (float)width)) + GRID - 1) / GRID * GRID;
    const int y1 = ((int)ceilf(fminf(b.y1, (float)height)) + GRID - 1) / GRID * GRID;
    *out = (nn_rect){x0, y0, (x1 < width ? x1 : width) - x0, (y1 < height ? y1 : height) - y0};
    return out->width > 0 && out->height > 0;
}

static int list_areas(const nn_region_settings *s, int width, int height, nn_rect *out)
{
    int n = 0;
    if (s->roi_count == 0)
        out[n++] = (nn_rect){0, 0, width, height};
    for (int i = 0; i < s->roi_count; i++)
        n += take_bounds(&s->roi[i], width, height, &out[n]);
    return n;
}

static nn_status add_tiles(const nn_rect *area, const nn_tiling *tiling, float overlap,
                           nn_rect *out, int *count, nn_error *err)
{
    nn_rect tiles[NN_TILES];
    const int n = nn_tiles_cut(tiles, area, tiling, overlap);
    if (*count + n > NN_PASSES)
        return nn_fail(err, NN_EINVAL, "tiles: more than %d parts of a frame", NN_PASSES);
    for (int k = 0; k < n && n > 1; k++)
        out[(*count)++] = tiles[k];
    return NN_OK;
}

nn_status nn_region_settings_cut(const nn_region_settings *s, int width, int height,
                                 const nn_object_sizes *sizes, nn_rect *out, int *count,
                                 nn_error *err)
{
    const int areas = list_areas(s, width, height, out);
    *count = areas;
    if (areas == 0)
        return nn_fail(err, NN_EINVAL, "roi: no area lies in the frame of %dx%d", width, height);
    nn_status status = NN_OK;
    for (int i = 0; i < areas && status == NN_OK; i++) {
        const nn_rect area = out[i];
        nn_tiling tiling = s->tiling;
        if (tiling.choose)
            nn_tiles_choose(&tiling, area.width, area.height, sizes, s->overlap);
        nn_tiles_limit(&tiling, area.width, area.height, sizes, s->overlap);
        const nn_tiling larger =
            nn_tiles_between(&tiling, area.width, area.height, sizes, s->overlap);
        status = add_tiles(&area, &larger, s->overlap, out, count, err);
        if (status == NN_OK)
            status = add_tiles(&area, &tiling, s->overlap, out, count, err);
    }
    return status;
}

// Whether the foot of the box lies in one of the areas. A box ends where its part ends, which may
// be some pixels outside of the area: then its foot is at the border.
static bool stands_in(const nn_polygon *list, int count, int width, int height, const nn_box *b)
{
    for (int i = 0; i < count; i++) {
        nn_polygon p;
        nn_box bounds, foot = *b;
        nn_polygon_to_pixels(&p, &list[i], width, height);
        nn_polygon_bounds(&p, &bounds);
        if (b->y1 <= bounds.y1 + GRID)
            foot.y1 = fminf(b->y1, bounds.y1);
        if (nn_polygon_contains_foot(&p, &foot))
            return true;
    }
    return false;
}

bool nn_region_settings_count(const nn_region_settings *s, int width, int height, const nn_box *b)
{
    return (s->roi_count == 0 || stands_in(s->roi, s->roi_count, width, height, b)) &&
           !stands_in(s->ignore, s->ignore_count, width, height, b);
}
