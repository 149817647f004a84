// SPDX-License-Identifier: MIT
// The selected object, enlarged by a network (key u).
#ifndef PLUGINS_SINK_SINK_ENLARGE_H
#define PLUGINS_SINK_SINK_ENLARGE_H

#include <SDL.h>
#include <gst/video/video.h>

// For the UI thread only, which copies the part of a frame and uploads the result. A thread of low
// priority enlarges one picture after the other with the model zoom2; frames that come meanwhile are
// left out. Until a frame is offered for the first time it costs nothing.
typedef struct NeroEnlarge NeroEnlarge;

NeroEnlarge *nero_enlarge_new(void);
void nero_enlarge_free(NeroEnlarge *e); // NULL is a no-op; before the renderer
void nero_enlarge_turn(NeroEnlarge *e, gboolean on);
gboolean nero_enlarge_is_on(const NeroEnlarge *e);

// Whether a frame would be taken now; and whether the shown one is to be given once more, because
// something has changed.
gboolean nero_enlarge_wants(NeroEnlarge *e);
gboolean nero_enlarge_again(NeroEnlarge *e);
// Another object, or another stream: what there is of it is not shown any more.
void nero_enlarge_forget(NeroEnlarge *e);
// Copies a part of a frame. Parts that are large already stay as they are.
void nero_enlarge_offer(NeroEnlarge *e, const GstVideoFrame *frame, const SDL_Rect *part);
// Takes over the newest picture; TRUE when something has changed. `said` gets a text for the user
// that is freed by the caller, or NULL: it cannot be done, and is turned off.
gboolean nero_enlarge_update(NeroEnlarge *e, SDL_Renderer *renderer, char **said);
// The picture, owned by `e`; NULL: none.
SDL_Texture *nero_enlarge_picture(const NeroEnlarge *e);

#endif
