// SPDX-License-Identifier: MIT
// Prepares the coming batches in threads of their own, so that the network never waits for
// pictures.
#ifndef NN_TRAIN_LOADER_H
#define NN_TRAIN_LOADER_H

#include "nn/data/augment/augment.h"
#include "nn/data/sampler.h"
#include "nn/train/loss/detect_loss.h"

typedef struct nn_loader_size {
    int height, width;
} nn_loader_size;

enum { NN_LOADER_MAX_SIZES = 16 };

typedef struct nn_loader_options {
    int batch, height, width;
    int classes; // of a classifier, whose views come with targets; 0: for a detector, with boxes
    bool masks;  // for segmentation: views come with labels instead
    // Input sizes, of which each batch gets one (Redmon 2017, YOLO9000, section 2); none: height x
    // width. The fit size of the augmentation is for height x width and goes along.
    nn_loader_size sizes[NN_LOADER_MAX_SIZES];
    int size_count;
    int epoch_size; // draws; 0: the number of samples
    uint64_t seed;
    nn_augment_options augment;
    const nn_kernels *kernels;
    int threads; // that draw views; 0: one per core, at most 4
    // When several processes share the batches: how many pictures all of them draw for a step, and
    // the first of this one's `batch`; 0, 0: it draws all.
    int shared_batch, shared_first;
} nn_loader_options;

typedef struct nn_batch {
    int64_t step;
    int height, width;    // of this batch
    float *planes;        // batch x 3 x height x width
    float *targets;       // batch x classes, see nn_view; NULL unless for a classifier
    nn_truth_list *lists; // one per picture; NULL unless for a detector
    nn_truth *truths;     // what the lists point into
    uint8_t *labels;      // batch x height x width, see nn_view; NULL unless for segmentation
} nn_batch;

typedef struct nn_loader nn_loader;

// Starts preparing batches from `first_step` on. Picture i of step s comes from the random stream
// (seed, s * batch + i) alone, with the batch and numbers of all processes: threads, how far they
// have run ahead, or a restart change nothing. A picture that cannot be read any more is noted and
// another one drawn instead. `data` is borrowed.
nn_status nn_loader_new(nn_loader **out, nn_dataset *data, const nn_loader_options *options,
                        int64_t first_step, nn_error *err);
void nn_loader_free(nn_loader *l);

// The next batch, waiting for it if need be; valid until the next call.
nn_status nn_loader_next(nn_loader *l, const nn_batch **batch, nn_error *err);

// The size of the batch of a step: a function of (seed, step).
nn_loader_size nn_loader_size_at(const nn_loader_options *o, int64_t step);

#endif
