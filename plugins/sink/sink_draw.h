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
// Pixels of the renderer for one unit of its window, in which the mouse and the size of the window
// are told: 2 on a usual screen of high density, 1 elsewhere and without a window.
SDL_FPoint nero_draw_density(SDL_Renderer *renderer);
// Height of text, and thickness of lines, in pixels of this window: small enough for a crowd, large
// enough to be seen on a screen of any resolution, also in an upright window.
int nero_draw_text_size(SDL_Renderer *renderer);
int nero_draw_thickness(SDL_Renderer *renderer);

enum { NERO_DRAW_OLD_MS = 200 }; // a box that was measured longer ago is dashed
// Whether a box is the whole frame: classifiers say so what the picture shows.
gboolean nero_draw_is_whole(int width, int height, const nn_box *b);
// The label of an object: name, track, score, and what a classifier says about it. Where the model
// has one class only, name and score say nothing: then it is the track, or empty.
void nero_draw_label_text(char *line, size_t size, const NeroObject *o, gboolean one_class);

// The position of a box of a frame of width x height pixels that fills `area`; at least one pixel.
SDL_Rect nero_draw_place(const SDL_Rect *area, int width, int height, const nn_box *b);

// Draws boxes and labels of `objects` (NeroObject, best first). Predicted boxes that are older than
// NERO_DRAW_OLD_MS are dashed. Labels of tiny boxes, and those that would hide objects or other
// labels, are left out. `text` may be NULL; its size is set. Labels keep clear of `taken`
// (NeroRect).
void nero_draw_boxes(const NeroDrawing *d, NeroText *text, const GArray *objects,
                     const GArray *taken, gboolean one_class);

// Blends the map of `result`, half transparent, over the picture. Background is left as it is;
// without a map nothing is drawn.
void nero_draw_map(const NeroDrawing *d, NeroTextures *textures, const nn_result *result);
// Draws the legend of `regions` (NeroRegion) in the lower left corner: class names with their
// colours and shares of the picture.
void nero_draw_legend(const NeroDrawing *d, NeroText *text, const GArray *regions);

#endif
