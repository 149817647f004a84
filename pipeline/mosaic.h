// SPDX-License-Identifier: MIT
// Private to pipeline/: one window for several runs, with a tile for each, in a pipeline of its
// own. A run that is slow or lost holds up neither the window nor the other tiles.
#ifndef PIPELINE_MOSAIC_H
#define PIPELINE_MOSAIC_H

#include "pipeline/pipeline.h"

#include <gst/gst.h>

typedef struct vp_mosaic vp_mosaic;

// Largest width and height of a tile, in pixels, for so many inputs.
void vp_mosaic_tile_size(int count, int *width, int *height);

// Makes the window for `count` inputs. Of the options view, fullscreen, record and snapshot are
// used.
nn_status vp_mosaic_new(vp_mosaic **out, int count, const vp_options *options, nn_error *err);
void vp_mosaic_free(vp_mosaic *m); // NULL is a no-op; the runs must have ended

// Shows the frames of an appsink in the tile `number`, from 0. Its pipeline must be in NULL.
void vp_mosaic_connect(vp_mosaic *m, int number, GstElement *appsink);

// What the tile `number` is called in the window, and whether it is a camera.
void vp_mosaic_name(vp_mosaic *m, int number, const char *name, bool live);
// It is lost until its next frame, and tried again in so many seconds. From any thread.
void vp_mosaic_lost(vp_mosaic *m, int number, double seconds);

nn_status vp_mosaic_start(vp_mosaic *m, nn_error *err);
// Says in the window that it waits for `names`, and `why` (may be NULL), until the first frame of
// any input comes. No-op before vp_mosaic_start() and behind that frame. From any thread, one at a
// time.
void vp_mosaic_wait(vp_mosaic *m, const char *names, const char *why);
// The window, borrowed; NULL: nothing is shown.
GstElement *vp_mosaic_view(const vp_mosaic *m);
// Handles messages for up to `wait` nanoseconds. *closed: the user closed the window. An error: the
// window is broken, or the recording cannot begin. `warning`: the recording ended early, else
// NN_OK.
nn_status vp_mosaic_watch(vp_mosaic *m, GstClockTime wait, bool *closed, nn_error *warning,
                          nn_error *err);
// Ends the window and completes its files; call it when no frame comes any more.
nn_status vp_mosaic_finish(vp_mosaic *m, nn_error *err);

#endif
