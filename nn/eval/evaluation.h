// SPDX-License-Identifier: MIT
// Evaluation of a model of any task on labelled pictures, with the preprocessing of inference.
#ifndef NN_EVAL_EVALUATION_H
#define NN_EVAL_EVALUATION_H

#include "nn/base/api.h"
#include "nn/data/folder.h"
#include "nn/eval/similarity.h"
#include "nn/graph/model.h"
#include "nn/graph/tail.h"
#include "nn/predict/precision.h"
#include "nn/vision/frame.h"
#include "nn/vision/result.h"

enum { NN_SCORES = 8 };

// The scores of a model, in the order of nn_evaluator.scores.
typedef struct nn_score {
    double worth;            // compares sets of weights: larger is better
    const char *metric;      // key of the value that it is; the first one, if a task names none
    double chance;           // worth of a model that says the most frequent class of all pictures
    int pictures;            // that were scored
    double milliseconds;     // of inference, a picture
    double value[NN_SCORES]; // NAN: undefined, such as the AP without true boxes
} nn_score;

// An evaluated picture. Everything is borrowed and valid during the callback.
typedef struct nn_scored_picture {
    int index; // index in the data set; -1: not in it
    const nn_sample *sample;
    const nn_frame *frame;   // RGB; may be smaller than the full picture
    const nn_result *result; // boxes in pixels of the full picture, or a map; NULL for classifiers
    const nn_similarity *measure; // how objects are compared; NULL for other tasks
    double wrong;                 // segmentation: wrong part of the pixels that count
} nn_scored_picture;

typedef struct nn_evaluation_options {
    int threads;          // 0: one per core
    int input_h, input_w; // 0: the card's
    const char *head;     // decoder; NULL: the card's
    const char *labels;   // text file with one class name a line; NULL: the card's
    float threshold;      // detectors: for precision and recall; < 0: the card's
    float iou_threshold;  // detectors: < 0: the card's
    bool agnostic_nms;    // detectors: boxes of two classes suppress each other, too
    // keypoints: sigma_count of the object keypoint similarity, at most NN_KEYPOINTS_MOST,
    // borrowed; 0: the data's, else the usual ones
    const float *sigmas;
    int sigma_count;
    bool eleven_points; // detectors: AP of 11 points of recall (nn_metrics_use_eleven_points)
    bool confusion;     // detectors: also count confused classes
    const char *tiles;  // detectors: as in nn_region_options; NULL: off
    float tile_overlap;
    float crop;    // classifiers: as nn_classifier_options
    bool all_int8; // quantised layers stay so where float32 is faster
    nn_precision precision;
    nn_tail_limits tail_limits; // of models whose sizes depend on data; 0: the defaults
    // Classifiers: only the card decides whether pictures may show several classes; otherwise the
    // data decide, too.
    bool classes_by_card;
    void *ctx; // for the callbacks, which may be NULL and run on the evaluating thread
    // Called before the first picture (done = 0) and after each one.
    void (*progress)(void *ctx, int done, int total);
    nn_status (*scored)(void *ctx, const nn_scored_picture *p, nn_error *err); // a failure ends it
} nn_evaluation_options;

// Fills in the defaults: everything from the model, no callbacks.
NN_API void nn_evaluation_options_init(nn_evaluation_options *o);

typedef struct nn_evaluator nn_evaluator;

typedef struct nn_evaluation {
    const nn_evaluator *task;
    nn_evaluation_options options;
    void *model;         // nn_detector or nn_classifier, by task
    const nn_card *card; // of the model
    const char *path;    // owned: the opened file
    void *metrics;       // nn_box_metrics, nn_class_metrics or nn_mask_metrics, by task
    nn_result result;    // reused from picture to picture
    float *probabilities;
    int pictures;
    double milliseconds; // of inference, summed
} nn_evaluation;

// Names of a score: its key, and its column in a table with a row an epoch (NULL: no column).
typedef struct nn_score_name {
    const char *key, *column;
} nn_score_name;

// How a task scores: a table in the file of the task, nn/train/task/NAME.c.
struct nn_evaluator {
    const char *name;  // the card's word for it: "detect"
    nn_data_kind kind; // what the data must hold
    unsigned details;  // NN_DETAIL_ flags: what truths must have besides boxes
    // The last one is empty. The first has a column and rises with quality.
    nn_score_name scores[NN_SCORES + 1];
    // whether it evaluates models with this card; the first match counts
    bool (*suits)(const nn_card *card);
    // Sets e->model, card and path. Takes over `model` (may be NULL), also on failure.
    nn_status (*open)(nn_evaluation *e, nn_model *model, const char *name, nn_error *err);
    // Sets e->metrics for this data set (may be NULL) and those that follow.
    nn_status (*begin)(nn_evaluation *e, const nn_dataset *data, nn_error *err);
    // Runs the model on p->frame, adds the result to the metrics and completes *p.
    nn_status (*run)(nn_evaluation *e, nn_scored_picture *p, nn_error *err);
    nn_status (*score)(const nn_evaluation *e, nn_score *s, nn_error *err);
    // Evaluates the model file with the best thresholds for the data, and writes these into `card`;
    // NULL: the task has none.
    nn_status (*choose)(nn_score *s, nn_card *card, const char *model,
                        const nn_evaluation_options *o, nn_dataset *data, nn_error *err);
    void (*close)(nn_evaluation *e); // releases e->model and metrics, which may be NULL
};

NN_API const nn_evaluator *nn_evaluator_find(const char *task); // NULL: no such task
NN_API const nn_evaluator *nn_evaluator_of(const nn_card *card);

// Opens `name`, a model file or an installed model, for evaluation as `task` (NULL: that of its
// card). `model` is NULL, or the model that was read from it; it is taken over, also on failure.
// `options` may be NULL. End with nn_evaluation_close, which also accepts a zeroed struct.
NN_API nn_status nn_evaluation_open(nn_evaluation *e, const nn_evaluator *task, nn_model *model,
                                    const char *name, const nn_evaluation_options *options,
                                    nn_error *err);
NN_API void nn_evaluation_close(nn_evaluation *e);

// Evaluates every picture of a data set, whose labels are those of the model. Several data sets add
// up.
NN_API nn_status nn_evaluate_dataset(nn_evaluation *e, nn_dataset *data, nn_error *err);
// Evaluates one RGB frame against `sample`; `index` as in nn_scored_picture.
NN_API nn_status nn_evaluate_frame(nn_evaluation *e, int index, const nn_sample *sample,
                                   const nn_frame *frame, nn_error *err);
// The scores of everything evaluated so far.
NN_API nn_status nn_evaluation_score(const nn_evaluation *e, nn_score *s, nn_error *err);
// milliseconds of inference a picture; 0: no picture yet
NN_API double nn_evaluation_ms_per_picture(const nn_evaluation *e);

// A score by its key; NAN: no such score.
NN_API double nn_score_get(const nn_evaluator *task, const nn_score *s, const char *key);
NN_API int nn_score_columns(const nn_evaluator *task); // number of scores with a column

// Opens, evaluates and closes a model file: the validation of a training.
NN_API nn_status nn_evaluate_file(nn_score *s, const nn_evaluator *task, const char *model,
                                  const nn_evaluation_options *options, nn_dataset *data,
                                  nn_error *err);

#endif
