// SPDX-License-Identifier: MIT
// Counts the elements of each class in maps.
#include "plugins/common/regions.h"

enum { MOST_LABELS = 256 };

static const float LEAST_SHARE = 0.0005f;

void nero_regions_add(GArray *regions, const nn_result *result, const NeroLabels *labels)
{
    float share[MOST_LABELS];
    if (result->map.width < 1)
        return;
    nn_label_map_shares(&result->map, share, MOST_LABELS);
    for (int i = 0; i < MOST_LABELS; i++) {
        const NeroRegion r = {nero_labels_name(labels, i), i, share[i], result->age_ms};
        if (share[i] > 0)
            g_array_append_val(regions, r);
    }
}

guint nero_regions_read(GstBuffer *buffer, GArray *regions)
{
    gpointer state = NULL;
    g_array_set_size(regions, 0);
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state));)
        nero_regions_add(regions, &m->result, m->labels);
    return regions->len;
}

gboolean nero_region_shows(const NeroRegion *r)
{
    return r->label_id > 0 && r->share >= LEAST_SHARE;
}

void nero_region_text(const NeroRegion *r, char *text, gsize size)
{
    const double percent = 100 * (double)r->share;
    g_snprintf(text, size, percent < 9.95 ? "%s %.1f %%" : "%s %.0f %%", r->label, percent);
}
