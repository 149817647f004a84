// SPDX-License-Identifier: MIT
// A harness around neroinfer with the stand-in detector.
#ifndef TESTS_PLUGINS_INFER_H
#define TESTS_PLUGINS_INFER_H

#include "plugins/meta/nerometa_internal.h"

#include <gst/check/gstharness.h>

enum { W = 64, H = 48 }; // of the frames, GRAY8

// Makes "neroinfer model=street SETTINGS" after a source that is not live, and clears the
// detector's record.
GstHarness *infer_open(const char *settings);
// Pushes a frame and returns what came out, which must have the same timestamp.
GstBuffer *infer_push(GstHarness *h, GstClockTime pts);
// A counter of the element's statistics.
guint64 infer_stat(GstHarness *h, const char *field);
void infer_set(GstHarness *h, const char *name, const char *value);
// The boxes on `out` are so old (milliseconds) and marked as they should be. Unrefs `out`.
void infer_check_age(GstBuffer *out, double age, gboolean predicted);

#endif
