// SPDX-License-Identifier: MIT
// Runs a detector on the parts of a frame, which are views into it.
#include "nn/predict/detector_regions.h"

#include "nn/base/memory.h"
#include "nn/predict/detector_internal.h"

#include <math.h>
#include <string.h>

nn_object_sizes nn_card_object_sizes(const nn_card *card)
{
    const bool known = card->input_w > 0 && card->input_h > 0;
    const float side = known ? sqrtf((float)card->input_w * (float)card->input_h) : 0;
    return (nn_object_sizes){.input_w = known ? card->input_w : 640,
                             .input_h = known ? card->input_h : 480,
                             .stretch = card->stretch,
                             .least = side * card->object_sizes[0],
                             .most = side * card->object_sizes[NN_CARD_SIZES - 1]};
}

// Parts begin at samples of all planes: nn_regions_begin puts them on a grid.
static nn_frame view_part(const nn_frame *f, const nn_rect *a)
{
    const nn_pixel_layout *layout = nn_frame_layout(f);
    nn_frame part = *f;
    bool moved[3] = {false};
    part.width = a->width;
    part.height = a->height;
    for (int c = 0; c < layout->components; c++) {
        const nn_pixel_component *p = &layout->component[c];
        if (moved[p->plane])
            continue;
        moved[p->plane] = true;
        part.plane[p->plane] += (ptrdiff_t)f->stride[p->plane] * (a->y >> p->shift_y) +
                                (ptrdiff_t)p->step * (a->x >> p->shift_x);
    }
    return part;
}

static nn_status run_parts(nn_detector *d, nn_regions *r, const nn_frame *frame,
                           const nn_rect *areas, int count, nn_error *err)
{
    if (count == 0)
        return NN_OK;
    int all, now;
    nn_regions_count(r, &all, &now);
    nn_frame *parts = nn_calloc((size_t)count, sizeof *parts);
    nn_detector_job *jobs = nn_calloc((size_t)count, sizeof *jobs);
    for (int i = 0; parts && jobs && i < count; i++) {
        parts[i] = view_part(frame, &areas[i]);
        jobs[i] = (nn_detector_job){
            .frame = &parts[i], .result = &nn_regions_results(r)[i], .part = all > 1};
    }
    const nn_status status =
        parts && jobs ? nn_detector_run_jobs(d, jobs, count, err)
                      : nn_fail(err, NN_ENOMEM, "no memory for %d parts of a frame", count);
    nn_free(parts);
    nn_free(jobs);
    return status;
}

nn_status nn_detector_run_regions(nn_detector *d, nn_regions *r, const nn_frame *frame,
                                  double seconds, int most, nn_result *result, nn_error *err)
{
    const nn_object_sizes sizes = nn_card_object_sizes(nn_detector_card(d));
    const nn_rect *areas;
    int count;
    nn_regions_set_agnostic(r, d->filter.agnostic_nms);
    if (frame->read_row)
        return nn_fail(err, NN_EUNSUPPORTED, "parts of a frame that is read by rows");
    nn_status status = nn_regions_begin(r, frame, &sizes, seconds, &areas, &count, err);
    if (status == NN_OK)
        status = run_parts(d, r, frame, areas, count, err);
    return status == NN_OK ? nn_regions_finish(r, most, result, err) : status;
}
