// SPDX-License-Identifier: MIT
// Registers NeroAnalyticsMeta, and moves its zones and lines when the picture is scaled.
#include "plugins/meta/analytics.h"

#include "plugins/meta/frame_transform.h"

#include <gst/video/video.h>

struct NeroAnalyticsMeta {
    GstMeta meta;
    nn_report report;  // owned
    NeroPlace picture; // inside of borders, in pixels of a frame of width x height; width 0: it
    int width, height; // fills the frame
};

GType nero_analytics_meta_api_get_type(void)
{
    static gsize type;
    static const gchar *tags[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_SIZE_STR,
                                  GST_META_TAG_VIDEO_ORIENTATION_STR, NULL};
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, gst_meta_api_type_register("NeroAnalyticsMetaAPI", tags));
    return type;
}

static gboolean init_meta(GstMeta *meta, gpointer params, GstBuffer *buffer)
{
    (void)params;
    (void)buffer;
    NeroAnalyticsMeta *self = (NeroAnalyticsMeta *)meta;
    self->report = (nn_report){0};
    self->picture = (NeroPlace){0};
    self->width = self->height = 0;
    return TRUE;
}

static void free_meta(GstMeta *meta, GstBuffer *buffer)
{
    (void)buffer;
    nn_report_release(&((NeroAnalyticsMeta *)meta)->report);
}

static void move(NeroAnalyticsMeta *self, const NeroFrameTransform *c)
{
    nn_report_transform(&self->report, &c->move, c->in_width, c->in_height, c->width, c->height);
    nn_box b = {.x0 = self->picture.x,
                .y0 = self->picture.y,
                .x1 = self->picture.x + self->picture.width,
                .y1 = self->picture.y + self->picture.height};
    if (self->picture.width <= 0)
        self->picture = c->picture;
    else if (nn_transform_box(&c->move, c->width, c->height, &b))
        self->picture = (NeroPlace){b.x0, b.y0, b.x1 - b.x0, b.y1 - b.y0};
    self->width = c->width;
    self->height = c->height;
}

static gboolean transform_meta(GstBuffer *to, GstMeta *meta, GstBuffer *from, GQuark type,
                               gpointer data)
{
    (void)from;
    NeroFrameTransform change;
    const NeroAnalyticsMeta *self = (NeroAnalyticsMeta *)meta;
    const gboolean copies = GST_META_TRANSFORM_IS_COPY(type);
    if (!copies && !nero_frame_transform_find(type, data, &change))
        return FALSE;
    NeroAnalyticsMeta *copy = nero_analytics_meta_set(to, &self->report);
    if (!copy)
        return FALSE;
    copy->picture = self->picture;
    copy->width = self->width;
    copy->height = self->height;
    if (!copies)
        move(copy, &change);
    return TRUE;
}

const GstMetaInfo *nero_analytics_meta_get_info(void)
{
    static const GstMetaInfo *info;
    if (g_once_init_enter((GstMetaInfo **)&info)) {
        const GstMetaInfo *made =
            gst_meta_register(NERO_ANALYTICS_META_API_TYPE, "NeroAnalyticsMeta",
                              sizeof(NeroAnalyticsMeta), init_meta, free_meta, transform_meta);
        g_once_init_leave((GstMetaInfo **)&info, (GstMetaInfo *)made);
    }
    return info;
}

NeroAnalyticsMeta *nero_analytics_meta_set(GstBuffer *buffer, const nn_report *report)
{
    g_return_val_if_fail(gst_buffer_is_writable(buffer) && report, NULL);
    GstMeta *old = gst_buffer_get_meta(buffer, NERO_ANALYTICS_META_API_TYPE);
    NeroAnalyticsMeta *self =
        (NeroAnalyticsMeta *)gst_buffer_add_meta(buffer, nero_analytics_meta_get_info(), NULL);
    if (self && nn_report_copy(&self->report, report) != NN_OK) {
        gst_buffer_remove_meta(buffer, &self->meta);
        return NULL;
    }
    if (self && old)
        gst_buffer_remove_meta(buffer, old);
    return self;
}

const nn_report *nero_analytics_report(GstBuffer *buffer)
{
    NeroAnalyticsMeta *meta =
        (NeroAnalyticsMeta *)gst_buffer_get_meta(buffer, NERO_ANALYTICS_META_API_TYPE);
    return meta ? &meta->report : NULL;
}

void nero_analytics_meta_stretch(GstBuffer *buffer)
{
    NeroAnalyticsMeta *self =
        (NeroAnalyticsMeta *)gst_buffer_get_meta(buffer, NERO_ANALYTICS_META_API_TYPE);
    if (!self || self->picture.width <= 0 || self->picture.height <= 0)
        return;
    const NeroPlace p = self->picture;
    const double sx = self->width / (double)p.width, sy = self->height / (double)p.height;
    const nn_transform m = {.xx = sx, .dx = -sx * (double)p.x, .yy = sy, .dy = -sy * (double)p.y};
    nn_report_transform(&self->report, &m, self->width, self->height, self->width, self->height);
    self->picture = (NeroPlace){0};
}

const nn_moving *nero_analytics_object(const nn_report *report, gint track_id)
{
    for (int i = 0; report && i < report->object_count; i++) {
        if (report->objects[i].track_id == track_id)
            return &report->objects[i];
    }
    return NULL;
}
