// SPDX-License-Identifier: MIT
// The input sizes that a detector is stepped through, and the time that each takes.
#ifndef PLUGINS_INFER_SIZES_H
#define PLUGINS_INFER_SIZES_H

#include "nn/predict/detector.h"
#include "plugins/infer/budget.h"

#include <glib.h>

typedef struct NeroSizes {
    int count; // at least 1
    struct {
        int height, width; // 0, 0: the detector's own
        double ms;         // of an inference, when it was tried
        double cost; // the same relative to the first size; by its pixels until all were tried
    } at[NERO_BUDGET_SIZES]; // largest first
} NeroSizes;

// Reads "auto" (or NULL, ""), which leaves *height and *width 0, WIDTHxHEIGHT, or one number for
// both.
nn_status nero_sizes_parse(const char *text, int *height, int *width, nn_error *err);
// The given size. With 0, 0 the detector's own and, with `steps`, smaller ones: about 70 % of the
// pixels of the one before, in multiples of 32. Models of one size have that one.
void nero_sizes_find(NeroSizes *sizes, const nn_detector *d, int height, int width, gboolean steps);
typedef nn_status nero_run_job(gpointer user, const nn_detector_job *job, nn_error *err);
// Runs a frame at a size other than the first, so that plans for such frames exist, and measures
// the time; behind the last one the costs follow from the times. A size that the network does not
// take ends the list.
nn_status nero_sizes_try(NeroSizes *sizes, int size, const nn_frame *frame, nero_run_job *run,
                         gpointer user, nn_error *err);

#endif
