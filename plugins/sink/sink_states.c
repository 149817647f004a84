// SPDX-License-Identifier: MIT
// Words for states of the stream, a grey picture, and classes of a picture.
#include "plugins/sink/sink_states.h"

#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_figures.h"
#include "plugins/sink/sink_panel.h"
#include "po/translate.h"

#include <math.h>

enum { HINT_SECONDS = 3, EMPTY_SECONDS = 5 };

static double seconds_since(gint64 then, gint64 now)
{
    return (double)(now - then) / (double)G_USEC_PER_SEC;
}

gboolean nero_states_middle(const NeroStates *s, gint64 now, char *line, gsize size)
{
    char clock[24];
    line[0] = '\0';
    if (s->message[0]) {
        g_strlcpy(line, s->message, size);
    } else if (s->lost) {
        nero_figures_clock(clock, sizeof clock, seconds_since(s->lost, now));
        g_snprintf(line, size, _("NO SIGNAL %s"), clock);
    }
    const gboolean any = line[0] != '\0';
    if (any && s->retry > now) {
        const gsize n = g_strlcat(line, "\n", size);
        if (n < size)
            g_snprintf(line + n, size - n, _("retry in %.0f s"),
                       ceil(-seconds_since(s->retry, now)));
    }
    return any;
}

gboolean nero_states_hint(const NeroStates *s, gint64 now, gboolean keys, gboolean controls,
                          char *line, gsize size)
{
    line[0] = '\0';
    if (s->ended)
        g_strlcpy(line, keys && controls ? _("end, r replays") : _("end"), size);
    else if (keys && seconds_since(s->opened, now) < HINT_SECONDS)
        g_snprintf(line, size, "%s%s%s" NERO_FIGURES_DOT "%s", _("? shows all keys"),
                   controls ? NERO_FIGURES_DOT : "", controls ? _("space pauses") : "",
                   _("q closes"));
    else if (s->empty && !s->lost && s->threshold > 0 &&
             seconds_since(s->empty, now) > EMPTY_SECONDS)
        g_snprintf(line, size, _("no object above %.2g%s"), (double)s->threshold,
                   keys && controls ? _(": lower with -") : "");
    return line[0] != '\0';
}

// Luma of BT.601, two thirds as bright.
static void make_grey(guint8 *pixels, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        guint8 *p = pixels + 4 * i;
        const guint y = (77u * p[0] + 150u * p[1] + 29u * p[2]) >> 8;
        p[0] = p[1] = p[2] = (guint8)(y * 2 / 3);
        p[3] = 255;
    }
}

void nero_states_grey(SDL_Renderer *renderer, const SDL_Rect *area)
{
    int w = 0, h = 0;
    SDL_GetRendererOutputSize(renderer, &w, &h);
    SDL_Rect seen;
    if (!SDL_IntersectRect(area, &(SDL_Rect){0, 0, w, h}, &seen))
        return;
    const gsize count = (gsize)seen.w * (gsize)seen.h;
    guint8 *pixels = g_try_malloc(count * 4);
    SDL_Texture *texture = pixels ? SDL_CreateTexture(renderer, SDL_PIXELFORMAT_RGBA32,
                                                      SDL_TEXTUREACCESS_STATIC, seen.w, seen.h)
                                  : NULL;
    if (texture &&
        SDL_RenderReadPixels(renderer, &seen, SDL_PIXELFORMAT_RGBA32, pixels, seen.w * 4) == 0) {
        make_grey(pixels, count);
        SDL_UpdateTexture(texture, NULL, pixels, seen.w * 4);
        SDL_SetTextureBlendMode(texture, SDL_BLENDMODE_NONE);
        SDL_RenderCopy(renderer, texture, NULL, &seen);
    }
    if (texture)
        SDL_DestroyTexture(texture);
    g_free(pixels);
}

static gboolean names_the_picture(const nn_result *r)
{
    return r && r->count > 0 && nero_draw_is_whole(r->frame_width, r->frame_height, &r->boxes[0]);
}

gboolean nero_states_classes(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                             const nn_result *result, const nn_result *faint,
                             const NeroLabels *labels, int top)
{
    enum { BEST = 3 };
    const nn_result *both[] = {result, faint};
    int drawn = 0;
    for (int k = 0; k < 2; k++)
        for (int i = 0; names_the_picture(both[k]) && i < both[k]->count && drawn < BEST; i++) {
            char line[128];
            const nn_box *b = &both[k]->boxes[i];
            g_snprintf(line, sizeof line, "%s %.0f%%", nero_labels_name(labels, b->label),
                       100 * (double)b->score);
            const NeroPanel p = {line, NERO_PANEL_TOP,
                                 k == 0 && i == 0 ? nero_panel_white : nero_panel_grey, top};
            top += nero_panel_draw(renderer, text, area, &p).h;
            drawn++;
        }
    return drawn > 0;
}
