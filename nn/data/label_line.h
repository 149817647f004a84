// SPDX-License-Identifier: MIT
// Parses lines of label files: numbers and their positions in the line.
#ifndef NN_DATA_LABEL_LINE_H
#define NN_DATA_LABEL_LINE_H

#include "nn/base/api.h"

typedef struct nn_label_number {
    double value;
    int at, end; // bytes of the line
} nn_label_number;

enum { NN_YOLO_NUMBERS = 6, NN_MOT_NUMBERS = 10 };

// Parses "class cx cy w h [score]" (centre and size as fractions of the picture) into v; *count is
// 5 or 6. Returns NULL, or what is wrong with the line.
NN_API const char *nn_yolo_line(const char *line, nn_label_number v[NN_YOLO_NUMBERS], int *count);

// The same check of the numbers of a line alone, which may also be an outline "class x1 y1 x2 y2 x3
// y3 ...". Returns NULL, or what is wrong.
const char *nn_yolo_check(const double *numbers, int count);

// The same for "class cx cy w h" and `points` keypoints "x y" or, with `dims` 3, "x y visibility".
const char *nn_yolo_check_keypoints(const double *numbers, int points, int dims);

// Parses "frame,id,x,y,w,h[,score[,class[,...]]]" (pixels) into v; *count is 6 to 10, where 10
// means more numbers. Returns NULL, or what is wrong; *count is then 0 unless the frame number is
// valid. Text behind the numbers is ignored.
NN_API const char *nn_mot_line(const char *line, nn_label_number v[NN_MOT_NUMBERS], int *count);

#endif
