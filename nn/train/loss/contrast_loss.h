// SPDX-License-Identifier: MIT
// The loss of pictures and their texts (Radford 2021, CLIP, figure 3): each picture is to be told
// its text among those of the whole batch, and each text its picture. Where pictures share a text,
// each of them has all of these pairs as its true ones, in equal parts (Yang 2022, UniCL, equation
// 2).
#ifndef NN_TRAIN_LOSS_CONTRAST_LOSS_H
#define NN_TRAIN_LOSS_CONTRAST_LOSS_H

#include "nn/base/status.h"

#include <stdint.h>

#define NN_CONTRAST_SCALE_MOST 100.0f // of logits; a larger one counts as this (section 2.5)

// `rows` pairs of embeddings, rows x width each, of any length: cosines count. `scale` is what they
// are multiplied by. `text_ids`: a number for each row, which is equal where texts are; NULL: all
// texts differ.
typedef struct nn_contrast_batch {
    const float *images, *texts;
    int rows, width;
    float scale;
    const double *text_ids;
} nn_contrast_batch;

// Where gradients go: those of rows [first, first + count); the others are left out.
typedef struct nn_contrast_grads {
    float *images, *texts; // count x width
    double scale;
    int first, count;
} nn_contrast_grads;

typedef struct nn_contrast_value {
    double loss;             // mean of both directions
    double image, text;      // cross entropies of pictures among texts, of texts among pictures
    int64_t hits, text_hits; // of rows [first, first + count): the best one is a true one
} nn_contrast_value;

// Writes `weight` times the gradients of the loss. Computes in double precision. NN_ENOMEM.
nn_status nn_contrast_loss(const nn_contrast_batch *b, double weight, nn_contrast_grads *grads,
                           nn_contrast_value *value, nn_error *err);

#endif
