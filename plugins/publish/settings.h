// SPDX-License-Identifier: MIT
// The properties of neropublish: each target and the element itself list theirs.
#ifndef PLUGINS_PUBLISH_SETTINGS_H
#define PLUGINS_PUBLISH_SETTINGS_H

#include <gst/gst.h>

typedef enum NeroSettingFlags {
    NERO_SETTING_SECRET = 1, // can be written only, and is in no message
    NERO_SETTING_LIVE = 2,   // may change while frames pass
    NERO_SETTING_URL = 4,    // is read without the password in it
} NeroSettingFlags;

typedef struct NeroSetting {
    const char *name, *nick, *blurb;
    GType (*type)(void);         // NULL: text
    const char *text;            // first value of a text; NULL: unset
    double initial, least, most; // of numbers; `initial` of booleans and enums, too
    int flags;
    const char *alias; // another setting, listed before, that this is a second name for
    const char *(*read)(const char *text); // what a text means; NULL: itself
} NeroSetting;

// Types for the tables.
GType nero_setting_int(void);
GType nero_setting_uint(void);
GType nero_setting_uint64(void);
GType nero_setting_boolean(void);

// The values of all settings; no locks.
typedef struct NeroSettings {
    GValue *values;
} NeroSettings;

// Installs the properties of the element and of all targets; once. Returns the next free id.
guint nero_settings_install(GObjectClass *klass);
void nero_settings_init(NeroSettings *s);
void nero_settings_copy(NeroSettings *to, const NeroSettings *from); // `to` is not initialised
void nero_settings_clear(NeroSettings *s);

// The properties of that id; FALSE when there is none.
gboolean nero_settings_set(NeroSettings *s, guint id, const GValue *value);
gboolean nero_settings_get(const NeroSettings *s, guint id, GValue *value);

// Values by name, which must be one in the tables. A text is NULL when it is unset or empty.
const char *nero_settings_text(const NeroSettings *s, const char *name);
int nero_settings_int(const NeroSettings *s, const char *name);
guint64 nero_settings_uint64(const NeroSettings *s, const char *name);
guint nero_settings_uint(const NeroSettings *s, const char *name);
gboolean nero_settings_boolean(const NeroSettings *s, const char *name);
int nero_settings_enum(const NeroSettings *s, const char *name);

// The values of a list of settings (NULL: none) as one text with this beginning (g_free): equal for
// equal values. It holds secrets and is shown to nobody.
char *nero_settings_key(const NeroSettings *s, const NeroSetting *list, const char *beginning);

#endif
