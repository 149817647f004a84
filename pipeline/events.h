// SPDX-License-Identifier: MIT
// Private to pipeline/: records what happens before and after an event.
#ifndef PIPELINE_EVENTS_H
#define PIPELINE_EVENTS_H

#include "pipeline/pipeline.h"
#include "pipeline/reconnect.h"

#include <gst/gst.h>

// For each event STEM.mkv, STEM.json and STEM.jpg, the frame in which it was seen, in a folder.
// Frames wait in a ring as the source or an encoder made them; a thread cuts clips of them. An
// event within a clip makes it longer. The JSON comes last: where it is, the clip is complete.
typedef struct vp_events vp_events;

// Checks the options and locks the folder o->record_events, which is made when it is missing.
nn_status vp_events_new(vp_events **out, const vp_options *o, nn_error *err);
// Watches a pipeline that does not run yet. `behind`: an element that frames leave with all their
// boxes.
nn_status vp_events_attach(vp_events *e, GstElement *pipeline, vp_reconnect *link,
                           GstElement *behind, nn_error *err);
// Hears a message of the bus; events of neroanalytics begin clips.
void vp_events_hear(vp_events *e, GstMessage *message);
// A line for the user (g_free); NULL when there is none.
char *vp_events_news(vp_events *e);
// Completes the clip; the streams have ended, or will not go on.
void vp_events_finish(vp_events *e);
int vp_events_count(vp_events *e); // complete clips
void vp_events_free(vp_events *e); // after the pipeline went to NULL; NULL is a no-op

#endif
