// SPDX-License-Identifier: MIT
// Makes the structure of the message and the signal "feedback".
#include "plugins/sink/sink_feedback.h"

GstStructure *nero_feedback_structure(const NeroFeedback *f, const NeroLabels *labels,
                                      GstClockTime pts)
{
    static const char *const verdicts[] = {"wrong", "missed", "withdrawn", "withdrawn"};
    const nn_box *b = &f->box;
    return gst_structure_new(
        "feedback", "verdict", G_TYPE_STRING, verdicts[f->verdict], "id", G_TYPE_UINT, f->id,
        "label", G_TYPE_STRING, nero_labels_name(labels, b->label), "label-id", G_TYPE_INT,
        (int)b->label, "score", G_TYPE_DOUBLE, (double)b->score, "x0", G_TYPE_DOUBLE, (double)b->x0,
        "y0", G_TYPE_DOUBLE, (double)b->y0, "x1", G_TYPE_DOUBLE, (double)b->x1, "y1", G_TYPE_DOUBLE,
        (double)b->y1, "model", G_TYPE_STRING, nero_labels_model(labels), "timestamp",
        G_TYPE_UINT64, pts, NULL);
}
