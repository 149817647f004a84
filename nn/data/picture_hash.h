// SPDX-License-Identifier: MIT
// A short number for what a picture looks like: equal ones, and their copies in other sizes and
// files, have near numbers.
#ifndef NN_DATA_PICTURE_HASH_H
#define NN_DATA_PICTURE_HASH_H

#include "nn/base/api.h"
#include "nn/io/image/image.h"

// Which neighbours of a grid of 9 x 9 mean greys are brighter, to the right and below (difference
// hash, Krawetz 2013).
typedef struct nn_picture_hash {
    uint64_t across, down;
    bool flat; // all of one grey: like any other such picture
} nn_picture_hash;

NN_API nn_picture_hash nn_picture_hash_of(const nn_image *image); // at least 1 x 1
// How many of the 128 bits differ.
NN_API int nn_picture_distance(const nn_picture_hash *a, const nn_picture_hash *b);

#endif
