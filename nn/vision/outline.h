// SPDX-License-Identifier: MIT
// Polygons of any number of corners, as the outlines of masks are: painting, clipping, area.
#ifndef NN_VISION_OUTLINE_H
#define NN_VISION_OUTLINE_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdint.h>

enum { NN_OUTLINE_CLIP_ROOM = 18 };

// Sets the elements of `labels` (height x width) to `label` whose centre lies inside of the polygon
// (even-odd rule). Corners (x and y of each) are in elements, and may lie outside. NN_ENOMEM.
NN_API nn_status nn_outline_paint(uint8_t *labels, int width, int height, const float *xy,
                                  int corners, uint8_t label);

// Clips a polygon to a rectangle (x0, y0, x1, y1; sides may be infinite) by cutting off side after
// side (Sutherland and Hodgman 1974). `out` has room for NN_OUTLINE_CLIP_ROOM * corners numbers,
// and is not `xy`. Returns the number of corners; pieces stay joined along the sides, where they
// enclose nothing.
NN_API int nn_outline_clip(float *out, const float *xy, int corners, const double side[4]);

// The area inside, where the polygon does not cross itself.
NN_API double nn_outline_area(const float *xy, int corners);

// The smallest upright rectangle around points: x0, y0, x1, y1; infinite and negative for none.
NN_API void nn_outline_bounds(double bounds[4], const float *xy, int corners);

#endif
