// SPDX-License-Identifier: MIT
// Perceptual hashes: similar pictures, such as copies in other sizes or formats, have hashes that
// differ in few bits.
#ifndef NN_DATA_PICTURE_HASH_H
#define NN_DATA_PICTURE_HASH_H

#include "nn/base/api.h"
#include "nn/io/image/image.h"

// Difference hash (Krawetz 2013) of a grid of 9 x 9 mean greys: which right and lower neighbours
// are brighter.
typedef struct nn_picture_hash {
    uint64_t across, down;
    bool flat; // one grey everywhere; all flat pictures are equal
} nn_picture_hash;

NN_API nn_picture_hash nn_picture_hash_of(const nn_image *image); // at least 1 x 1
// Number of differing bits, of 128.
NN_API int nn_picture_distance(const nn_picture_hash *a, const nn_picture_hash *b);

#endif
