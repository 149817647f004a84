// SPDX-License-Identifier: MIT
// Colours by track or by class.
#include "plugins/common/colours.h"

#include "nn/vision/palette.h"

GType nero_colour_by_get_type(void)
{
    static gsize once;
    static const GEnumValue values[] = {
        {NERO_COLOUR_BY_TRACK, "One for each track; objects without a track by class", "track"},
        {NERO_COLOUR_BY_CLASS, "One for each class", "class"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&once)) {
        // The plug-in of another element may have registered it.
        GType type = g_type_from_name("NeroColorBy");
        g_once_init_leave(&once, type ? type : g_enum_register_static("NeroColorBy", values));
    }
    return (GType)once;
}

int nero_colour_index(NeroColourBy by, int track_id, int label)
{
    return by == NERO_COLOUR_BY_TRACK && track_id > 0 ? track_id : label;
}

guint32 nero_ink_on(guint32 rgb)
{
    return nn_palette_is_bright(rgb) ? 0x000000 : 0xffffff;
}
