// SPDX-License-Identifier: MIT
// Holds a part of a data set back so that pictures that are almost equal do not stand on both
// sides: frames of one video, and copies of one picture.
#ifndef NN_DATA_SEQUENCE_SPLIT_H
#define NN_DATA_SEQUENCE_SPLIT_H

#include "nn/data/dataset.h"

enum { NN_SEQUENCE_LEAST = 10 }; // of fewer pictures none is held back

typedef struct nn_sequence_split {
    int pictures, held; // before; held back
    int left_out;       // between both sides
    int sequences;      // there are; each single picture is one
    int held_sequences; // that were held back whole; 0: the end of each was
} nn_sequence_split;

// Moves about part * n of the n samples from `first` on to the end of `to`: whole sequences where
// enough of them are small enough and every class keeps at least half of its pictures, else the end
// of each sequence, with a gap before it that is left out. A sequence are the samples with the same
// nn_sample.sequence, else those in one folder whose names differ in the number at their end
// ("cam3_000123.jpg"). Copies that Roboflow makes of a picture ("NAME_jpg.rf.HASH.jpg") stay
// together. The names, the part and the seed alone decide. The source of the samples, which must be
// the last one, is added to `to`.
NN_API nn_status nn_dataset_split_sequences(nn_dataset *d, int first, double part, uint64_t seed,
                                            nn_dataset *to, nn_sequence_split *how, nn_error *err);

#endif
