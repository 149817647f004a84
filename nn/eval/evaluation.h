// SPDX-License-Identifier: MIT
// How good a model is on labelled pictures, whatever its task, exactly as inference sees them.
#ifndef NN_EVAL_EVALUATION_H
#define NN_EVAL_EVALUATION_H

#include "nn/base/api.h"
#include "nn/data/folder.h"
#include "nn/graph/model.h"
#include "nn/vision/frame.h"
#include "nn/vision/result.h"

enum { NN_SCORES = 8 };

// The scores of a model, in the order of nn_evaluator.scores.
typedef struct nn_score {
    double worth;            // what makes one set of weights better than another
    double value[NN_SCORES]; // NAN: does not exist, as the AP without true boxes
} nn_score;

// A picture that was scored. All is borrowed and valid until the callback returns.
typedef struct nn_scored_picture {
    int index; // in the data set; -1: it is of none
    const nn_sample *sample;
    const nn_frame *frame;   // RGB; may be smaller than the full picture
    const nn_result *result; // boxes in pixels of the full picture, or a map; NULL of a classifier
    double wrong;            // of a map: part of the pixels that count
} nn_scored_picture;

typedef struct nn_evaluation_options {
    int threads;          // 0: one per core
    int input_h, input_w; // 0: the card's
    const char *head;     // decoder; NULL: the card's
    const char *labels;   // text file with the names of the classes, a line each; NULL: the card's
    float threshold;      // detectors: at which precision and recall are counted; < 0: the card's
    float iou_threshold;  // detectors: < 0: the card's
    bool confusion;       // detectors: count which class is taken for which, too
    float crop;           // classifiers: as nn_classifier_options
    // Classifiers: whether pictures may show several classes is what the card says; otherwise also
    // what the data show.
    bool classes_by_card;
    void *ctx; // of the callbacks, which may be NULL; called on the thread that evaluates
    // Before the first picture of a data set (done 0) and after each.
    void (*progress)(void *ctx, int done, int total);
    nn_status (*scored)(void *ctx, const nn_scored_picture *p, nn_error *err); // a failure ends it
} nn_evaluation_options;

// All from the model, no callbacks.
NN_API void nn_evaluation_options_init(nn_evaluation_options *o);

typedef struct nn_evaluator nn_evaluator;

typedef struct nn_evaluation {
    const nn_evaluator *task;
    nn_evaluation_options options;
    void *model;         // of the task: nn_detector, nn_classifier
    const nn_card *card; // the model's
    const char *path;    // the file that was opened; owned
    void *metrics;       // of the task: nn_box_metrics, nn_class_metrics, nn_mask_metrics
    nn_result result;    // reused from picture to picture
    float *probabilities;
    int pictures;
    double milliseconds; // of inference, summed
} nn_evaluation;

// Names of a score: as a key, and the column of a table with a row an epoch (NULL: not there).
typedef struct nn_score_name {
    const char *key, *column;
} nn_score_name;

// A task: a table in a file of its own, listed in meson.build.
struct nn_evaluator {
    const char *name;                    // as in a card: "detect"
    nn_data_kind kind;                   // what the data must hold
    nn_score_name scores[NN_SCORES + 1]; // ended by an empty one
    bool (*suits)(const nn_card *card);  // whether such a model is scored so; the first one is
    // Sets e->model, card and path. `model` may be NULL and is taken over (also on failure).
    nn_status (*open)(nn_evaluation *e, nn_model *model, const char *name, nn_error *err);
    // Sets e->metrics, for this data set (may be NULL) and those that follow it.
    nn_status (*begin)(nn_evaluation *e, const nn_dataset *data, nn_error *err);
    // Runs the model on p->frame and adds what it says to the metrics; completes *p.
    nn_status (*run)(nn_evaluation *e, nn_scored_picture *p, nn_error *err);
    nn_status (*score)(const nn_evaluation *e, nn_score *s, nn_error *err);
    // Scores the model file with the best thresholds on the data, and puts these into `card`; NULL:
    // the task has none.
    nn_status (*choose)(nn_score *s, nn_card *card, const char *model,
                        const nn_evaluation_options *o, nn_dataset *data, nn_error *err);
    void (*close)(nn_evaluation *e); // releases e->model and metrics, which may be NULL
};

NN_API const nn_evaluator *nn_evaluator_find(const char *task); // NULL: there is none
NN_API const nn_evaluator *nn_evaluator_of(const nn_card *card);

// Opens `name`, a model file or an installed model, to be scored as `task` (NULL: what its card
// says); `model` is NULL, or what was read from there and is taken over (also on failure).
// `options` may be NULL. The caller ends it with nn_evaluation_close, which takes one that is
// zeroed.
NN_API nn_status nn_evaluation_open(nn_evaluation *e, const nn_evaluator *task, nn_model *model,
                                    const char *name, const nn_evaluation_options *options,
                                    nn_error *err);
NN_API void nn_evaluation_close(nn_evaluation *e);

// Every picture of a data set, whose labels are those of the model. One after the other adds up.
NN_API nn_status nn_evaluate_dataset(nn_evaluation *e, nn_dataset *data, nn_error *err);
// One frame (RGB) with the truth of `sample`; `index` as in nn_scored_picture.
NN_API nn_status nn_evaluate_frame(nn_evaluation *e, int index, const nn_sample *sample,
                                   const nn_frame *frame, nn_error *err);
// Of all so far.
NN_API nn_status nn_evaluation_score(const nn_evaluation *e, nn_score *s, nn_error *err);
NN_API double nn_evaluation_pace(const nn_evaluation *e); // milliseconds a picture; 0: of none

// One of the scores by its key; NAN: there is none such.
NN_API double nn_score_get(const nn_evaluator *task, const nn_score *s, const char *key);
NN_API int nn_score_columns(const nn_evaluator *task); // how many have one

// Opens a model file, scores it and closes it: for the validation of a training.
NN_API nn_status nn_evaluate_file(nn_score *s, const nn_evaluator *task, const char *model,
                                  const nn_evaluation_options *options, nn_dataset *data,
                                  nn_error *err);

#endif
