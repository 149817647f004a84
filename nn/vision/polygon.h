// SPDX-License-Identifier: MIT
// Lists of points, rectangles and polygons as text, and what is needed to ask where boxes lie in
// them.
#ifndef NN_VISION_POLYGON_H
#define NN_VISION_POLYGON_H

#include "nn/base/api.h"
#include "nn/vision/result.h"

#include <stdbool.h>
#include <stddef.h>

enum { NN_POLYGON_POINTS = 64, NN_POLYGONS = 64 }; // upper limits: points of one, shapes of a list

typedef struct nn_point {
    float x, y;
} nn_point;

// The corners of an area, or the points of a line, in the order of the text.
typedef struct nn_polygon {
    nn_point point[NN_POLYGON_POINTS];
    int count;
    bool pixels;    // pixels of the frame; otherwise fractions of its width and height
    bool rectangle; // the text had two opposite corners; `point` has all four
} nn_polygon;

// Reads "x,y,x,y,..." of `length` bytes: `least` to `most` points; blanks may stand around numbers.
// When no number is above 1 they are fractions of the frame, otherwise pixels. NN_EINVAL tells what
// is wrong: no number, a negative one, a point without its y, too few or too many points, or
// fractions mixed with pixels (0.25,0.5,640,480).
NN_API nn_status nn_points_parse(nn_polygon *out, const char *text, size_t length, int least,
                                 int most, nn_error *err);

// Reads an area: two points are opposite corners of a rectangle, three or more the corners of a
// polygon. NN_EINVAL also for edges that cross, and for an area of nothing.
NN_API nn_status nn_polygon_parse(nn_polygon *out, const char *text, size_t length, nn_error *err);

// Reads areas with ';' between them; each has its own unit. An empty or blank text, or NULL, gives
// none: *out NULL and *count 0. The caller frees *out with nn_free.
NN_API nn_status nn_polygon_parse_list(nn_polygon **out, int *count, const char *text,
                                       nn_error *err);

// The same points in pixels of a frame. Pixels stay what they are; they may lie outside.
NN_API void nn_polygon_to_pixels(nn_polygon *out, const nn_polygon *p, int width, int height);

// Whether a point lies inside (even-odd rule). A point on an edge that two areas share lies in one
// of them.
NN_API bool nn_polygon_contains(const nn_polygon *p, float x, float y);
// The same for the foot of a box, where a person or a car stands on the ground: the middle of its
// lowest row of pixels. Polygon and box in pixels. A box at the lower border of the frame has its
// foot in an area that ends there.
NN_API bool nn_polygon_contains_foot(const nn_polygon *p, const nn_box *b);
// The smallest upright rectangle around the points; only the sides of *b are written.
NN_API void nn_polygon_bounds(const nn_polygon *p, nn_box *b);
// The area, and the area of the part inside a box, in units of the points squared.
NN_API double nn_polygon_area(const nn_polygon *p);
NN_API double nn_polygon_overlap(const nn_polygon *p, const nn_box *b);

#endif
