// SPDX-License-Identifier: MIT
// The numbers of figures as tensors of a safetensors file.
#ifndef APP_VISUALIZE_RAW_H
#define APP_VISUALIZE_RAW_H

#include "nn/tensor/tensor.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

typedef struct app_raw app_raw;

// With `tensors` false only the notes are kept.
app_raw *app_raw_new(bool tensors);
void app_raw_free(app_raw *r); // NULL is a no-op
// Copies a tensor; the name is made of a printf format. A NULL `r` does nothing.
void app_raw_add(app_raw *r, const nn_tensor *t, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// A text of the file's metadata; a later one of the same key replaces it.
void app_raw_note(app_raw *r, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The notes as a JSON object (cJSON_Delete); numbers are numbers.
cJSON *app_raw_json(const app_raw *r);
nn_status app_raw_save(const app_raw *r, const char *path, nn_error *err);

#endif
