// SPDX-License-Identifier: MIT
// The steps of a random view, shared by the files of the augmentation.
#ifndef NN_DATA_AUGMENT_AUGMENT_PARTS_H
#define NN_DATA_AUGMENT_AUGMENT_PARTS_H

#include "nn/base/rng.h"
#include "nn/data/augment/augment_options.h"
#include "nn/data/augment/view.h"
#include "nn/data/crop_resize.h"
#include "nn/kernels/kernels.h"

enum {
    NN_AUGMENT_GREY = 114, // level around pictures, as in nn_preprocess
    NN_AUGMENT_ANY_LABEL = -1,
};

// The pixels on which a view is composed, with margins when it is warped afterwards. Levels 0..255.
typedef struct nn_canvas {
    float *planes;     // 3 x height x width
    int height, width; // with the margins
    int left, top;     // of the view in it
    int view_h, view_w;
    bool margins;     // there are some: boxes are left to reach beyond the view
    bool window;      // for a classifier
    nn_truth *truths; // in pixels of the view, `capacity` long
    int truth_count, capacity;
    nn_details *details; // of the truths; NULL: not wanted
    uint8_t *labels;     // height x width; NULL: nobody asks for a mask
} nn_canvas;

// Lays out sample `index` (with others, for a mosaic) on a grey canvas. `label`: of the object to
// have inside the view; NN_AUGMENT_ANY_LABEL: as the options' `focus` says.
nn_status nn_augment_place(nn_canvas *c, nn_dataset *data, int index, const int others[3],
                           int32_t label, const nn_augment_options *o, const nn_kernels *k,
                           nn_rng *rng, nn_error *err);

// view = m * (x, y, 1) of what was laid out, both in pixels from the view's corner; then, with
// (u, v) from the view's centre, (u, v) / (1 + tilt[0] u + tilt[1] v).
typedef struct nn_affine {
    double m[6]; // xx, xy, x; yx, yy, y
    double tilt[2];
    bool moves; // false: the identity
} nn_affine;

// The affine part of the options, drawn for a view of h x w.
nn_affine nn_affine_draw(const nn_augment_options *o, int h, int w, nn_rng *rng);
// Follows it by the linear map a (xx, xy, yx, yy) around the view's centre and a shift.
void nn_affine_append(nn_affine *t, const double a[4], double dx, double dy, int h, int w);
// Pastes objects of other pictures where the view will be, as the options' probability says.
nn_status nn_augment_paste(nn_canvas *c, nn_dataset *data, const nn_augment_options *o,
                           const nn_kernels *k, nn_rng *rng, nn_error *err);

// Sizes the canvas so that every pixel of the view after `t` comes from within it.
void nn_affine_margins(nn_canvas *c, const nn_affine *t);
// out (3 x view_h x view_w) = the canvas through `t`, bilinear; boxes follow their corners, labels
// (view_h x view_w, when the canvas has some) go to the nearest pixel. NN_ENOMEM, for details.
nn_status nn_affine_apply(float *out, uint8_t *labels, nn_canvas *c, const nn_affine *t,
                          const nn_augment_options *o, nn_error *err);

// A map of points; at[0], at[1]: x and y.
typedef struct nn_augment_move {
    void (*to)(const void *ctx, double at[2]);
    const void *ctx;
} nn_augment_move;

// Moves the detail `one` of *d. A rotated box becomes the smallest one around its moved corners.
void nn_augment_detail_move(nn_details *d, nn_detail *one, const nn_augment_move *m);
// Swaps the keypoints of a mirrored object, as the set says.
void nn_augment_detail_mirror(nn_details *d, const nn_detail *one, const nn_keypoint_set *s);
// Cuts the detail of *t, which there is, off at sides (x0, y0, x1, y1; they may be infinite):
// keypoints beyond are unlabelled. An object of whose outline or rotated box nothing is left
// becomes an ignore box: only a corner of its upright box is in the view.
nn_status nn_augment_detail_clip(nn_details *d, nn_truth *t, const double side[4], nn_error *err);
// The upright bounds of an outline or a rotated box; false: it has neither.
bool nn_augment_detail_bounds(const nn_details *d, const nn_detail *one, double bounds[4]);
// Adds detail `index` of *from to the canvas, moved and clipped, as that of *t.
nn_status nn_augment_detail_place(nn_canvas *c, nn_truth *t, const nn_details *from, int32_t index,
                                  const nn_crop_resize *crop, const double side[4],
                                  const nn_keypoint_set *set, nn_error *err);

// The operations of RandAugment for one view.
typedef struct nn_rand_plan {
    int count;
    struct {
        int op;
        float strength; // -1 .. 1
    } step[NN_RAND_MAX];
} nn_rand_plan;

// Name of an operation; NULL beyond the last.
const char *nn_rand_name(int op);
nn_rand_plan nn_rand_draw(const nn_augment_options *o, nn_rng *rng);
void nn_rand_move(const nn_rand_plan *p, nn_affine *t, int h, int w); // those of geometry
// Those of colour, on levels 0..255.
nn_status nn_rand_colour(const nn_rand_plan *p, float *planes, int h, int w, nn_error *err);

static inline float nn_augment_clip(float level)
{
    return level < 0 ? 0 : level > 255 ? 255 : level;
}

// Random colours, then levels to normalised values.
void nn_augment_colour(float *planes, int64_t pixels, const nn_augment_options *o, nn_rng *rng);

// On normalised planes. Erases or not, as the options' probability says; from labels (h x w; may be
// NULL), too.
void nn_augment_erase(float *planes, uint8_t *labels, int h, int w, const nn_augment_options *o,
                      nn_rng *rng);
// Whether the view is to be blended with a second one.
bool nn_augment_wants_mix(const nn_view *v, const nn_augment_options *o, nn_rng *rng);
// Blends `other`, of the same size and classes, into `v`; a detector's gets its boxes. NN_ENOMEM,
// for their details.
nn_status nn_augment_mix(nn_view *v, const nn_view *other, const nn_augment_options *o, nn_rng *rng,
                         nn_error *err);
// From Beta(a, a).
double nn_augment_beta(double a, nn_rng *rng);

#endif
