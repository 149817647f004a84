// SPDX-License-Identifier: MIT
// The options of a training as rows: what a command line, a card and a checkpoint know of them.
#ifndef NN_TRAIN_OPTIONS_H
#define NN_TRAIN_OPTIONS_H

#include "nn/base/option.h"

// Rows over nn_trainer_options; those of its views are nn_augment_option_rows.
NN_API const nn_option *nn_trainer_option_rows(void);

#endif
