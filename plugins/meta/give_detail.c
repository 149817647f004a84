// SPDX-License-Identifier: MIT
// Gives an object that was found before what another model says of it.
#include "plugins/meta/give_detail.h"

#include "plugins/meta/classes.h"
#include "plugins/meta/details.h"
#include "plugins/meta/nerometa_internal.h"

// The box of a region in the NeroMeta that it belongs to; NULL when it is of another element.
static nn_box *find_box(GstBuffer *buffer, int region, NeroMeta **meta)
{
    gpointer state = NULL;
    while ((*meta = nero_meta_next(buffer, &state))) {
        const int first = (*meta)->first_region;
        if (first > 0 && region >= first && region - first < (*meta)->result.count)
            return &(*meta)->result.boxes[region - first];
    }
    return NULL;
}

gboolean nero_meta_give_detail(GstBuffer *buffer, int region, const nn_details *from,
                               int32_t detail)
{
    NeroMeta *meta;
    GstVideoRegionOfInterestMeta *r = nero_region_find(buffer, region);
    nn_box *b = find_box(buffer, region, &meta);
    const nn_detail *d = nn_details_at(from, detail);
    if (!r || !d)
        return TRUE;
    const nn_box place = {.x0 = (float)r->x,
                          .y0 = (float)r->y,
                          .x1 = (float)r->x + (float)r->w,
                          .y1 = (float)r->y + (float)r->h};
    nero_keypoints_set(r, from, d, b ? b : &place);
    return !b || nn_details_append(&meta->result.details, from, detail, &b->detail) == NN_OK;
}
