// SPDX-License-Identifier: MIT
// Average precision of a detector as COCO defines it, by any similarity of objects, and precision
// and recall at a threshold.
#ifndef NN_EVAL_METRICS_H
#define NN_EVAL_METRICS_H

#include "nn/base/api.h"
#include "nn/eval/metrics_match.h"

enum { NN_METRICS_SIZES = 3 }; // small: area to 32^2 pixels, medium: to 96^2, large

typedef struct nn_metrics nn_metrics;

NN_API nn_metrics *nn_metrics_new(int classes); // by boxes; NULL when memory is short
NN_API nn_metrics *nn_metrics_new_by(int classes, const nn_similarity *measure);
NN_API const nn_similarity *nn_metrics_measure(const nn_metrics *m);
// AP is then the mean of the precision at 11 points of recall, 0, 0.1 .. 1, as in VOC 2007
// (Everingham 2010) and DOTA (Xia 2018), and not at COCO's 101.
NN_API void nn_metrics_use_eleven_points(nn_metrics *m);
// Precision and recall are of boxes that also reach the threshold of their class, one for each;
// NULL: there are none. Borrowed until the metrics are freed.
NN_API void nn_metrics_use_class_thresholds(nn_metrics *m, const float *thresholds);
NN_API void nn_metrics_free(nn_metrics *m);

// Adds a picture. Detections are sorted here when they are not sorted by score. They are
// matched greedily, best score first, to the free true object of their class that is most similar.
// A detection does not count when it matches only an ignore box of its class or of any class
// (intersection over its own area, as for COCO's crowds), or touches a region in which its class is
// not labelled. AP and AR use the best detections of a class on a picture (nn_similarity.most).
NN_API nn_status nn_metrics_add_objects(nn_metrics *m, const nn_scored_objects *objects,
                                        nn_error *err);
// The same for boxes without details.
NN_API nn_status nn_metrics_add(nn_metrics *m, const nn_truth *truths, int truth_count,
                                const nn_box *boxes, int box_count, nn_error *err);

// The averages are NAN without true boxes.
typedef struct nn_metrics_score {
    double ap50, ap75, ap; // ap: mean over IoU 0.50:0.05:0.95
    double ar;             // mean recall over the same IoUs
    double ap_of[NN_METRICS_SIZES],
        ar_of[NN_METRICS_SIZES]; // the same for small, medium and large objects
    double precision, recall;    // at the threshold, similarity 0.5; 0 where undefined
    int truths, detections;      // detections at or above the threshold
} nn_metrics_score;

// Scores of one class, or of all (label < 0): AP is the mean over the classes with true boxes;
// precision and recall are over all boxes together, of those that reach the threshold and that of
// their class.
NN_API nn_status nn_metrics_compute(const nn_metrics *m, int label, float threshold,
                                    nn_metrics_score *out, nn_error *err);

// The lowest threshold whose F1 = 2 P R / (P + R) of one class, or over all (label < 0), at a
// similarity of 0.5 is within `slack` of the best F1. *f1 (may be NULL) gets the best F1.
NN_API nn_status nn_metrics_best_threshold(const nn_metrics *m, int label, double slack,
                                           float *threshold, double *f1, nn_error *err);
// True objects of one class, or of all (label < 0).
NN_API int64_t nn_metrics_truths(const nn_metrics *m, int label);

typedef enum nn_verdict {
    NN_VERDICT_IGNORED, // below the threshold, or on an ignore box
    NN_VERDICT_HIT,
    NN_VERDICT_FALSE, // no true box of its class is there, or it was found already
} nn_verdict;

// Judges the detections of a picture, best score first, at a similarity of 0.5: verdicts[i] for box
// i, found[i] whether truth i was found or is ignored.
NN_API nn_status nn_metrics_judge_objects(const nn_similarity *measure,
                                          const nn_scored_objects *objects, float threshold,
                                          bool *found, nn_verdict *verdicts, nn_error *err);
// The same for boxes without details.
NN_API nn_status nn_metrics_judge(const nn_truth *truths, int truth_count, const nn_box *boxes,
                                  int box_count, float threshold, bool *found, nn_verdict *verdicts,
                                  nn_error *err);

#endif
