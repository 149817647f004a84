// SPDX-License-Identifier: MIT
// Attaches the regions of interest and the NeroMeta of a result.
#include "plugins/infer/attach.h"
#include "plugins/meta/detection.h"

// The NeroMeta comes last. GStreamer copies metas in order, so the copied NeroMeta finds the copies
// of its regions and corrects them.
gboolean nero_attach_result(GstBuffer *buffer, const nn_result *result, NeroLabels *labels)
{
    const int first = nero_detections_add(buffer, result, labels);
    NeroMeta *meta = nero_meta_add(buffer, result, labels);
    if (meta)
        meta->first_region = first;
    return meta != NULL;
}
