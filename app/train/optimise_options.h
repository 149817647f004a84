// SPDX-License-Identifier: MIT
// The command line's words for optimiser and learning rate.
#ifndef APP_TRAIN_OPTIMISE_OPTIONS_H
#define APP_TRAIN_OPTIMISE_OPTIONS_H

#include "nn/train/trainer.h"

#include <glib.h>

// What GLib writes into before it is checked.
typedef struct app_optimise_options {
    char *optimiser, *schedule, *warmup;
    double rate, last, decay, momentum, clip, average, step_epochs, step_factor;
    gint accumulate;
} app_optimise_options;

// `rate` and `decay` are those of the task.
void app_optimise_options_init(app_optimise_options *o, const nn_trainer_options *defaults,
                               double rate, double decay);
void app_optimise_options_release(app_optimise_options *o);
// Adds the options to a parser; `o` must stay where it is until it has parsed.
void app_optimise_options_add(GOptionGroup *group, app_optimise_options *o);
// Checks, and moves to where the trainer reads them; to->epochs is set already.
nn_status app_optimise_options_move(nn_trainer_options *to, const app_optimise_options *o,
                                    nn_error *err);

#endif
