// SPDX-License-Identifier: MIT
// Metrics of the evaluation of a detector, and how a detector is opened for it.
#ifndef NN_EVAL_EVALUATE_DETECT_H
#define NN_EVAL_EVALUATE_DETECT_H

#include "nn/eval/box_confusion.h"
#include "nn/eval/box_misses.h"
#include "nn/eval/evaluation.h"
#include "nn/eval/metrics.h"
#include "nn/eval/thresholds.h"
#include "nn/predict/detector_regions.h"

// nn_evaluation.metrics of a detector.
typedef struct nn_box_metrics {
    nn_metrics *metrics;           // by the similarity that model and data allow
    nn_metrics *boxes;             // by boxes, where that is another one; else NULL
    nn_false_alarms *alarms;       // on pictures without a class
    nn_box_confusion *confusion;   // NULL unless requested
    nn_box_misses misses;          // all 0 unless that is requested
    nn_regions *regions;           // NULL: whole pictures
    float threshold;               // for the confusion matrix, precision and recall
    const float *class_thresholds; // likewise, of each class; NULL: none. The card's.
    // of the keypoints: the options', else the data's; 0: the usual ones
    float sigma[NN_KEYPOINTS_MOST];
    int sigma_count;
} nn_box_metrics;

// Opens a detector for evaluation: with a threshold low enough for the whole precision-recall
// curve, as COCO requires, and many detections; the rest as in `options`.
NN_API nn_status nn_detector_open_to_score(nn_detector **d, const char *model,
                                           const nn_detector_options *options, nn_error *err);

// nn_evaluator.open of tasks whose model is a detector: opens it by `open` with the options of the
// evaluation, and takes its card and path.
nn_status nn_evaluation_open_detector(nn_evaluation *e, nn_model *model, const char *name,
                                      nn_status (*open)(nn_detector **d, const char *model,
                                                        const nn_detector_options *options,
                                                        nn_error *err),
                                      nn_error *err);

// The score from which boxes count: the options', else the lowest of the card's.
NN_API float nn_evaluation_threshold(const nn_evaluation *e);
// What the model says of objects besides boxes: NN_DETAIL_ flags; 0 for other models.
NN_API unsigned nn_evaluation_details(const nn_evaluation *e);
// A picture with its true objects and what was found, in pixels of the full picture.
NN_API nn_scored_objects nn_scored_objects_of(const nn_evaluation *e, const nn_sample *s,
                                              const nn_result *r);

// Functions of an nn_evaluator of such models. Objects are compared by masks, keypoints or rotated
// boxes, where both the model and the data have them.
nn_status nn_evaluate_boxes_open(nn_evaluation *e, nn_model *model, const char *name,
                                 nn_error *err);
nn_status nn_evaluate_boxes_begin(nn_evaluation *e, const nn_dataset *data, nn_error *err);
nn_status nn_evaluate_boxes_run(nn_evaluation *e, nn_scored_picture *p, nn_error *err);
nn_status nn_evaluate_boxes_score(const nn_evaluation *e, nn_score *out, nn_error *err);
nn_status nn_evaluate_boxes_choose(nn_score *s, nn_card *card, const char *model,
                                   const nn_evaluation_options *o, nn_dataset *data, nn_error *err);
// Writes the thresholds that suit the evaluated pictures into a card with the labels of the model:
// one for each class where there are several. That of all stays when the rule keeps thresholds.
NN_API nn_status nn_evaluation_set_thresholds(const nn_evaluation *e, const nn_threshold_rule *rule,
                                              nn_card *card, nn_error *err);
void nn_evaluate_boxes_close(nn_evaluation *e);

#endif
