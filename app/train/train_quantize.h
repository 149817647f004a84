// SPDX-License-Identifier: MIT
// train --quantize: calibrates the model of --init, makes it one that is trained in its 8-bit form,
// and says what each of the three scores.
#ifndef APP_TRAIN_TRAIN_QUANTIZE_H
#define APP_TRAIN_TRAIN_QUANTIZE_H

#include "app/train/train_run.h"

// Checks the options that --quantize cannot be with, and sets the defaults of a short training.
// `given` says which options of the trainer were typed.
nn_status app_train_quantize_options(app_train_options *o, bool epochs_given, bool rate_given,
                                     nn_error *err);

// Called after app_train_start, also without --quantize: makes t->model the one to train, scores it
// before and after calibration when pictures are held back, and sets the factors on the rates
// again.
nn_status app_train_quantize(app_train *t, nn_error *err);
void app_train_quantize_release(app_train *t);

// After the training, if it was validated: scores its best weights as the models before it were
// scored, with the thresholds that these had, and writes into the card what 8 bits cost, as
// `quantize` does.
nn_status app_train_quantize_score(app_train *t, nn_card *card, nn_error *err);
// Says the three scores, also at the end of WORK/report.md.
void app_train_quantize_say(const app_train *t);

#endif
