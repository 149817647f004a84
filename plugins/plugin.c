// SPDX-License-Identifier: MIT
// Entry point of libgstneroscale: registers every element named in meson.build's word list.
#define PACKAGE "neroscale"

#include "plugins/elements.h"

static gboolean register_elements(GstPlugin *plugin)
{
    gboolean ok = TRUE;
#define NERO_ELEMENT(name) ok = GST_ELEMENT_REGISTER(name, plugin) && ok;
#include "plugins/elements.inc"
#undef NERO_ELEMENT
    (void)plugin;
    return ok;
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, neroscale,
                  "Real-time object detection with the NeroScale engine", register_elements,
                  NN_VERSION, "MIT/X11", "NeroScale", "Unknown package origin")
