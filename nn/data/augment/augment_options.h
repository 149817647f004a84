// SPDX-License-Identifier: MIT
// Options of random views: geometry, colour, cameras, blends.
#ifndef NN_DATA_AUGMENT_AUGMENT_OPTIONS_H
#define NN_DATA_AUGMENT_AUGMENT_OPTIONS_H

#include "nn/base/api.h"
#include "nn/base/option.h"
#include "nn/data/augment/camera.h"

#include <stdbool.h>

enum { NN_RAND_MAX = 16, NN_RAND_STRENGTH = 10 }; // most rand_count and rand_strength

enum { NN_AUGMENT_SHRINK_ANY, NN_AUGMENT_SHRINK_BICUBIC, NN_AUGMENT_SHRINK_AREA };
enum { NN_AUGMENT_NONE, NN_AUGMENT_USUAL, NN_AUGMENT_STRONG, NN_AUGMENT_ANYWHERE };

// Everything is off at 0 unless it says otherwise. What is off draws no random number.
typedef struct nn_augment_options {
    int preset; // NN_AUGMENT_..., that these began with
    // Geometry of views for detectors and segmentation: a picture at a random size.
    int fit_h, fit_w;  // the input size of inference: scale 1 fits a whole picture into it
    float scale[2];    // random size relative to that, log-uniform
    float aspect;      // the width is stretched by another 1 +- aspect
    float focus;       // probability of placing a random object (or pixel of a mask) of a random
                       // class inside the view
    float mosaic;      // probability of four pictures around a random centre (Bochkovskiy 2020)
    float min_visible; // boxes with less of their area inside the view become ignore boxes
    float min_side;    // so do boxes thinner than this many pixels of the view
    // For detectors, probability that objects of other pictures are pasted into a view, of all
    // classes alike and where they hide no other for the most part, and how many at most (Ghiasi
    // 2021, Simple copy-paste; of boxes, with soft edges).
    float paste, paste_most;

    // Geometry of views for classifiers: a window of one picture (Szegedy 2015, section 6).
    bool stretch;  // of the model card: inference stretches pictures over its input
    float crop;    // middle part of a picture that inference shows, as nn_classifier_options.crop
    float area[2]; // part of the picture's area inside the window, uniform; 0, 0: the window is
                   // what inference shows, to the pixel
    float ratio;   // the window is up to this many times wider or higher than the input's shape
                   // asks for, log-uniform; 1: never

    // Geometry of all views.
    float balance; // probability that, instead of the sample asked for, a class is drawn, then a
                   // sample with it (one such object is put inside the view): for rare classes
    float flip_h, flip_v; // probabilities
    float rotate;         // probability of a quarter turn (aerial views)
    // What these bring in from beyond the picture is grey for detectors, as around pictures in
    // inference; for classifiers the picture's edges go on.
    float angle, shear; // degrees, +- this around the view's centre; boxes follow their corners
    float translate;    // +- this part of the view's width and height, whole pixels
    float perspective;  // a plane that tilts: opposite sides of the view are drawn larger and
                        // smaller by up to 1 / (1 -+ this)

    // Colour, of all views.
    float colour;               // multiplies the next three
    float brightness;           // added, +- this part of the full range
    float contrast, saturation; // factors 1 +- this
    float hue;                  // turn of the colour circle, +- this part of a full turn
    float hsv[3];   // in hue, saturation, value: turn +- hsv[0], factors 1 +- hsv[1], hsv[2]
                    // (Redmon 2016, YOLO, section 2.2)
    float lighting; // deviation of the shifts along the principal axes of ImageNet's colours, 0.1
                    // in the source (Krizhevsky 2012, section 4.1)

    // RandAugment (Cubuk 2020): `rand_count` operations out of 14 on each view, see
    // rand_augment.c.
    int rand_count;
    float rand_strength; // 0 .. 10

    // A rectangle of noise (Zhong 2020): its probability, its part of the view's area.
    float erase, erase_area[2];

    // What weather, light, lenses and sensors do, by the order of nn_camera_name.
    nn_camera_options camera;

    // Views blended with a second one; both on: one of the two, as often. Those of detectors get
    // the boxes of both (Zhang 2019, Bag of freebies for detectors, section 3.1).
    float mixup;  // alpha of the Beta distribution of the weight (Zhang 2018)
    float cutmix; // alpha of that of the area kept (Yun 2019), for classifiers
    float mix;    // probability that a view is blended at all

    int shrink; // NN_AUGMENT_SHRINK_...: how pictures are made small that are to be enlarged

    float mean[3], std[3]; // of the model card
} nn_augment_options;

// One row for each option (what is of the model card has none): see nn/base/option.h.
NN_API const nn_option *nn_augment_option_rows(void);

NN_API void nn_augment_defaults(nn_augment_options *o);
// The defaults or a named set instead: "none" (what inference sees), "usual" (the defaults),
// "strong" (for few pictures and long trainings) or "anywhere" (for cameras, weather and places
// that no picture shows; long trainings). Fit, stretch, crop, mean and std stay. NN_EINVAL for
// other names.
NN_API nn_status nn_augment_preset(nn_augment_options *o, const char *name, bool for_classifier,
                                   nn_error *err);
// Turns off what would make captions false, as they say places, sides, sizes and colours: mirrored
// and turned views, small parts of the picture (the least is 0.9 of it, Cherti 2022) and
// RandAugment. nn_augment_preset knows nothing of captions.
NN_API void nn_augment_keep_captions_true(nn_augment_options *o);
// NN_EINVAL naming the first field whose value makes no sense.
NN_API nn_status nn_augment_check(const nn_augment_options *o, nn_error *err);

// How large pictures need to be for sharp views of height x width: nn_dataset.enough_h, enough_w.
NN_API void nn_augment_enough(const nn_augment_options *o, bool for_classifier, int height,
                              int width, int *enough_h, int *enough_w);

#endif
