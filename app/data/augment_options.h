// SPDX-License-Identifier: MIT
// The command line options of random views, for `train` and `augment`.
#ifndef APP_DATA_AUGMENT_OPTIONS_H
#define APP_DATA_AUGMENT_OPTIONS_H

#include "app/cli/options.h"
#include "app/data/data_options.h"
#include "nn/data/augment/augment.h"

// Applies the options that nn_augment_option_rows parsed into `to`: the preset first, then the
// options that change it.
nn_status app_augment_options_take(app_options *o, nn_augment_options *to, nn_data_kind kind,
                                   nn_error *err);

// Sets the smallest useful picture size for inputs of h x w, before the data set is filled.
void app_augment_set_enough(nn_dataset *d, const app_data_options *sources,
                            const nn_augment_options *o, int h, int w);

#endif
