// SPDX-License-Identifier: MIT
// NeroAnalyticsMeta: zones, lines and events of a frame, attached to its buffer by neroanalytics.
#ifndef PLUGINS_META_ANALYTICS_H
#define PLUGINS_META_ANALYTICS_H

#include "nn/vision/analytics/report.h"

#include <gst/gst.h>

G_BEGIN_DECLS

// A buffer has at most one. Like NeroMeta it follows copies of the buffer and the picture through
// scaling, and is dropped where GStreamer does not tell what happened to the picture. Places are
// fractions of the frame in the buffer.
typedef struct NeroAnalyticsMeta NeroAnalyticsMeta;

GType nero_analytics_meta_api_get_type(void);
#define NERO_ANALYTICS_META_API_TYPE (nero_analytics_meta_api_get_type())
const GstMetaInfo *nero_analytics_meta_get_info(void);

// Puts a copy of `report` on a writable buffer, in place of the one that it has. NULL when memory
// is short.
NeroAnalyticsMeta *nero_analytics_meta_set(GstBuffer *buffer, const nn_report *report);
// The report on a buffer, which lives as long as the buffer; NULL when there is none.
const nn_report *nero_analytics_report(GstBuffer *buffer);
// For a frame that was stretched to another shape, which GStreamer does not tell: makes the picture
// fill the frame. The buffer must be writable.
void nero_analytics_meta_stretch(GstBuffer *buffer);
// The object with this identity; NULL when `report` is NULL or does not know it.
const nn_moving *nero_analytics_object(const nn_report *report, gint track_id);

G_END_DECLS

#endif
