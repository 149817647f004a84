// SPDX-License-Identifier: MIT
// Registers NeroMeta, and transforms it when a buffer is copied or its picture scaled.
#include "plugins/meta/details.h"
#include "plugins/meta/detection.h"
#include "plugins/meta/frame_transform.h"
#include "plugins/meta/nerometa_internal.h"

#include <gst/video/video.h>

GType nero_meta_api_get_type(void)
{
    static gsize type;
    static const gchar *tags[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_SIZE_STR,
                                  GST_META_TAG_VIDEO_ORIENTATION_STR, NULL};
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, gst_meta_api_type_register("NeroMetaAPI", tags));
    return type;
}

static gboolean init_meta(GstMeta *meta, gpointer params, GstBuffer *buffer)
{
    (void)params;
    (void)buffer;
    NeroMeta *self = (NeroMeta *)meta;
    nn_result_init(&self->result);
    nn_result_init(&self->faint);
    self->threshold = 0;
    self->class_thresholds = NULL;
    self->interval = 0;
    self->skipped = 0;
    self->labels = NULL;
    self->painted = FALSE;
    self->picture = (NeroPlace){0};
    self->first_region = 0;
    return TRUE;
}

static void free_meta(GstMeta *meta, GstBuffer *buffer)
{
    (void)buffer;
    NeroMeta *self = (NeroMeta *)meta;
    nn_result_release(&self->result);
    nn_result_release(&self->faint);
    nero_labels_unref(self->labels);
    g_clear_pointer(&self->class_thresholds, g_bytes_unref);
}

static NeroMeta *copy_meta(GstBuffer *to, const NeroMeta *from)
{
    NeroMeta *copy = nero_meta_add(to, &from->result, from->labels);
    if (!copy)
        return NULL;
    copy->painted = from->painted;
    copy->picture = from->picture;
    copy->first_region = from->first_region;
    copy->threshold = from->threshold;
    if (from->class_thresholds)
        copy->class_thresholds = g_bytes_ref(from->class_thresholds);
    copy->interval = from->interval;
    copy->skipped = from->skipped;
    if (nn_result_copy(&copy->faint, &from->faint) != NN_OK)
        copy->faint.count = 0; // trackers do without
    return copy;
}

// The copy of a part of the bytes keeps the meta, too: the result describes the whole picture (an
// encoder's slices, a parser's pieces), not a range of memory.
static gboolean transform_meta(GstBuffer *to, GstMeta *meta, GstBuffer *from, GQuark type,
                               gpointer data)
{
    NeroFrameTransform change;
    const NeroMeta *self = (NeroMeta *)meta;
    if (GST_META_TRANSFORM_IS_COPY(type))
        return copy_meta(to, self) != NULL;
    if (!nero_frame_transform_find(type, data, &change))
        return FALSE;
    NeroMeta *copy = copy_meta(to, self);
    if (!copy)
        return FALSE;
    copy->result.frame_width = change.in_width;
    copy->result.frame_height = change.in_height;
    g_autoptr(GPtrArray) metas = g_ptr_array_new();
    gpointer state = NULL;
    for (NeroMeta *m; (m = nero_meta_next(from, &state));)
        g_ptr_array_add(metas, m);
    nero_detections_restore(to, from, self, metas, &change.move, change.width, change.height);
    if (!nero_meta_move(to, copy, &change.move, change.width, change.height)) {
        gst_buffer_remove_meta(to, &copy->meta);
        return FALSE;
    }
    if (copy->picture.width <= 0)
        copy->picture = change.picture;
    return TRUE;
}

const GstMetaInfo *nero_meta_get_info(void)
{
    static const GstMetaInfo *info;
    if (g_once_init_enter((GstMetaInfo **)&info)) {
        const GstMetaInfo *made = gst_meta_register(
            NERO_META_API_TYPE, "NeroMeta", sizeof(NeroMeta), init_meta, free_meta, transform_meta);
        g_once_init_leave((GstMetaInfo **)&info, (GstMetaInfo *)made);
    }
    return info;
}

NeroMeta *nero_meta_add(GstBuffer *buffer, const nn_result *result, NeroLabels *labels)
{
    g_return_val_if_fail(gst_buffer_is_writable(buffer) && result && labels, NULL);
    NeroMeta *self = (NeroMeta *)gst_buffer_add_meta(buffer, nero_meta_get_info(), NULL);
    if (!self)
        return NULL;
    self->labels = nero_labels_ref(labels);
    if (nn_result_copy(&self->result, result) != NN_OK) {
        gst_buffer_remove_meta(buffer, &self->meta);
        return NULL;
    }
    return self;
}

// GStreamer keeps metas in the order in which they were added: what is to come later is added
// again, with its content.
static void add_again(GstBuffer *buffer, NeroMeta *m)
{
    NeroMeta *again = (NeroMeta *)gst_buffer_add_meta(buffer, nero_meta_get_info(), NULL);
    if (!again)
        return;
    const GstMeta head = again->meta;
    *again = *m;
    again->meta = head;
    nn_result_init(&m->result); // handed over
    nn_result_init(&m->faint);
    m->labels = NULL;
    gst_buffer_remove_meta(buffer, &m->meta);
}

void nero_meta_lead(GstBuffer *buffer, const NeroMeta *lead)
{
    g_autoptr(GPtrArray) before = g_ptr_array_new();
    gpointer state = NULL;
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state)) && m != lead;)
        g_ptr_array_add(before, m);
    for (guint i = 0; i < before->len; i++)
        add_again(buffer, g_ptr_array_index(before, i));
}

NeroMeta *nero_meta_get(GstBuffer *buffer)
{
    return (NeroMeta *)gst_buffer_get_meta(buffer, NERO_META_API_TYPE);
}

NeroMeta *nero_meta_next(GstBuffer *buffer, gpointer *state)
{
    return (NeroMeta *)gst_buffer_iterate_meta_filtered(buffer, state, NERO_META_API_TYPE);
}

static void move_place(NeroPlace *p, const nn_transform *m, int width, int height)
{
    nn_box b = {.x0 = p->x, .y0 = p->y, .x1 = p->x + p->width, .y1 = p->y + p->height};
    if (p->width <= 0)
        return;
    if (!nn_transform_box(m, width, height, &b))
        b = (nn_box){0};
    *p = (NeroPlace){b.x0, b.y0, b.x1 - b.x0, b.y1 - b.y0};
}

gboolean nero_meta_move(GstBuffer *buffer, NeroMeta *meta, const nn_transform *move, int width,
                        int height)
{
    if (!nn_transform_is_upright(move))
        return FALSE;
    // while the boxes are still the old ones
    nero_detections_move(buffer, meta, move, width, height);
    move_place(&meta->picture, move, width, height);
    if (nn_result_transform(&meta->faint, move, width, height) != NN_OK)
        meta->faint.count = 0;
    if (nn_result_transform(&meta->result, move, width, height) != NN_OK)
        return FALSE;
    nero_details_attach(buffer, meta->first_region, &meta->result);
    return TRUE;
}

gboolean nero_meta_stretch(GstBuffer *buffer, NeroMeta *meta)
{
    const NeroPlace p = meta->picture;
    const int w = meta->result.frame_width, h = meta->result.frame_height;
    if (p.width <= 0 || p.height <= 0)
        return TRUE;
    const double sx = w / (double)p.width, sy = h / (double)p.height;
    const nn_transform move = {.xx = sx, .dx = -sx * p.x, .yy = sy, .dy = -sy * p.y};
    meta->picture = (NeroPlace){0};
    return nero_meta_move(buffer, meta, &move, w, h);
}

guint nero_meta_interval(const NeroMeta *meta)
{
    return meta->interval;
}

guint64 nero_meta_skipped(const NeroMeta *meta)
{
    return meta->skipped;
}

const nn_result *nero_meta_result(const NeroMeta *meta)
{
    return &meta->result;
}

NeroLabels *nero_meta_labels(const NeroMeta *meta)
{
    return meta->labels;
}
