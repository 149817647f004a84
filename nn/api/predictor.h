// SPDX-License-Identifier: MIT
// Detectors, classifiers and segmentation behind one handle: a model's name in, results of frames
// out.
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
    NN_TASK_DETECT,   // boxes
    NN_TASK_CLASSIFY, // classes of the whole frame: boxes around it, best first
    NN_TASK_SEGMENT,  // nn_result.map: a class for each place
} nn_vision_task;

typedef struct nn_predictor_options {
    int threads;                   // 1 .. 1024; nn_predictor_options_init: one for each core
    float threshold;               // 0 .. 1, or NN_FROM_MODEL: what its author found best
    float iou_threshold;           // 0 .. 1 of overlap that makes two boxes one, or NN_FROM_MODEL
    int max_detections;            // boxes a frame; of a classifier, its best classes
    int input_width, input_height; // pixels of the network's input, or NN_FROM_MODEL
    const char *head;   // what the outputs mean ("yolov8", ...); NULL: what the model says
    const char *labels; // text file with the names of the classes, a line each; NULL: the model's
} nn_predictor_options;

// Fills in what holds when nothing is said: all from the model, 100 boxes, a thread for each core.
NN_API void nn_predictor_options_init(nn_predictor_options *options);

// Opens a file (safetensors, ONNX, ncnn, Darknet) or an installed model ("street"). `options` may
// be NULL. On failure *out is NULL, and err says which file, what is wrong and why. Free it with
// nn_predictor_free.
NN_API nn_status nn_predictor_open(nn_predictor **out, const char *model,
                                   const nn_predictor_options *options, nn_error *err);
NN_API void nn_predictor_free(nn_predictor *p); // NULL is a no-op

// What is on a frame of any size and format, which may change from call to call, into *result (from
// nn_result_new). One thread at a time; predictors are independent of each other.
NN_API nn_status nn_predictor_run(nn_predictor *p, const nn_frame *frame, nn_result *result,
                                  nn_error *err);

NN_API nn_vision_task nn_predictor_task(const nn_predictor *p);
NN_API int nn_predictor_class_count(const nn_predictor *p);
// Name of nn_box.label or of a number in nn_result.map; NULL beyond the last. Lives with `p`.
NN_API const char *nn_predictor_class_name(const nn_predictor *p, int label);

#ifdef __cplusplus
}
#endif

#endif
