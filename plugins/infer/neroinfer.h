// SPDX-License-Identifier: MIT
// The parts of neroinfer: the element (neroinfer.c) and the handling of a frame (infer_frame.c).
#ifndef PLUGINS_INFER_NEROINFER_H
#define PLUGINS_INFER_NEROINFER_H

#include "plugins/common/gate.h"
#include "plugins/common/upstream.h"
#include "plugins/infer/adapt.h"
#include "plugins/infer/cascade.h"
#include "plugins/infer/engine.h"
#include "plugins/infer/infer_properties.h"
#include "plugins/infer/loader.h"
#include "plugins/infer/look_properties.h"
#include "plugins/infer/qos.h"

#include <gst/base/gstbasetransform.h>

#define NERO_TYPE_INFER (nero_infer_get_type())
G_DECLARE_FINAL_TYPE(NeroInfer, nero_infer, NERO, INFER, GstBaseTransform)

// What was used, for statistics.
typedef struct NeroInferUse {
    guint interval, size_changes;
    nn_scene_figures scene;
} NeroInferUse;

struct _NeroInfer {
    GstBaseTransform base;
    NeroGate gate; // open from start() to stop()

    // Guarded by the object lock.
    NeroInferProps props;
    gboolean props_changed;
    NeroLookProps look;
    gboolean look_changed;
    gboolean ignores;     // a user leaves classes out
    char *labels_before;  // owned: the property "labels" without that
    gboolean faint;       // a tracker downstream wants faint boxes, too
    gboolean model_set;   // "model" was set since it was last read
    gboolean model_asked; // it was read, and is being loaded
    char *running;        // owned: the requested name of the model in use
    NeroEngine *engine;   // replaced by start() and stop() only; not NULL while the gate is open
    guint64 frames, skipped;
    NeroInferUse use;         // of the last frame
    gint64 first_us, last_us; // monotonic time of arrival of the first and the last frame
    NeroQos pace;

    // Used inside the gate only.
    NeroLoader *loader;
    NeroCascade *cascade;  // inference-region=roi-list; else NULL
    NeroUpstream upstream; // of the cascade
    NeroAdapt adapt;
    guint64 waited; // frames since the last one that was due
    guint64 posted; // PTS of the frame that was inferred for the last boxes
    GstVideoInfo info;
    nn_result result;
    gboolean is_live, is_async, mode_known, warned;
};

// Passes changed properties to the engine.
nn_status nero_infer_configure(NeroInfer *self, nn_error *err);
// Checks the texts that say where to look; FALSE after an error message. At the start.
gboolean nero_infer_check_look(NeroInfer *self);
// Passes them to the engine when they have changed; a bad one gives a warning. Streaming thread.
void nero_infer_refresh_look(NeroInfer *self);
// Whether a worker infers while frames pass, for a live source or another one.
gboolean nero_infer_runs_async(NeroInfer *self, gboolean live);
// Follows an event of plugins/common/adjust.h; FALSE for others. *ok: whether that was possible.
gboolean nero_infer_adjust(NeroInfer *self, GstEvent *event, gboolean *ok);
// Reports a guessed head: boxes of a wrong one look like those of a bad model.
void nero_infer_tell_note(NeroInfer *self);

// Infers a frame, or skips it, and attaches the boxes. Streaming thread, inside the gate.
// GST_FLOW_ERROR after an error message.
GstFlowReturn nero_infer_frame(NeroInfer *self, GstBuffer *buffer);
// Attaches the boxes in *result, or what is known about the regions of a cascade; FALSE when memory
// is short.
gboolean nero_infer_attach(NeroInfer *self, GstBuffer *buffer, const nn_result *result,
                           gboolean found);

#endif
