// SPDX-License-Identifier: MIT
// Remembers the detail and the measured box of each track, and moves copies with the track.
#include "plugins/track/kept_details.h"

struct NeroKeptDetails {
    GArray *measured;       // nn_box: those with a track and a detail, as the detector found them
    nn_details found;       // of these
    nn_details placed, one; // of the last frame; work space
};

NeroKeptDetails *nero_kept_details_new(void)
{
    NeroKeptDetails *k = g_new0(NeroKeptDetails, 1);
    k->measured = g_array_new(FALSE, FALSE, sizeof(nn_box));
    return k;
}

void nero_kept_details_free(NeroKeptDetails *k)
{
    if (!k)
        return;
    g_array_unref(k->measured);
    nn_details_release(&k->found);
    nn_details_release(&k->placed);
    nn_details_release(&k->one);
    g_free(k);
}

void nero_kept_details_forget(NeroKeptDetails *k)
{
    g_array_set_size(k->measured, 0);
    nn_details_clear(&k->found);
    nn_details_clear(&k->placed);
}

static const nn_box *find_detail(const nn_result *r, int32_t detail)
{
    for (int i = 0; i < r->count; i++)
        if (r->boxes[i].detail == detail)
            return &r->boxes[i];
    return NULL;
}

void nero_kept_details_take(NeroKeptDetails *k, const nn_result *r, const nn_result *faint,
                            const GArray *tracked)
{
    nero_kept_details_forget(k);
    if (r->details.count == 0 || nn_details_copy(&k->found, &r->details) != NN_OK)
        return;
    for (guint i = 0; i < tracked->len; i++) {
        const nn_box *b = &g_array_index(tracked, nn_box, i);
        const nn_box *from = b->detail > 0 ? find_detail(r, b->detail) : NULL;
        if (!from && b->detail > 0)
            from = find_detail(faint, b->detail);
        if (!from || b->track_id <= 0)
            continue;
        nn_box measured = *from; // the tracked one may have followed the camera already
        measured.track_id = b->track_id;
        g_array_append_val(k->measured, measured);
    }
}

// The move from one box to another.
static nn_transform move_of(const nn_box *from, const nn_box *to)
{
    const double sx = (double)(to->x1 - to->x0) / (double)MAX(from->x1 - from->x0, 1e-3f);
    const double sy = (double)(to->y1 - to->y0) / (double)MAX(from->y1 - from->y0, 1e-3f);
    return (nn_transform){.xx = sx,
                          .dx = (double)to->x0 - sx * (double)from->x0,
                          .yy = sy,
                          .dy = (double)to->y0 - sy * (double)from->y0};
}

static int32_t place(NeroKeptDetails *k, const nn_box *from, const nn_box *to)
{
    const nn_transform move = move_of(from, to);
    int32_t at;
    nn_details_clear(&k->one);
    if (nn_details_append(&k->one, &k->found, from->detail, &at) != NN_OK || at == 0)
        return 0;
    nn_details_transform(&k->one, &move);
    return nn_details_append(&k->placed, &k->one, at, &at) == NN_OK ? at : 0;
}

const nn_details *nero_kept_details_place(NeroKeptDetails *k, GArray *boxes)
{
    nn_details_clear(&k->placed);
    for (guint i = 0; i < boxes->len; i++) {
        nn_box *b = &g_array_index(boxes, nn_box, i);
        b->detail = 0;
        for (guint j = 0; b->track_id > 0 && b->detail == 0 && j < k->measured->len; j++) {
            const nn_box *from = &g_array_index(k->measured, nn_box, j);
            if (from->track_id == b->track_id)
                b->detail = place(k, from, b);
        }
    }
    return &k->placed;
}
