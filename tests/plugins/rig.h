// SPDX-License-Identifier: MIT
// One element of ours alone in a pipeline, between pads of the test that note what comes.
#ifndef TESTS_PLUGINS_RIG_H
#define TESTS_PLUGINS_RIG_H

#include <gst/video/video.h>

typedef struct Rig {
    const char *name;
    GstElement *pipeline, *element; // the only one in it
    GstPad *in, *out;               // linked with sink and source; `out` is NULL for a sink
    GstBus *bus;
    GMutex lock; // guards what came
    GString *came;
    GArray *pts; // guint64
    GString *upstream;
    guint64 latency; // what `in` answers
    gboolean live;
} Rig;

// The element with `model`, without a display, in NULL.
Rig *rig_new(const char *factory, const char *model);
void rig_free(Rig *r);
// Sets a property that the element may have.
void rig_set(Rig *r, const char *name, const char *value);
// Plays, and sends the beginning of a stream of 64x48 I420. Failures end the test, here and below.
void rig_begin(Rig *r, double rate);
void rig_play(Rig *r);
void rig_send(Rig *r, GstEvent *event);
void rig_send_caps(Rig *r, const char *text);
void rig_send_segment(Rig *r, double rate);
// A frame of noise with one tracked box.
void rig_send_frame(Rig *r, const char *format, int width, int height, guint64 pts);
// What came out of the element since the last time, a word each; g_free.
char *rig_taken(Rig *r);
// Compares that with `words`, unless the element is a sink. `what` is for the message.
void rig_expect(Rig *r, const char *what, const char *words);
// Fails when an error is on the bus.
void rig_check(Rig *r);

#endif
