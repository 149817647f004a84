// SPDX-License-Identifier: MIT
// How well features tell classes apart without any training: each picture is classified by its
// nearest neighbours among the others. Its class is the name of the folder that it lies in.
#ifndef NN_EVAL_KNN_SCORES_H
#define NN_EVAL_KNN_SCORES_H

#include "nn/base/api.h"
#include "nn/data/dataset.h"

enum { NN_KNN_NEIGHBOURS = 10 };

typedef struct nn_knn_scores nn_knn_scores;

NN_API nn_knn_scores *nn_knn_scores_new(int dims); // NULL: no memory
NN_API void nn_knn_scores_free(nn_knn_scores *k);  // NULL is a no-op
// Adds a picture: its path, and `dims` features, whose length does not matter.
NN_API nn_status nn_knn_scores_add(nn_knn_scores *k, const char *name, const float *features,
                                   nn_error *err);

typedef struct nn_knn_result {
    int pictures, classes;
    double top1;   // part of the pictures whose class has most votes; NAN: fewer than two classes
    double chance; // part of the largest class
} nn_knn_result;

// A neighbour's vote counts exp(cosine / 0.07) (Wu 2018, section 3.4).
NN_API nn_status nn_knn_scores_result(const nn_knn_scores *k, nn_knn_result *out, nn_error *err);
// Number of folders that the pictures of a data set lie in, by their names; 0: no memory.
NN_API int nn_knn_folders(const nn_dataset *data);

#endif
