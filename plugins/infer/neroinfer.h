// SPDX-License-Identifier: MIT
// The parts of neroinfer: the element (neroinfer.c), and what becomes of each frame
// (infer_frame.c).
#ifndef PLUGINS_INFER_NEROINFER_H
#define PLUGINS_INFER_NEROINFER_H

#include "plugins/common/gate.h"
#include "plugins/infer/engine.h"
#include "plugins/infer/infer_properties.h"
#include "plugins/infer/loader.h"
#include "plugins/infer/qos.h"

#include <gst/base/gstbasetransform.h>

#define NERO_TYPE_INFER (nero_infer_get_type())
G_DECLARE_FINAL_TYPE(NeroInfer, nero_infer, NERO, INFER, GstBaseTransform)

struct _NeroInfer {
    GstBaseTransform base;
    NeroGate gate; // open from start() to stop()

    // Guarded by the object lock.
    NeroInferProps props;
    gboolean props_changed;
    gboolean model_set; // since the model was last read from the properties
    char *running;      // owned: the model in use, as it was asked for
    NeroEngine *engine; // replaced by start() and stop() only; there while the gate is open
    guint64 frames, skipped;
    gint64 first_us, last_us; // monotonic arrival of the first and the last frame
    NeroQos pace;

    // Inside the gate only.
    NeroLoader *loader;
    GstVideoInfo info;
    nn_result result;
    gboolean is_live, is_async, mode_known, warned;
};

// Hands changed properties to the engine.
nn_status nero_infer_configure(NeroInfer *self, nn_error *err);
// Whether a worker infers while frames go on, for a source that is live or not.
gboolean nero_infer_runs_async(NeroInfer *self, gboolean live);
// A guess is worth a word: the boxes of a wrong one look like those of a bad model.
void nero_infer_tell_guess(NeroInfer *self);

// Infers a frame, or not, and attaches what is known of it. On the streaming thread, inside the
// gate; GST_FLOW_ERROR after an error message.
GstFlowReturn nero_infer_frame(NeroInfer *self, GstBuffer *buffer);

#endif
