// SPDX-License-Identifier: MIT
// Bounds what recordings of events take on the disk: the oldest go.
#include "pipeline/keep.h"

#include <glib/gstdio.h>
#include <string.h>

#define USUAL "10GB"
enum { STAMP = 24 }; // "2026-01-31T23-59-59.123Z"

static nn_status take(vp_keep *k, const char *word, nn_error *err)
{
    char *end = NULL;
    const double value = g_ascii_strtod(word, &end);
    const gboolean gigas = g_ascii_strcasecmp(end, "GB") == 0;
    const gboolean megas = g_ascii_strcasecmp(end, "MB") == 0;
    const gboolean days = g_ascii_strcasecmp(end, "d") == 0;
    if (end == word || !(value > 0 && value < 1e9) || !(gigas || megas || days))
        return nn_fail(err, NN_EINVAL, "--record-keep '%s': write 20GB, 500MB or 7d", word);
    if (days)
        k->days = value;
    else
        k->bytes = (guint64)(value * (gigas ? 1e9 : 1e6));
    return NN_OK;
}

nn_status vp_keep_parse(vp_keep *out, const char *text, nn_error *err)
{
    nn_status status = NN_OK;
    g_auto(GStrv) words = g_strsplit(text ? text : USUAL, ",", -1);
    *out = (vp_keep){0};
    for (char **w = words; *w && status == NN_OK; w++)
        status = take(out, *w, err);
    return status;
}

char *vp_keep_stem(gint64 time, const char *word)
{
    g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(time / G_USEC_PER_SEC);
    g_autofree char *stamp = g_date_time_format(t, "%Y-%m-%dT%H-%M-%S");
    g_autofree char *plain = g_strndup(word, 40);
    g_strcanon(plain, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS, '-');
    return g_strdup_printf("%s.%03dZ-%s", stamp, (int)(time % G_USEC_PER_SEC / 1000), plain);
}

// Length of the stem of a file of ours; 0 for others.
static gsize stem_length(const char *name)
{
    static const char form[] = "0000-00-00T00-00-00.000Z-";
    static const char *const endings[] = {".mkv", ".mkv.part", ".jpg", ".json"};
    for (gsize i = 0; form[i]; i++)
        if (form[i] == '0' ? !g_ascii_isdigit(name[i]) : name[i] != form[i])
            return 0;
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(name, endings[i]))
            return strlen(name) - strlen(endings[i]);
    return 0;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The names of our files, the oldest first.
static GPtrArray *list(const char *dir)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GDir *d = g_dir_open(dir, 0, NULL);
    for (const char *name; d && (name = g_dir_read_name(d));)
        if (stem_length(name) > 0)
            g_ptr_array_add(names, g_strdup(name));
    if (d)
        g_dir_close(d);
    g_ptr_array_sort(names, by_name);
    return names;
}

static guint64 size_of(const char *dir, const char *name)
{
    GStatBuf st;
    g_autofree char *path = g_build_filename(dir, name, NULL);
    return g_stat(path, &st) == 0 ? (guint64)st.st_size : 0;
}

void vp_keep_apply(const vp_keep *k, const char *dir, const char *newest)
{
    g_autoptr(GPtrArray) names = list(dir);
    guint64 bytes = 0;
    for (guint i = 0; i < names->len; i++)
        bytes += size_of(dir, g_ptr_array_index(names, i));
    const gint64 oldest = g_get_real_time() - (gint64)(k->days * 86400 * G_USEC_PER_SEC);
    g_autofree char *limit = vp_keep_stem(oldest, "");
    gsize going = 0;       // length of the stem whose files go
    const char *stem = ""; // one of its files
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        const gsize length = stem_length(name);
        const gboolean same = going == length && strncmp(stem, name, length) == 0;
        const gboolean open =
            newest && length == strlen(newest) && strncmp(name, newest, length) == 0;
        const gboolean full = k->bytes > 0 && bytes > k->bytes;
        const gboolean old = k->days > 0 && strncmp(name, limit, STAMP) < 0;
        if (open || !(same || full || old))
            continue;
        g_autofree char *path = g_build_filename(dir, name, NULL);
        bytes -= MIN(size_of(dir, name), bytes);
        g_unlink(path);
        going = length;
        stem = name;
    }
}
