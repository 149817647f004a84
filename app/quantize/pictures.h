// SPDX-License-Identifier: MIT
// The pictures of `quantize`: some to calibrate with, the others to score with.
#ifndef APP_QUANTIZE_PICTURES_H
#define APP_QUANTIZE_PICTURES_H

#include "app/cli/progress.h"
#include "app/data/data_options.h"
#include "nn/graph/card.h"

typedef struct quantize_pictures {
    app_data_options data; // --data, --video
    char *val_data, *val_list;
    char *val_match;      // names of pictures of --data to score with, "A*,B*"
    app_range val_frames; // frames of --video to score with
    int wanted;           // --pictures
    bool unlabelled;      // a source has no labels
    // After quantize_pictures_open:
    nn_dataset set, val_set;
    bool have_set, have_val_set;
    int64_t count; // pictures and frames of --data and --video that may calibrate
    int64_t held;  // those that val_match and val_frames hold back
    app_progress progress;
} quantize_pictures;

// Receives a picture; `sample` has the labels, none where the source has none.
typedef nn_status quantize_visit(void *ctx, const nn_frame *frame, const nn_sample *sample,
                                 nn_error *err);

// Reads what the sources hold; card and kind are those of the model.
nn_status quantize_pictures_open(quantize_pictures *p, const nn_card *card, nn_data_kind kind,
                                 nn_error *err);
void quantize_pictures_release(quantize_pictures *p);

// Visits up to `wanted` pictures, spread over all. When nothing is held back, at most every second
// one.
nn_status quantize_pictures_calibrate(quantize_pictures *p, quantize_visit *visit, void *ctx,
                                      nn_error *err);
// Visits the pictures of --val-data, or those that are held back, or those that calibration did not
// see.
nn_status quantize_pictures_score(quantize_pictures *p, quantize_visit *visit, void *ctx,
                                  nn_error *err);

#endif
