// SPDX-License-Identifier: MIT
// Moves structures from the regions of old boxes to those of new ones.
#include "plugins/track/relations.h"

static const float LEAST_OVERLAP = 0.3f; // of an object with itself

typedef struct Old {
    nn_box box;
    GList *params; // owned: of its region, but for those that the tracker writes
    int parent;    // the id of the region that it lies in; 0: none
    int now;       // the id of its new region; 0: none
} Old;

struct NeroRelations {
    int first, count; // ids of the old regions
    Old *old;
};

typedef struct Pair {
    float overlap;
    int old, new;
} Pair;

static GstVideoRegionOfInterestMeta *next_region(GstBuffer *buffer, gpointer *state)
{
    return (GstVideoRegionOfInterestMeta *)gst_buffer_iterate_meta_filtered(
        buffer, state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
}

static gboolean is_written_anew(const GstStructure *s)
{
    static const char *const names[] = {"detection", "object_id", "keypoints", "segmentation_mask"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (gst_structure_has_name(s, names[i]))
            return TRUE;
    return FALSE;
}

static GList *take_params(GstVideoRegionOfInterestMeta *r)
{
    GList *taken = NULL;
    for (GList *l = r->params, *next; l; l = next) {
        next = l->next;
        if (is_written_anew(l->data))
            continue;
        r->params = g_list_remove_link(r->params, l);
        taken = g_list_concat(taken, l);
    }
    return taken;
}

static gboolean holds(const NeroRelations *r, int id)
{
    return id >= r->first && id - r->first < r->count;
}

NeroRelations *nero_relations_take(GstBuffer *buffer, const NeroMeta *meta)
{
    gpointer state = NULL;
    gboolean any = FALSE;
    if (meta->first_region < 1 || meta->result.count < 1)
        return NULL;
    NeroRelations *r = g_new(NeroRelations, 1);
    *r = (NeroRelations){meta->first_region, meta->result.count, g_new0(Old, meta->result.count)};
    for (int i = 0; i < r->count; i++)
        r->old[i].box = meta->result.boxes[i];
    for (GstVideoRegionOfInterestMeta *roi; (roi = next_region(buffer, &state));) {
        any = any || holds(r, roi->parent_id);
        if (!holds(r, roi->id))
            continue;
        Old *o = &r->old[roi->id - r->first];
        o->params = g_list_concat(o->params, take_params(roi));
        o->parent = MAX(roi->parent_id, 0);
        any = any || o->params || o->parent;
    }
    if (!any)
        g_clear_pointer(&r, nero_relations_free);
    return r;
}

static gint by_overlap(gconstpointer a, gconstpointer b)
{
    const Pair *x = a, *y = b;
    if (x->overlap != y->overlap)
        return x->overlap < y->overlap ? 1 : -1;
    return x->old != y->old ? x->old - y->old : x->new - y->new;
}

// Finds out which new box is which old one, the best pairs first.
static void match(NeroRelations *r, const NeroMeta *written)
{
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
    g_autofree gboolean *used = g_new0(gboolean, (gsize)written->result.count + 1);
    for (int i = 0; i < r->count; i++)
        for (int k = 0; k < written->result.count; k++) {
            const nn_box *b = &written->result.boxes[k];
            const Pair p = {nn_box_iou(&r->old[i].box, b), i, k};
            if (p.overlap >= LEAST_OVERLAP && b->label == r->old[i].box.label)
                g_array_append_val(pairs, p);
        }
    g_array_sort(pairs, by_overlap);
    for (guint i = 0; i < pairs->len; i++) {
        const Pair *p = &g_array_index(pairs, Pair, i);
        if (r->old[p->old].now || used[p->new])
            continue;
        r->old[p->old].now = written->first_region + p->new;
        used[p->new] = TRUE;
    }
}

static void give(NeroRelations *r, GstVideoRegionOfInterestMeta *roi)
{
    for (int i = 0; i < r->count; i++)
        if (r->old[i].now == roi->id) {
            roi->params = g_list_concat(roi->params, g_steal_pointer(&r->old[i].params));
            roi->parent_id = r->old[i].parent;
        }
}

void nero_relations_give(NeroRelations *r, GstBuffer *buffer, const NeroMeta *written)
{
    gpointer state = NULL;
    if (!r)
        return;
    if (written->first_region > 0)
        match(r, written);
    const int first = written->first_region, count = written->result.count;
    for (GstVideoRegionOfInterestMeta *roi; (roi = next_region(buffer, &state));) {
        if (first > 0 && roi->id >= first && roi->id - first < count)
            give(r, roi);
        else if (holds(r, roi->parent_id))
            roi->parent_id = r->old[roi->parent_id - r->first].now;
    }
    nero_relations_free(r);
}

static void free_structure(gpointer data)
{
    gst_structure_free(data);
}

void nero_relations_free(NeroRelations *r)
{
    if (!r)
        return;
    for (int i = 0; i < r->count; i++)
        g_list_free_full(r->old[i].params, free_structure);
    g_free(r->old);
    g_free(r);
}
