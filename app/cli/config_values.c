// SPDX-License-Identifier: MIT
// Values of options as files of options have them: truth, lists, paths, secrets.
#include "app/cli/config_values.h"

#include "app/cli/option_table.h"
#include "nn/base/credentials.h"

#include <string.h>

bool app_config_truth(const char *text, bool *truth)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(text, words[i]) == 0) {
            *truth = i % 2 == 1;
            return true;
        }
    return false;
}

typedef enum path_kind { NO_PATH, PATH, NAME_OR_PATH } path_kind;

// Options whose values may be words of their own, by what stands for the value in the help.
static path_kind kind_of(const app_option_info *o)
{
    if (!o)
        return NAME_OR_PATH; // the words behind the options
    if (o->arg && (strstr(o->arg, "MODEL") || strstr(o->arg, "NAMES")))
        return NAME_OR_PATH;
    const nn_field_type type = o->row ? o->row->field.type : NN_FIELD_TEXT;
    if (type != NN_FIELD_PATH && type != NN_FIELD_PATHS)
        return NO_PATH;
    return o->row->flags & APP_OPTION_OR_WORD ? NAME_OR_PATH : PATH;
}

static char *resolve(const char *folder, const char *value, path_kind kind)
{
    if (g_str_has_prefix(value, "~/"))
        return g_build_filename(g_get_home_dir(), value + 2, NULL);
    if (!*value || strcmp(value, "-") == 0 || strstr(value, "://") || g_path_is_absolute(value))
        return g_strdup(value);
    g_autofree char *path = g_canonicalize_filename(value, folder);
    const bool file = kind == PATH || strchr(value, '/') || g_file_test(path, G_FILE_TEST_EXISTS);
    return g_strdup(file ? path : value);
}

// Of "CLASS:MODEL" and "MODEL=X" the model alone is a path.
static char *resolve_model(const char *folder, const char *value, const char *arg)
{
    const char *begin =
        strstr(arg, ":MODEL") && strchr(value, ':') ? strchr(value, ':') + 1 : value;
    const char *end = strstr(arg, "MODEL=") && strrchr(begin, '=') ? strrchr(begin, '=') : NULL;
    end = end ? end : begin + strlen(begin);
    g_autofree char *before = g_strndup(value, (gsize)(begin - value));
    g_autofree char *model = g_strndup(begin, (gsize)(end - begin));
    g_autofree char *path = resolve(folder, model, NAME_OR_PATH);
    return g_strconcat(before, path, end, NULL);
}

static char *resolve_value(const char *folder, const app_option_info *o, const char *value)
{
    const path_kind kind = kind_of(o);
    if (kind == NO_PATH)
        return g_strdup(value);
    if (kind == PATH || !o || !o->arg)
        return resolve(folder, value, kind);
    const bool several = g_str_has_suffix(o->arg, ",..."); // "MODEL,..."
    g_auto(GStrv) parts =
        several ? g_strsplit(value, ",", -1) : g_strdupv((char *[]){(char *)value, NULL});
    for (char **p = parts; *p; p++) {
        char *path = resolve_model(folder, *p, o->arg);
        g_free(*p);
        *p = path;
    }
    return g_strjoinv(",", parts);
}

static char **resolve_all(const char *folder, const app_option_info *o, char **values)
{
    char **all = g_strdupv(values);
    for (char **v = all; *v; v++) {
        char *value = resolve_value(folder, o, *v);
        g_free(*v);
        *v = value;
    }
    return all;
}

char **app_config_paths(const char *path, const app_option_info *o, const char *text, char **list)
{
    char *one[] = {(char *)text, NULL};
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    g_autofree char *folder = g_path_get_dirname(absolute);
    return resolve_all(folder, o, !o || o->list ? list : one);
}

char **app_config_absolute(const app_option_info *o, char **values)
{
    g_autofree char *folder = g_get_current_dir();
    return resolve_all(folder, o, values);
}

bool app_config_is_secret(char **values)
{
    bool found = false;
    for (char **v = values; v && *v && !found; v++) {
        const size_t size = strlen(*v) + 64;
        g_autofree char *masked = g_malloc(size);
        g_strlcpy(masked, *v, size);
        nn_mask_credentials(masked, size);
        found = strcmp(masked, *v) != 0;
    }
    return found;
}
