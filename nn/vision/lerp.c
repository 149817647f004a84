// SPDX-License-Identifier: MIT
// Tables of bilinear enlarging.
#include "nn/vision/lerp.h"

#include <math.h>

void nn_lerp_axis(nn_lerp *out, int count, double first, double step, int samples)
{
    const int last = samples - 1;
    for (int i = 0; i < count; i++) {
        const double at = first + i * step;
        const double inside = at < 0 ? 0 : at > last ? last : at;
        const int a = (int)inside;
        out[i] = (nn_lerp){a, a < last ? a + 1 : last, (float)(inside - a)};
    }
}

double nn_lerp_stride(int pixels, int cells)
{
    const double ratio = (double)pixels / cells, whole = rint(ratio);
    const double over = pixels - whole * cells;
    return over >= 0 && over <= whole ? whole : ratio;
}
