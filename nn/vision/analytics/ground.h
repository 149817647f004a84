// SPDX-License-Identifier: MIT
// The ground plane: four points of the picture whose places on the ground are known in metres give
// the place of every point (a homography; Hartley and Zisserman, Multiple View Geometry, 2.3).
#ifndef NN_VISION_ANALYTICS_GROUND_H
#define NN_VISION_ANALYTICS_GROUND_H

#include "nn/base/status.h"
#include "nn/vision/polygon.h"

typedef struct nn_ground_points {
    nn_polygon image; // four points, fractions or pixels
    double metres[4][2];
} nn_ground_points;

typedef struct nn_ground {
    double x, y; // the middle of the four points, in fractions of the frame
    double h[9]; // row by row: from fractions, relative to the middle, to metres
} nn_ground;

// Reads "x0,y0,...,x3,y3/X0,Y0,...,X3,Y3" of `length` bytes: points of the picture, then metres,
// which may be negative. NN_EINVAL also when three points lie on a line.
nn_status nn_ground_parse(nn_ground_points *out, const char *text, size_t length, nn_error *err);
// Checks points that came otherwise.
nn_status nn_ground_check(const nn_ground_points *p, nn_error *err);
// The plane for frames of width x height. False when there is none.
bool nn_ground_solve(nn_ground *g, const nn_ground_points *p, int width, int height);
// Where a point (fractions of the frame) lies, in metres; false at and above the horizon.
bool nn_ground_place(const nn_ground *g, nn_point at, double metres[2]);

#endif
