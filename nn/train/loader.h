// SPDX-License-Identifier: MIT
// Prepares batches in other threads, so that the network never waits for pictures.
#ifndef NN_TRAIN_LOADER_H
#define NN_TRAIN_LOADER_H

#include "nn/data/augment/augment.h"
#include "nn/data/folder.h"
#include "nn/data/sampler.h"
#include "nn/train/loss/detect_loss.h"

typedef struct nn_loader_size {
    int height, width;
} nn_loader_size;

enum { NN_LOADER_MAX_SIZES = 16 };

typedef struct nn_loader_options {
    int batch, height, width;
    int views;         // in a row that are of the same picture, in batches of whole pictures; 0: 1
    nn_data_kind kind; // what views are labelled with
    int classes;       // of the model; of NN_DATA_PICTURES by what their sides grow
    int channels;      // planes of a view; 0: 3
    // Input sizes, one of which is drawn for each batch (Redmon 2017, YOLO9000, section 2); none:
    // height x width. The augmentation's fit size is for height x width and scales with them.
    nn_loader_size sizes[NN_LOADER_MAX_SIZES];
    int size_count;
    int epoch_size; // draws in an epoch; 0: the number of samples
    uint64_t seed;
    nn_augment_options augment;
    const nn_kernels *kernels;
    int threads; // threads that draw views; 0: one per core, at most 4
    // For several processes: the number of pictures that all of them draw for a step, and the first
    // one of this process; 0, 0: this process draws all.
    int shared_batch, shared_first;
} nn_loader_options;

typedef struct nn_batch {
    int64_t step;
    int height, width;    // of this batch
    float *planes;        // batch x channels x height x width
    void *room;           // labels of the views, as nn_data_facts has them
    nn_truth_list *lists; // one for each picture: its boxes; empty but of NN_DATA_BOXES
    nn_details *details;  // of the boxes of each picture; NULL: the data set has none
    float *targets;       // batch x classes, see nn_view; NULL unless NN_DATA_CLASSES
    uint8_t *labels;      // batch x height x width, see nn_view; NULL unless NN_DATA_MASKS
    float *enlarged;      // batch x the enlarged picture of nn_view; NULL unless NN_DATA_PICTURES
    const char **texts; // a caption of each picture, of the data set; NULL unless NN_DATA_CAPTIONS
} nn_batch;

typedef struct nn_loader nn_loader;

// Starts to prepare batches, beginning with `first_step`. View i of step s depends only on the
// random stream (seed, s * batch + i), with batch and i counted over all processes: threads, timing
// and restarts change nothing. A picture that cannot be read any more is reported and replaced.
// `data` is borrowed.
nn_status nn_loader_new(nn_loader **out, nn_dataset *data, const nn_loader_options *options,
                        int64_t first_step, nn_error *err);
void nn_loader_free(nn_loader *l);

// Waits for the next batch, which is valid until the next call.
nn_status nn_loader_next(nn_loader *l, const nn_batch **batch, nn_error *err);

// The input size of a step, a function of (seed, step).
nn_loader_size nn_loader_size_at(const nn_loader_options *o, int64_t step);

#endif
