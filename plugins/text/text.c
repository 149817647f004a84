// SPDX-License-Identifier: MIT
// Renders lines of text with SDL2_ttf and caches the last ones.
#include "plugins/text/text.h"

#include <SDL_ttf.h>
#include <glib.h>
#include <unistd.h>

enum { KEPT = 96 }; // cached lines

typedef struct Line {
    char *text;
    SDL_Texture *texture; // white; coloured when drawn
    int w, h;
    guint64 used;
} Line;

struct NeroText {
    SDL_Renderer *renderer;
    char *path;
    TTF_Font *font;
    int size;
    Line line[KEPT];
    guint64 clock;
};

static const char *find_font(void)
{
    static const char *const places[] = {
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
        "/usr/share/fonts/dejavu/DejaVuSans.ttf",
        "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
        "/usr/share/fonts/TTF/DejaVuSans.ttf",
        "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
        "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
        "/usr/share/fonts/truetype/freefont/FreeSans.ttf",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return NULL;
}

static void forget_line(Line *line)
{
    if (line->texture)
        SDL_DestroyTexture(line->texture);
    g_free(line->text);
    *line = (Line){0};
}

static void forget_lines(NeroText *t)
{
    for (int i = 0; i < KEPT; i++)
        forget_line(&t->line[i]);
}

NeroText *nero_text_new(SDL_Renderer *renderer, const char *font)
{
    const char *path = font && *font ? font : find_font();
    if (!path) {
        SDL_SetError("no TrueType font was found; install fonts-dejavu-core or name a font");
        return NULL;
    }
    if (TTF_Init() != 0)
        return NULL;
    NeroText *t = g_new0(NeroText, 1);
    t->renderer = renderer;
    t->path = g_strdup(path);
    nero_text_set_size(t, 16);
    if (!t->font)
        g_clear_pointer(&t, nero_text_free);
    return t;
}

void nero_text_free(NeroText *t)
{
    if (!t)
        return;
    forget_lines(t);
    if (t->font)
        TTF_CloseFont(t->font);
    g_free(t->path);
    g_free(t);
    TTF_Quit();
}

void nero_text_set_size(NeroText *t, int pixels)
{
    if (!t || pixels == t->size)
        return;
    if (t->font)
        TTF_SetFontSize(t->font, pixels);
    else
        t->font = TTF_OpenFont(t->path, pixels);
    t->size = pixels;
    forget_lines(t);
}

static Line *render_line(NeroText *t, Line *line, const char *text)
{
    SDL_Surface *s = TTF_RenderUTF8_Blended(t->font, text, (SDL_Color){255, 255, 255, 255});
    forget_line(line);
    if (!s)
        return NULL;
    line->texture = SDL_CreateTextureFromSurface(t->renderer, s);
    line->w = s->w;
    line->h = s->h;
    SDL_FreeSurface(s);
    line->text = g_strdup(text);
    line->used = ++t->clock;
    return line->texture ? line : NULL;
}

static Line *find_line(NeroText *t, const char *text)
{
    if (!t || !*text)
        return NULL;
    Line *oldest = &t->line[0];
    for (int i = 0; i < KEPT; i++) {
        Line *line = &t->line[i];
        if (line->texture && strcmp(line->text, text) == 0) {
            line->used = ++t->clock;
            return line;
        }
        if (line->used < oldest->used)
            oldest = line;
    }
    return render_line(t, oldest, text);
}

void nero_text_measure(NeroText *t, const char *line, int *w, int *h)
{
    Line *l = find_line(t, line);
    *w = l ? l->w : 0;
    *h = l ? l->h : 0;
}

void nero_text_draw(NeroText *t, const char *line, int x, int y, SDL_Color color)
{
    Line *l = find_line(t, line);
    if (!l)
        return;
    SDL_Rect at = {x, y, l->w, l->h};
    SDL_SetTextureColorMod(l->texture, color.r, color.g, color.b);
    SDL_RenderCopy(t->renderer, l->texture, NULL, &at);
}
