// SPDX-License-Identifier: MIT
// The analysis of a stream: reads the objects of a buffer, follows them through zones and over
// lines, and attaches what it knows.
#ifndef PLUGINS_ANALYTICS_ANALYSIS_H
#define PLUGINS_ANALYTICS_ANALYSIS_H

#include "nn/vision/analytics/analytics.h"

#include <gst/gst.h>

// What the user has set. The texts may be NULL.
typedef struct NeroAnalysisSettings {
    char *config, *zones, *lines, *ground;
    char *edits; // of nero_adjust_area, a line each, in their order
    nn_analytics_options options;
} NeroAnalysisSettings;

void nero_analysis_settings_copy(NeroAnalysisSettings *to, const NeroAnalysisSettings *from);
void nero_analysis_settings_clear(NeroAnalysisSettings *s);
// Appends a change by the user of a window to `edits`, unless zones and lines would not be valid
// with it.
nn_status nero_analysis_settings_edit(NeroAnalysisSettings *s, const char *edit, nn_error *err);

typedef struct NeroAnalysisStats {
    guint64 frames, events;
    guint anonymous; // frames with objects before the first one with an identity
} NeroAnalysisStats;

typedef struct NeroAnalysis NeroAnalysis;

// All functions are for the streaming thread.
NeroAnalysis *nero_analysis_new(void);
void nero_analysis_free(NeroAnalysis *a);
// Reads the file and the texts. On failure the zones and lines that were there go on. `save`: a
// file to write them all to; NULL: none. When only that fails they are in use.
nn_status nero_analysis_configure(NeroAnalysis *a, const NeroAnalysisSettings *settings,
                                  const char *save, nn_error *err);
// The size of frames and their duration (0: unknown), from caps.
void nero_analysis_set_video(NeroAnalysis *a, int width, int height, GstClockTime duration);
// The next frame does not follow the last one.
void nero_analysis_restart(NeroAnalysis *a);
// Whether the frames that follow come with times that decrease: nothing is counted then.
void nero_analysis_set_backwards(NeroAnalysis *a, gboolean backwards);
// Looks at a writable buffer and attaches a NeroAnalyticsMeta; without zones and lines it does
// nothing.
nn_status nero_analysis_frame(NeroAnalysis *a, GstBuffer *buffer, nn_error *err);
// A class that a zone or line asks for and no model of this buffer has (g_free); NULL: none. Looks
// once for each configuration, at the first buffer with results of neroinfer.
char *nero_analysis_unknown_class(NeroAnalysis *a, GstBuffer *buffer);
// A zone or line of which the frame shows nothing; NULL: none. Looks once for each configuration,
// at the first frame.
const nn_area *nero_analysis_outside(NeroAnalysis *a);
// What is known after the last frame.
const nn_report *nero_analysis_report(const NeroAnalysis *a);
NeroAnalysisStats nero_analysis_stats(const NeroAnalysis *a);

#endif
