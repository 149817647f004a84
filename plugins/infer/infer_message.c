// SPDX-License-Identifier: MIT
// Makes the message about the objects of an inference.
#include "plugins/infer/infer_message.h"

#include "plugins/common/segment_time.h"

static void add_object(GValue *list, const nn_box *b, const NeroLabels *labels)
{
    const int x = (int)(b->x0 + 0.5f), y = (int)(b->y0 + 0.5f);
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(
        &value,
        gst_structure_new("object", "label", G_TYPE_STRING, nero_labels_name(labels, b->label),
                          "label-id", G_TYPE_INT, (int)b->label, "confidence", G_TYPE_DOUBLE,
                          (double)b->score, "x", G_TYPE_INT, x, "y", G_TYPE_INT, y, "width",
                          G_TYPE_INT, MAX((int)(b->x1 + 0.5f) - x, 1), "height", G_TYPE_INT,
                          MAX((int)(b->y1 + 0.5f) - y, 1), NULL));
    gst_value_list_append_and_take_value(list, &value);
}

GstStructure *nero_infer_message(const NeroMeta *meta, GstBuffer *buffer, const GstSegment *segment)
{
    const nn_result *r = &meta->result;
    const GstClockTime pts = GST_BUFFER_PTS(buffer);
    GValue objects = G_VALUE_INIT;
    GstStructure *s = gst_structure_new(
        "neroinfer", "timestamp", G_TYPE_UINT64, pts, "stream-time", G_TYPE_UINT64,
        nero_stream_time(segment, pts), "running-time", G_TYPE_UINT64,
        nero_running_time(segment, pts), "duration", G_TYPE_UINT64, GST_BUFFER_DURATION(buffer),
        "age-ms", G_TYPE_DOUBLE, (double)r->age_ms, "infer-ms", G_TYPE_DOUBLE, (double)r->infer_ms,
        "input-width", G_TYPE_INT, r->input_width, "input-height", G_TYPE_INT, r->input_height,
        "interval", G_TYPE_UINT, meta->interval, NULL);
    g_value_init(&objects, GST_TYPE_LIST);
    for (int i = 0; i < r->count; i++)
        add_object(&objects, &r->boxes[i], meta->labels);
    gst_structure_take_value(s, "objects", &objects);
    return s;
}
