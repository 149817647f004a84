// SPDX-License-Identifier: MIT
// A camera or a stream that is not up yet when a run begins.
#ifndef PIPELINE_WAIT_INPUT_H
#define PIPELINE_WAIT_INPUT_H

#include "pipeline/state.h"

// Whether an error of the source, described by `text`, is one to wait out: nothing came yet, it is
// a camera or on the network, time may mend it, and there is time left. Then the next attempt is
// planned (retry_at), and with the first error a line of text is given in `notice`, else "".
bool vp_wait_input_goes_on(vp_pipeline *p, GstMessage *error, const nn_error *text, char *notice,
                           size_t size);
// Whether the run is still waiting for its first frame.
bool vp_waits_for_input(const vp_pipeline *p);
// Whether an attempt would be in vain, and time is left: the camera is not plugged in.
bool vp_wait_input_skips(const vp_pipeline *p);
// Whether one has come.
bool vp_has_frames(vp_pipeline *p);

#endif
