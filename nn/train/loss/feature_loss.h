// SPDX-License-Identifier: MIT
// How far the feature maps of a network are from those of a teacher.
#ifndef NN_TRAIN_LOSS_FEATURE_LOSS_H
#define NN_TRAIN_LOSS_FEATURE_LOSS_H

#include <stdint.h>

// Of maps (batch,channels,plane) of both: 1 - r^2, the mean over the channels, where r is Pearson's
// correlation of a channel of one with that of the other over all pictures and places (Cao 2022,
// PKD, section 3.3, has 1 - r). It is the mean squared error (Romero 2015, FitNets, section 2.2) of
// the best straight line from one to the other, as a part of the teacher's variance: what scale its
// maps have does not matter, be its norms folded or not, and few places with something in them
// count as much as many with nothing. 1 at the start of a network that knows nothing, 0 when all
// that varies in the teacher's maps is there. The square makes gradients small as long as there is
// nothing in common: 1x1 convolutions that start at random do not spoil what a network knows.
// Channels in which the teacher says the same everywhere have no part. Writes `scale` times the
// gradient by the student's maps; sums run in a fixed order.
double nn_feature_loss(const float *student, const float *teacher, float *grad, int batch,
                       int channels, int64_t plane, double scale);

// Planes of h x w as means over the parts of them that the cells of to_h x to_w cover.
void nn_feature_resize(const float *from, int h, int w, float *to, int to_h, int to_w,
                       int64_t planes);

#endif
