// SPDX-License-Identifier: MIT
// The result of an inference on a frame: boxes or a map of classes, and when they were found.
#ifndef NN_VISION_RESULT_H
#define NN_VISION_RESULT_H

#include "nn/base/api.h"
#include "nn/base/status.h"
#include "nn/vision/details.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_box {
    float x0, y0, x1, y1; // pixels of the frame, inside of it; x1 > x0, y1 > y0
    float score;          // 0 .. 1
    int32_t label;        // class index, 0-based
    int32_t track_id;     // > 0 when tracked, else 0
    bool predicted;       // not measured on this frame: carried over or extrapolated
    int32_t detail;       // > 0: its number in nn_result.details; 0: there is only the box
} nn_box;

// A class for each place of a frame. The map covers the whole frame, whatever its size: element (x,
// y) stands for the part [x, x + 1) / width, [y, y + 1) / height of it. Class 0 is the background.
typedef struct nn_label_map {
    uint8_t *label;    // owned; width * height classes, row by row
    int width, height; // 0, 0: no map
    size_t capacity;   // bytes of `label`
} nn_label_map;

NN_API void nn_label_map_release(nn_label_map *m); // leaves it zeroed
// Sets the size; the labels are undefined afterwards. It allocates only when the map grows.
NN_API nn_status nn_label_map_resize(nn_label_map *m, int width, int height);
// share[i] = the part of the map that has class i, 0 .. 1, for i < classes.
NN_API void nn_label_map_shares(const nn_label_map *m, float *share, int classes);

typedef struct nn_result {
    nn_box *boxes; // owned; best score first
    int count, capacity;
    nn_label_map map; // of segmentation models; else empty
    int frame_width, frame_height;
    int input_width, input_height; // input size of the network that was used
    float infer_ms;                // time of the inference: preprocessing, network and decoding
    float age_ms; // how much older the inferred frame is than this one; 0 when it is this one
    uint64_t source_pts; // timestamp of the inferred frame in nanoseconds; UINT64_MAX when unknown
    nn_details details;  // of the boxes: masks, keypoints, rotated boxes; often none
} nn_result;

// An empty result on the heap; NULL when memory is short. Later versions may add fields at the end,
// so programs keep results by pointer only. nn_result_free releases what it holds, too; NULL is a
// no-op.
NN_API nn_result *nn_result_new(void);
NN_API void nn_result_free(nn_result *r);
NN_API void nn_result_init(nn_result *r);
NN_API void nn_result_release(nn_result *r); // leaves it empty
NN_API nn_status nn_result_reserve(nn_result *r, int capacity);
NN_API nn_status nn_result_copy(nn_result *dst, const nn_result *src); // `dst` must be initialised
// What is known of a box besides; NULL when nothing is.
NN_API const nn_detail *nn_result_detail(const nn_result *r, const nn_box *box);
// Multiplies all boxes by sx and sy, for a frame that was resized after inference. The map needs no
// change.
NN_API void nn_result_scale(nn_result *r, float sx, float sy);
NN_API float nn_box_iou(const nn_box *a, const nn_box *b);

#ifdef __cplusplus
}
#endif

#endif
