// SPDX-License-Identifier: MIT
// Data sets of generated pictures that each show one class.
#ifndef TESTS_SUPPORT_MADE_PICTURES_H
#define TESTS_SUPPORT_MADE_PICTURES_H

#include "nn/base/rng.h"
#include "nn/data/dataset.h"

// Writes picture number `index` of side x side pixels, three bytes each, and returns its class.
typedef int32_t made_paint(uint8_t *rgb, int side, int index, nn_rng *rng);

// Makes *d of `count` pictures, called "made 0" and so on, from one source.
void made_pictures(nn_dataset *d, int count, int side, uint64_t seed, made_paint *paint);

#endif
