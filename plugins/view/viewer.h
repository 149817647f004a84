// SPDX-License-Identifier: MIT
// Looks into a network beside a stream: a worker of the lowest priority takes a copy of a frame
// when it is free, explains what the network sees in it (nn/explain) and paints the picture. No
// frame waits for it, and none is queued.
#ifndef PLUGINS_VIEW_VIEWER_H
#define PLUGINS_VIEW_VIEWER_H

#include "plugins/view/inner_view.h"
#include "plugins/view/view_choice.h"

typedef struct NeroViewerCalls {
    // All are called on the worker, without a lock. `prepare` may set format and size of the next
    // picture; NULL: they are those that were chosen. FALSE: it is not wanted.
    gboolean (*prepare)(NeroViewChoice *choice, gpointer data);
    void (*ready)(NeroInnerView *view, gpointer data); // may take the picture
    // Something of the choice cannot be used, and the old one stays; or a view could not be made.
    // Not twice the same in a row.
    void (*refused)(const char *text, gpointer data);
    void (*idle)(gpointer data);  // frames went by while there was nothing to do; may be NULL
    void (*ended)(gpointer data); // see nero_viewer_finish(); may be NULL
} NeroViewerCalls;

typedef struct NeroViewer NeroViewer;

// The thread starts with the first frame.
NeroViewer *nero_viewer_new(const NeroViewerCalls *calls, gpointer data);
void nero_viewer_free(NeroViewer *v); // waits for a view that is being made; NULL is a no-op

// What to show from the next view on; copied.
void nero_viewer_choose(NeroViewer *v, const NeroViewChoice *choice);

// A frame that goes by. It never waits: TRUE when the worker takes it (a copy of its pixels was
// made; its times are those of `buffer`), FALSE when it is busy or pauses between two views. One
// thread at a time.
gboolean nero_viewer_offer(NeroViewer *v, const GstVideoFrame *frame, const GstVideoRectangle *area,
                           const NeroViewTarget *target, const GstBuffer *buffer);
// Whether the next frame would be taken; and that one goes by without being offered. They do not
// wait.
gboolean nero_viewer_is_free(NeroViewer *v);
void nero_viewer_pass(NeroViewer *v);
// Calls `ended` after the view that is being made.
void nero_viewer_finish(NeroViewer *v);
// Views of the frames so far are not wanted any more.
void nero_viewer_forget(NeroViewer *v);
gint nero_viewer_generation(NeroViewer *v); // number of such calls

// From the next view on another layer or method, so many before or behind the one in use.
void nero_viewer_step_layer(NeroViewer *v, int steps);
void nero_viewer_step_method(NeroViewer *v, int steps);

#endif
