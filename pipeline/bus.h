// SPDX-License-Identifier: MIT
// Private to pipeline/: bus messages as one clear line. (The only header here with GStreamer
// types.)
#ifndef PIPELINE_BUS_H
#define PIPELINE_BUS_H

#include "nn/base/status.h"

#include <gst/gst.h>
#include <stdbool.h>

// Missing-plugin messages that came before an error, so that the error can say what to install.
typedef struct vp_bus_notes {
    char missing[160];   // "H.264 decoder"; empty when nothing is missing
    const char *package; // the Debian package with it
    // borrowed: the element behind the source; an error before it means "no video"
    GstElement *head;
    bool any_certificate; // --insecure was given: certificates are no reason
} vp_bus_notes;

// Records an element message; ignores other kinds.
void vp_bus_note(vp_bus_notes *notes, GstMessage *message);

// Fills `err` from an ERROR message: input, element, reason, and what to do when that is known.
// Never returns NN_OK.
nn_status vp_bus_error(const vp_bus_notes *notes, GstMessage *message, const char *input,
                       nn_error *err);

// The reason in an ERROR or WARNING message, in a few words without the input; at most `size` bytes
// with the final 0.
void vp_bus_reason(GstMessage *message, char *text, size_t size);

// From now on every ERROR and WARNING keeps, from its posting on, where in the pipeline it comes
// from. A bin that fails removes its elements, maybe before their messages are read.
void vp_bus_keep_origins(GstElement *pipeline);

// The element directly inside of the pipeline that a message comes from: what posted it, or a bin
// around that. Borrowed from the message. What posted it, where no origins are kept.
GstObject *vp_bus_origin(GstMessage *message);

// Waits up to `wait` nanoseconds for the first ERROR on the bus of `pipeline`; NULL when none
// comes. The caller unrefs it. Other messages are recorded and dropped. 0 does not wait.
GstMessage *vp_bus_find_error(vp_bus_notes *notes, GstElement *pipeline, GstClockTime wait);

#endif
