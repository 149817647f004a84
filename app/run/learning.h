// SPDX-License-Identifier: MIT
// neroscale run --learn: joins a run with the learning beside it, and with the folder of feedback.
#ifndef APP_RUN_LEARNING_H
#define APP_RUN_LEARNING_H

#include "app/run/options.h"

// Opens the folder of --learn-dir, and the learning where --learn is given: sets r->feedback,
// r->learn and the callbacks and the model of r->o. r->o.on_notice must be set.
nn_status app_run_open_learning(app_run_options *r, nn_error *err);

#endif
