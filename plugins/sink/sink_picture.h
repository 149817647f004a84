// SPDX-License-Identifier: MIT
// A video frame as an SDL texture, in its own format where SDL has it.
#ifndef PLUGINS_SINK_SINK_PICTURE_H
#define PLUGINS_SINK_SINK_PICTURE_H

#include <SDL.h>
#include <gst/video/video.h>

typedef struct NeroPicture {
    SDL_Texture *texture; // owned
    guint8 *grey;         // owned: the chroma planes of GRAY8, all 128
    GstVideoInfo info;
    // Converts formats that SDL does not know to BGRx; NULL for others.
    GstVideoConverter *converter; // owned
    GstVideoInfo converted_info;
    GstBuffer *converted; // owned
} NeroPicture;

// Makes the texture for a stream and replaces an older one. FALSE with SDL_GetError. UI thread
// only, like all functions here.
gboolean nero_picture_set_info(NeroPicture *p, SDL_Renderer *renderer, const GstVideoInfo *info);
// Copies a frame of the stream into the texture, with its strides. FALSE with SDL_GetError.
gboolean nero_picture_upload(NeroPicture *p, const GstVideoFrame *f);
// Draws the texture into `area`.
void nero_picture_draw(NeroPicture *p, SDL_Renderer *renderer, const SDL_Rect *area);
// Draws the part `from` of the picture, in its pixels.
void nero_picture_draw_part(NeroPicture *p, SDL_Renderer *renderer, const SDL_Rect *from,
                            const SDL_Rect *area);
void nero_picture_release(NeroPicture *p); // before the renderer; leaves it empty

#endif
