// SPDX-License-Identifier: MIT
// Patches of a small grey picture that are found again in the next one.
#ifndef NN_VISION_CAMERA_MATCH_H
#define NN_VISION_CAMERA_MATCH_H

#include <stdbool.h>
#include <stdint.h>

enum { NN_CAMERA_COLUMNS = 320, NN_CAMERA_ROWS = 320, NN_CAMERA_POINTS = 12 * 8 };

// A picture, and the same at half its size.
typedef struct nn_grey_pair {
    int width, height; // of `whole`; 0: there is none
    uint8_t whole[NN_CAMERA_COLUMNS * NN_CAMERA_ROWS];
    uint8_t half[NN_CAMERA_COLUMNS * NN_CAMERA_ROWS / 4];
} nn_grey_pair;

// Where the middle of a patch was and is, in cells.
typedef struct nn_camera_point {
    float x0, y0, x1, y1;
} nn_camera_point;

void nn_grey_pair_halve(nn_grey_pair *g); // makes `half` of `whole`

// Chooses corners, at most one in each of 12 x 8 parts of the picture, and finds them in the next
// picture. `masked` (a cell each; may be NULL) excludes corners. Returns the number of points.
int nn_camera_match(const nn_grey_pair *last, const nn_grey_pair *now, const bool *masked,
                    nn_camera_point points[NN_CAMERA_POINTS]);

#endif
