// SPDX-License-Identifier: MIT
// Models trained on folders of labelled pictures, and scored on them.
#ifndef NN_API_TRAIN_H
#define NN_API_TRAIN_H

#include "nn/api/model.h"
#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The contents of a folder depend on the task. "classify": a folder of pictures for each class, or
// labels.csv, IDX or CIFAR-10 files. "detect": images/ with labels/ (YOLO), Pascal VOC or COCO.
// "segment": images/ with masks/, Pascal VOC or COCO. "pose", "instance", "obb": as "detect", with
// keypoints, outlines or rotated boxes. nn/data/README.md has the details.

enum { NN_MAX_SCORES = 8 };

// How good a model is. Names: "ap50", "ap" (COCO's average precision, at IoU 0.5 and over 0.5 to
// 0.95), "precision", "recall", "objects" of detectors; "top1", "top5", "loss", "map" of
// classifiers; "miou" (mean intersection over union), "pixel_accuracy" of segmentation.
typedef struct nn_scores {
    struct {
        const char *name;
        double value; // NAN: does not exist, as the AP of pictures without objects
    } list[NN_MAX_SCORES];
    int count;
    double worth;        // the one number that says which weights are better: more is
    int pictures;        // that were scored
    double milliseconds; // of inference, a picture
} nn_scores;

NN_API double nn_scores_get(const nn_scores *s, const char *name); // NAN: there is none such

// Where a training is.
typedef struct nn_train_progress {
    int64_t step, steps; // taken, in all
    int epoch, epochs;   // from 1
    double loss;         // mean over the steps of the epoch so far
    double images_per_second;
    double seconds, seconds_left;
    double best;             // worth of the best weights
    int best_epoch;          // whose they are; 0: nothing was validated yet
    const nn_scores *scores; // after an epoch that was validated; else NULL
} nn_train_progress;

// Texts are borrowed until nn_train returns. Callbacks may be NULL and run on the calling thread;
// false stops the training, which then keeps the best weights so far.
typedef struct nn_train_options {
    const char *task;            // "classify", "detect", "segment", "pose", "instance" or "obb"
    const char *network;         // of nn_network_name
    const char *network_options; // "alpha=0.25"; NULL: its usual ones
    const char *list;            // one of the folder's own lists, "train"; NULL: all pictures
    const char *val_folder;      // to validate on; NULL: a part of the same folder
    const char *val_list;        // that part is this list; NULL: drawn by the seed, class by class
    double val_part;             // 0 .. 1: how much is drawn; 0: nothing is validated
    int input_width, input_height; // pixels of the network's input, or NN_FROM_MODEL: its usual
    // A model file, or an installed model, whose parameters are the first ones where their names
    // and shapes fit the network; NULL: all are random.
    const char *init;
    // Random views: a set ("none", "usual", "strong" or "anywhere"; NULL: "usual") and options that
    // differ from it, "angle=20 mosaic=0.3", with the names of `neroscale augment` (NULL: none).
    const char *augment, *augment_options;
    int epochs, batch;
    double rate;   // of learning, at its highest
    uint64_t seed; // the same seed, data and options give the same model
    int threads;   // 1 .. 1024; nn_train_options_init: one for each core
    int val_every; // epochs from one validation to the next
    int patience;  // stops after so many epochs that were not better than the best; 0: never
    // Folder for checkpoints, made when it is not there; NULL: a temporary one.
    const char *work;
    bool resume; // goes on from the checkpoint in `work`, if there is one
    void *ctx;   // of the callbacks
    bool (*batch_done)(void *ctx, const nn_train_progress *p);
    bool (*epoch_done)(void *ctx, const nn_train_progress *p);
    bool (*new_best)(void *ctx, const nn_train_progress *p);
    // A line, said once, when the training goes wrong: what shows it, and what to try.
    void (*warn)(void *ctx, const char *line);
} nn_train_options;

// Fills in what is usual for a task. NN_ENOTFOUND: there is no such task.
NN_API nn_status nn_train_options_init(nn_train_options *options, const char *task, nn_error *err);

// Trains a network on a folder; its classes are those that the folder names. *out is the best
// model (the last, when nothing was validated), `scores` (may be NULL) what it scores on the
// pictures that were held back. Free it with nn_model_free. On failure *out is NULL. NN_EINVAL:
// also when the loss is not finite any more.
NN_API nn_status nn_train(nn_model **out, const char *folder, const nn_train_options *options,
                          nn_scores *scores, nn_error *err);

typedef struct nn_evaluate_options {
    const char *list; // one of the folder's own lists, "test"; NULL: all pictures
    int threads;      // 1 .. 1024; nn_evaluate_options_init: one for each core
    float threshold;  // of precision and recall, or NN_FROM_MODEL
    void *ctx;
    void (*picture_done)(void *ctx, int done, int total); // NULL; runs on the calling thread
} nn_evaluate_options;

NN_API void nn_evaluate_options_init(nn_evaluate_options *options);

// Scores a model file, or an installed model ("street"), on a folder. Its classes are matched to
// the model's by name; numbers without names are the model's. `options` may be NULL.
NN_API nn_status nn_evaluate(nn_scores *out, const char *model, const char *folder,
                             const nn_evaluate_options *options, nn_error *err);

#ifdef __cplusplus
}
#endif

#endif
