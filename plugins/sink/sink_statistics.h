// SPDX-License-Identifier: MIT
// What the window measures of its stream: rates, times of inferences, skipped ones, processor and
// memory.
#ifndef PLUGINS_SINK_SINK_STATISTICS_H
#define PLUGINS_SINK_SINK_STATISTICS_H

#include "nn/vision/result.h"

#include <glib.h>

enum { NERO_STATISTICS_FRAMES = 32, NERO_STATISTICS_TIMES = 128 };

// For one thread; zeroed it is empty. Times are monotonic microseconds.
typedef struct NeroStatistics {
    gint64 shown[NERO_STATISTICS_FRAMES];    // when the last frames were shown
    gint64 inferred[NERO_STATISTICS_FRAMES]; // when the last new results came
    guint64 frames, inferences;
    float ms[NERO_STATISTICS_TIMES]; // of the last inferences
    guint64 source_pts;              // of the last result
    guint64 skipped, skipped_before; // by the stream so far, and a second ago
    guint64 frames_before;
    guint interval;
    gint64 updated; // when the figures below were made
    gint64 processor;
    double rate, infer_rate; // a second; 0: unknown yet
    double p50, p95;         // milliseconds; 0: unknown
    double cores;            // processor time of this process, 1: one core
    double memory;           // MiB of this process
    gboolean skips;          // frames that were due were not inferred in the last second
} NeroStatistics;

// Counts a frame that is shown at `now`, with its result or NULL. The figures change twice a
// second, so that they can be read.
void nero_statistics_frame(NeroStatistics *s, const nn_result *result, gint64 now);
// What the stream says: every which frame is inferred (0: unknown), and how many were not so far.
void nero_statistics_inference(NeroStatistics *s, guint interval, guint64 skipped);

#endif
