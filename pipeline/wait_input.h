// SPDX-License-Identifier: MIT
// Waits for a camera or a stream that is not ready when a run begins.
#ifndef PIPELINE_WAIT_INPUT_H
#define PIPELINE_WAIT_INPUT_H

#include "pipeline/state.h"

// Whether to wait after an error of the source, described by `text`: there was no frame yet, it is
// a camera or on the network, the error may go away, and there is time left. Then it plans the next
// attempt (retry_at). The first time `notice` gets a line of text, else "".
bool vp_wait_input_goes_on(vp_pipeline *p, GstMessage *error, const nn_error *text, char *notice,
                           size_t size);
// Whether the run is still waiting for its first frame.
bool vp_waits_for_input(const vp_pipeline *p);
// Whether an attempt would be useless, with time left: the camera is not plugged in.
bool vp_wait_input_skips(const vp_pipeline *p);
// Whether a frame has come.
bool vp_has_frames(vp_pipeline *p);

#endif
