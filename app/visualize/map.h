// SPDX-License-Identifier: MIT
// Numbers over a picture as colours: alone, or laid over the picture.
#ifndef APP_VISUALIZE_MAP_H
#define APP_VISUALIZE_MAP_H

#include "nn/io/image/image.h"
#include "nn/vision/colour_map.h"
#include "nn/vision/resize.h"

#include <stdbool.h>

// Planes of numbers, borrowed: channels x height x width.
typedef struct app_map {
    const float *data;
    int channels, height, width;
} app_map;

// How numbers become colours. What lies outside of low .. high gets the colour of the end.
typedef struct app_scale {
    nn_colour_map colours;
    double low, high;
    bool balanced; // three channels are red, green and blue, 0 is grey
} app_scale;

// The number that `part` (0 .. 1) of the finite magnitudes do not exceed, within 1/2048 of the
// largest; 0 when all are 0. With part 1 exactly the largest.
double app_map_magnitude(const app_map *m, double part);
// The smallest and the largest finite number; 0, 0 when there is none.
void app_map_range(const app_map *m, double *low, double *high);
// Whether numbers of this range need colours for both signs: activations such as SiLU's, which go a
// little below zero, do not.
bool app_map_is_signed(double low, double high);
// From 0 to the number that `part` of the magnitudes do not exceed: heat, or blue and red around 0.
// A map of three channels is balanced.
app_scale app_map_scale(const app_map *m, double part);
// The largest magnitude of the channels at each place, into height * width floats.
void app_map_strength(const app_map *m, float *out);

// One plane, or three in a balanced scale, as a picture of the map's size. NN_ENOMEM.
nn_status app_map_paint(nn_image *out, const app_map *m, const app_scale *scale, nn_error *err);
// Lays a plane that covers the whole picture over it, interpolated. The picture loses colour, and
// stays visible where little is; `strength` 0 .. 1 is how much of it the largest number hides.
void app_map_blend(nn_image *picture, const app_map *m, const app_scale *scale, double strength);

// Columns x0 <= x < x1 and rows y0 <= y < y1.
typedef struct app_area {
    int x0, y0, x1, y1;
} app_area;
// The area that holds all numbers above 4 % of the largest magnitude; false: there are none.
bool app_map_around(const app_map *m, app_area *a);
// Makes an area a square with some room, at least `least` wide, as far as `within` allows.
void app_area_square(app_area *a, int least, const app_area *within);
// Copies an area into a new block that out->data points to (nn_free). NN_ENOMEM.
nn_status app_map_cut(app_map *out, const app_map *m, const app_area *a, nn_error *err);

// The part of a frame that the network sees, in pixels of the frame and of the input.
typedef struct app_seen {
    int x, y, width, height;             // in the frame
    int in_x, in_y, in_width, in_height; // the same in the input
} app_seen;
app_seen app_seen_find(const nn_letterbox *l);
// The square of what is seen, with some room around, that holds all of a map that is not faint; at
// least `least` input pixels wide. The map has the input's size.
app_seen app_seen_around(const app_seen *all, const app_map *m, const nn_letterbox *l, int least);
// That part of the frame (RGB), reduced by a whole factor when both sides stay at least `least`
// pixels; *reduced gets the factor. NN_ENOMEM.
nn_status app_seen_cut(nn_image *out, const nn_image *frame, const app_seen *seen, int least,
                       int *reduced, nn_error *err);
// That part of a map whose size is the input's times any factor, into a new block that *out points
// to (nn_free). NN_ENOMEM.
nn_status app_seen_cut_map(app_map *out, const app_map *m, const nn_letterbox *l,
                           const app_seen *seen, nn_error *err);

#endif
