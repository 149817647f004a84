// SPDX-License-Identifier: MIT
// The properties of nerooverlay: values, defaults, documentation.
#ifndef PLUGINS_OVERLAY_OVERLAY_SETTINGS_H
#define PLUGINS_OVERLAY_OVERLAY_SETTINGS_H

#include "plugins/overlay/anonymize.h"
#include "plugins/overlay/overlay_draw.h"

typedef struct NeroOverlaySettings {
    NeroStyle style; // thickness and font: 0 for automatic
    char *labels;
    GStrv wanted;        // `labels` split, NULL for all
    double trail_length; // seconds; 0: no trails
    NeroAnonymize anonymize;
    char *anonymize_labels;
    GStrv hidden; // `anonymize_labels` split, NULL for all
} NeroOverlaySettings;

void nero_overlay_settings_init(NeroOverlaySettings *s);
void nero_overlay_settings_clear(NeroOverlaySettings *s);
void nero_overlay_settings_install(GObjectClass *klass);
// FALSE when `id` is none of these properties. The caller holds the lock.
gboolean nero_overlay_settings_set(NeroOverlaySettings *s, guint id, const GValue *value);
gboolean nero_overlay_settings_get(const NeroOverlaySettings *s, guint id, GValue *value);

// Whether objects of this class are drawn.
gboolean nero_overlay_settings_want(const NeroOverlaySettings *s, const char *label,
                                    gboolean predicted);
// Whether objects of this class must not be recognisable.
gboolean nero_overlay_settings_hide(const NeroOverlaySettings *s, const char *label);
// The style for frames of this size: automatic sizes depend on the shorter side.
NeroStyle nero_overlay_settings_style(const NeroOverlaySettings *s, int width, int height);

#endif
