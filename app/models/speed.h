// SPDX-License-Identifier: MIT
// How long a model takes for a picture on this machine, measured or remembered.
#ifndef APP_MODELS_SPEED_H
#define APP_MODELS_SPEED_H

#include "app/models/installed.h"
#include "nn/api/predictor.h"

#include <cjson/cJSON.h>

// What was measured here, of any version and number of threads. NULL: nothing, or no memory.
// cJSON_Delete.
cJSON *app_speed_load(void);
// Milliseconds of a picture that are remembered for this file, processor and version; 0: none.
double app_speed_find(const cJSON *known, const app_installed *m, int threads);
// Adds a figure to *known, which may be NULL.
void app_speed_add(cJSON **known, const app_installed *m, int threads, double ms);
// Writes neroscale/speed.json of XDG_CACHE_HOME, by default ~/.cache.
nn_status app_speed_save(const cJSON *known, nn_error *err);

// Does once what is measured.
typedef nn_status app_speed_run(void *ctx, nn_error *err);
// The best time of as many runs as half a second has, at least three.
nn_status app_speed_measure(double *ms, app_speed_run *run, void *ctx, nn_error *err);

#endif
