// SPDX-License-Identifier: MIT
// The properties of neroanalytics: values, defaults, texts of gst-inspect.
#ifndef PLUGINS_ANALYTICS_ANALYTICS_PROPERTIES_H
#define PLUGINS_ANALYTICS_ANALYTICS_PROPERTIES_H

#include "plugins/analytics/analysis.h"

enum {
    NERO_ANALYTICS_PROP_CONFIG = 1,
    NERO_ANALYTICS_PROP_ZONES,
    NERO_ANALYTICS_PROP_LINES,
    NERO_ANALYTICS_PROP_GROUND,
    NERO_ANALYTICS_PROP_ANCHOR,
    NERO_ANALYTICS_PROP_LOST_TIME,
    NERO_ANALYTICS_PROP_POST_MESSAGES,
    NERO_ANALYTICS_PROP_STATS, // filled in by the element
    NERO_ANALYTICS_PROP_SAVE,
    NERO_ANALYTICS_PROP_SETTINGS, // and as many behind it as nn_setting_at has
};

typedef struct NeroAnalyticsProps {
    NeroAnalysisSettings settings;
    char *save; // owned: where zones and lines are kept when a user changes them; NULL: nowhere
    gboolean post_messages;
} NeroAnalyticsProps;

void nero_analytics_props_install(GObjectClass *klass);
void nero_analytics_props_init(NeroAnalyticsProps *p); // sets the defaults
void nero_analytics_props_clear(NeroAnalyticsProps *p);
// FALSE when `id` is none of these properties. The caller holds the object lock.
gboolean nero_analytics_props_set(NeroAnalyticsProps *p, guint id, const GValue *value);
gboolean nero_analytics_props_get(const NeroAnalyticsProps *p, guint id, GValue *value);

#endif
