// SPDX-License-Identifier: MIT
// The properties of neropublish: their numbers, their values and the texts of gst-inspect.
#include "plugins/publish/settings.h"

#include "plugins/publish/target.h"

#include <string.h>

enum { MOST = 64 };

// Those of the element itself.
static const NeroSetting own[] = {
    {.name = "method",
     .nick = "Method",
     .blurb = "Where the lines go",
     .type = nero_publish_method_get_type},
    {.name = "source",
     .nick = "Source",
     .blurb = "Value of the \"source\" key (unset = the URI of the stream)",
     .flags = NERO_SETTING_LIVE},
    {.name = "tags",
     .nick = "Tags",
     .blurb = "JSON object that becomes \"tags\" of every line, such as {\"camera\":\"gate\"}"},
    {.name = "add-empty-results",
     .nick = "Add empty results",
     .blurb = "Write a line for frames without objects, too",
     .type = nero_setting_boolean,
     .initial = TRUE,
     .flags = NERO_SETTING_LIVE},
    {0},
};

// The id of a property is its place + 1. Filled in when the class is made.
static const NeroSetting *table[MOST];
static guint places[MOST]; // of the value; that of another for aliases
static guint count;

GType nero_setting_int(void)
{
    return G_TYPE_INT;
}

GType nero_setting_uint64(void)
{
    return G_TYPE_UINT64;
}

GType nero_setting_uint(void)
{
    return G_TYPE_UINT;
}

GType nero_setting_boolean(void)
{
    return G_TYPE_BOOLEAN;
}

static int find(const char *name)
{
    for (guint i = 0; i < count; i++)
        if (strcmp(table[i]->name, name) == 0)
            return (int)i;
    return -1;
}

static GParamSpec *make_spec(const NeroSetting *s)
{
    const GType type = s->type ? s->type() : G_TYPE_STRING;
    GParamFlags flags = G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS;
    flags |= s->flags & NERO_SETTING_SECRET ? 0 : G_PARAM_READABLE;
    flags |= s->flags & NERO_SETTING_LIVE ? GST_PARAM_MUTABLE_PLAYING : GST_PARAM_MUTABLE_READY;
    if (type == G_TYPE_STRING)
        return g_param_spec_string(s->name, s->nick, s->blurb, s->text, flags);
    if (type == G_TYPE_INT)
        return g_param_spec_int(s->name, s->nick, s->blurb, (int)s->least, (int)s->most,
                                (int)s->initial, flags);
    if (type == G_TYPE_UINT64)
        return g_param_spec_uint64(s->name, s->nick, s->blurb, (guint64)s->least, (guint64)s->most,
                                   (guint64)s->initial, flags);
    if (type == G_TYPE_UINT)
        return g_param_spec_uint(s->name, s->nick, s->blurb, (guint)s->least, (guint)s->most,
                                 (guint)s->initial, flags);
    if (type == G_TYPE_BOOLEAN)
        return g_param_spec_boolean(s->name, s->nick, s->blurb, (gboolean)s->initial, flags);
    gst_type_mark_as_plugin_api(type, 0);
    return g_param_spec_enum(s->name, s->nick, s->blurb, type, (int)s->initial, flags);
}

static void add(GObjectClass *klass, const NeroSetting *settings)
{
    for (const NeroSetting *s = settings; s && s->name; s++) {
        if (find(s->name) >= 0)
            continue; // another target has it, too
        g_assert(count < MOST);
        const int other = s->alias ? find(s->alias) : -1;
        table[count] = s;
        places[count] = other >= 0 ? (guint)other : count;
        g_object_class_install_property(klass, ++count, make_spec(s));
    }
}

guint nero_settings_install(GObjectClass *klass)
{
    add(klass, own);
    for (guint i = 0; nero_target_at(i); i++) {
        add(klass, nero_target_at(i)->shared);
        add(klass, nero_target_at(i)->settings);
    }
    return count + 1;
}

static void set_first(GValue *value, const NeroSetting *s)
{
    g_value_init(value, s->type ? s->type() : G_TYPE_STRING);
    if (G_VALUE_HOLDS_STRING(value))
        g_value_set_static_string(value, s->text);
    else if (G_VALUE_HOLDS_INT(value))
        g_value_set_int(value, (int)s->initial);
    else if (G_VALUE_HOLDS_UINT64(value))
        g_value_set_uint64(value, (guint64)s->initial);
    else if (G_VALUE_HOLDS_UINT(value))
        g_value_set_uint(value, (guint)s->initial);
    else if (G_VALUE_HOLDS_BOOLEAN(value))
        g_value_set_boolean(value, (gboolean)s->initial);
    else
        g_value_set_enum(value, (int)s->initial);
}

void nero_settings_init(NeroSettings *s)
{
    s->values = g_new0(GValue, count);
    for (guint i = 0; i < count; i++)
        set_first(&s->values[i], table[i]);
}

void nero_settings_copy(NeroSettings *to, const NeroSettings *from)
{
    nero_settings_init(to);
    for (guint i = 0; i < count; i++)
        g_value_copy(&from->values[i], &to->values[i]);
}

void nero_settings_clear(NeroSettings *s)
{
    for (guint i = 0; s->values && i < count; i++)
        g_value_unset(&s->values[i]);
    g_clear_pointer(&s->values, g_free);
}

gboolean nero_settings_set(NeroSettings *s, guint id, const GValue *value)
{
    if (id < 1 || id > count)
        return FALSE;
    GValue *to = &s->values[places[id - 1]];
    if (table[id - 1]->read)
        g_value_set_string(to, table[id - 1]->read(g_value_get_string(value)));
    else
        g_value_copy(value, to);
    return TRUE;
}

// Hides what stands between the first colon and the last '@' behind "SCHEME://": more than a
// password when the URL is odd, but never less.
static char *without_secrets(const char *text)
{
    const char *scheme = text ? strstr(text, "://") : NULL;
    const char *from = scheme ? scheme + 3 : text;
    const char *at = from ? strrchr(from, '@') : NULL;
    const char *colon = at ? memchr(from, ':', (gsize)(at - from)) : NULL;
    return colon ? g_strdup_printf("%.*s***%s", (int)(colon + 1 - text), text, at) : g_strdup(text);
}

gboolean nero_settings_get(const NeroSettings *s, guint id, GValue *value)
{
    if (id < 1 || id > count)
        return FALSE;
    const GValue *from = &s->values[places[id - 1]];
    if (table[id - 1]->flags & NERO_SETTING_URL)
        g_value_take_string(value, without_secrets(g_value_get_string(from)));
    else
        g_value_copy(from, value);
    return TRUE;
}

static const GValue *value_of(const NeroSettings *s, const char *name)
{
    const int i = find(name);
    g_assert(i >= 0);
    return &s->values[places[i]];
}

const char *nero_settings_text(const NeroSettings *s, const char *name)
{
    const char *text = g_value_get_string(value_of(s, name));
    return text && *text ? text : NULL;
}

int nero_settings_int(const NeroSettings *s, const char *name)
{
    return g_value_get_int(value_of(s, name));
}

guint64 nero_settings_uint64(const NeroSettings *s, const char *name)
{
    return g_value_get_uint64(value_of(s, name));
}

guint nero_settings_uint(const NeroSettings *s, const char *name)
{
    return g_value_get_uint(value_of(s, name));
}

gboolean nero_settings_boolean(const NeroSettings *s, const char *name)
{
    return g_value_get_boolean(value_of(s, name));
}

int nero_settings_enum(const NeroSettings *s, const char *name)
{
    return g_value_get_enum(value_of(s, name));
}

char *nero_settings_key(const NeroSettings *s, const NeroSetting *list, const char *beginning)
{
    GString *key = g_string_new(beginning);
    for (const NeroSetting *l = list; l && l->name; l++) {
        g_autofree char *text = g_strdup_value_contents(value_of(s, l->name));
        g_string_append_printf(key, " %s=%s", l->name, text);
    }
    return g_string_free(key, FALSE);
}
