// SPDX-License-Identifier: MIT
// Feeds a viewer with shown frames, keeps its newest picture as a texture and draws it.
#include "plugins/sink/sink_view.h"

#include "nn/vision/colour_map.h"
#include "plugins/common/video.h"
#include "plugins/sink/sink_draw.h"
#include "plugins/view/viewer.h"
#include "po/translate.h"

enum { MARGIN = 6, LINES = 3 };
#define ALPHA 0.6
#define MAX_RATE 10.0

struct NeroSinkView {
    gboolean shown, again;
    NeroViewer *viewer;   // owned; made when it is first shown
    SDL_Texture *texture; // owned
    int width, height;    // of the texture
    NeroInnerView view;   // in the texture; without its picture
    gboolean has_view;
    GMutex lock;          // guards what follows: the worker writes it
    NeroInnerView newest; // owned; without a picture: none
    char *said;           // owned; for the user
};

// --- the worker ---

static void keep_view(NeroInnerView *view, gpointer data)
{
    NeroSinkView *v = data;
    g_mutex_lock(&v->lock);
    NeroInnerView old = v->newest;
    v->newest = *view;
    g_mutex_unlock(&v->lock);
    *view = (NeroInnerView){0};
    nero_inner_view_release(&old);
}

static void keep_refusal(const char *text, gpointer data)
{
    NeroSinkView *v = data;
    char *copy = g_strdup(text);
    g_mutex_lock(&v->lock);
    char *old = v->said;
    v->said = copy;
    g_mutex_unlock(&v->lock);
    g_free(old);
}

// --- the window ---

NeroSinkView *nero_sink_view_new(void)
{
    NeroSinkView *v = g_new0(NeroSinkView, 1);
    g_mutex_init(&v->lock);
    return v;
}

void nero_sink_view_free(NeroSinkView *v)
{
    if (!v)
        return;
    nero_viewer_free(v->viewer);
    if (v->texture)
        SDL_DestroyTexture(v->texture);
    nero_inner_view_release(&v->newest);
    g_free(v->said);
    g_mutex_clear(&v->lock);
    g_free(v);
}

static void open_viewer(NeroSinkView *v)
{
    static const NeroViewerCalls calls = {.ready = keep_view, .refused = keep_refusal};
    const NeroViewChoice choice = {.channel = -1,
                                   .threads = 1,
                                   .alpha = ALPHA,
                                   .max_rate = MAX_RATE,
                                   .palette = NN_COLOUR_HEAT};
    v->viewer = nero_viewer_new(&calls, v);
    nero_viewer_choose(v->viewer, &choice);
}

void nero_sink_view_show(NeroSinkView *v, gboolean on)
{
    v->again = v->again || (on && !v->shown);
    v->shown = on;
    if (on && !v->viewer)
        open_viewer(v);
}

gboolean nero_sink_view_is_shown(const NeroSinkView *v)
{
    return v->shown;
}

gboolean nero_sink_view_key(NeroSinkView *v, const SDL_KeyboardEvent *key)
{
    const SDL_Keycode k = key->keysym.sym;
    const gboolean shift = (key->keysym.mod & KMOD_SHIFT) != 0;
    if (k == SDLK_v && (!shift || !v->shown)) {
        if (!key->repeat)
            nero_sink_view_show(v, !v->shown);
        return TRUE;
    }
    if (!v->shown)
        return FALSE;
    if (k == SDLK_v)
        nero_viewer_step_method(v->viewer, 1);
    else if (k == SDLK_LEFTBRACKET || k == SDLK_PAGEUP)
        nero_viewer_step_layer(v->viewer, -1);
    else if (k == SDLK_RIGHTBRACKET || k == SDLK_PAGEDOWN)
        nero_viewer_step_layer(v->viewer, 1);
    else
        return FALSE;
    v->again = TRUE;
    return TRUE;
}

gboolean nero_sink_view_wants(NeroSinkView *v)
{
    return v->shown && nero_viewer_is_free(v->viewer);
}

gboolean nero_sink_view_again(const NeroSinkView *v)
{
    return v->shown && v->again;
}

void nero_sink_view_ask_again(NeroSinkView *v)
{
    v->again = TRUE;
}

void nero_sink_view_look(NeroSinkView *v, const GstVideoFrame *frame, const GstVideoInfo *caps,
                         const NeroPick *pick, const char *model)
{
    const GstVideoRectangle area = nero_video_area(frame, caps);
    const NeroViewTarget target = {
        .model = model, .has_box = pick->selected, .box = pick->choice.box};
    if (nero_viewer_offer(v->viewer, frame, &area, &target, frame->buffer))
        v->again = FALSE;
}

// Copies a picture into the texture.
static gboolean upload(NeroSinkView *v, SDL_Renderer *renderer, const NeroInnerView *view)
{
    GstVideoFrame frame;
    const int width = view->info.width, height = view->info.height;
    if (v->texture && (v->width != width || v->height != height))
        g_clear_pointer(&v->texture, SDL_DestroyTexture);
    if (!v->texture)
        v->texture = SDL_CreateTexture(renderer, SDL_PIXELFORMAT_RGBA32,
                                       SDL_TEXTUREACCESS_STREAMING, width, height);
    v->width = width;
    v->height = height;
    if (!v->texture || !gst_video_frame_map(&frame, &view->info, view->picture, GST_MAP_READ))
        return FALSE;
    SDL_SetTextureScaleMode(v->texture, SDL_ScaleModeLinear);
    const gboolean ok = SDL_UpdateTexture(v->texture, NULL, GST_VIDEO_FRAME_PLANE_DATA(&frame, 0),
                                          GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0)) == 0;
    gst_video_frame_unmap(&frame);
    return ok;
}

gboolean nero_sink_view_update(NeroSinkView *v, SDL_Renderer *renderer, char **said)
{
    *said = NULL;
    if (!v->viewer || !g_mutex_trylock(&v->lock)) // the worker may be held up while it has it
        return FALSE;
    NeroInnerView view = v->newest;
    v->newest = (NeroInnerView){0};
    *said = g_steal_pointer(&v->said);
    g_mutex_unlock(&v->lock);
    const gboolean fresh = view.picture && view.generation == nero_viewer_generation(v->viewer) &&
                           upload(v, renderer, &view);
    if (fresh) {
        v->view = view;
        v->view.picture = NULL;
        v->has_view = TRUE;
    }
    nero_inner_view_release(&view);
    return fresh;
}

void nero_sink_view_forget(NeroSinkView *v)
{
    if (v->viewer)
        nero_viewer_forget(v->viewer);
    v->has_view = FALSE;
    v->again = v->shown;
}

// --- drawing ---

void nero_sink_view_divide(int width, int height, int aspect_w, int aspect_h, SDL_Rect *video,
                           SDL_Rect *view)
{
    const SDL_Rect beside = nero_draw_fit(width / 2, height, aspect_w, aspect_h, TRUE);
    const SDL_Rect below = nero_draw_fit(width, height / 2, aspect_w, aspect_h, TRUE);
    const gboolean is_beside = beside.w >= below.w;
    *video = (SDL_Rect){0, 0, MAX(is_beside ? width / 2 : width, 1),
                        MAX(is_beside ? height : height / 2, 1)};
    *view = *video;
    if (is_beside)
        view->x = width - view->w;
    else
        view->y = height - view->h;
}

// Draws a line at the height y that fits into the area; too long ones lose their beginning, because
// names of layers differ at their ends. Returns the height of the next.
static int draw_line(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area, int y,
                     const char *line)
{
    char shorter[2 * NERO_VIEW_WORD + 8];
    int w, h;
    nero_text_measure(text, line, &w, &h);
    for (const char *at = line; w > area->w - 4 * MARGIN && *at;) {
        at = g_utf8_next_char(at);
        g_snprintf(shorter, sizeof shorter, "\xe2\x80\xa6%s", at);
        line = shorter;
        nero_text_measure(text, line, &w, &h);
    }
    if (w == 0 || y + h > area->y + area->h)
        return y;
    const SDL_Rect back = {area->x + MARGIN, y, w + 2 * MARGIN, h + 2};
    SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(renderer, 0, 0, 0, 160);
    SDL_RenderFillRect(renderer, &back);
    nero_text_draw(text, line, back.x + MARGIN, y + 1, (SDL_Color){255, 255, 255, 255});
    return y + h + 2;
}

// How much older the view is than the frame that is shown.
static double find_age(const NeroInnerView *view, GstClockTime now)
{
    if (GST_CLOCK_TIME_IS_VALID(now) && GST_CLOCK_TIME_IS_VALID(view->pts) && now >= view->pts)
        return (double)(now - view->pts) / (double)GST_SECOND;
    return (double)(g_get_monotonic_time() - view->arrival) / (double)G_USEC_PER_SEC;
}

void nero_sink_view_draw(NeroSinkView *v, SDL_Renderer *renderer, NeroText *text,
                         const SDL_Rect *area, GstClockTime now)
{
    char line[2 * NERO_VIEW_WORD];
    const NeroInnerView *view = &v->view;
    int y = area->y + MARGIN;
    if (!v->has_view) {
        draw_line(renderer, text, area, y, _("looking into the network \xe2\x80\xa6"));
        return;
    }
    SDL_RenderCopy(renderer, v->texture, NULL, area);
    g_snprintf(line, sizeof line, "%s  %s", view->method, view->layer);
    y = draw_line(renderer, text, area, y, line);
    y = draw_line(renderer, text, area, y, view->target);
    g_snprintf(line, sizeof line, _("%.1f s old"), find_age(view, now));
    draw_line(renderer, text, area, y, line);
}
