// SPDX-License-Identifier: MIT
// Enlarges parts of frames on a thread, and keeps the newest as a texture.
#include "plugins/sink/sink_enlarge.h"

#include "nn/base/memory.h"
#include "nn/predict/upscaler.h"
#include "plugins/common/background.h"
#include "po/translate.h"

#include <string.h>

#define MODEL "zoom2"
enum {
    LARGEST = 320, // pixels of a side that is enlarged: more is seen well without
    ENOUGH = 240,  // a picture whose longer side has as many is not enlarged again
    PASSES = 2,
    PAUSE_US = 66000, // between two pictures
};

struct NeroEnlarge {
    gboolean on, again;
    gint64 due;           // monotonic microseconds: no frame is taken before
    SDL_Texture *texture; // owned
    int width, height; // of the texture
    GThread *thread;
    GMutex lock; // guards what follows
    GCond changed;
    gboolean busy, quit, unwanted; // unwanted: what is being made is of another object
    nn_image part, newest;         // owned; without pixels: none
    char *said;                    // owned; for the user: it does not work
};

// --- the worker ---

static nn_status enlarge(nn_upscaler *u, nn_image *picture, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0;
         status == NN_OK && i < PASSES && (i == 0 || MAX(picture->width, picture->height) < ENOUGH);
         i++) {
        nn_image larger = {0};
        status = nn_upscaler_picture(u, picture, &larger, err);
        if (status != NN_OK)
            break;
        nn_image_release(picture);
        *picture = larger;
    }
    return status;
}

static gpointer work(gpointer data)
{
    NeroEnlarge *e = data;
    nn_upscaler *u = NULL;
    const nn_upscaler_options o = {.threads = 1};
    nero_background(NERO_BACKGROUND_LOW);
    g_mutex_lock(&e->lock);
    while (!e->quit) {
        if (!e->busy) {
            g_cond_wait(&e->changed, &e->lock);
            continue;
        }
        nn_image picture = e->part;
        nn_error err = {0};
        e->part = (nn_image){0};
        g_mutex_unlock(&e->lock);
        nn_status status = u ? NN_OK : nn_upscaler_open(&u, MODEL, &o, &err);
        if (status == NN_OK)
            status = enlarge(u, &picture, &err);
        g_mutex_lock(&e->lock);
        e->busy = FALSE;
        if (status != NN_OK && !e->said)
            e->said = g_strdup_printf(_("objects cannot be enlarged: %s"), err.text);
        if (status == NN_OK && !e->unwanted) {
            const nn_image old = e->newest;
            e->newest = picture;
            picture = old;
        }
        nn_image_release(&picture);
    }
    g_mutex_unlock(&e->lock);
    nn_upscaler_free(u);
    return NULL;
}

// --- the window ---

NeroEnlarge *nero_enlarge_new(void)
{
    NeroEnlarge *e = g_new0(NeroEnlarge, 1);
    g_mutex_init(&e->lock);
    g_cond_init(&e->changed);
    return e;
}

void nero_enlarge_free(NeroEnlarge *e)
{
    if (!e)
        return;
    if (e->thread) {
        g_mutex_lock(&e->lock);
        e->quit = TRUE;
        g_cond_signal(&e->changed);
        g_mutex_unlock(&e->lock);
        g_thread_join(e->thread);
    }
    if (e->texture)
        SDL_DestroyTexture(e->texture);
    nn_image_release(&e->part);
    nn_image_release(&e->newest);
    g_free(e->said);
    g_mutex_clear(&e->lock);
    g_cond_clear(&e->changed);
    g_free(e);
}

void nero_enlarge_turn(NeroEnlarge *e, gboolean on)
{
    nero_enlarge_forget(e);
    e->on = on;
}

gboolean nero_enlarge_is_on(const NeroEnlarge *e)
{
    return e->on;
}

gboolean nero_enlarge_wants(NeroEnlarge *e)
{
    if (!e->on || g_get_monotonic_time() < e->due || !g_mutex_trylock(&e->lock))
        return FALSE;
    const gboolean idle = !e->busy;
    g_mutex_unlock(&e->lock);
    return idle;
}

gboolean nero_enlarge_again(NeroEnlarge *e)
{
    return e->again && nero_enlarge_wants(e);
}

void nero_enlarge_forget(NeroEnlarge *e)
{
    if (e->texture)
        SDL_DestroyTexture(e->texture);
    e->texture = NULL;
    e->again = TRUE;
    e->due = 0;
    g_mutex_lock(&e->lock);
    e->unwanted = TRUE;
    nn_image_release(&e->newest);
    g_mutex_unlock(&e->lock);
}

// The part as RGB; without pixels when memory is short.
static nn_image copy_part(const GstVideoFrame *frame, const SDL_Rect *part)
{
    GstVideoInfo to;
    GstVideoFrame out;
    nn_image image = {part->w, part->h, nn_alloc((size_t)part->w * (size_t)part->h * 3)};
    gst_video_info_set_format(&to, GST_VIDEO_FORMAT_RGB, (guint)part->w, (guint)part->h);
    to.fps_n = frame->info.fps_n; // a converter changes neither rate nor fields
    to.fps_d = frame->info.fps_d;
    to.interlace_mode = frame->info.interlace_mode;
    GstVideoConverter *converter = gst_video_converter_new(
        &frame->info, &to,
        gst_structure_new("part", GST_VIDEO_CONVERTER_OPT_SRC_X, G_TYPE_INT, part->x,
                          GST_VIDEO_CONVERTER_OPT_SRC_Y, G_TYPE_INT, part->y,
                          GST_VIDEO_CONVERTER_OPT_SRC_WIDTH, G_TYPE_INT, part->w,
                          GST_VIDEO_CONVERTER_OPT_SRC_HEIGHT, G_TYPE_INT, part->h, NULL));
    g_autoptr(GstBuffer) buffer = gst_buffer_new_allocate(NULL, to.size, NULL);
    const gboolean ok = image.rgb && converter && buffer &&
                        gst_video_frame_map(&out, &to, buffer, GST_MAP_READWRITE);
    if (ok) {
        gst_video_converter_frame(converter, frame, &out);
        for (int y = 0; y < part->h; y++)
            memcpy(image.rgb + (size_t)y * (size_t)part->w * 3,
                   (guint8 *)out.data[0] + (ptrdiff_t)y * out.info.stride[0], (size_t)part->w * 3);
        gst_video_frame_unmap(&out);
    } else {
        nn_image_release(&image);
    }
    if (converter)
        gst_video_converter_free(converter);
    return image;
}

void nero_enlarge_offer(NeroEnlarge *e, const GstVideoFrame *frame, const SDL_Rect *part)
{
    const gboolean large = part->w > LARGEST || part->h > LARGEST;
    if (large && e->texture)
        nero_enlarge_forget(e);
    if (large || !nero_enlarge_wants(e))
        return;
    nn_image image = copy_part(frame, part); // the worker is idle, and stays so
    if (!image.rgb)
        return;
    e->again = FALSE;
    e->due = g_get_monotonic_time() + PAUSE_US;
    g_mutex_lock(&e->lock);
    e->part = image;
    e->unwanted = FALSE;
    e->busy = TRUE;
    g_cond_signal(&e->changed);
    g_mutex_unlock(&e->lock);
    if (!e->thread)
        e->thread = g_thread_new("enlarge", work, e);
}

static gboolean upload(NeroEnlarge *e, SDL_Renderer *renderer, const nn_image *picture)
{
    if (e->texture && (e->width != picture->width || e->height != picture->height)) {
        SDL_DestroyTexture(e->texture);
        e->texture = NULL;
    }
    if (!e->texture)
        e->texture = SDL_CreateTexture(renderer, SDL_PIXELFORMAT_RGB24, SDL_TEXTUREACCESS_STREAMING,
                                       picture->width, picture->height);
    e->width = picture->width;
    e->height = picture->height;
    if (!e->texture)
        return FALSE;
    SDL_SetTextureScaleMode(e->texture, SDL_ScaleModeLinear);
    return SDL_UpdateTexture(e->texture, NULL, picture->rgb, 3 * picture->width) == 0;
}

gboolean nero_enlarge_update(NeroEnlarge *e, SDL_Renderer *renderer, char **said)
{
    *said = NULL;
    if (!e->thread || !g_mutex_trylock(&e->lock))
        return FALSE;
    nn_image picture = e->newest;
    e->newest = (nn_image){0};
    *said = g_steal_pointer(&e->said);
    g_mutex_unlock(&e->lock);
    e->on = e->on && !*said;
    const gboolean fresh = picture.rgb && upload(e, renderer, &picture);
    nn_image_release(&picture);
    return fresh || *said;
}

SDL_Texture *nero_enlarge_picture(const NeroEnlarge *e)
{
    return e->on ? e->texture : NULL;
}
