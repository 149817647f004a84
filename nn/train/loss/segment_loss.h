// SPDX-License-Identifier: MIT
// Loss of segmentation: cross entropy of every pixel, and the Dice coefficient of regions.
#ifndef NN_TRAIN_LOSS_SEGMENT_LOSS_H
#define NN_TRAIN_LOSS_SEGMENT_LOSS_H

#include "nn/base/api.h"
#include "nn/base/pool.h"
#include "nn/data/dataset.h"
#include "nn/train/ranks.h"

typedef struct nn_segment_loss_options {
    // weight of 1 - soft Dice coefficient (Milletari 2016), the mean over the classes in a batch:
    // small regions count as much as large ones
    float dice;
    // Weight of the pixels of each class in the cross entropy; 0: 1.
    float weight[NN_MASK_CLASSES];
    nn_ranks *ranks; // borrowed: the processes that share a batch; NULL: only this one
    nn_pool *pool;   // borrowed: threads for the pictures; may be NULL
} nn_segment_loss_options;

// Weights for rare classes: 1 / ln(1.02 + share of the pixels) (Paszke 2016, ENet, section 5.2),
// scaled to a mean of 1 over the classes of the data; other classes get 1.
NN_API void nn_segment_weights(const nn_dataset *d, int classes, float *weight);

// Logits of a batch and the classes of its pixels.
typedef struct nn_segment_maps {
    int batch, classes, h, w; // of the logits (batch, classes, h, w)
    int height, width;        // size of the labels (batch, height, width), at least h, w
    const float *logits;
    const uint8_t *labels; // pixels with NN_MASK_IGNORE or an invalid class do not count
    float *grad;           // written: gradient of the logits
} nn_segment_maps;

typedef struct nn_segment_loss nn_segment_loss; // work space for maps of one geometry
// Reads only the sizes of the geometry. NN_ENOMEM.
nn_status nn_segment_loss_new(nn_segment_loss **out, const nn_segment_loss_options *options,
                              const nn_segment_maps *geometry, nn_error *err);
void nn_segment_loss_free(nn_segment_loss *l);

typedef struct nn_segment_loss_value {
    double entropy, dice; // weighted parts; their sum is the loss
    int64_t pixels, hits; // pixels that count; those whose largest logit is that of their class
} nn_segment_loss_value;

// Upsamples the logits bilinearly to the size of the labels, as the decoder does, so that the loss
// sees edges where inference draws them. Then softmax cross entropy, the weighted mean over the
// pixels. Gradients are `scale` times those of the value. Sums have a fixed order. With ranks the
// mean is over all processes; Dice is that of each process's part.
nn_segment_loss_value nn_segment_loss_grad(nn_segment_loss *l, const nn_segment_maps *maps,
                                           double scale);

#endif
