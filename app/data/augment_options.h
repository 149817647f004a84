// SPDX-License-Identifier: MIT
// The command line options of random views, for `train` and `augment`.
#ifndef APP_DATA_AUGMENT_OPTIONS_H
#define APP_DATA_AUGMENT_OPTIONS_H

#include "app/data/data_options.h"
#include "nn/data/augment/augment.h"

#include <glib.h>

enum { APP_AUGMENT_NUMBERS = 32 };

// The raw values of GLib before they are checked. Texts are ranges "A:B" or lists "A,B,C"; NULL and
// NaN mean not given.
typedef struct app_augment_options {
    char *preset, *scales, *area, *hsv, *rand, *erase_area, *camera;
    double colour;
    double number[APP_AUGMENT_NUMBERS];
} app_augment_options;

void app_augment_options_init(app_augment_options *o);
void app_augment_options_release(app_augment_options *o);
// Adds the options to a parser; `o` must not move until parsing is done.
void app_augment_options_add(GOptionGroup *group, app_augment_options *o);
// Checks the options and applies them to `to`, which holds the defaults: first the preset, then the
// single options.
nn_status app_augment_options_move(nn_augment_options *to, const app_augment_options *o,
                                   nn_data_kind kind, nn_error *err);

// Sets the smallest useful picture size for inputs of h x w, before the data set is filled.
void app_augment_set_enough(nn_dataset *d, const app_data_options *sources,
                            const nn_augment_options *o, int h, int w);

#endif
