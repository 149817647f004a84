// SPDX-License-Identifier: MIT
// Reads and changes files of options. GKeyFile knows values and escapes, but no lines.
#include "app/cli/config_file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 20 }; // of a file that somebody wrote

static void free_key(void *data)
{
    app_config_key *k = data;
    g_free(k->group);
    g_free(k->key);
    g_free(k->value);
    g_strfreev(k->list);
    g_free(k);
}

void app_config_file_release(app_config_file *f)
{
    g_free(f->path);
    g_clear_pointer(&f->keys, g_ptr_array_unref);
    g_clear_pointer(&f->groups, g_ptr_array_unref);
    *f = (app_config_file){0};
}

// What one line is: a group or a key, whose name *name gets (g_free).
typedef enum line_kind { NOTHING, GROUP, KEY, WRONG } line_kind;

static line_kind read_line(const char *line, char **name)
{
    *name = NULL;
    while (g_ascii_isspace(*line))
        line++;
    const char *end = *line == '[' ? strchr(line, ']') : strchr(line, '=');
    if (!*line || *line == '#')
        return NOTHING;
    if (!end || end == line + (*line == '['))
        return WRONG;
    const bool group = *line == '[';
    *name = g_strstrip(g_strndup(line + group, (gsize)(end - line) - group));
    return group ? GROUP : KEY;
}

static const app_config_key *find_key(const app_config_file *f, const char *group, const char *key)
{
    for (guint i = 0; i < f->keys->len; i++) {
        const app_config_key *k = g_ptr_array_index(f->keys, i);
        if (strcmp(k->group, group) == 0 && strcmp(k->key, key) == 0)
            return k;
    }
    return NULL;
}

// Notes groups and keys with their lines.
static nn_status read_lines(app_config_file *f, char **lines, nn_error *err)
{
    g_autofree char *group = NULL;
    for (int i = 0; lines[i]; i++) {
        g_autofree char *name = NULL;
        const line_kind kind = read_line(lines[i], &name);
        const app_config_key *twice = kind == KEY && group ? find_key(f, group, name) : NULL;
        if (kind == WRONG)
            return nn_fail(err, NN_EINVAL,
                           "%s:%d: neither [COMMAND] nor OPTION = VALUE; comments begin with #",
                           f->path, i + 1);
        if (kind == KEY && !group)
            return nn_fail(err, NN_EINVAL, "%s:%d: %s stands above the first group, such as [run]",
                           f->path, i + 1, name);
        if (twice)
            return nn_fail(err, NN_EINVAL,
                           "%s:%d: [%s] %s stands in line %d, too; a list has ';' between its "
                           "values",
                           f->path, i + 1, group, name, twice->line);
        if (kind == NOTHING)
            continue;
        if (kind == GROUP) {
            g_free(group);
            group = g_strdup(name);
        }
        app_config_key *k = g_new0(app_config_key, 1);
        *k = (app_config_key){.group = g_strdup(group), .line = i + 1};
        k->key = kind == KEY ? g_strdup(name) : NULL;
        g_ptr_array_add(kind == KEY ? f->keys : f->groups, k);
    }
    return NN_OK;
}

static nn_status read_values(app_config_file *f, GKeyFile *from, nn_error *err)
{
    for (guint i = 0; i < f->keys->len; i++) {
        app_config_key *k = g_ptr_array_index(f->keys, i);
        g_autoptr(GError) error = NULL;
        k->value = g_key_file_get_string(from, k->group, k->key, &error);
        if (k->value)
            k->list = g_key_file_get_string_list(from, k->group, k->key, NULL, NULL);
        if (!k->value)
            return nn_fail(err, NN_EINVAL, "%s:%d: [%s] %s: %s", f->path, k->line, k->group, k->key,
                           error ? error->message : "cannot be read");
        if (!k->list) // an escape that only lists refuse
            k->list = g_strdupv((char *[]){k->value, NULL});
        for (char **v = k->list; *v; v++)
            g_strstrip(*v); // "a; b"
    }
    return NN_OK;
}

nn_status app_config_file_parse(app_config_file *f, const char *path, const char *text, size_t size,
                                nn_error *err)
{
    *f = (app_config_file){.path = g_strdup(path),
                           .keys = g_ptr_array_new_with_free_func(free_key),
                           .groups = g_ptr_array_new_with_free_func(free_key)};
    g_autoptr(GKeyFile) values = g_key_file_new();
    g_autoptr(GError) error = NULL;
    nn_status status = NN_OK;
    if (size > MOST_BYTES)
        status =
            nn_fail(err, NN_EINVAL, "%s: is larger than a megabyte, so no file of options", path);
    else if (memchr(text, '\0', size) || !g_utf8_validate(text, (gssize)size, NULL))
        status = nn_fail(err, NN_EINVAL, "%s: is no text in UTF-8, so no file of options", path);
    if (status == NN_OK) {
        g_autofree char *copy = g_strndup(text, size);
        g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
        status = read_lines(f, lines, err);
    }
    if (status == NN_OK && size &&
        !g_key_file_load_from_data(values, text, size, G_KEY_FILE_NONE, &error))
        status = nn_fail(err, NN_EINVAL, "%s: %s", path, error->message);
    if (status == NN_OK)
        status = read_values(f, values, err);
    if (status != NN_OK)
        app_config_file_release(f);
    return status;
}

static nn_status load(const char *path, char **text, gsize *size, nn_error *err)
{
    g_autoptr(GError) error = NULL;
    GStatBuf about;
    if (g_stat(path, &about) == 0 && about.st_size > MOST_BYTES)
        return nn_fail(err, NN_EINVAL, "%s: is larger than a megabyte, so no file of options",
                       path);
    if (g_file_get_contents(path, text, size, &error))
        return NN_OK;
    return nn_fail(err, NN_EIO, "%s", error->message);
}

nn_status app_config_file_read(app_config_file *f, const char *path, nn_error *err)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    *f = (app_config_file){0};
    const nn_status status = load(path, &text, &size, err);
    return status == NN_OK ? app_config_file_parse(f, path, text, size, err) : status;
}

char *app_config_line(const char *key, const char *const *values, int count)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (count == 1 && !strchr(values[0], ';'))
        g_key_file_set_string(file, "g", "k", values[0]);
    else
        g_key_file_set_string_list(file, "g", "k", values, (gsize)count);
    g_autofree char *value = g_key_file_get_value(file, "g", "k", NULL);
    const size_t length = strlen(value);
    if (count > 1 && length > 1 && value[length - 1] == ';' && value[length - 2] != ';')
        value[length - 1] = '\0'; // the end needs no separator
    return g_strdup_printf("%s = %s", key, value);
}

// Where a key is, or belongs: behind the last line of its group that is not empty.
typedef struct place {
    int line;   // of the key, or behind which it belongs; from 0
    bool there; // the key is in this line
    bool group; // the group is
} place;

static place find_place(char **lines, const char *group, const char *key)
{
    place p = {.line = -1};
    bool inside = false;
    for (int i = 0; lines[i]; i++) {
        g_autofree char *name = NULL;
        const line_kind kind = read_line(lines[i], &name);
        if (kind == GROUP)
            inside = strcmp(name, group) == 0;
        if (kind == KEY && inside && strcmp(name, key) == 0)
            return (place){i, true, true};
        p.group = p.group || inside;
        g_autofree char *trimmed = g_strstrip(g_strdup(lines[i]));
        if (inside && *trimmed)
            p.line = i;
    }
    return p;
}

// The text of `lines` with `line` (NULL: none) at its place.
static char *edit(char **lines, place p, const char *group, const char *line)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; lines[i]; i++) {
        const bool last = !lines[i + 1], here = i == p.line;
        if (!(here && p.there))
            g_string_append_printf(text, "%s%s", lines[i], last && !here ? "" : "\n");
        if (here && line)
            g_string_append_printf(text, "%s\n", line);
    }
    if (!p.group && line) {
        if (text->len && text->str[text->len - 1] != '\n')
            g_string_append_c(text, '\n');
        g_string_append_printf(text, "%s[%s]\n%s\n", text->len ? "\n" : "", group, line);
    }
    return g_string_free(text, FALSE);
}

static nn_status save(const char *path, const char *text, nn_error *err)
{
    g_autoptr(GError) error = NULL;
    GStatBuf about;
    char *real = realpath(path, NULL);
    const char *to = real ? real : path;
    g_autofree char *folder = g_path_get_dirname(to);
    const int mode = g_stat(to, &about) == 0 ? (int)(about.st_mode & 07777) : 0600;
    nn_status status = NN_OK;
    if (g_mkdir_with_parents(folder, 0700) != 0)
        status = nn_fail(err, NN_EIO, "%s: %s", folder, g_strerror(errno));
    else if (!g_file_set_contents_full(to, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, mode, &error))
        status = nn_fail(err, NN_EIO, "%s", error->message);
    free(real);
    return status;
}

char *app_config_file_edit(const char *text, const char *group, const char *key,
                           const char *const *values, int count)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *line = count ? app_config_line(key, values, count) : NULL;
    const place p = find_place(lines, group, key);
    return p.there || line ? edit(lines, p, group, line) : g_strdup(text);
}

nn_status app_config_file_set(const char *path, const char *group, const char *key,
                              const char *const *values, int count, nn_error *err)
{
    g_autofree char *text = NULL, *edited = NULL;
    app_config_file checked;
    nn_status status = NN_OK;
    gsize size = 0;
    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        status = load(path, &text, &size, err);
        if (status == NN_OK) // a broken file is not made worse
            status = app_config_file_parse(&checked, path, text, size, err);
        if (status != NN_OK)
            return status;
        app_config_file_release(&checked);
    }
    edited = app_config_file_edit(text ? text : "", group, key, values, count);
    return g_strcmp0(edited, text) == 0 ? NN_OK : save(path, edited, err);
}
