// SPDX-License-Identifier: MIT
// Data sets: pictures with their true boxes or classes, gathered from one or more sources.
#ifndef NN_DATA_DATASET_H
#define NN_DATA_DATASET_H

#include "nn/base/api.h"
#include "nn/data/class_map.h"
#include "nn/data/mask.h"
#include "nn/io/image/image.h"

#include <pthread.h>
#include <stddef.h>

// What is neither to be found nor to be punished when found.
enum {
    NN_IGNORE_NOT = 0,   // an object
    NN_IGNORE_BOX = 1,   // something nobody is sure of, or of a class left out
    NN_IGNORE_CLASS = 2, // a region in which nobody has labelled what is of the box's class
                         // (federated data, Gupta 2019, LVIS, section 3.1): where no object is
                         // labelled, the class has no loss there and no score; other classes are
                         // background as ever
};

// A true box in pixels of the full picture.
typedef struct nn_truth {
    float x0, y0, x1, y1;
    int32_t label;  // index into the labels of the model; with NN_IGNORE_BOX also -1: any class
    uint8_t ignore; // NN_IGNORE_...
    float area;     // pixels that the object covers, where that is known; 0: those of the box
} nn_truth;

typedef struct nn_sample {
    char *name;        // owned: the picture's file name, or "video.avi:12"
    int width, height; // of the full picture, the unit of `truths`
    nn_image
        image;     // rgb is NULL while the picture lies on disk; may be smaller than width x height
    uint8_t *grey; // owned: width x height, in place of `image` for pictures in memory without
                   // colours; NULL: none
    nn_truth *truths; // owned
    int truth_count;
    int outside; // boxes that reached more than a pixel beyond the picture before they were cut
    int32_t *classes; // owned: labels of the whole picture; several when it shows several things
    int class_count;  // 0: the picture is there for its boxes, or its mask is all background
    nn_mask mask;     // of width x height, owned; without runs: the picture is not there for it
    int source;
    bool in_memory; // there is no file to load it from
} nn_sample;

// Where samples came from, and how training treats them.
typedef struct nn_source {
    char *path;  // owned
    float share; // of an epoch's draws, relative to the other sources; <= 0: its number of samples
    float scale[2];     // range of random sizes, 1 = as in inference; 0, 0: the augmentation's
    float ignore_below; // labels with a lower score become ignore boxes
    // A bit for each label that its files do not name exhaustively: an object that they name
    // counts, but where they name none there may still be one. To be set before samples are added.
    uint32_t unknown[NN_CLASS_MAX / 32];
} nn_source;

// Receives one line about something skipped; may be NULL. Called on the thread that reads.
typedef struct nn_notes {
    void (*note)(void *ctx, const char *line);
    void *ctx;
} nn_notes;

typedef struct nn_dataset {
    nn_sample *samples; // owned
    int count, capacity;
    nn_source *sources; // owned
    int source_count;
    size_t cache_limit, cache_used; // bytes of decoded pictures to keep
    // JPEGs are decoded at 1/2, 1/4 or 1/8 as long as both sides stay at least this large; 0, 0:
    // at their full size. To be set before anything is added.
    int enough_w, enough_h;
    nn_notes notes;
    // Called with the number of samples whenever one was added, on the thread that reads; NULL:
    // nobody waits. To be set before anything is added.
    void (*added)(void *ctx, int count);
    void *added_ctx;
    int skipped;          // pictures left out because they or their labels were damaged
    pthread_mutex_t lock; // guards the pictures
} nn_dataset;

// `cache_limit` bounds the bytes of pictures kept decoded; frames added from memory always stay.
NN_API nn_status nn_dataset_init(nn_dataset *d, size_t cache_limit, nn_notes notes, nn_error *err);
NN_API void nn_dataset_release(nn_dataset *d);

static inline bool nn_source_knows(const nn_source *s, int label)
{
    return !(s->unknown[label / 32] >> (label % 32) & 1);
}

// Appends a box of NN_IGNORE_CLASS over a whole picture for each class that the source does not
// know, unless there is one already. Grows *truths (of nn_alloc).
NN_API nn_status nn_source_mark(const nn_source *s, int width, int height, nn_truth **truths,
                                int *count, nn_error *err);

// Appends a source and gives its index. Everything is copied; path is duplicated.
NN_API nn_status nn_dataset_add_source(nn_dataset *d, const nn_source *source, int *index,
                                       nn_error *err);

// Appends a sample, taking over `sample->name`, `image.rgb`, `grey`, `truths`, `classes` and `mask`
// (also on failure). Boxes are clipped to the picture; those left without area are dropped with a
// note. Behind them come those of nn_source_mark.
NN_API nn_status nn_dataset_add(nn_dataset *d, nn_sample *sample, nn_error *err);

// Moves round(part * n) of the n samples of each class from `first` on to the end of `to`, drawn by
// seed and class alone; no class is left without a sample here. The class of a sample is its first
// one, or that of its first box. Their source, which must be the last one, is added to `to` too.
NN_API nn_status nn_dataset_split(nn_dataset *d, int first, double part, uint64_t seed,
                                  nn_dataset *to, nn_error *err);

// The picture of sample i, from memory or decoded now. *borrowed tells that it stays the data
// set's; otherwise the caller releases it. Thread-safe.
NN_API nn_status nn_dataset_picture(nn_dataset *d, int i, nn_image *image, bool *borrowed,
                                    nn_error *err);

// Writes a line to the notes and, when `skips` is 1, counts a skipped picture.
NN_API void nn_dataset_note(nn_dataset *d, int skips, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
