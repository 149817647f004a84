// SPDX-License-Identifier: MIT
// Parses lines of label files: numbers and their positions in the line.
#include "nn/data/label_line.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// Up to MAX_PLACE float32 resolves less than a pixel.
enum { MAX_FRAME = 1 << 30, MAX_PLACE = 1 << 20 };

// Parses the number at *p and moves *p behind it and the blanks that follow.
static int take_number(const char *line, const char **p, nn_label_number *out)
{
    char *end;
    const double value = strtod(*p, &end);
    if (end == *p || !isfinite(value))
        return 0;
    *out = (nn_label_number){value, (int)(*p + strspn(*p, " \t") - line), (int)(end - line)};
    *p = end + strspn(end, " \t");
    return 1;
}

const char *nn_yolo_check(const double *numbers, int count)
{
    if (count < 5 || (count > NN_YOLO_NUMBERS && count % 2 == 0))
        return "not 'class cx cy w h' nor 'class x1 y1 x2 y2 x3 y3 ...'";
    if (!(numbers[0] >= 0) || numbers[0] > 1e6 || numbers[0] != floor(numbers[0]))
        return "the class is not a number from 0";
    const int places = count == NN_YOLO_NUMBERS ? 4 : count - 1; // behind them may stand the score
    for (int i = 1; i <= places; i++)
        if (!(numbers[i] >= -0.01 && numbers[i] <= 1.01))
            return "a coordinate is not within 0..1";
    return NULL;
}

const char *nn_yolo_check_keypoints(const double *numbers, int points, int dims)
{
    const char *wrong = nn_yolo_check(numbers, 5);
    for (int i = 0; i < points && !wrong; i++) {
        const double *at = numbers + 5 + (ptrdiff_t)i * dims;
        if (dims == 3 && !(at[2] >= 0 && at[2] <= 2))
            wrong = "the visibility of a keypoint is not 0, 1 or 2";
        else if ((dims == 3 && at[2] == 0) || (dims == 2 && (at[0] < 0 || at[1] < 0)))
            continue; // not labelled
        else if (!(at[0] >= -0.01 && at[0] <= 1.01 && at[1] >= -0.01 && at[1] <= 1.01))
            wrong = "a keypoint is not within 0..1";
    }
    return wrong;
}

const char *nn_yolo_line(const char *line, nn_label_number v[NN_YOLO_NUMBERS], int *count)
{
    double numbers[NN_YOLO_NUMBERS];
    const char *p = line;
    int n = 0;
    while (n < NN_YOLO_NUMBERS && take_number(line, &p, &v[n])) {
        numbers[n] = v[n].value;
        n++;
    }
    *count = n;
    if (p[strspn(p, " \t\r\n")] != '\0' || n < 5)
        return "not 'class cx cy w h'";
    return nn_yolo_check(numbers, n);
}

const char *nn_mot_line(const char *line, nn_label_number v[NN_MOT_NUMBERS], int *count)
{
    const char *p = line;
    int n = 0;
    while (n < NN_MOT_NUMBERS && take_number(line, &p, &v[n])) {
        n++;
        if (*p != ',')
            break;
        p++;
    }
    *count = 0;
    if (n == 0 || v[0].value < 1 || v[0].value > MAX_FRAME || v[0].value != floor(v[0].value))
        return "the frame is not a number from 1";
    *count = n;
    if (n < 6 || (n < 7 && *p != '\0' && *p != '\n' && *p != '\r'))
        return "not 'frame,id,x,y,w,h,score'";
    for (int i = 2; i < 6; i++)
        if (fabs(v[i].value) > MAX_PLACE)
            return "the box lies outside of any picture";
    const float x0 = (float)v[2].value, x1 = (float)(v[2].value + v[4].value);
    const float y0 = (float)v[3].value, y1 = (float)(v[3].value + v[5].value);
    return x1 > x0 && y1 > y0 ? NULL : "width or height is not positive";
}
