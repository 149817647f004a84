// SPDX-License-Identifier: MIT
// Private to pipeline/: a recording in a pipeline of its own. A failure of the recording does not
// stop the run, and a failure of the stream does not damage the recording.
#ifndef PIPELINE_RECORDER_H
#define PIPELINE_RECORDER_H

#include "nn/base/status.h"

#include <gst/gst.h>
#include <stdbool.h>

// Records frames whose format, size and rate may change. They are scaled to the size of the first
// frame (made even, with borders where the shape differs) and keep their times; frames without time
// get one from the rate. The file can be played up to its last second however the process ends.
typedef struct vp_recorder vp_recorder;

// Creates the file `path`, which ends in .mp4 or .mkv, and takes the first encoder that is
// installed. NN_EINVAL when another run is recording there.
nn_status vp_recorder_new(vp_recorder **out, const char *path, nn_error *err);

// The gst-launch text of the end of a branch of raw video, for vp_recorder_attach.
extern const char vp_recorder_branch[];
// Records the frames of that branch. The pipeline must be in NULL, or gone, before
// vp_recorder_free.
nn_status vp_recorder_attach(vp_recorder *r, GstElement *pipeline, nn_error *err);
// The parts of that, for a caller who takes the frames: of the branch, all with the size of the
// first; begins; takes one (borrowed, waits for the encoder).
void vp_recorder_fix_size(GstElement *pipeline);
nn_status vp_recorder_start(vp_recorder *r, nn_error *err);
void vp_recorder_take(vp_recorder *r, GstSample *sample);
// Time from the first frame to the last, in nanoseconds. Any thread.
GstClockTime vp_recorder_length(vp_recorder *r);

// One line about what an earlier run left; NULL when there was nothing. Borrowed.
const char *vp_recorder_news(const vp_recorder *r);

// Checks the recording; to be called a few times a second. Returns true once, when it ended early:
// `why` gets the reason, *any whether something can be played.
bool vp_recorder_watch(vp_recorder *r, bool *any, nn_error *why);

// Closes the file after the last frame, and gives it its final name if `whole` (see
// pipeline/partial_file.h). NN_EIO when the end cannot be written, and vp_recorder_watch has not told
// already that the recording ended. `left` gets another name of the file (g_free), or NULL.
nn_status vp_recorder_finish(vp_recorder *r, bool whole, char **left, nn_error *err);

// Removes the file when vp_recorder_finish was not called. NULL is a no-op.
void vp_recorder_free(vp_recorder *r);

#endif
