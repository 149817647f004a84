// SPDX-License-Identifier: MIT
// A window, or an off-screen picture of the same size, that shows video frames with boxes over
// them.
#ifndef PLUGINS_SINK_WINDOW_H
#define PLUGINS_SINK_WINDOW_H

#include "nn/io/image.h"
#include "plugins/meta/nerometa.h"

#include <SDL.h>
#include <gst/video/video.h>

#define NERO_WINDOW_FORMATS                                                                        \
    "{ I420, YV12, NV12, NV21, YUY2, UYVY, YVYU, RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, "   \
    "ARGB, ABGR, GRAY8 }"

// Everything here is used on the UI thread (sink_thread.h) only.
typedef struct NeroWindow NeroWindow;

typedef struct NeroWindowOptions {
    gboolean offscreen; // no window: draw into memory with SDL's software renderer
    gboolean fullscreen, keep_aspect, figures;
    gboolean keys;     // react to f, F11, h, q, Escape
    int width, height; // of the window; 0: of the video
    const char *font;  // see nero_text_new
    const char *title;
    void (*on_close)(gpointer data); // the user closed the window
    void (*on_input)(const SDL_Event *event, double x, double y,
                     gpointer data); // x, y: video pixels
    gpointer data;
} NeroWindowOptions;

// Opens a window that suits the video. NULL with SDL_GetError.
NeroWindow *nero_window_open(const NeroWindowOptions *options, const GstVideoInfo *info);
void nero_window_free(NeroWindow *w); // NULL is a no-op
// Applies what may change while it is open: fullscreen, keep_aspect, figures, keys.
void nero_window_set_options(NeroWindow *w, const NeroWindowOptions *options);
// The stream changed its format or size; the window keeps its own size. FALSE with SDL_GetError.
gboolean nero_window_set_info(NeroWindow *w, const GstVideoInfo *info);
gboolean nero_window_has_font(const NeroWindow *w);

// Shows a frame and, when `labels` is not NULL, `result` over it (copied); with `painted` only its
// figures, because the boxes are in the picture. FALSE with SDL_GetError.
gboolean nero_window_show(NeroWindow *w, const GstVideoFrame *frame, const nn_result *result,
                          NeroLabels *labels, gboolean painted);
// Copies what is shown, at the window's resolution, into *image, whose old content is released.
nn_status nero_window_read(NeroWindow *w, nn_image *image, nn_error *err);

#endif
