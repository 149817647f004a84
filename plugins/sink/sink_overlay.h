// SPDX-License-Identifier: MIT
// GstVideoOverlay of nerosink: its window in that of an application.
#ifndef PLUGINS_SINK_SINK_OVERLAY_H
#define PLUGINS_SINK_SINK_OVERLAY_H

#include <gst/video/videooverlay.h>

// The initialisation of the interface.
void nero_sink_implement_overlay(GstVideoOverlayInterface *iface);

#endif
