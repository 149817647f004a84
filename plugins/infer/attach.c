// SPDX-License-Identifier: MIT
// Attaches regions of interest and a NeroMeta to a buffer.
#include "plugins/infer/attach.h"
#include "plugins/meta/detection.h"

// The NeroMeta comes last: when GStreamer copies the metas of a frame in their order, it finds the
// copies of its regions and mends them.
gboolean nero_attach_result(GstBuffer *buffer, const nn_result *result, NeroLabels *labels)
{
    const int first = nero_detections_add(buffer, result, labels);
    NeroMeta *meta = nero_meta_add(buffer, result, labels);
    if (meta)
        meta->first_region = first;
    return meta != NULL;
}
