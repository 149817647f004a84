// SPDX-License-Identifier: MIT
// The properties of neroview: values, defaults, documentation.
#ifndef PLUGINS_VIEW_VIEW_SETTINGS_H
#define PLUGINS_VIEW_VIEW_SETTINGS_H

#include "plugins/view/view_choice.h"

typedef struct NeroViewSettings {
    NeroViewChoice choice; // owned
    int object;            // number of the track; 0: none
    char *point;           // "x,y" in parts of the frame; owned
    gboolean has_point;
    double x, y; // of it
} NeroViewSettings;

enum { NERO_VIEW_PROP_STATS = 100 }; // read by the element

void nero_view_settings_init(NeroViewSettings *s);
void nero_view_settings_clear(NeroViewSettings *s);
void nero_view_settings_install(GObjectClass *klass);
// FALSE when `id` is none of these properties. The caller holds the lock.
gboolean nero_view_settings_set(NeroViewSettings *s, guint id, const GValue *value);
gboolean nero_view_settings_get(const NeroViewSettings *s, guint id, GValue *value);

// The palettes as an enumeration, for properties.
GType nero_view_palette_get_type(void);

#endif
