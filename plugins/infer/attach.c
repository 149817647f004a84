// SPDX-License-Identifier: MIT
// Attaches the regions of interest and the NeroMeta of a result.
#include "plugins/infer/attach.h"
#include "plugins/meta/detection.h"

// The NeroMeta comes last. GStreamer copies metas in order, so the copied NeroMeta finds the copies
// of its regions and corrects them.
gboolean nero_attach_result(GstBuffer *buffer, const nn_result *result, float threshold,
                            NeroLabels *labels)
{
    nn_result shown = *result; // borrows the boxes, which are sorted by score
    while (shown.count > 0 && shown.boxes[shown.count - 1].score < threshold)
        shown.count--;
    const nn_result faint = {.boxes = result->boxes + shown.count,
                             .count = result->count - shown.count,
                             .frame_width = result->frame_width,
                             .frame_height = result->frame_height};
    const int first = nero_detections_add(buffer, &shown, labels);
    NeroMeta *meta = nero_meta_add(buffer, &shown, labels);
    if (!meta)
        return FALSE;
    meta->first_region = first;
    meta->threshold = threshold;
    return faint.count == 0 || nn_result_copy(&meta->faint, &faint) == NN_OK;
}
