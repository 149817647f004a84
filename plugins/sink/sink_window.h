// SPDX-License-Identifier: MIT
// A window, or an off-screen picture of the same size, that shows video frames with boxes.
#ifndef PLUGINS_SINK_SINK_WINDOW_H
#define PLUGINS_SINK_SINK_WINDOW_H

#include "nn/io/image/image.h"
#include "nn/vision/analytics/report.h"
#include "plugins/common/colours.h"
#include "plugins/meta/nerometa_internal.h"
#include "plugins/sink/sink_actions.h"
#include "plugins/sink/sink_pick.h"
#include "plugins/sink/sink_shape.h"

#include <SDL.h>
#include <gst/video/video.h>

// For the UI thread (sink_thread.h) only.
typedef struct NeroWindow NeroWindow;

typedef enum NeroClosing {
    NERO_CLOSED_BY_USER,
    NERO_CLOSED_BY_OTHERS, // another program destroyed it
    NERO_CLOSED_WITH_DISPLAY,
} NeroClosing;

// What the user wants of the stream.
typedef struct NeroActing {
    NeroAction action;
    const NeroShapeChange *change; // EDIT
    const char *label;             // IGNORE: the class; NULL: nothing is selected
    gboolean all;                  // IGNORE: none; RECORD: from the beginning once more
    int number;                    // SOURCE: 1 to 9, 0: all
} NeroActing;

typedef struct NeroWindowOptions {
    gboolean offscreen; // draws into memory with SDL's software renderer
    guintptr handle;    // of the X11 window to draw into; 0: an own one
    SDL_Rect place;     // in that one; without width: all of it
    gboolean fullscreen, keep_aspect, figures;
    gboolean keys;     // handles f, F11, h, q, Escape
    gboolean feedback; // handles the mouse, x, a, 1 to 9
    NeroColourBy colour_by;
    gint64 trail_length; // nanoseconds; 0: no trails
    gboolean zones;      // draws zones and lines
    gboolean inner_view; // shows what the network sees (sink_view.h)
    int width, height;   // of the window; 0: as the video
    const char *font;    // see nero_text_new
    const char *source;  // name of the camera or file; NULL: unknown
    int sources;         // cameras in the picture, which keys 1 to 9 show alone
    gboolean controls;   // handles keys that change the stream
    void (*on_close)(NeroClosing how, gpointer data); // the window is gone, or to be closed
    // Keys and mouse; x, y in pixels of the video. `event` is NULL when no more are waiting.
    void (*on_input)(const SDL_Event *event, double x, double y, gpointer data);
    // The user gave feedback on a box of the shown frame.
    void (*on_feedback)(const NeroFeedback *f, const NeroLabels *labels, gpointer data);
    // A key asks for something that is not the window's.
    void (*on_act)(const NeroActing *acting, gpointer data);
    // The shown frame is to be looked into again (nero_window_look).
    void (*on_look)(gpointer data);
    gpointer data;
} NeroWindowOptions;

// Opens a window for the video. NULL with SDL_GetError.
NeroWindow *nero_window_open(const NeroWindowOptions *options, const GstVideoInfo *info);
void nero_window_free(NeroWindow *w); // NULL is a no-op
// Applies options that may change while it is open: fullscreen, keep_aspect, figures, keys,
// feedback, controls, source, colour_by, trail_length, zones, inner_view.
void nero_window_set_options(NeroWindow *w, const NeroWindowOptions *options);
// Whether the window can show such a stream. An off-screen picture of another size that has shown
// nothing must be opened again.
gboolean nero_window_suits(const NeroWindow *w, const GstVideoInfo *info);
// Where it is, when it is in another one, and the video that it shows.
guintptr nero_window_handle(const NeroWindow *w);
const GstVideoInfo *nero_window_info(const NeroWindow *w);
void nero_window_set_place(NeroWindow *w, const SDL_Rect *place);
void nero_window_expose(NeroWindow *w); // draws it once more
// Sets the format and size of the stream. A window that has shown a frame keeps its own size. FALSE
// with SDL_GetError.
gboolean nero_window_set_info(NeroWindow *w, const GstVideoInfo *info);
gboolean nero_window_has_font(const NeroWindow *w);

// What is known about a frame; all of it is copied.
typedef struct NeroShown {
    GstBuffer *buffer;
    const NeroMeta *meta;    // of the first detector, for figures and feedback, or NULL
    const GPtrArray *draw;   // NeroMeta: `meta` and those of further detectors, unless the picture
                             // contains their boxes
    const nn_report *report; // zones and lines, or NULL
    gint64 time;             // nanoseconds, for trails
    gboolean again;          // the same frame: in PAUSED first, then when its time has come
    gboolean live;           // the source does not wait
    double delay;            // seconds since it left the source; negative: unknown
} NeroShown;

// Shows a frame and what is known about it. While the user draws a box, the window keeps its frame
// (nero_window_is_held) and does not show this one. FALSE with SDL_GetError.
gboolean nero_window_show(NeroWindow *w, const GstVideoFrame *frame, const NeroShown *shown);
// The window is closed: it is not seen any more.
void nero_window_hide(NeroWindow *w);
// Words for the middle of the window until the next frame, or NULL.
void nero_window_say(NeroWindow *w, const char *message);
// Seconds until a lost source is tried again; the next frame ends it. Negative: it is not lost.
void nero_window_set_retry(NeroWindow *w, double retry_in);
void nero_window_set_recording(NeroWindow *w, gboolean on); // the stream is being recorded
// Parts of the picture (sink_tiles.h); takes the array.
void nero_window_set_tiles(NeroWindow *w, GArray *tiles);
void nero_window_set_paused(NeroWindow *w, gboolean paused);
void nero_window_set_ended(NeroWindow *w); // the last frame stays
// Forgets the ways of objects, after a flush.
void nero_window_forget(NeroWindow *w);
gboolean nero_window_is_held(const NeroWindow *w);
// What inference costs, for the figures from the next frame on: every which frame is inferred (0:
// unknown), and how many were not so far.
void nero_window_set_inference(NeroWindow *w, guint interval, guint64 skipped);
// The score from which objects are shown; 0: unknown. The second until the next frame says it.
float nero_window_threshold(const NeroWindow *w);
void nero_window_set_threshold(NeroWindow *w, float threshold);
// Shows what the stream was asked for at once; it stands still, perhaps. The second takes the
// objects of a class out of the picture.
void nero_window_show_area(NeroWindow *w, const NeroShapeChange *change);
void nero_window_leave_out(NeroWindow *w, const char *label);
// Whether a frame would be looked into now; and gives one to the view, and to what enlarges
// objects; `model` is that of the network, or NULL.
gboolean nero_window_wants_look(NeroWindow *w);
void nero_window_look(NeroWindow *w, const GstVideoFrame *frame, const GstVideoInfo *caps,
                      const char *model);
// Shows a line for a few seconds, even when the figures are hidden.
void nero_window_tell(NeroWindow *w, const char *line);
// Copies what is shown, at the window's resolution, into *image, and releases its old content.
// NN_EIO when the window is gone.
nn_status nero_window_read(NeroWindow *w, nn_image *image, nn_error *err);

#endif
