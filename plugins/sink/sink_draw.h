// SPDX-License-Identifier: MIT
// Draws over the picture at the resolution of the window: boxes, labels, figures.
#ifndef PLUGINS_SINK_SINK_DRAW_H
#define PLUGINS_SINK_SINK_DRAW_H

#include "plugins/common/colours.h"
#include "plugins/common/objects.h"
#include "plugins/meta/nerometa_internal.h"
#include "plugins/sink/sink_textures.h"
#include "plugins/text/text.h"

// Where the objects of a frame are drawn.
typedef struct NeroDrawing {
    SDL_Renderer *renderer;
    SDL_Rect area;     // of the window, which the frame fills
    int width, height; // of the frame in pixels
    NeroColourBy colour_by;
} NeroDrawing;

// The area of the picture in a window of `width` x `height` pixels: the largest centred rectangle
// with the given display aspect, or the whole window when `keep_aspect` is false.
SDL_Rect nero_draw_fit(int width, int height, int aspect_w, int aspect_h, gboolean keep_aspect);

// Colour of the class or the track of a box.
SDL_Color nero_draw_color(const nn_box *box, NeroColourBy by);
// Height of text in pixels: small enough for a crowd, large enough to read.
int nero_draw_text_size(const SDL_Rect *area);

// The position of a box of a frame of width x height pixels that fills `area`; at least one pixel.
SDL_Rect nero_draw_place(const SDL_Rect *area, int width, int height, const nn_box *b);

// Draws boxes and labels of `objects` (NeroObject, best first). Predicted boxes are dashed. Labels
// that would hide objects or other labels are left out. `text` may be NULL. Labels keep clear of
// `taken` (NeroRect), and of `figures`: the line that nero_draw_figures draws afterwards, or NULL.
void nero_draw_boxes(const NeroDrawing *d, NeroText *text, const GArray *objects,
                     const GArray *taken, const char *figures);

// Blends the map of `result`, half transparent, over the picture. Background is left as it is;
// without a map nothing is drawn.
void nero_draw_map(const NeroDrawing *d, NeroTextures *textures, const nn_result *result);
// Draws the legend of `regions` (NeroRegion) in the lower left corner: class names with their
// colours and shares of the picture.
void nero_draw_legend(const NeroDrawing *d, NeroText *text, const GArray *regions);

// One line of figures in the top left corner of `area`.
void nero_draw_figures(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                       const char *line);

#endif
