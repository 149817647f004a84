// SPDX-License-Identifier: MIT
// Draws a frame in strips that stay in the processor's cache on their way to the window.
#include "plugins/sink/sink_scaled.h"

#include "nn/vision/frame_scale.h"
#include "plugins/common/video.h"

enum { STRIP_BYTES = 1 << 18 };

struct NeroScaled {
    SDL_Renderer *renderer;
    GstVideoInfo info;
    GstBuffer *frame;        // owned, or NULL
    nn_frame_scaler *all;    // owned: of the whole frame
    nn_frame_scaler *part;   // owned: of a part of it
    SDL_Texture *strip;      // owned
    int strip_w, strip_rows; // its size
};

static gboolean is_software(SDL_Renderer *renderer)
{
    SDL_RendererInfo info;
    return SDL_GetRendererInfo(renderer, &info) == 0 && (info.flags & SDL_RENDERER_SOFTWARE);
}

NeroScaled *nero_scaled_new(SDL_Renderer *renderer, const GstVideoInfo *info)
{
    if (!nn_frame_scaler_is_fast() || !is_software(renderer) || !nero_video_can_view(info->finfo))
        return NULL;
    NeroScaled *s = g_new0(NeroScaled, 1);
    s->renderer = renderer;
    s->info = *info;
    s->all = nn_frame_scaler_new();
    s->part = nn_frame_scaler_new();
    if (s->all && s->part)
        return s;
    nero_scaled_free(s);
    return NULL;
}

void nero_scaled_free(NeroScaled *s)
{
    if (!s)
        return;
    if (s->strip)
        SDL_DestroyTexture(s->strip);
    nn_frame_scaler_free(s->all);
    nn_frame_scaler_free(s->part);
    gst_clear_buffer(&s->frame);
    g_free(s);
}

void nero_scaled_take(NeroScaled *s, GstBuffer *frame)
{
    gst_buffer_replace(&s->frame, frame);
}

// A texture in the format of windows, at least as wide.
static gboolean make_strip(NeroScaled *s, int width)
{
    if (s->strip && s->strip_w >= width)
        return TRUE;
    if (s->strip)
        SDL_DestroyTexture(s->strip);
    s->strip_w = width;
    s->strip_rows = MAX(STRIP_BYTES / 4 / width, 1);
    s->strip = SDL_CreateTexture(s->renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING,
                                 s->strip_w, s->strip_rows);
    if (s->strip)
        SDL_SetTextureBlendMode(s->strip, SDL_BLENDMODE_NONE);
    return s->strip != NULL;
}

// What can be seen of `area`.
static gboolean find_seen(SDL_Renderer *renderer, const SDL_Rect *area, SDL_Rect *seen)
{
    SDL_Rect screen = {0}, clip;
    SDL_GetRendererOutputSize(renderer, &screen.w, &screen.h);
    SDL_RenderGetClipRect(renderer, &clip);
    if (SDL_RenderIsClipEnabled(renderer) && !SDL_IntersectRect(&screen, &clip, &screen))
        return FALSE;
    return SDL_IntersectRect(area, &screen, seen);
}

static void draw_strips(NeroScaled *s, nn_frame_scaler *scaler, const nn_frame *frame,
                        const SDL_Rect *seen)
{
    for (int y = 0; y < seen->h; y += s->strip_rows) {
        void *pixels;
        int pitch;
        const SDL_Rect from = {0, 0, seen->w, MIN(s->strip_rows, seen->h - y)},
                       to = {seen->x, seen->y + y, from.w, from.h};
        if (SDL_LockTexture(s->strip, &from, &pixels, &pitch) != 0)
            return;
        nn_frame_scaler_rows(scaler, frame, y, from.h, pixels, pitch);
        SDL_UnlockTexture(s->strip);
        SDL_RenderCopy(s->renderer, s->strip, &from, &to);
    }
}

static nn_rect rect_of(const SDL_Rect *r)
{
    return (nn_rect){r->x, r->y, r->w, r->h};
}

void nero_scaled_draw(NeroScaled *s, const SDL_Rect *from, const SDL_Rect *area)
{
    NeroView view;
    GstVideoFrame video;
    SDL_Rect seen;
    if (!s->frame || !find_seen(s->renderer, area, &seen) || !make_strip(s, seen.w) ||
        !gst_video_frame_map(&video, &s->info, s->frame, GST_MAP_READ))
        return;
    const GstVideoRectangle whole = {0, 0, s->info.width, s->info.height};
    nn_frame_scaler *scaler = from ? s->part : s->all;
    const SDL_Rect all = {0, 0, whole.w, whole.h};
    const nn_showing showing = {rect_of(from ? from : &all), rect_of(area), rect_of(&seen)};
    if (nero_video_view(&video, &whole, &view) &&
        nn_frame_scaler_prepare(scaler, &view.frame, &showing, NULL) == NN_OK)
        draw_strips(s, scaler, &view.frame, &seen);
    gst_video_frame_unmap(&video);
}
