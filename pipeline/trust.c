// SPDX-License-Identifier: MIT
// Demuxers load further lists with sources of their own, which are in no bin and have no signal
// (GstUriDownloader of gst-plugins-bad). They choose the element with the highest rank for https://,
// so there is one that is souphttpsrc with another default. (Names with "nero" are of elements whose
// errors are shown as they are.)
#include "pipeline/trust.h"

#include <gst/gst.h>
#include <stdbool.h>

static void take_any(GTypeInstance *source, gpointer klass)
{
    (void)klass;
    g_object_set(source, "ssl-strict", FALSE, NULL);
}

static void register_source(GstElementFactory *factory)
{
    GTypeQuery q;
    const GType type = gst_element_factory_get_element_type(factory);
    if (type == G_TYPE_INVALID)
        return;
    g_type_query(type, &q);
    const GTypeInfo info = {.class_size = (guint16)q.class_size,
                            .instance_size = (guint16)q.instance_size,
                            .instance_init = take_any};
    gst_element_register(NULL, "anyhttpsrc",
                         gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE(factory)) + 1,
                         g_type_register_static(type, "NeroAnyHttpSrc", &info, 0));
}

void vp_trust_lists(void)
{
    static bool done;
    g_autoptr(GstElementFactory) found = done ? NULL : gst_element_factory_find("souphttpsrc");
    if (!found)
        return;
    done = true;
    g_autoptr(GstElementFactory) factory =
        GST_ELEMENT_FACTORY(gst_plugin_feature_load(GST_PLUGIN_FEATURE(found)));
    if (factory)
        register_source(factory);
}
