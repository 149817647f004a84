// SPDX-License-Identifier: MIT
// Private to pipeline/: what a run says in its window, and what the user asks for there.
#ifndef PIPELINE_WINDOW_H
#define PIPELINE_WINDOW_H

#include "pipeline/state.h"

// Names the source for title and figures, and lets keys change the stream. Nothing without a
// window.
void vp_window_set_up(vp_pipeline *p, const vp_options *options);
// The name of an input for people, without passwords: "street.avi", "cam-yard/live" (g_free).
char *vp_window_source_name(const vp_input *input);
// Text in the middle of the window, without passwords, until the next frame; NULL: none.
void vp_window_say(vp_pipeline *p, const char *text);
// Says, until the first frame, what is waited for, and why it is not there (NULL: unknown). It
// opens the window.
void vp_window_wait(vp_pipeline *p, const char *why);
// The source is lost and is tried again after so many seconds.
void vp_window_retry(vp_pipeline *p, double seconds);
// Brings the pipeline to READY, but a window that is open stays so. FALSE: it fails, with an error
// on the bus.
bool vp_window_restart(vp_pipeline *p);
// Whether the last frame stays in the window: somebody looks at a file.
bool vp_window_holds(const vp_pipeline *p);
// From time to time: notices a recording of the user that a full disk has ended, and a file that is
// slow to open.
void vp_window_watch(vp_pipeline *p);
// Ends what the user has begun there.
void vp_window_end(vp_pipeline *p);
// Ends the run, and completes its recordings: nobody sees it any more.
void vp_window_gone(vp_pipeline *p);
// Handles a message of the window; false for others.
bool vp_window_handle(vp_pipeline *p, GstMessage *message);

#endif
