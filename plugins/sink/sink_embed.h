// SPDX-License-Identifier: MIT
// A window inside of another program's X11 window, or of another part of this program.
#ifndef PLUGINS_SINK_SINK_EMBED_H
#define PLUGINS_SINK_SINK_EMBED_H

#include <SDL.h>
#include <glib.h>

// For the UI thread only. The window is a child of the foreign one: its events do not get into the
// way of those of the foreign one, and it goes away without it.
typedef struct NeroEmbed NeroEmbed;

// Opens a window in `parent`, an X11 window of the display that SDL uses. `place`: in pixels of the
// parent; without width: all of it, also when its size changes. `input`: keys and mouse are ours,
// else they reach the parent. NULL with SDL_GetError.
NeroEmbed *nero_embed_open(guintptr parent, const SDL_Rect *place, gboolean input);
// Destroys the child, after its renderer and SDL's window. NULL is a no-op.
void nero_embed_free(NeroEmbed *e);
SDL_Window *nero_embed_window(const NeroEmbed *e); // to be destroyed by the caller
guintptr nero_embed_parent(const NeroEmbed *e);
void nero_embed_place(NeroEmbed *e, const SDL_Rect *place);
void nero_embed_take_input(NeroEmbed *e, gboolean input);
// The parent may have another size.
void nero_embed_fit(NeroEmbed *e);
// Looks whether an event says so.
void nero_embed_hear(NeroEmbed *e, const SDL_Event *event);

#endif
