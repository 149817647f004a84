// SPDX-License-Identifier: MIT
// neroscale run on several inputs: runs them beside each other and tells what each has given.
#ifndef APP_RUN_SEVERAL_H
#define APP_RUN_SEVERAL_H

#include "pipeline/pipeline.h"

#include <stdio.h>

// Runs until all inputs have ended, the window is closed or the user interrupts. on_frame,
// on_event and on_notice of the options are called. Figures of each input go to `out`.
nn_status app_run_several(const vp_options *options, const char *const *inputs, int count,
                          FILE *out, nn_error *err);

#endif
