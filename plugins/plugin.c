// SPDX-License-Identifier: MIT
// Entry point of a plug-in: registers the elements that meson.build lists for it.
#define PACKAGE "neroscale"

#include "plugins/elements.h"
#include "po/locale_dir.h"
#include "po/translate.h"

static gboolean register_elements(GstPlugin *plugin)
{
    gboolean ok = TRUE;
    nero_translate_init(NERO_LOCALE_DIR);
#define NERO_ELEMENT(name) ok = GST_ELEMENT_REGISTER(name, plugin) && ok;
#include NERO_PLUGIN_ELEMENTS
#undef NERO_ELEMENT
    (void)plugin;
    return ok;
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, NERO_PLUGIN,
                  "Real-time object detection with the NeroScale engine", register_elements,
                  NN_VERSION, "MIT/X11", "NeroScale", "Unknown package origin")
