// SPDX-License-Identifier: MIT
// Creates folders, removes unused ones again, and locks folders for one run.
#include "app/cli/folder.h"

#include "nn/base/write_lock.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <sys/stat.h>

static GPtrArray *made; // owned paths, outer folders first

// Records the missing folders of a path, innermost last.
static void remember(const char *path)
{
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return;
    g_autofree char *outer = g_path_get_dirname(path);
    if (g_strcmp0(outer, path) != 0)
        remember(outer);
    g_ptr_array_add(made, g_strdup(path));
}

nn_status app_folder_make(const char *what, const char *path, nn_error *err)
{
    g_autofree char *whole =
        g_canonicalize_filename(path, NULL); // programs may change their working directory
    if (!made)
        made = g_ptr_array_new_with_free_func(g_free);
    remember(whole);
    if (g_mkdir_with_parents(whole, 0777) == 0)
        return NN_OK;
    return nn_fail(err, NN_EIO, "%s%s%s: cannot create this folder: %s", what ? what : "",
                   what ? " " : "", path, g_strerror(errno));
}

static GArray *held; // struct stat of the folders that this process has locked

static bool is_ours(const struct stat *folder)
{
    for (guint i = 0; held && i < held->len; i++) {
        const struct stat *other = &g_array_index(held, struct stat, i);
        if (other->st_dev == folder->st_dev && other->st_ino == folder->st_ino)
            return true;
    }
    return false;
}

nn_status app_folder_take(const char *what, const char *path, nn_error *err)
{
    struct stat st;
    int fd; // the kernel unlocks it when the process ends
    nn_status status = app_folder_make(what, path, err);
    if (status != NN_OK || (stat(path, &st) == 0 && is_ours(&st)))
        return status;
    status = nn_write_lock_folder(path, &fd, err);
    if (status != NN_OK)
        return status;
    if (!held)
        held = g_array_new(FALSE, FALSE, sizeof(struct stat));
    if (fstat(fd, &st) == 0)
        g_array_append_val(held, st);
    return NN_OK;
}

void app_folders_drop_empty(void)
{
    for (guint i = made ? made->len : 0; i > 0; i--)
        g_rmdir(g_ptr_array_index(made, i - 1)); // only when it is empty
    g_clear_pointer(&made, g_ptr_array_unref);
}
