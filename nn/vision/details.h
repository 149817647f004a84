// SPDX-License-Identifier: MIT
// What some models say of an object beyond its box: a mask, keypoints, a rotated box.
#ifndef NN_VISION_DETAILS_H
#define NN_VISION_DETAILS_H

#include "nn/base/api.h"
#include "nn/base/status.h"
#include "nn/vision/affine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Kinds of details. Flags.
enum {
    NN_DETAIL_OUTLINES = 1, // masks or their outlines
    NN_DETAIL_KEYPOINTS = 2,
    NN_DETAIL_ROTATED = 4, // rotated boxes
};

// A joint of a body, a corner of an eye: a place that the model knows by its number.
typedef struct nn_keypoint {
    float x, y;  // pixels of the frame; may lie outside of it
    float score; // 0 .. 1: how sure the model is that it is visible; 1 when it does not say
} nn_keypoint;

// A rectangle at any angle. Its upright bounds are the object's box.
typedef struct nn_rotated_box {
    float cx, cy, width, height; // pixels of the frame
    float angle;                 // radians from the x axis to `width`, clockwise in the picture
} nn_rotated_box;

struct nn_skeleton; // skeleton.h

typedef struct nn_detail {
    nn_rotated_box rotated; // width 0: none
    int first_keypoint, keypoint_count;
    // What the keypoints are, as the model says; never freed. NULL: as nn_skeleton_of their number.
    const struct nn_skeleton *skeleton;
    // The mask: elements of 0 or 1, row by row, that cover a rectangle of the frame evenly. It may
    // reach beyond the frame and the box.
    size_t first_element;
    int mask_width, mask_height; // 0, 0: none
    float mask_x0, mask_y0, mask_x1, mask_y1;
    // The mask as an outline: corners of a polygon in pixels of the frame, filled by the even-odd
    // rule. Several pieces and holes are one polygon whose ways between them enclose nothing.
    int first_corner, corner_count; // corner_count 0: none
} nn_detail;

// Details of all objects of a result. One thread at a time.
typedef struct nn_details {
    nn_detail *detail;
    int count, capacity;
    nn_keypoint *keypoints;
    int keypoint_count, keypoint_capacity;
    uint8_t *elements; // of all masks
    size_t element_count, element_capacity;
    float *corners; // of all outlines: x and y of each
    int corner_count, corner_capacity;
} nn_details;

NN_API void nn_details_release(nn_details *d); // leaves it zeroed
// Forgets all and keeps the memory.
NN_API void nn_details_clear(nn_details *d);
// Adds an empty detail, *index of which is nn_box.detail of its object. NN_ENOMEM.
NN_API nn_status nn_details_add(nn_details *d, int32_t *index);
// The detail nn_details_add made; valid until the next one is added. NULL for 0 and numbers that
// there are not.
NN_API nn_detail *nn_details_at(const nn_details *d, int32_t index);
// Room for the keypoints of the detail that was added last, or NULL when memory is short.
NN_API nn_keypoint *nn_details_add_keypoints(nn_details *d, int count);
// Room for a mask of the detail that was added last, or NULL. The caller sets its rectangle.
NN_API uint8_t *nn_details_add_mask(nn_details *d, int width, int height);
// Room for an outline of the detail that was added last, 2 * count numbers, or NULL.
NN_API float *nn_details_add_outline(nn_details *d, int count);
// Says of all keypoints what they are.
NN_API void nn_details_set_skeleton(nn_details *d, const struct nn_skeleton *skeleton);
// Replaces `dst` by a copy. NN_ENOMEM; then `dst` is empty.
NN_API nn_status nn_details_copy(nn_details *dst, const nn_details *src);
// Adds a copy of one detail of other details; *to becomes 0 when there is none. NN_ENOMEM.
NN_API nn_status nn_details_append(nn_details *dst, const nn_details *src, int32_t index,
                                   int32_t *to);
// Moves all of them with their picture. Axes stay parallel (nn_transform_is_upright). Nothing is
// clipped; what is too far away for a float goes. A mask goes when memory to turn it is short.
NN_API void nn_details_transform(nn_details *d, const nn_transform *m);
// The keypoints, the mask, and the outline (x and y of each corner) of a detail; NULL, or of no
// use, when it has none.
NN_API const nn_keypoint *nn_detail_keypoints(const nn_details *d, const nn_detail *detail);
NN_API const uint8_t *nn_detail_mask(const nn_details *d, const nn_detail *detail);
NN_API const float *nn_detail_outline(const nn_details *d, const nn_detail *detail);

// The corners of a rotated box in order: x0, y0, x1, y1, ...
NN_API void nn_rotated_corners(const nn_rotated_box *b, float corner[8]);
// The smallest rectangle at any angle around points (x0, y0, x1, y1, ...): one of its sides lies
// along a line through two of them (Freeman and Shapira 1975). `width` is the longer side, `angle`
// is in [-pi / 2, pi / 2). For the few corners of a label; time grows with their number cubed.
// Width and height 0 for points of one place.
NN_API nn_rotated_box nn_rotated_around(const float *xy, int count);
// The area that two rotated boxes share, and their intersection over union; exact.
NN_API double nn_rotated_intersection(const nn_rotated_box *a, const nn_rotated_box *b);
NN_API float nn_rotated_iou(const nn_rotated_box *a, const nn_rotated_box *b);

#ifdef __cplusplus
}
#endif

#endif
