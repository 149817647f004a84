// SPDX-License-Identifier: MIT
// Draws the editor: the picture, and the other parts over it.
#include "app/annotate/view.h"

#include <string.h>

struct ui_view {
    ui_canvas canvas;
    SDL_Texture *texture; // the picture, reduced
    int reduce;           // pixels of the picture for each pixel of the texture, on each side
    unsigned shown;       // number of the picture in the texture
    int most;             // largest side of a texture
};

ui_view *ui_view_new(SDL_Renderer *renderer)
{
    SDL_RendererInfo info = {0};
    ui_view *v = g_new0(ui_view, 1);
    v->canvas.renderer = renderer;
    v->canvas.text = nero_text_new(renderer, NULL);
    SDL_GetRendererInfo(renderer, &info);
    v->most =
        info.max_texture_width > 0 ? MIN(info.max_texture_width, info.max_texture_height) : 16384;
    return v;
}

bool ui_view_has_font(const ui_view *v)
{
    return v->canvas.text != NULL;
}

void ui_view_free(ui_view *v)
{
    if (!v)
        return;
    SDL_DestroyTexture(v->texture);
    nero_text_free(v->canvas.text);
    g_free(v);
}

// A row of the texture: means of reduce x reduce pixels.
static void average(const nn_image *image, int reduce, int y, Uint8 *out, int width)
{
    const int rows = MIN(reduce, image->height - y * reduce);
    if (reduce == 1) {
        memcpy(out, image->rgb + (size_t)y * (size_t)width * 3, (size_t)width * 3);
        return;
    }
    for (int x = 0; x < width; x++) {
        const int columns = MIN(reduce, image->width - x * reduce);
        unsigned sum[3] = {0};
        for (int dy = 0; dy < rows; dy++) {
            const size_t row = (size_t)(y * reduce + dy) * (size_t)image->width;
            const uint8_t *p = image->rgb + 3 * (row + (size_t)(x * reduce));
            for (int dx = 0; dx < columns; dx++, p += 3) {
                sum[0] += p[0];
                sum[1] += p[1];
                sum[2] += p[2];
            }
        }
        const unsigned n = (unsigned)(rows * columns);
        for (int i = 0; i < 3; i++)
            out[3 * x + i] = (Uint8)((sum[i] + n / 2) / n);
    }
}

static void upload(ui_view *v, const nn_image *image, int reduce)
{
    const int w = (image->width + reduce - 1) / reduce, h = (image->height + reduce - 1) / reduce;
    void *bytes;
    int pitch;
    SDL_DestroyTexture(v->texture);
    v->texture = SDL_CreateTexture(v->canvas.renderer, SDL_PIXELFORMAT_RGB24,
                                   SDL_TEXTUREACCESS_STREAMING, w, h);
    v->reduce = reduce;
    if (!v->texture || SDL_LockTexture(v->texture, NULL, &bytes, &pitch) != 0)
        return;
    for (int y = 0; y < h; y++)
        average(image, reduce, y, (Uint8 *)bytes + (ptrdiff_t)y * pitch, w);
    SDL_UnlockTexture(v->texture);
}

static void draw_picture(ui_view *v, const ui_editor *e)
{
    const nn_image *image = e->image;
    int reduce = 1;
    while (e->zoom * reduce * 2 <= 1 || MAX(image->width, image->height) / reduce > v->most)
        reduce *= 2;
    if (!v->texture || v->shown != e->shown || v->reduce != reduce)
        upload(v, image, reduce);
    v->shown = e->shown;
    if (!v->texture)
        return;
    SDL_SetTextureScaleMode(v->texture,
                            e->zoom * reduce >= 3 ? SDL_ScaleModeNearest : SDL_ScaleModeLinear);
    const float shown_w = (float)((image->width + reduce - 1) / reduce * reduce);
    const float shown_h = (float)((image->height + reduce - 1) / reduce * reduce);
    const SDL_FRect at = {(float)e->left, (float)e->top, shown_w * (float)e->zoom,
                          shown_h * (float)e->zoom};
    SDL_RenderCopyF(v->canvas.renderer, v->texture, NULL, &at);
}

// Size of letters, by the size of the window.
static int letters(int width, int height)
{
    return CLAMP(MIN(height / 46, width / 56), 11, 42);
}

static void prepare(ui_view *v, ui_editor *e, int *status)
{
    ui_canvas *c = &v->canvas;
    int w, h;
    c->width = c->height = 1;
    SDL_GetRendererOutputSize(c->renderer, &c->width, &c->height);
    c->unit = letters(c->width, c->height);
    nero_text_set_size(c->text, c->unit);
    nero_text_measure(c->text, "Mg", &w, &h);
    c->line = MAX(h, c->unit);
    *status = c->line + c->unit / 2;
    ui_editor_resize(e, c->width, MAX(c->height - *status, 1), c->unit);
}

void ui_view_draw(ui_view *v, ui_editor *e)
{
    ui_canvas *c = &v->canvas;
    int status;
    prepare(v, e, &status);
    ui_fill(c, (SDL_Rect){0, 0, c->width, c->height}, UI_BACK, 255);
    const SDL_Rect all = {0, 0, c->width, c->height - status};
    SDL_RenderSetClipRect(c->renderer, &all);
    if (e->image) {
        draw_picture(v, e);
        ui_view_boxes(c, e);
    } else {
        const char *what = e->page < 0 ? "reading the video ..." : "this picture cannot be read";
        ui_draw_text(c, what, (c->width - ui_text_width(c, what)) / 2,
                     (c->height - status) / 2 - c->line, UI_INK);
        const int room = c->width - 2 * c->unit;
        ui_draw_cut(c, e->broken, MAX((c->width - ui_text_width(c, e->broken)) / 2, c->unit),
                    (c->height - status) / 2 + c->line / 4, room, UI_WARN);
    }
    SDL_RenderSetClipRect(c->renderer, NULL);
    ui_view_status(c, e, status);
    ui_view_message(c, e, c->height - status);
    if (e->list.title)
        ui_view_list(c, e);
    if (e->help)
        ui_view_help(c, e);
}
