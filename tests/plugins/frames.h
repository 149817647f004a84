// SPDX-License-Identifier: MIT
// Video buffers, results and caps for the element tests.
#ifndef TESTS_PLUGINS_FRAMES_H
#define TESTS_PLUGINS_FRAMES_H

#include "plugins/meta/nerometa_internal.h"

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

// The formats that every video element of ours takes, NULL at the end.
extern const char *const frame_formats[];

// Default layout of a frame.
GstVideoInfo frame_info(const char *format, int width, int height);
// A frame of pseudo-random bytes (the same for the same arguments) with PTS `pts`.
GstBuffer *frame_new(const char *format, int width, int height, GstClockTime pts);
// A frame in GRAY8 with PTS 0 and these levels of its pixels.
typedef guint8 frame_level(int x, int y, int width, int height);
GstBuffer *frame_grey(int width, int height, frame_level *level);
// Sets the harness's caps; `more` is appended, "" for none.
void frame_caps(GstHarness *h, const char *format, int width, int height, const char *more);
// Attaches `count` boxes of a model "street" with the classes person and car.
void frame_add_boxes(GstBuffer *b, const nn_box *boxes, int count, int width, int height,
                     float age_ms);
// The bytes of a buffer: a copy, freed with g_bytes_unref.
GBytes *frame_bytes(GstBuffer *b);
// The factories of all plug-ins of ours that are here; freed with gst_plugin_feature_list_free.
GList *frame_elements(void);
// The next message of that type on the bus; NULL when none comes within a minute.
GstMessage *frame_message(GstBus *bus, GstMessageType type);

#endif
