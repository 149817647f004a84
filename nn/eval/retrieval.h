// SPDX-License-Identifier: MIT
// How often a picture's caption is found among all captions of a data set.
#ifndef NN_EVAL_RETRIEVAL_H
#define NN_EVAL_RETRIEVAL_H

#include "nn/base/api.h"
#include "nn/data/dataset.h"

typedef struct nn_retrieval {
    const char **captions; // owned list of borrowed texts: sorted, each once
    int count;
    int pictures;
    int64_t top1, top5; // pictures one of whose captions is the best one, among the best five
    int64_t frequent;   // pictures that have the most frequent caption
    double loss;        // sum of -log of the probability of a picture's captions
} nn_retrieval;

// Gathers the captions of a data set, which is borrowed.
nn_status nn_retrieval_init(nn_retrieval *r, const nn_dataset *data, nn_error *err);
void nn_retrieval_release(nn_retrieval *r);
// Number of a caption; -1: it is not there.
int nn_retrieval_find(const nn_retrieval *r, const char *caption);
// Counts a picture by the probabilities of all captions; returns how many others are more probable
// than its best one.
int nn_retrieval_add(nn_retrieval *r, const nn_sample *sample, const float *probabilities);

#endif
