// SPDX-License-Identifier: MIT
// Picks a learning rate from the losses of a sweep.
#include "nn/train/rate_sweep.h"

#include <math.h>

#define SPREAD (1.0 / 24) // of the whole sweep: standard deviation of the weights of a mean

// Means weighted by how near the steps are, on both sides: a running mean would lag behind.
static void smoothen(nn_rate_sweep *s, int planned)
{
    const double near = SPREAD * planned;
    for (int i = 0; i < s->steps; i++) {
        double sum = 0, weight = 0;
        for (int k = 0; k < s->steps; k++) {
            const double away = (k - i) / near, w = exp(-0.5 * away * away);
            sum += w * s->loss[k];
            weight += w;
        }
        s->smooth[i] = sum / weight;
    }
}

int nn_rate_sweep_pick(nn_rate_sweep *s, int planned)
{
    int lowest = 0, steepest = 0;
    double most = 0;
    smoothen(s, planned);
    for (int i = 1; i < s->steps; i++)
        lowest = s->smooth[i] < s->smooth[lowest] ? i : lowest;
    for (int i = 1; i < lowest; i++) {
        const double fall = s->smooth[i - 1] - s->smooth[i + 1]; // rates rise by equal factors
        if (fall <= most)
            continue;
        most = fall;
        steepest = i;
    }
    while (steepest > 0 && s->rate[steepest] > NN_SWEEP_BELOW * s->rate[lowest])
        steepest--;
    s->lowest = lowest;
    return steepest;
}
