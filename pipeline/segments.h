// SPDX-License-Identifier: MIT
// Private to pipeline/: a recording as one file, or as files that follow each other and take no
// more than so many bytes.
#ifndef PIPELINE_SEGMENTS_H
#define PIPELINE_SEGMENTS_H

#include "nn/base/status.h"

#include <gst/gst.h>
#include <stdbool.h>

// Takes the frames of vp_recorder_branch (pipeline/recorder.h). With `seconds` of more than 0 the
// file "yard.mp4" becomes "yard-2026-01-31T23-59-59.123Z.mp4" and so on: each begins with a key
// frame, and no frame is lost between them. When all files of that form take more than `limit`
// bytes, the oldest go, but not those that are being written; 0: any number.
typedef struct vp_segments vp_segments;

nn_status vp_segments_new(vp_segments **out, const char *path, double seconds, guint64 limit,
                          nn_error *err);
// As the functions of vp_recorder, which see. Threads: that of the run; frames come on a streaming
// thread.
nn_status vp_segments_attach(vp_segments *s, GstElement *pipeline, nn_error *err);
const char *vp_segments_news(const vp_segments *s);
bool vp_segments_watch(vp_segments *s, bool *any, nn_error *why);
nn_status vp_segments_finish(vp_segments *s, bool whole, char **left, nn_error *err);
void vp_segments_free(vp_segments *s);

#endif
