// SPDX-License-Identifier: MIT
// Keeps the parts of a frame with their boxes, says which must be inferred, and puts results
// together.
#include "nn/vision/regions.h"

#include "nn/base/memory.h"
#include "nn/vision/regions_internal.h"

#include <math.h>
#include <string.h>

struct nn_regions {
    nn_region_settings s;
    nn_object_sizes sizes;
    int width, height; // of the frames that the parts are for; 0: there are none
    nn_region_part *parts;
    nn_result *results; // one for each part, the first `todo_count` in use
    nn_region_pass *passes;
    nn_rect *todo;
    int *todo_part;
    int count, todo_count;
    bool agnostic;
    double seconds; // of the last frame
    nn_tile_luma cells;
    nn_pass_merger *merger;
};

nn_regions *nn_regions_new(void)
{
    nn_regions *r = nn_calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->s.tiling = (nn_tiling){false, 1, 1};
    r->merger = nn_pass_merger_new();
    if (r->merger)
        return r;
    nn_free(r);
    return NULL;
}

static void drop_parts(nn_regions *r)
{
    for (int i = 0; i < r->count; i++) {
        nn_result_release(&r->parts[i].found);
        nn_free(r->parts[i].cells);
        nn_result_release(&r->results[i]);
    }
    nn_free(r->parts);
    nn_free(r->results);
    nn_free(r->passes);
    nn_free(r->todo);
    nn_free(r->todo_part);
    r->parts = NULL;
    r->results = NULL;
    r->passes = NULL;
    r->todo = NULL;
    r->todo_part = NULL;
    r->count = r->todo_count = r->width = r->height = 0;
}

void nn_regions_free(nn_regions *r)
{
    if (!r)
        return;
    drop_parts(r);
    nn_region_settings_release(&r->s);
    nn_tile_luma_release(&r->cells);
    nn_pass_merger_free(r->merger);
    nn_free(r);
}

nn_status nn_regions_set(nn_regions *r, const nn_region_options *o, nn_error *err)
{
    nn_region_settings s;
    const nn_status status = nn_region_settings_read(&s, o, err);
    if (status != NN_OK)
        return status;
    nn_region_settings_release(&r->s);
    r->s = s;
    drop_parts(r);
    return NN_OK;
}

bool nn_regions_is_plain(const nn_regions *r)
{
    return r->s.roi_count == 0 && r->s.ignore_count == 0 && !r->s.motion && !r->s.tiling.choose &&
           r->s.tiling.columns * r->s.tiling.rows == 1;
}

void nn_regions_set_agnostic(nn_regions *r, bool agnostic)
{
    r->agnostic = agnostic;
}

void nn_regions_forget(nn_regions *r)
{
    for (int i = 0; i < r->count; i++)
        r->parts[i].known = false;
}

nn_result *nn_regions_results(nn_regions *r)
{
    return r->results;
}

void nn_regions_count(const nn_regions *r, int *parts, int *inferred)
{
    *parts = r->count;
    *inferred = r->todo_count;
}

// Makes the parts for frames of another size or another network.
static nn_status make_parts(nn_regions *r, const nn_rect *areas, int count, nn_error *err)
{
    const size_t n = (size_t)count;
    r->parts = nn_calloc(n, sizeof *r->parts);
    r->results = nn_calloc(n, sizeof *r->results);
    r->passes = nn_calloc(n, sizeof *r->passes);
    r->todo = nn_calloc(n, sizeof *r->todo);
    r->todo_part = nn_calloc(n, sizeof *r->todo_part);
    if (!r->parts || !r->results || !r->passes || !r->todo || !r->todo_part) {
        drop_parts(r);
        return nn_fail(err, NN_ENOMEM, "no memory for %d parts of a frame", count);
    }
    r->count = count;
    for (int i = 0; i < count; i++) {
        nn_result_init(&r->results[i]);
        nn_result_init(&r->parts[i].found);
        r->parts[i].area = areas[i];
    }
    return NN_OK;
}

static bool is_same(const nn_object_sizes *a, const nn_object_sizes *b)
{
    return a->input_w == b->input_w && a->input_h == b->input_h && a->stretch == b->stretch &&
           a->least == b->least && a->most == b->most;
}

static nn_status suit(nn_regions *r, const nn_frame *f, const nn_object_sizes *sizes, nn_error *err)
{
    nn_rect areas[NN_PASSES];
    int count;
    if (r->width == f->width && r->height == f->height && is_same(&r->sizes, sizes))
        return NN_OK;
    drop_parts(r);
    nn_status status =
        nn_region_settings_cut(&r->s, f->width, f->height, sizes, areas, &count, err);
    if (status == NN_OK)
        status = make_parts(r, areas, count, err);
    if (status != NN_OK)
        return status;
    r->width = f->width;
    r->height = f->height;
    r->sizes = *sizes;
    return NN_OK;
}

static bool must_look(const nn_regions *r, const nn_region_part *p)
{
    return !p->known || !r->s.motion || !p->cells || r->seconds >= p->due ||
           r->seconds < p->due - r->s.refresh || // time went back
           nn_tile_luma_differ(&r->cells, &p->area, p->cells);
}

nn_status nn_regions_begin(nn_regions *r, const nn_frame *frame, const nn_object_sizes *sizes,
                           double seconds, const nn_rect **areas, int *count, nn_error *err)
{
    *areas = NULL;
    *count = 0;
    nn_status status = nn_frame_check(frame, err);
    if (status == NN_OK)
        status = suit(r, frame, sizes, err);
    if (status == NN_OK && r->s.motion)
        status = nn_tile_luma_read(&r->cells, frame, err);
    if (status != NN_OK)
        return status;
    r->seconds = seconds;
    r->todo_count = 0;
    for (int i = 0; i < r->count; i++)
        if (must_look(r, &r->parts[i])) {
            r->todo[r->todo_count] = r->parts[i].area;
            r->todo_part[r->todo_count++] = i;
        }
    *areas = r->todo;
    *count = r->todo_count;
    return NN_OK;
}

// After the first look the parts take turns, so that they are not all due in one frame.
static nn_status keep_cells(nn_regions *r, int part, nn_error *err)
{
    nn_region_part *p = &r->parts[part];
    if (!r->s.motion)
        return NN_OK;
    p->due = r->seconds + (p->known ? r->s.refresh : r->s.refresh * (part + 1) / r->count);
    if (!p->cells)
        p->cells = nn_calloc((size_t)nn_tile_luma_count(&r->cells, &p->area), sizeof *p->cells);
    if (!p->cells)
        return nn_fail(err, NN_ENOMEM, "no memory to compare frames");
    nn_tile_luma_copy(&r->cells, &p->area, p->cells);
    return NN_OK;
}

static nn_status keep_result(nn_regions *r, int part, nn_result *found, nn_error *err)
{
    nn_region_part *p = &r->parts[part];
    const nn_status status = keep_cells(r, part, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < found->count; i++) {
        nn_box *b = &found->boxes[i];
        b->x0 += (float)p->area.x;
        b->x1 += (float)p->area.x;
        b->y0 += (float)p->area.y;
        b->y1 += (float)p->area.y;
    }
    const nn_transform shift = {.xx = 1, .dx = p->area.x, .yy = 1, .dy = p->area.y};
    nn_details_transform(&found->details, &shift);
    const nn_result old = p->found;
    p->found = *found;
    *found = old;
    p->known = true;
    return NN_OK;
}

static void describe_pass(const nn_regions *r, const nn_region_part *p, nn_region_pass *out)
{
    const int w = p->found.input_width > 0 ? p->found.input_width : r->sizes.input_w;
    const int h = p->found.input_height > 0 ? p->found.input_height : r->sizes.input_h;
    const float sx = (float)w / (float)p->area.width, sy = (float)h / (float)p->area.height;
    *out = (nn_region_pass){.area = p->area,
                            .scale_x = r->sizes.stretch ? sx : fminf(sx, sy),
                            .scale_y = r->sizes.stretch ? sy : fminf(sx, sy),
                            .boxes = p->found.boxes,
                            .details = &p->found.details,
                            .count = p->known ? p->found.count : 0};
}

static void drop_outside(const nn_regions *r, nn_result *out)
{
    int kept = 0;
    for (int i = 0; i < out->count; i++)
        if (nn_region_settings_count(&r->s, r->width, r->height, &out->boxes[i]))
            out->boxes[kept++] = out->boxes[i];
    out->count = kept;
}

nn_status nn_regions_finish(nn_regions *r, int most, nn_result *out, nn_error *err)
{
    const float ms = r->todo_count > 0 ? r->results[0].infer_ms : 0;
    for (int i = 0; i < r->todo_count; i++) {
        const nn_status status = keep_result(r, r->todo_part[i], &r->results[i], err);
        if (status != NN_OK)
            return status;
    }
    for (int i = 0; i < r->count; i++)
        describe_pass(r, &r->parts[i], &r->passes[i]);
    // what is dropped must not take the place of what counts
    const nn_status status = nn_pass_merger_run(
        r->merger, r->passes, r->count, r->width, r->height, &r->sizes, r->agnostic,
        r->s.roi_count + r->s.ignore_count ? INT32_MAX : most, out, err);
    if (status != NN_OK)
        return status;
    drop_outside(r, out);
    out->count = out->count < most ? out->count : most;
    out->map.width = out->map.height = 0;
    out->frame_width = r->width;
    out->frame_height = r->height;
    out->input_width = r->parts[0].found.input_width;
    out->input_height = r->parts[0].found.input_height;
    out->infer_ms = ms;
    out->age_ms = 0;
    out->source_pts = UINT64_MAX;
    return NN_OK;
}
