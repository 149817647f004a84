// SPDX-License-Identifier: MIT
// What the tests of neropublish share: frames with boxes into it, and its lines out of files.
#ifndef TESTS_PLUGINS_LINES_H
#define TESTS_PLUGINS_LINES_H

#include "tests/plugins/frames.h"

#include <cjson/cJSON.h>

enum { LINES_W = 64, LINES_H = 48 };

extern const nn_box lines_two[2]; // a tracked, predicted car and an untracked person

// A harness around neropublish location=PATH (NULL: none), with more settings.
GstHarness *lines_open(const char *path, const char *settings);
// A frame with boxes (none when count < 0), which must pass as it is.
void lines_push(GstHarness *h, GstClockTime pts, const nn_box *boxes, int count, float age_ms);
// The whole file as text (g_free).
char *lines_file(const char *path);
// The lines of a file as parsed JSON, each of which must be whole.
GPtrArray *lines_read(const char *path);
// The value at the path "KEY.KEY.KEY", which must be there.
double lines_number(const cJSON *json, const char *path);
const char *lines_text(const cJSON *json, const char *key);
// A number of the property "stats" of the element in the harness.
guint64 lines_stat(GstHarness *h, const char *name);
// The bus of the element in the harness (gst_object_unref).
GstBus *lines_bus(GstHarness *h);
// The next message of that type within some seconds, which must be there: its text (g_free).
char *lines_said(GstBus *bus, GstMessageType type);

#endif
