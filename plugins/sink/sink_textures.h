// SPDX-License-Identifier: MIT
// Masks and maps as textures, which stay as long as frames show them.
#ifndef PLUGINS_SINK_SINK_TEXTURES_H
#define PLUGINS_SINK_SINK_TEXTURES_H

#include <SDL.h>
#include <glib.h>

enum { NERO_TEXTURE_COLOURS = 256 };

// For the thread of the window.
typedef struct NeroTextures NeroTextures;

NeroTextures *nero_textures_new(SDL_Renderer *renderer); // the renderer must outlive it
void nero_textures_free(NeroTextures *t);                // NULL is a no-op
// A texture of width x height elements, each in its colour: opacity, red, green, blue from the
// highest byte on. One with the same content that is kept is returned again. It is owned by `t`.
// NULL without memory.
SDL_Texture *nero_textures_get(NeroTextures *t, const guint8 *element, int width, int height,
                               const guint32 colour[NERO_TEXTURE_COLOURS]);
// Frees those that were not asked for since the last sweep: to be called once after each frame.
void nero_textures_sweep(NeroTextures *t);
void nero_textures_clear(NeroTextures *t); // frees all
// How many are kept, and how many were made so far.
guint nero_textures_kept(const NeroTextures *t);
guint64 nero_textures_made(const NeroTextures *t);

#endif
