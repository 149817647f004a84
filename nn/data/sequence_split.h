// SPDX-License-Identifier: MIT
// Holds back a part of a data set so that near-duplicates stay on one side: frames of one video,
// and copies of one picture.
#ifndef NN_DATA_SEQUENCE_SPLIT_H
#define NN_DATA_SEQUENCE_SPLIT_H

#include "nn/data/dataset.h"

enum { NN_SEQUENCE_LEAST = 10 }; // of fewer pictures none is held back

typedef struct nn_sequence_split {
    int pictures, held; // pictures: before; held back
    int left_out;       // pictures in gaps between both sides
    int sequences;      // each single picture counts as one
    int held_sequences; // sequences held back as a whole; 0: the end of each was
} nn_sequence_split;

// Moves about part * n of the n samples from `first` on to the end of `to`. Whole sequences are
// moved when enough of them are small enough and every class keeps at least half of its pictures.
// Otherwise the end of each sequence is moved, and a gap before it is left out. A sequence is the
// samples with one nn_sample.sequence, else those in one folder whose names differ only in the
// number at the end ("cam3_000123.jpg"). Copies that Roboflow makes of a picture
// ("NAME_jpg.rf.HASH.jpg") stay together. The result depends on the names, the part and the seed
// only. The source of the samples must be the last one, and is added to `to`.
NN_API nn_status nn_dataset_split_sequences(nn_dataset *d, int first, double part, uint64_t seed,
                                            nn_dataset *to, nn_sequence_split *how, nn_error *err);

#endif
