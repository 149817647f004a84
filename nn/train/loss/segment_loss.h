// SPDX-License-Identifier: MIT
// Loss of segmentation: cross entropy of every pixel, and how far regions overlap.
#ifndef NN_TRAIN_LOSS_SEGMENT_LOSS_H
#define NN_TRAIN_LOSS_SEGMENT_LOSS_H

#include "nn/base/api.h"
#include "nn/base/pool.h"
#include "nn/data/dataset.h"
#include "nn/train/ranks.h"

typedef struct nn_segment_loss_options {
    float dice; // weight of 1 - the soft Dice coefficient (Milletari 2016), mean over the classes
                // that a batch shows: small regions count as much as large ones
    // Weight of each class's pixels in the cross entropy; 0: 1.
    float weight[NN_MASK_CLASSES];
    nn_ranks *ranks; // borrowed: the processes that share a batch; NULL: this one alone
    nn_pool *pool;   // borrowed: its threads share the pictures; may be NULL
} nn_segment_loss_options;

// Weights against rare classes: 1 / ln(1.02 + part of the pixels) (Paszke 2016, ENet, section 5.2),
// scaled to a mean of 1 over the classes that are there; the others get 1.
NN_API void nn_segment_weights(const nn_dataset *d, int classes, float *weight);

// Logits of a batch and the classes of its pixels.
typedef struct nn_segment_maps {
    int batch, classes, h, w; // of the logits (batch, classes, h, w)
    int height, width;        // of the labels (batch, height, width); not smaller than h, w
    const float *logits;
    const uint8_t *labels; // NN_MASK_IGNORE, and what is no class: left out
    float *grad;           // written: that of the loss with respect to the logits
} nn_segment_maps;

typedef struct nn_segment_loss nn_segment_loss; // work space for maps of one geometry
// NN_ENOMEM. Of the geometry only the sizes are read.
nn_status nn_segment_loss_new(nn_segment_loss **out, const nn_segment_loss_options *options,
                              const nn_segment_maps *geometry, nn_error *err);
void nn_segment_loss_free(nn_segment_loss *l);

typedef struct nn_segment_loss_value {
    double entropy, dice; // weighted parts; their sum is the loss
    int64_t pixels, hits; // that count; whose largest logit is that of their class
} nn_segment_loss_value;

// The logits are enlarged bilinearly to the labels' size, as the decoder enlarges them in
// inference, so that the loss sees edges where they will be drawn; then softmax cross entropy, the
// mean over the pixels by their weights. Gradients are `scale` times those of the value. Sums run
// in a fixed order. With ranks the mean is that over all of them; Dice is that of each process's
// part.
nn_segment_loss_value nn_segment_loss_grad(nn_segment_loss *l, const nn_segment_maps *maps,
                                           double scale);

#endif
