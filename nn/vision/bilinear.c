// SPDX-License-Identifier: MIT
// Tables for bilinear upsampling.
#include "nn/vision/bilinear.h"

#include <math.h>

void nn_bilinear_axis(nn_bilinear *out, int count, double first, double step, int samples)
{
    const int last = samples - 1;
    for (int i = 0; i < count; i++) {
        const double at = first + i * step;
        const double inside = at < 0 ? 0 : at > last ? last : at;
        const int a = (int)inside;
        out[i] = (nn_bilinear){a, a < last ? a + 1 : last, (float)(inside - a)};
    }
}

double nn_bilinear_stride(int pixels, int cells)
{
    const double ratio = (double)pixels / cells, whole = rint(ratio);
    const double over = pixels - whole * cells;
    return over >= 0 && over <= whole ? whole : ratio;
}
