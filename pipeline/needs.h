// SPDX-License-Identifier: MIT
// What inputs, windows and recordings need of GStreamer, and what of it is here.
#ifndef PIPELINE_NEEDS_H
#define PIPELINE_NEEDS_H

#include "nn/base/status.h"

#include <stdbool.h>

typedef enum vp_need_kind {
    VP_NEED_OWN,    // elements of NeroScale
    VP_NEED_CORE,   // what every run is made of
    VP_NEED_SOURCE, // kinds of input
    VP_NEED_FORMAT, // formats that are decoded
    VP_NEED_RECORD, // formats that are written
    VP_NEED_KINDS
} vp_need_kind;

typedef struct vp_need {
    vp_need_kind kind;
    const char *name; // "RTSP cameras"
    bool always;      // no run goes without it
    // Groups of elements, "rtspsrc rtpjitterbuffer"; of "a|b" one is enough. NULL: `caps`.
    const char *elements;
    const char *caps;    // a format that an element must decode
    const char *package; // of Debian
} vp_need;

// All of them, by kind; NULL after the last.
const vp_need *vp_need_at(int i);

// What of it is here: the elements that are used, "avdec_h264" (g_free). NULL with NN_EUNSUPPORTED
// and the first element that is missing or does not load. After vp_start_plugins.
char *vp_need_found(const vp_need *need, nn_error *err);

// Names of plug-in files that GStreamer has given up, "libgstva.so libgstx.so" (g_free); NULL:
// none.
char *vp_plugins_given_up(void);

#endif
