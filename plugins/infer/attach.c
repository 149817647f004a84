// SPDX-License-Identifier: MIT
// Attaches the regions of interest and the NeroMeta of a result.
#include "plugins/infer/attach.h"
#include "plugins/meta/details.h"
#include "plugins/meta/detection.h"

// Moves the boxes that count before the others, in the same order; returns their number.
static int part_boxes(const nn_result *r, float threshold, const float *class_thresholds,
                      nn_box *parted)
{
    int sure = 0, at = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < r->count; i++) {
            const nn_box *b = &r->boxes[i];
            const gboolean counts =
                b->score >= (class_thresholds ? class_thresholds[b->label] : threshold);
            if (counts == (pass == 0))
                parted[at++] = *b;
        }
        sure = pass == 0 ? at : sure;
    }
    return sure;
}

// The NeroMeta comes last. GStreamer copies metas in order, so the copied NeroMeta finds the copies
// of its regions and corrects them.
NeroMeta *nero_attach_result(GstBuffer *buffer, const nn_result *result, float threshold,
                             const float *class_thresholds, NeroLabels *labels)
{
    g_autofree nn_box *parted = g_new(nn_box, (gsize)result->count + 1);
    nn_result shown = *result; // borrows
    shown.boxes = parted;
    shown.count = part_boxes(result, threshold, class_thresholds, parted);
    const nn_result faint = {.boxes = parted + shown.count,
                             .count = result->count - shown.count,
                             .frame_width = result->frame_width,
                             .frame_height = result->frame_height};
    const int first = nero_detections_add(buffer, &shown, labels);
    NeroMeta *meta = nero_meta_add(buffer, &shown, labels);
    if (!meta)
        return NULL;
    meta->first_region = first;
    nero_details_attach(buffer, first, &shown);
    meta->threshold = threshold;
    return faint.count == 0 || nn_result_copy(&meta->faint, &faint) == NN_OK ? meta : NULL;
}
