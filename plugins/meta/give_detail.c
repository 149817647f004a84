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

// Adds the detail to that of a box, whose mask and rotated box stay.
static gboolean add_detail(nn_details *all, nn_box *b, const nn_details *from, int32_t detail)
{
    const int32_t before = b->detail;
    if (nn_details_append(all, from, detail, &b->detail) != NN_OK)
        return FALSE;
    nn_detail *old = nn_details_at(all, before), *now = nn_details_at(all, b->detail);
    if (!old)
        return TRUE;
    const nn_detail given = *now;
    *now = *old;
    now->first_keypoint = given.first_keypoint;
    now->keypoint_count = given.keypoint_count;
    now->skeleton = given.skeleton;
    *old = (nn_detail){0}; // its mask has one owner
    return TRUE;
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
    return !b || add_detail(&meta->result.details, b, from, detail);
}
