// SPDX-License-Identifier: MIT
// Data sets: pictures with ground-truth boxes, classes or masks, from one or more sources.
#ifndef NN_DATA_DATASET_H
#define NN_DATA_DATASET_H

#include "nn/base/api.h"
#include "nn/data/class_map.h"
#include "nn/data/keypoint_set.h"
#include "nn/data/mask.h"
#include "nn/io/image/image.h"
#include "nn/vision/details.h"

#include <pthread.h>
#include <stddef.h>

// How a ground-truth box counts.
enum {
    NN_IGNORE_NOT = 0, // an object
    // ambiguous, or of a class that is left out: it need not be found and may be found
    NN_IGNORE_BOX = 1,
    // region in which objects of this class are not labelled completely (federated data, Gupta
    // 2019, LVIS, section 3.1): outside of its labelled objects, the class has neither loss nor
    // score there; other classes are background as usual
    NN_IGNORE_CLASS = 2,
};

// A ground-truth box in pixels of the full picture.
typedef struct nn_truth {
    float x0, y0, x1, y1;
    int32_t label;  // label of the model; with NN_IGNORE_BOX also -1: any class
    uint8_t ignore; // NN_IGNORE_...
    float area;     // pixels of the object itself, where known; 0: use the area of the box
    int32_t
        detail; // > 0: its number in the details of the sample or view; 0: there is only the box
} nn_truth;

typedef struct nn_sample {
    char *name;        // owned: file name of the picture, or "video.avi:12"
    char *id;          // owned: of the picture in its file of labels (COCO); NULL: none
    int width, height; // size of the full picture, in whose pixels `truths` are
    nn_image
        image; // rgb is NULL while the picture is only on disk; may be smaller than width x height
    uint8_t *grey; // owned: width x height; replaces `image` for grey pictures in memory; else NULL
    nn_truth *truths; // owned
    int truth_count;
    // number of boxes that were more than a pixel outside of the picture before clipping
    int outside;
    // Of the truths, in pixels of the full picture: outlines, rotated boxes, and keypoints with
    // visibility (keypoint_set.h) as score; those that are not labelled have score 0.
    nn_details details;
    int32_t *classes; // owned: labels of the whole picture; several for multi-label data
    int class_count;  // 0: the sample has boxes, or its mask is all background
    char **texts;     // owned: captions of the picture
    int text_count;
    nn_mask mask; // of width x height; without runs: the sample has no mask
    int source;
    uint64_t sequence; // pictures of one video or flight have the same; 0: its name may tell
    bool in_memory;    // the picture cannot be loaded again from a file
} nn_sample;

// A source of samples, and how training treats it.
typedef struct nn_source {
    char *path; // owned
    // of the draws of an epoch, relative to the other sources; <= 0: its number of samples
    float share;
    float scale[2]; // range of random scales, 1 = as in inference; 0, 0: that of the augmentation
    float ignore_below; // boxes with a lower score become ignore boxes
    // One bit for each label that is not labelled completely: labelled objects count, but elsewhere
    // unlabelled ones may exist. Set it before samples are added.
    uint32_t unknown[NN_CLASS_MAX / 32];
} nn_source;

// Receives a line about each skipped item, on the reading thread; may be NULL.
typedef struct nn_notes {
    void (*note)(void *ctx, const char *line);
    void *ctx;
} nn_notes;

typedef struct nn_dataset {
    nn_sample *samples; // owned
    int count, capacity;
    nn_source *sources; // owned
    int source_count;
    size_t cache_limit, cache_used; // bytes of decoded pictures
    // JPEGs are decoded at 1/2, 1/4 or 1/8 while both sides stay at least this large; 0, 0: at full
    // size. Set it before anything is added.
    int enough_w, enough_h;
    nn_notes notes;
    unsigned details;               // NN_DETAIL_ flags: what truths may have besides boxes
    nn_keypoint_set keypoints;      // owned; what they are
    int64_t label_id[NN_CLASS_MAX]; // 1 + the number of a label in the files (COCO); 0: none
    // Called on the reading thread with the number of samples after each addition; may be NULL. Set
    // it before anything is added.
    void (*added)(void *ctx, int count);
    void *added_ctx;
    int skipped;          // pictures skipped because they or their labels were damaged
    pthread_mutex_t lock; // guards the pictures
} nn_dataset;

// `cache_limit` limits the bytes of decoded pictures in memory; frames that were added from memory
// always stay.
NN_API nn_status nn_dataset_init(nn_dataset *d, size_t cache_limit, nn_notes notes, nn_error *err);
NN_API void nn_dataset_release(nn_dataset *d);

static inline bool nn_source_knows(const nn_source *s, int label)
{
    return !(s->unknown[label / 32] >> (label % 32) & 1);
}

// Appends a box of NN_IGNORE_CLASS over the whole picture for each label in source->unknown that
// has none yet. Grows *truths (from nn_alloc).
NN_API nn_status nn_source_mark(const nn_source *s, int width, int height, nn_truth **truths,
                                int *count, nn_error *err);

// Appends a source (copied) and returns its index.
NN_API nn_status nn_dataset_add_source(nn_dataset *d, const nn_source *source, int *index,
                                       nn_error *err);

// Appends a sample and takes over its name, image.rgb, grey, truths, classes and mask (also on
// failure). Boxes are clipped to the picture; empty ones are dropped with a note. The boxes of
// nn_source_mark are added.
NN_API nn_status nn_dataset_add(nn_dataset *d, nn_sample *sample, nn_error *err);

// Moves round(part * n) of the n samples of each class, beginning with sample `first`, to the end
// of `to`. Seed and class alone decide which; every class keeps at least one sample. The class of a
// sample is its first class, or that of its first box. The source of the samples, which must be the
// last one, is added to `to`.
NN_API nn_status nn_dataset_split(nn_dataset *d, int first, double part, uint64_t seed,
                                  nn_dataset *to, nn_error *err);

// What becomes of a sample when a set is divided.
enum { NN_SAMPLE_STAYS, NN_SAMPLE_MOVES, NN_SAMPLE_GOES };

// Moves or removes the samples from `first` on as fate[i] says, which has an element for each
// sample. Their source, which must be the last one, is added to `to`.
nn_status nn_dataset_move(nn_dataset *d, int first, const uint8_t *fate, nn_dataset *to,
                          nn_error *err);

// The picture of sample i, from memory or decoded. *borrowed: the data set keeps it; otherwise the
// caller releases it. Thread-safe.
NN_API nn_status nn_dataset_picture(nn_dataset *d, int i, nn_image *image, bool *borrowed,
                                    nn_error *err);

// Writes a line to the notes, and adds `skips` to the number of skipped pictures.
NN_API void nn_dataset_note(nn_dataset *d, int skips, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
