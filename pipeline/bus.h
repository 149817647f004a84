// SPDX-License-Identifier: MIT
// Private to pipeline/: bus messages turned into one clear line. (The only header here with
// GStreamer types.)
#ifndef PIPELINE_BUS_H
#define PIPELINE_BUS_H

#include "nn/base/status.h"

#include <gst/gst.h>

// Remembers the missing-plugin messages that come before an error, so that the error can say what
// to install.
typedef struct vp_bus_notes {
    char missing[160];   // "H.264 decoder", empty when nothing was missing
    const char *package; // of Debian, that has it
    GstElement *head; // borrowed: what the source links to; an error before that means "no video"
} vp_bus_notes;

// Looks at an element message; other kinds are ignored.
void vp_bus_note(vp_bus_notes *notes, GstMessage *message);

// Fills `err` from an ERROR message: input, element, reason, and what to do where we know it. Never
// returns NN_OK.
nn_status vp_bus_error(const vp_bus_notes *notes, GstMessage *message, const char *input,
                       nn_error *err);

// Why, in a few words without the input: of an ERROR or WARNING message. At most `size` bytes with
// the final 0.
void vp_bus_reason(GstMessage *message, char *text, size_t size);

// The first ERROR on the bus of `pipeline`, waiting up to `wait` ns, or NULL; the caller unrefs it.
// Other messages are noted and dropped. `wait` 0 only looks.
GstMessage *vp_bus_find_error(vp_bus_notes *notes, GstElement *pipeline, GstClockTime wait);

#endif
