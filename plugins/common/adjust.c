// SPDX-License-Identifier: MIT
// Makes and reads custom upstream events.
#include "plugins/common/adjust.h"

#define THRESHOLD "nero-threshold"
#define IGNORE "nero-ignore"
#define AREA "nero-area"

GstStructure *nero_adjust_threshold(float threshold, float change)
{
    return gst_structure_new(THRESHOLD, "threshold", G_TYPE_FLOAT, threshold, "change",
                             G_TYPE_FLOAT, change, NULL);
}

GstStructure *nero_adjust_ignore(const char *label)
{
    return gst_structure_new(IGNORE, "label", G_TYPE_STRING, label, NULL);
}

char *nero_adjust_points(const nn_point *points, int count)
{
    GString *s = g_string_new(NULL);
    for (int i = 0; i < count; i++) {
        char x[G_ASCII_DTOSTR_BUF_SIZE], y[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(x, sizeof x, "%.5f", (double)points[i].x);
        g_ascii_formatd(y, sizeof y, "%.5f", (double)points[i].y);
        g_string_append_printf(s, "%s%s,%s", i ? "," : "", x, y);
    }
    return g_string_free(s, FALSE);
}

GstStructure *nero_adjust_area(const char *name, gboolean line, gboolean remove,
                               const nn_point *points, int count)
{
    g_autofree char *list = nero_adjust_points(points, remove ? 0 : count);
    g_autofree char *edit = g_strdup_printf("%c%c %s%s%s", remove ? '-' : '+', line ? 'l' : 'z',
                                            name, remove ? "" : ":", list);
    return gst_structure_new(AREA, "edit", G_TYPE_STRING, edit, NULL);
}

static const GstStructure *structure_of(GstEvent *event, const char *name)
{
    return GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_UPSTREAM && gst_event_has_name(event, name)
               ? gst_event_get_structure(event)
               : NULL;
}

gboolean nero_adjust_is_threshold(GstEvent *event, float *threshold, float *change)
{
    const GstStructure *s = structure_of(event, THRESHOLD);
    return s && gst_structure_get(s, "threshold", G_TYPE_FLOAT, threshold, "change", G_TYPE_FLOAT,
                                  change, NULL);
}

gboolean nero_adjust_is_ignore(GstEvent *event, const char **label)
{
    const GstStructure *s = structure_of(event, IGNORE);
    *label = s ? gst_structure_get_string(s, "label") : NULL;
    return s != NULL;
}

gboolean nero_adjust_is_area(GstEvent *event, const char **edit)
{
    const GstStructure *s = structure_of(event, AREA);
    *edit = s ? gst_structure_get_string(s, "edit") : NULL;
    return *edit != NULL;
}
