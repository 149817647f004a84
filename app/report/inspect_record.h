// SPDX-License-Identifier: MIT
// What `train --inspect` saw of each layer in each epoch: the lines of inspect.jsonl.
#ifndef APP_REPORT_INSPECT_RECORD_H
#define APP_REPORT_INSPECT_RECORD_H

#include "nn/train/inspect.h"

#include <cjson/cJSON.h>

enum { APP_INSPECT_MOST_LAYERS = 4096, APP_INSPECT_MOST_CHANNELS = 65536 };

typedef struct app_magnitudes {
    double norm;                   // NAN: there are none
    float part[NN_MAGNITUDE_BINS]; // of the numbers that are not zero
} app_magnitudes;

typedef struct app_inspect_layer {
    char *name; // owned
    int channels, dead, saturated;
    uint8_t *state; // owned: nn_channel_state of each channel
    app_magnitudes weight, gradient;
    double ratio; // NAN: unknown
} app_inspect_layer;

typedef struct app_inspect_epoch {
    int epoch;
    int64_t step;
    app_inspect_layer *layers; // owned
    int count;
} app_inspect_epoch;

// The epochs of a training; all have the same layers.
typedef struct app_inspect_record {
    app_inspect_epoch *epochs; // owned
    int count;
} app_inspect_record;

void app_inspect_record_release(app_inspect_record *r);

// Adds what was seen, and gives it as one line of JSON without its end (g_free).
nn_status app_inspect_record_add(app_inspect_record *r, const nn_inspection *seen,
                                 const nn_train_state *s, char **line, nn_error *err);
// Adds the epoch of such a line, up to `step`: those after it are passed over, as are other layers
// than those of the first epoch. NN_EFORMAT: it is none.
nn_status app_inspect_record_read(app_inspect_record *r, const char *line, size_t size,
                                  int64_t step, nn_error *err);

#endif
