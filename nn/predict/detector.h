// SPDX-License-Identifier: MIT
// Detects objects or segments a frame: model file, adaptive resize, network, decoder and NMS behind
// one handle.
#ifndef NN_PREDICT_DETECTOR_H
#define NN_PREDICT_DETECTOR_H

#include "nn/base/api.h"
#include "nn/base/pool.h"
#include "nn/graph/model.h"
#include "nn/predict/precision.h"
#include "nn/vision/frame.h"
#include "nn/vision/result.h"

typedef struct nn_detector nn_detector;

typedef struct nn_detector_options {
    int threads;          // 0: one per core
    float threshold;      // of all classes; < 0: the card's, which may have one for each
    float iou_threshold;  // < 0: the card's
    int max_detections;   // 0: 100
    bool agnostic_nms;    // boxes of two classes suppress each other, too
    int input_h, input_w; // 0: the card's
    bool all_int8;        // quantised layers stay so where float32 is faster
    const char *head;     // decoder in nn/vision/decode; NULL: the card's
    const char *labels;   // class names: "a,b" or a text file with one a line; NULL: the card's
    const char *texts;    // texts as classes, of models that compare (nn_text_classes); NULL: none
    nn_precision precision;
    nn_tail_limits tail_limits; // of models whose sizes depend on data; 0: the defaults
} nn_detector_options;

// Opens a model file or an installed model by its name ("person"); "auto" and "auto:person" measure
// which installed form is fastest (fastest_form.h). On failure *out is NULL, and
// `err` says which file and why. A model whose card names no head is refused, except when its
// outputs fit one head only (card.guessed) or when it is a classifier; a classifier's classes
// become boxes around the frame.
NN_API nn_status nn_detector_open(nn_detector **out, const char *model,
                                  const nn_detector_options *options, nn_error *err);
// The same for a model in memory, which it takes over (also on failure). `path` is the file that
// the model came from.
nn_status nn_detector_new(nn_detector **out, nn_model *model, const char *path,
                          const nn_detector_options *options, nn_error *err);
NN_API void nn_detector_free(nn_detector *d);

NN_API const nn_card *nn_detector_card(const nn_detector *d); // borrowed
NN_API const char *nn_detector_path(const nn_detector *d);    // the file that was loaded
// What its results hold of objects besides boxes: NN_DETAIL_ flags (nn/vision/details.h).
NN_API unsigned nn_detector_details(const nn_detector *d);
// "auto": which form was chosen, and why; NULL for models that were named.
NN_API const char *nn_detector_choice(const nn_detector *d);

// Nodes whose tuning (nn/io/tuning_cache.h) is of no use, see nn_plan_untuned.
NN_API int nn_detector_untuned(const nn_detector *d);

// Frames that a run of the network takes: 1, or the batch that the model was exported for, of which
// a call with fewer frames leaves places empty.
NN_API int nn_detector_batch(const nn_detector *d);

// What frames run in now: "float32", "bf16" or "int8" (nn_precision_in_use). With NN_PRECISION_AUTO
// that may change after the first ones. Any thread.
NN_API const char *nn_detector_precision(const nn_detector *d);

// How a frame is inferred, and what is kept of the things in it.
typedef struct nn_detector_filter {
    float threshold, iou_threshold; // < 0: the card's
    int max_detections;             // 0: 100
    bool agnostic_nms;              // boxes of two classes suppress each other, too
    // a bool for each label of the card; false: its boxes are dropped; NULL: all stay. Borrowed.
    const bool *label_mask;
    // A threshold for each label of the card, in the place of `threshold`; NULL: the card's where
    // `threshold` is, else none. Borrowed.
    const float *class_thresholds;
    int input_h, input_w; // the largest input, see nn_detector_set_size; 0: the detector's
} nn_detector_filter;

// May be called between runs. A negative value restores the card's.
NN_API void nn_detector_set_thresholds(nn_detector *d, float threshold, float iou_threshold,
                                       int max_detections);
// label_mask[i] false: boxes of label i are dropped; NULL keeps all. Copied. Rivals never come out.
NN_API nn_status nn_detector_set_labels(nn_detector *d, const bool *label_mask);
// Whether frames may well be inferred at other sizes than that of the opening: not with graphs that
// were exported for one size, and not with classifiers.
NN_API bool nn_detector_is_resizable(const nn_detector *d);
// NN_EINVAL when frames cannot be inferred at this size. Any thread.
NN_API nn_status nn_detector_check_size(const nn_detector *d, int input_h, int input_w,
                                        nn_error *err);
// The largest size of the input in the runs that follow: multiples of 32; 0, 0: that of the
// opening. Kernels that depend on the size follow it. Up to 8 sizes that are given here or in
// filters keep their plans, so that they may take turns; each takes memory for weights and values.
// May be called between runs. NN_EINVAL for a size that is impossible; one that the network does
// not take (NN_ESHAPE) fails in the run.
NN_API nn_status nn_detector_set_size(nn_detector *d, int input_h, int input_w, nn_error *err);
NN_API void nn_detector_size(const nn_detector *d, int *input_h, int *input_w);
// Runs the model on a frame and writes boxes, or the map of a segmentation model, into *result. The
// caller initialises *result; it is reused without allocation once it is large enough. Size and
// format of the frame may differ from call to call. Any thread. Calls at the same time, of this and
// of the functions below, run side by side as the frames of nn_detector_run_batch do; one that
// finds no thread idle waits, and they are served in the order in which they came. Results do not
// depend on other calls.
NN_API nn_status nn_detector_run(nn_detector *d, const nn_frame *frame, nn_result *result,
                                 nn_error *err);

// Runs the model on `count` frames, each of any size and format, and writes the result of frames[i]
// into results[i]. Frames of one input size run at the same time, one in each thread (at most 8):
// that takes less time than one after the other, because a thread keeps to a frame that its cache
// holds and waits for no other, and gives the same results. Frames for which a plan needs more than
// 12 MiB beside the weights run one after the other, so that several streams need that memory once.
// infer_ms is the time of the call. When one frame is bad, all fail.
NN_API nn_status nn_detector_run_batch(nn_detector *d, const nn_frame *frames, int count,
                                       nn_result *results, nn_error *err);

// A frame of somebody who has settings of his own.
typedef struct nn_detector_job {
    const nn_frame *frame;
    const nn_detector_filter *filter; // NULL: the detector's
    nn_result *result;                // one for each job
    // The frame is one of several parts of a frame, such as tiles: two halves of a thing become one
    // box (nn_nms_options.join_score). Whole frames keep both, because in crowds one would be lost.
    bool part;
} nn_detector_job;
// The same for frames of several streams.
NN_API nn_status nn_detector_run_jobs(nn_detector *d, const nn_detector_job *jobs, int count,
                                      nn_error *err);

#endif
