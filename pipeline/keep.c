// SPDX-License-Identifier: MIT
// Bounds what recordings of events take on the disk: the oldest go.
#include "pipeline/keep.h"

#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>

#define USUAL "10GB"
enum {
    STAMP = 24,       // "2026-01-31T23-59-59.123Z"
    OPEN_SECONDS = 60 // a file that is not complete is written more often than that
};

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

// A file of an event.
typedef struct File {
    char *path;
    const char *name; // the end of the path
    gsize stem;       // length of the path up to the end of the stem
    guint64 bytes;
    bool open; // another input writes it
} File;

static void file_clear(gpointer data)
{
    g_free(((File *)data)->path);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    const File *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->path, y->path);
}

static void add_folder(GArray *files, const char *dir, bool own)
{
    GDir *d = g_dir_open(dir, 0, NULL);
    for (const char *name; d && (name = g_dir_read_name(d));) {
        const gsize stem = stem_length(name);
        GStatBuf st;
        if (stem == 0)
            continue;
        File f = {.path = g_build_filename(dir, name, NULL)};
        f.name = f.path + strlen(f.path) - strlen(name);
        f.stem = (gsize)(f.name - f.path) + stem;
        const bool known = g_stat(f.path, &st) == 0;
        f.bytes = known ? (guint64)st.st_size : 0;
        f.open = !own && known && g_str_has_suffix(name, ".part") &&
                 st.st_mtime + OPEN_SECONDS > g_get_real_time() / G_USEC_PER_SEC;
        g_array_append_val(files, f);
    }
    if (d)
        g_dir_close(d);
}

// Our files in `root` and in the folders of its inputs, the oldest first.
static GArray *list(const char *root, const char *own)
{
    GArray *files = g_array_new(FALSE, FALSE, sizeof(File));
    g_array_set_clear_func(files, file_clear);
    add_folder(files, root, strcmp(root, own) == 0);
    GDir *d = g_dir_open(root, 0, NULL);
    for (const char *name; d && (name = g_dir_read_name(d));) {
        g_autofree char *dir = g_build_filename(root, name, NULL);
        if (g_str_has_prefix(name, "input") && g_file_test(dir, G_FILE_TEST_IS_DIR))
            add_folder(files, dir, strcmp(dir, own) == 0);
    }
    if (d)
        g_dir_close(d);
    g_array_sort(files, by_name);
    return files;
}

void vp_keep_apply(const vp_keep *k, const char *root, const char *own)
{
    static GMutex one; // inputs end their clips at the same time
    g_mutex_lock(&one);
    g_autoptr(GArray) files = list(root, own);
    guint64 bytes = 0;
    for (guint i = 0; i < files->len; i++)
        bytes += g_array_index(files, File, i).bytes;
    const gint64 oldest = g_get_real_time() - (gint64)(k->days * 86400 * G_USEC_PER_SEC);
    g_autofree char *limit = vp_keep_stem(oldest, "");
    const File *going = NULL; // a file of the stem that goes
    for (guint i = 0; i < files->len; i++) {
        const File *f = &g_array_index(files, File, i);
        const bool same =
            going && going->stem == f->stem && strncmp(going->path, f->path, f->stem) == 0;
        const bool full = k->bytes > 0 && bytes > k->bytes;
        const bool old = k->days > 0 && strncmp(f->name, limit, STAMP) < 0;
        if (f->open || !(same || full || old))
            continue;
        bytes -= f->bytes;
        g_unlink(f->path);
        going = f;
    }
    g_mutex_unlock(&one);
}
