// SPDX-License-Identifier: MIT
// Writes and draws the panel of the selected object.
#include "plugins/sink/sink_selected.h"

#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_figures.h"
#include "plugins/sink/sink_panel.h"
#include "po/translate.h"

#include <math.h>

enum {
    CROP_TEXTS = 8, // height of the crop in lines of text
    ALTERNATIVES = 3,
    LEAST_WIDTH = 360, // of a window with room for it
};

static const float SAME = 0.55f; // overlap of boxes around the same object

static void add_alternatives(GString *s, const nn_result *r, const nn_box *chosen,
                             const NeroLabels *labels, int *left)
{
    for (int i = 0; i<r->count && * left> 0; i++) {
        const nn_box *b = &r->boxes[i];
        if (b->label == chosen->label || nn_box_iou(b, chosen) < SAME)
            continue;
        g_string_append_printf(s, "\n%s %.0f%%", nero_labels_name(labels, b->label),
                               100 * (double)b->score);
        --*left;
    }
}

static const NeroObject *object_of(const NeroWindow *w, const nn_box *b)
{
    for (guint i = 0; i < w->objects->len; i++) {
        const NeroObject *o = &g_array_index(w->objects, NeroObject, i);
        if (o->box.x0 == b->x0 && o->box.y0 == b->y0 && o->box.label == b->label)
            return o;
    }
    return NULL;
}

static char *describe(const NeroWindow *w)
{
    GString *s = g_string_new(NULL);
    const nn_box *b = &w->pick.choice.box;
    const NeroObject *o = object_of(w, b);
    int left = ALTERNATIVES;
    char clock[24];
    g_string_append_printf(s, "%s %.1f%%", nero_labels_name(w->labels, b->label),
                           100 * (double)b->score);
    add_alternatives(s, &w->result, b, w->labels, &left);
    add_alternatives(s, &w->faint, b, w->labels, &left);
    if (o && o->class)
        g_string_append_printf(s, "\n%s %.0f%%", o->class, 100 * (double)o->class_score);
    if (b->track_id > 0) {
        nero_figures_clock(clock, sizeof clock, nero_ages_of(w->ages, b->track_id));
        g_string_append_c(s, '\n');
        g_string_append_printf(s, _("track #%d, seen for %s"), b->track_id, clock);
    }
    g_string_append_c(s, '\n');
    g_string_append_printf(s, _("%.0f x %.0f pixels"), (double)(b->x1 - b->x0),
                           (double)(b->y1 - b->y0));
    if (o) {
        g_string_append_c(s, '\n');
        g_string_append_printf(s, _("measured %.0f ms ago"), (double)o->age_ms);
    }
    return g_string_free(s, FALSE);
}

gboolean nero_selected_part(const NeroWindow *w, SDL_Rect *part)
{
    const nn_box *b = &w->pick.choice.box;
    const SDL_Rect whole = {0, 0, w->picture.info.width, w->picture.info.height};
    const float edge = 0.1f * fmaxf(b->x1 - b->x0, b->y1 - b->y0);
    const SDL_Rect wanted = {(int)(b->x0 - edge), (int)(b->y0 - edge),
                             (int)ceilf(b->x1 - b->x0 + 2 * edge),
                             (int)ceilf(b->y1 - b->y0 + 2 * edge)};
    return w->pick.selected && w->pick.choice.gone == 0 &&
           SDL_IntersectRect(&wanted, &whole, part) && part->w > 1 && part->h > 1;
}

// The part of the picture, as large as its room: larger when objects are enlarged, at first by the
// renderer and then by the network.
static int draw_crop(NeroWindow *w, const SDL_Rect *area, int height, gboolean left, int top)
{
    SDL_Rect from;
    if (!nero_selected_part(w, &from))
        return 0;
    const gboolean large = nero_enlarge_is_on(w->enlarge);
    SDL_Texture *enlarged = nero_enlarge_picture(w->enlarge);
    const SDL_Rect fit = nero_draw_fit(large ? area->w * 2 / 5 : area->w / 3,
                                       large ? area->h / 2 : height, from.w, from.h, TRUE);
    const SDL_Rect at = {left ? area->x + 6 : area->x + area->w - 6 - fit.w, area->y + top, fit.w,
                         fit.h};
    if (enlarged)
        SDL_RenderCopy(w->renderer, enlarged, NULL, &at);
    else
        nero_picture_draw_part(&w->picture, w->renderer, &from, &at);
    SDL_SetRenderDrawColor(w->renderer, 255, 255, 255, 255);
    SDL_RenderDrawRect(w->renderer, &at);
    return at.h + 2;
}

void nero_selected_draw(NeroWindow *w, const SDL_Rect *area, const SDL_Rect *picture)
{
    if (!w->pick.selected || w->pick.choice.gone > 0 || !w->labels ||
        (float)area->w < LEAST_WIDTH * nero_draw_density(w->renderer).x)
        return;
    const SDL_Rect box = nero_draw_place(picture, w->result.frame_width, w->result.frame_height,
                                         &w->pick.choice.box);
    const gboolean left = box.x + box.w / 2 > area->x + area->w / 2;
    const int top = left ? 6 + 5 * nero_draw_text_size(w->renderer) : 6; // below the figures
    g_autofree char *text = describe(w);
    const int height = MIN(CROP_TEXTS * nero_draw_text_size(w->renderer), area->h / 3);
    const NeroPanel p = {text, left ? NERO_PANEL_TOP : NERO_PANEL_RIGHT, nero_panel_white,
                         top - 6 + draw_crop(w, area, height, left, top)};
    nero_panel_draw(w->renderer, w->text, area, &p);
}
