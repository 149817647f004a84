// SPDX-License-Identifier: MIT
// Private to pipeline/: the Debian package with a missing GStreamer plug-in.
#ifndef PIPELINE_PACKAGES_H
#define PIPELINE_PACKAGES_H

#include <gst/gst.h>

// The package for a missing-plugin message, e.g. "gstreamer1.0-libav". Never NULL.
const char *vp_package_of_missing(const GstStructure *missing);
// The package for a protocol such as "rtsp"; NULL: unknown.
const char *vp_package_of_protocol(const char *protocol);
// The protocols of the table that can be played here, "file, http, rtsp" (g_free).
char *vp_known_protocols(void);

#endif
