// SPDX-License-Identifier: MIT
// What the network sees, beside the video in the window.
#ifndef PLUGINS_SINK_SINK_VIEW_H
#define PLUGINS_SINK_SINK_VIEW_H

#include "plugins/sink/sink_pick.h"
#include "plugins/text/text.h"

#include <gst/video/video.h>

// For the UI thread only. The network is opened by a thread of its own (plugins/view/viewer.h) when
// the view is shown for the first time; until then it costs nothing.
typedef struct NeroSinkView NeroSinkView;

NeroSinkView *nero_sink_view_new(void);
void nero_sink_view_free(NeroSinkView *v); // NULL is a no-op; before the renderer

void nero_sink_view_show(NeroSinkView *v, gboolean on);
gboolean nero_sink_view_is_shown(const NeroSinkView *v);
// v shows or hides the view; while it is shown V takes the next method, [ and ] (or Page Up and
// Page Down) take other layers. FALSE for other keys.
gboolean nero_sink_view_key(NeroSinkView *v, const SDL_KeyboardEvent *key);

// Whether a frame would be looked into now; `again`: whether something was chosen since the last.
gboolean nero_sink_view_wants(NeroSinkView *v);
gboolean nero_sink_view_again(const NeroSinkView *v);
void nero_sink_view_ask_again(NeroSinkView *v); // another object was selected
// Gives it a frame; pixels are copied. The selected object of `pick` is explained. `model`: file or
// name of the network; NULL: unknown.
void nero_sink_view_look(NeroSinkView *v, const GstVideoFrame *frame, const GstVideoInfo *caps,
                         const NeroPick *pick, const char *model);
// Takes over the newest view; TRUE when there was one. `said` gets a text for the user that is
// freed by the caller, or NULL.
gboolean nero_sink_view_update(NeroSinkView *v, SDL_Renderer *renderer, char **said);

// Divides the window between the video and the view, beside or below it, whichever shows more of a
// video with this display aspect.
void nero_sink_view_divide(int width, int height, int aspect_w, int aspect_h, SDL_Rect *video,
                           SDL_Rect *view);
// Draws it with its caption: method, layer, what is explained, and how old it is when a frame with
// the timestamp `now` is shown.
void nero_sink_view_draw(NeroSinkView *v, SDL_Renderer *renderer, NeroText *text,
                         const SDL_Rect *area, GstClockTime now);
// Forgets what was seen, for a new stream or renderer.
void nero_sink_view_forget(NeroSinkView *v);

#endif
