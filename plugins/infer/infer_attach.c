// SPDX-License-Identifier: MIT
// Attaches to a frame what was found in it, and posts it.
#include "plugins/infer/attach.h"
#include "plugins/infer/infer_message.h"
#include "plugins/infer/neroinfer.h"

static NeroMeta *attach_boxes(NeroInfer *self, GstBuffer *buffer, const nn_result *result)
{
    NeroLabels *labels = nero_engine_labels(self->engine);
    const gboolean current = labels == nero_engine_model(self->engine)->labels;
    NeroMeta *meta =
        nero_attach_result(buffer, result, nero_engine_threshold(self->engine),
                           current ? nero_engine_class_thresholds(self->engine) : NULL, labels);
    if (meta && current)
        nero_engine_tell_thresholds(self->engine, meta);
    return meta;
}

gboolean nero_infer_attach(NeroInfer *self, GstBuffer *buffer, const nn_result *result,
                           gboolean found)
{
    NeroMeta *meta = NULL;
    gboolean ok = TRUE;
    if (self->cascade)
        ok = nero_cascade_attach(self->cascade, self->engine, buffer, &meta);
    else if (found)
        ok = (meta = attach_boxes(self, buffer, result)) != NULL;
    if (!meta)
        return ok;
    GST_OBJECT_LOCK(self);
    meta->interval = self->use.interval;
    meta->skipped = self->skipped;
    const gboolean post = self->props.post_messages;
    GST_OBJECT_UNLOCK(self);
    // Once for each inference: frames that carry its boxes on bring no news.
    const guint64 source = meta->result.source_pts;
    if (post && (source == UINT64_MAX || source != self->posted))
        gst_element_post_message(
            GST_ELEMENT(self),
            gst_message_new_element(GST_OBJECT(self),
                                    nero_infer_message(meta, buffer, &self->base.segment)));
    self->posted = source;
    return TRUE;
}
