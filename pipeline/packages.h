// SPDX-License-Identifier: MIT
// Private to pipeline/: which Debian package brings what GStreamer misses.
#ifndef PIPELINE_PACKAGES_H
#define PIPELINE_PACKAGES_H

#include <gst/gst.h>

// For the structure of a missing-plugin message: "gstreamer1.0-libav". Never NULL.
const char *vp_package_of_missing(const GstStructure *missing);
// For a protocol that users name, "rtsp"; NULL: unknown.
const char *vp_package_of_protocol(const char *protocol);
// The protocols of the table that can be played here, "file, http, rtsp". Freed with g_free.
char *vp_known_protocols(void);

#endif
