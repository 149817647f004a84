// SPDX-License-Identifier: MIT
// A video frame as an SDL texture, in its own format where SDL has it; or as SDL's software renderer
// likes it best.
#ifndef PLUGINS_SINK_SINK_PICTURE_H
#define PLUGINS_SINK_SINK_PICTURE_H

#include "plugins/sink/sink_scaled.h"

typedef struct NeroPicture {
    NeroScaled *scaled;   // owned; NULL: `texture` is used
    SDL_Texture *texture; // owned
    guint8 *grey;         // owned: the chroma planes of GRAY8, all 128
    GstVideoInfo info;
    // Converts formats that SDL does not know to BGRx; NULL for others.
    GstVideoConverter *converter; // owned
    GstVideoInfo converted_info;
    GstBuffer *converted; // owned
} NeroPicture;

// Gets ready for a stream, in place of an older one. FALSE with SDL_GetError. UI thread
// only, like all functions here.
gboolean nero_picture_set_info(NeroPicture *p, SDL_Renderer *renderer, const GstVideoInfo *info);
// Takes a frame of the stream over, with its strides. FALSE with SDL_GetError.
gboolean nero_picture_upload(NeroPicture *p, const GstVideoFrame *f);
// Draws the frame into `area`.
void nero_picture_draw(NeroPicture *p, SDL_Renderer *renderer, const SDL_Rect *area);
// Draws the part `from` of the picture, in its pixels.
void nero_picture_draw_part(NeroPicture *p, SDL_Renderer *renderer, const SDL_Rect *from,
                            const SDL_Rect *area);
void nero_picture_release(NeroPicture *p); // before the renderer; leaves it empty

#endif
