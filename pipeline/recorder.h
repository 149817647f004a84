// SPDX-License-Identifier: MIT
// Private to pipeline/: a recording, encoded in a pipeline of its own, so that nothing that happens
// to it stops the run, and nothing that happens to the stream damages it.
#ifndef PIPELINE_RECORDER_H
#define PIPELINE_RECORDER_H

#include "nn/base/status.h"

#include <gst/gst.h>
#include <stdbool.h>

// Frames of any format, size and rate, which may change: they are scaled to the size of the first
// one (to even numbers, with bars where the shape differs) and keep their times; those without get
// times by the rate. What is written plays up to its last second however the process ends.
typedef struct vp_recorder vp_recorder;

// Takes `path`, which ends in .mp4 or .mkv, and picks the first encoder that is installed.
// NN_EINVAL when another run records there.
nn_status vp_recorder_new(vp_recorder **out, const char *path, nn_error *err);

// The gst-launch text of the end of a branch, from raw video on, for vp_recorder_attach.
extern const char vp_recorder_branch[];
// Lets the frames of that branch be recorded. The pipeline must be gone, or in NULL, before
// vp_recorder_free.
nn_status vp_recorder_attach(vp_recorder *r, GstElement *pipeline, nn_error *err);

// One line about what an earlier run left, NULL when there is nothing to tell. Borrowed.
const char *vp_recorder_news(const vp_recorder *r);

// Looks how it goes, a few times a second. True once, when the recording is over before its time:
// `why` says it, and *any whether there is something that can be played.
bool vp_recorder_watch(vp_recorder *r, bool *any, nn_error *why);

// Ends the file, when no frame comes any more, and gives it its name if `whole` (see
// pipeline/partial_file.h). NN_EIO when the end cannot be written. `left` (g_free) is another name
// that it has, or NULL.
nn_status vp_recorder_finish(vp_recorder *r, bool whole, char **left, nn_error *err);

// Without vp_recorder_finish no file is left. NULL is a no-op.
void vp_recorder_free(vp_recorder *r);

#endif
