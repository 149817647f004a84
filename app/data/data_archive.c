// SPDX-License-Identifier: MIT
// Unpacks archives among the data options once, into the user's cache.
#include "app/data/data_options.h"

#include "app/cli/progress.h"
#include "nn/io/archive.h"

#include <stdio.h>
#include <string.h>

static void show(void *ctx, uint64_t done, uint64_t total)
{
    app_progress *progress = ctx;
    char text[64];
    progress->total = (int64_t)(total >> 20);
    g_snprintf(text, sizeof text, "%llu MB", (unsigned long long)(total >> 20));
    app_progress_late(progress, (int64_t)(done >> 20), text);
}

// The only folder in a folder without other content, as archives often have at the top (g_free);
// NULL otherwise.
static char *only_folder(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    char *only = NULL;
    int count = 0;
    for (const char *name; dir && (name = g_dir_read_name(dir)); count++) {
        g_free(only);
        only = g_build_filename(path, name, NULL);
    }
    if (dir)
        g_dir_close(dir);
    if (count == 1 && g_file_test(only, G_FILE_TEST_IS_DIR))
        return only;
    g_free(only);
    return NULL;
}

static nn_status unpack_into(const char *path, const char *above, const char *folder, nn_error *err)
{
    app_progress progress;
    if (g_mkdir_with_parents(above, 0777) != 0)
        return nn_fail(err, NN_EIO, "%s: this folder cannot be made", above);
    app_progress_begin(&progress, "unpacking", 0, 0);
    const nn_status status = nn_archive_unpack(path, folder, show, &progress, err);
    app_progress_clear(&progress);
    if (status == NN_OK)
        fprintf(stderr, "%s: unpacked into %s\n", path, folder);
    return status;
}

// Replaces the path of an archive by the path of the folder with its content.
static nn_status unpack(char **path, nn_error *err)
{
    char key[256];
    const nn_status known = nn_archive_key(key, sizeof key, *path, err);
    if (known != NN_OK)
        return known;
    g_autofree char *above = g_build_filename(g_get_user_cache_dir(), "neroscale", "data", NULL);
    g_autofree char *folder = g_build_filename(above, key, NULL);
    if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
        const nn_status status = unpack_into(*path, above, folder, err);
        if (status != NN_OK)
            return status;
    }
    for (char *inner; (inner = only_folder(folder));) {
        // Keeps a top folder whose name says a split or a kind of data, because readers need it.
        g_autofree char *name = g_path_get_basename(inner);
        const bool part = nn_split_named(name, strlen(name)) != NN_SPLIT_NONE ||
                          strcmp(name, "images") == 0 || strcmp(name, "annotations") == 0;
        if (part) {
            g_free(inner);
            break;
        }
        g_free(folder);
        folder = inner;
    }
    g_free(*path);
    *path = g_steal_pointer(&folder);
    return NN_OK;
}

nn_status app_data_options_unpack(app_data_options *s, nn_error *err)
{
    nn_status status = NN_OK;
    for (int i = 0; i < s->count && status == NN_OK; i++)
        if (!s->list[i].video && nn_folder_ends(s->list[i].path, ".zip"))
            status = unpack(&s->list[i].path, err);
    return status;
}
