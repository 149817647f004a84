// SPDX-License-Identifier: MIT
// The command line's words for random views, shared by `train` and `augment`.
#ifndef APP_AUGMENT_OPTIONS_H
#define APP_AUGMENT_OPTIONS_H

#include "app/sources.h"
#include "nn/train/augment.h"

#include <glib.h>

// What GLib writes into before it is checked. Texts are ranges "A:B" or lists "A,B,C".
typedef struct app_augment_options {
    char *scales, *area, *hsv, *rand, *erase_area;
    double aspect, ratio, colour, brightness, contrast, saturation, hue, lighting;
    double flip_h, flip_v, rotate, angle, shear, translate, mosaic, focus, balance;
    double erase, mixup, cutmix, mix;
} app_augment_options;

void app_augment_options_init(app_augment_options *o, const nn_augment_options *defaults);
void app_augment_options_release(app_augment_options *o);
// Adds the options to a parser; `o` must stay where it is until it has parsed.
void app_augment_options_add(GOptionGroup *group, app_augment_options *o);
// Checks, and moves to where the engine reads them. `to` holds the defaults.
nn_status app_augment_options_move(nn_augment_options *to, const app_augment_options *o,
                                   nn_error *err);

// Tells a data set, before it is filled, how large pictures need to be for inputs of h x w.
void app_augment_set_enough(nn_dataset *d, const app_sources *sources, const nn_augment_options *o,
                            int h, int w);

#endif
