// SPDX-License-Identifier: MIT
// The predictor: one handle for detectors, classifiers and segmentation. Open a model, then turn
// frames into results.
#ifndef NN_API_PREDICTOR_H
#define NN_API_PREDICTOR_H

#include "nn/api/model.h"
#include "nn/base/api.h"
#include "nn/base/status.h"
#include "nn/vision/frame.h"
#include "nn/vision/result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_predictor nn_predictor;

typedef enum nn_vision_task {
    NN_TASK_DETECT,   // the result holds boxes
    NN_TASK_CLASSIFY, // the result holds classes of the whole frame: boxes around it, best first
    NN_TASK_SEGMENT,  // the result holds a map: a class for each place of the frame
} nn_vision_task;

typedef struct nn_predictor_options {
    int threads;     // 1 .. 1024; default: one for each core
    float threshold; // 0 .. 1; boxes with a lower score are dropped. NN_FROM_MODEL: the model's own
    // 0 .. 1; of two boxes with a larger IoU one is dropped. NN_FROM_MODEL: the model's
    float iou_threshold;
    int max_detections; // most boxes a frame; of a classifier: how many of its best classes
    int input_width, input_height; // input size of the network in pixels, or NN_FROM_MODEL
    const char *head; // decoder of the outputs ("yolov8", ...); NULL: the one that the model names
    const char *labels; // text file with one class name a line; NULL: the names in the model
    bool agnostic_nms;  // boxes of two classes with a larger IoU than iou_threshold: one is dropped
} nn_predictor_options;

// Fills in the defaults: everything from the model, 100 boxes, a thread for each core.
NN_API void nn_predictor_options_init(nn_predictor_options *options);

// Opens a model file (safetensors, ONNX, ncnn, Darknet) or an installed model by its name
// ("street"). `options` may be NULL. The caller frees *out with nn_predictor_free. On failure *out
// is NULL, and `err` says which file, what is wrong and why.
NN_API nn_status nn_predictor_open(nn_predictor **out, const char *model,
                                   const nn_predictor_options *options, nn_error *err);
NN_API void nn_predictor_free(nn_predictor *p); // NULL is a no-op

// Runs the model on a frame and writes what it finds into *result (made by nn_result_new). Size and
// format of the frame may differ from call to call. One thread at a time may use a predictor;
// different predictors are independent.
NN_API nn_status nn_predictor_run(nn_predictor *p, const nn_frame *frame, nn_result *result,
                                  nn_error *err);

NN_API nn_vision_task nn_predictor_task(const nn_predictor *p);
NN_API int nn_predictor_class_count(const nn_predictor *p);
// Name of a class: of nn_box.label or of a value of nn_result.map. NULL when `label` is past the
// last. The text lives as long as `p`.
NN_API const char *nn_predictor_class_name(const nn_predictor *p, int label);

#ifdef __cplusplus
}
#endif

#endif
