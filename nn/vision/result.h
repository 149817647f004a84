// SPDX-License-Identifier: MIT
// What travels with a frame: the boxes found on it, or the classes of its pixels, and how far to
// trust them.
#ifndef NN_VISION_RESULT_H
#define NN_VISION_RESULT_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_box {
    float x0, y0, x1, y1; // pixels of the frame, x1 > x0, y1 > y0, inside the frame
    float score;          // 0 .. 1
    int32_t label;        // class index, 0-based
    int32_t track_id;     // > 0 when tracked, 0 otherwise
    bool predicted;       // not measured on this frame: carried over or extrapolated
} nn_box;

// The class of every place of a frame. The map covers the whole frame evenly, whatever its size:
// place (x, y) is that of the frame's part [x, x + 1) / width, [y, y + 1) / height. Class 0 is the
// background.
typedef struct nn_label_map {
    uint8_t *label;    // owned; width x height in rows
    int width, height; // 0, 0: there is none
    size_t capacity;   // bytes of `label`
} nn_label_map;

NN_API void nn_label_map_release(nn_label_map *m); // leaves it zeroed
// Gives it this size, its labels undefined. Allocates only to grow.
NN_API nn_status nn_label_map_resize(nn_label_map *m, int width, int height);
// Part of the map that each of `classes` classes takes.
NN_API void nn_label_map_shares(const nn_label_map *m, float *share, int classes);

typedef struct nn_result {
    nn_box *boxes; // owned; best score first
    int count, capacity;
    nn_label_map map; // of a model that gives each pixel a class; otherwise empty
    int frame_width, frame_height;
    int input_width, input_height; // network input that was used
    float infer_ms; // preprocessing + network + decoding of the inference behind this result
    float age_ms;   // how much older than this frame the inferred frame is; 0 when it is this frame
    uint64_t source_pts; // nanoseconds, of the inferred frame; UINT64_MAX when unknown
} nn_result;

// On the heap, initialised; NULL when memory is short. Fields may be added behind the last, so
// others than the engine itself hold results by pointer. nn_result_free releases, too; NULL is a
// no-op.
NN_API nn_result *nn_result_new(void);
NN_API void nn_result_free(nn_result *r);
NN_API void nn_result_init(nn_result *r);
NN_API void nn_result_release(nn_result *r); // leaves it initialised
NN_API nn_status nn_result_reserve(nn_result *r, int capacity);
NN_API nn_status nn_result_copy(nn_result *dst, const nn_result *src); // dst initialised before
// Scales all boxes (for a video that was resized after inference); the map fits any size.
NN_API void nn_result_scale(nn_result *r, float sx, float sy);
NN_API float nn_box_iou(const nn_box *a, const nn_box *b);

#ifdef __cplusplus
}
#endif

#endif
