// SPDX-License-Identifier: MIT
// Charbonnier's distance and L1.
#include "nn/train/loss/upscale_loss.h"

#include <math.h>

#define CORNER 1e-3 // below it, the distance is round

nn_upscale_loss_value nn_upscale_loss(const nn_upscale_loss_options *o, const float *pixels,
                                      const float *truth, float *grad, int64_t n, double scale)
{
    const double corner = o->distance == NN_UPSCALE_L1 ? 0 : CORNER * CORNER;
    nn_upscale_loss_value v = {0};
    for (int64_t i = 0; i < n; i++) {
        const double d = (double)pixels[i] - (double)truth[i], far = sqrt(d * d + corner);
        v.loss += far;
        v.absolute += fabs(d);
        v.square += d * d;
        grad[i] = (float)(far > 0 ? scale / (double)n * d / far : 0);
    }
    v.loss /= (double)n;
    v.absolute /= (double)n;
    v.square /= (double)n;
    return v;
}
