// SPDX-License-Identifier: MIT
// Runs `neroscale adapt`: labels a scene, trains a small network on the labels, and compares it on
// that scene with the general model.
#ifndef APP_ADAPT_ADAPT_H
#define APP_ADAPT_ADAPT_H

#include "app/adapt/options.h"

// Prints the plan and the expected time, runs it and prints the result. *better: the model was
// written to `out`; otherwise it is at adapt_rejected(out). When *stop ends the run, it returns
// NN_OK with *better false; the same command continues it later.
nn_status adapt_run(const adapt_options *o, const volatile sig_atomic_t *stop, bool *better,
                    nn_error *err);

// "cam.rejected.safetensors" for "cam.safetensors"; free with g_free.
char *adapt_rejected(const char *out);

#endif
