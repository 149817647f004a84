// SPDX-License-Identifier: MIT
// The telemetry of a frame, as a custom meta that follows it through converters.
#ifndef PLUGINS_META_TELEMETRY_H
#define PLUGINS_META_TELEMETRY_H

#include <gst/gst.h>

#define NERO_TELEMETRY "NeroTelemetryMeta"

// The structure of the meta: "time" (int64, microseconds since 1970) and the names of nn/io/klv.h
// as doubles and strings. Adds an empty one to a writable buffer; NULL when the buffer has none and
// `add` is FALSE. Any thread.
static inline GstStructure *nero_telemetry(GstBuffer *buffer, gboolean add)
{
    static gsize registered;
    if (g_once_init_enter(&registered)) {
        static const gchar *tags[] = {NULL};
        if (!gst_meta_get_info(NERO_TELEMETRY))
            gst_meta_register_custom(NERO_TELEMETRY, tags, NULL, NULL, NULL);
        g_once_init_leave(&registered, 1);
    }
    GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, NERO_TELEMETRY);
    if (!meta && add)
        meta = gst_buffer_add_custom_meta(buffer, NERO_TELEMETRY);
    return meta ? gst_custom_meta_get_structure(meta) : NULL;
}

#endif
