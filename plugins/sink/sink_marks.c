// SPDX-License-Identifier: MIT
// Draws crosses, the outline and text of the selected box, and the boxes that the user draws.
#include "plugins/sink/sink_marks.h"
#include "po/translate.h"

static const SDL_Color white = {255, 255, 255, 255}, red = {230, 30, 30, 255};

// `thick` parallel lines.
static void draw_line(SDL_Renderer *renderer, int x0, int y0, int x1, int y1, int thick)
{
    for (int i = 0; i < thick; i++)
        SDL_RenderDrawLine(renderer, x0 + i - thick / 2, y0, x1 + i - thick / 2, y1);
}

static void draw_cross(SDL_Renderer *renderer, const SDL_Rect *r, int thick)
{
    SDL_SetRenderDrawColor(renderer, red.r, red.g, red.b, 255);
    draw_line(renderer, r->x, r->y, r->x + r->w - 1, r->y + r->h - 1, thick);
    draw_line(renderer, r->x, r->y + r->h - 1, r->x + r->w - 1, r->y, thick);
}

// Nested rings, each `step` pixels further out.
static void draw_rings(SDL_Renderer *renderer, SDL_Rect r, int count, int step)
{
    for (int i = 0; i < count && r.w > 0 && r.h > 0; i++) {
        SDL_RenderDrawRect(renderer, &r);
        r = (SDL_Rect){r.x - step, r.y - step, r.w + 2 * step, r.h + 2 * step};
    }
}

// Draws the text below the box where there is room, else above, else inside; always within the
// picture.
static void draw_line_of(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                         const SDL_Rect *box, const char *line)
{
    SDL_Rect back = {0};
    nero_text_measure(text, line, &back.w, &back.h);
    if (back.w == 0)
        return;
    back.w += 8;
    const int gap = 4, below = box->y + box->h + gap, above = box->y - gap - back.h;
    back.x = CLAMP(box->x, area->x, MAX(area->x + area->w - back.w, area->x));
    back.y = below + back.h <= area->y + area->h ? below : MAX(above, area->y);
    SDL_SetRenderDrawColor(renderer, white.r, white.g, white.b, 255);
    SDL_RenderFillRect(renderer, &back);
    nero_text_draw(text, line, back.x + 4, back.y, (SDL_Color){0, 0, 0, 255});
}

static void draw_selected(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                          const nn_result *result, const NeroLabels *labels, const NeroPick *pick,
                          int thick)
{
    char line[160];
    const nn_box *b = &pick->choice.box;
    const SDL_Rect r = nero_draw_place(area, result->frame_width, result->frame_height, b);
    SDL_SetRenderDrawColor(renderer, white.r, white.g, white.b, 255);
    draw_rings(renderer, (SDL_Rect){r.x - 1, r.y - 1, r.w + 2, r.h + 2}, thick, 1);
    g_snprintf(line, sizeof line, "%s %.1f%%   %s", nero_labels_name(labels, b->label),
               100 * (double)b->score,
               nero_pick_is_wrong(pick, b) ? _("wrong (x takes it back)") : _("x: wrong"));
    draw_line_of(renderer, text, area, &r, line);
}

static void draw_missed(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                        const nn_result *result, const NeroLabels *labels, const nn_box *b,
                        int thick)
{
    const SDL_Color c = nero_draw_color(b, NERO_COLOUR_BY_CLASS);
    const SDL_Rect r = nero_draw_place(area, result->frame_width, result->frame_height, b);
    SDL_SetRenderDrawColor(renderer, c.r, c.g, c.b, 255);
    draw_rings(renderer, r, thick, -1);
    draw_line_of(renderer, text, area, &r, nero_labels_name(labels, b->label));
}

void nero_draw_marks(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                     const nn_result *result, const NeroLabels *labels, const NeroPick *pick)
{
    const int thick = nero_draw_thickness(renderer);
    if (result->frame_width < 1 || result->frame_height < 1)
        return;
    SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_NONE);
    for (guint i = 0; i < pick->wrong->len; i++) {
        const NeroMark *m = &g_array_index(pick->wrong, NeroMark, i);
        const SDL_Rect r =
            nero_draw_place(area, result->frame_width, result->frame_height, &m->box);
        if (m->gone == 0)
            draw_cross(renderer, &r, thick);
    }
    for (guint i = 0; i < pick->missed->len; i++)
        draw_missed(renderer, text, area, result, labels, &g_array_index(pick->missed, nn_box, i),
                    thick);
    if (pick->selected && pick->choice.gone == 0)
        draw_selected(renderer, text, area, result, labels, pick, thick);
    const nn_box drawn = {.x0 = MIN(pick->x0, pick->x),
                          .y0 = MIN(pick->y0, pick->y),
                          .x1 = MAX(pick->x0, pick->x),
                          .y1 = MAX(pick->y0, pick->y),
                          .label = pick->label};
    if (pick->adding && pick->drawing)
        draw_missed(renderer, text, area, result, labels, &drawn, thick);
}
