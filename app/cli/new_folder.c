// SPDX-License-Identifier: MIT
// Output folders that are complete or absent for other programs.
#define _XOPEN_SOURCE 700
#include "app/cli/new_folder.h"

#include "app/cli/folder.h"

#include <errno.h>
#include <ftw.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/stat.h>

enum { OPEN_FOLDERS = 16 };

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

bool app_remove_tree(const char *path)
{
    return nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0;
}

static bool is_empty_folder(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    return dir && !g_dir_read_name(dir);
}

nn_status app_new_folder_open(app_new_folder *f, const char *what, const char *path, bool force,
                              nn_error *err)
{
    *f = (app_new_folder){.path = path};
    f->replaces = g_file_test(path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK);
    if (f->replaces && !is_empty_folder(path) && !force)
        return nn_fail(err, NN_EINVAL, "%s %s: is there already; --force replaces it", what, path);
    g_autofree char *whole = g_canonicalize_filename(path, NULL);
    g_autofree char *outer = g_path_get_dirname(whole);
    const nn_status status = app_folder_make(what, outer, err);
    if (status != NN_OK)
        return status;
    f->temporary = g_strconcat(whole, ".part-XXXXXX", NULL);
    if (g_mkdtemp_full(f->temporary, 0777))
        return NN_OK;
    nn_fail(err, NN_EIO, "%s %s: cannot create this folder: %s", what, path, g_strerror(errno));
    g_clear_pointer(&f->temporary, g_free);
    return NN_EIO;
}

// Moves what is there out of the way, then removes it.
static nn_status replace(const app_new_folder *f, nn_error *err)
{
    g_autofree char *old = g_strconcat(f->temporary, ".old", NULL);
    if (g_rename(f->path, old) != 0)
        return nn_fail(err, NN_EIO, "%s: cannot replace: %s", f->path, g_strerror(errno));
    if (g_rename(f->temporary, f->path) == 0) {
        app_remove_tree(old);
        return NN_OK;
    }
    nn_fail(err, NN_EIO, "%s: cannot write: %s", f->path, g_strerror(errno));
    g_rename(old, f->path);
    return NN_EIO;
}

nn_status app_new_folder_close(app_new_folder *f, nn_status status, nn_error *err)
{
    if (!f->temporary)
        return status;
    if (status == NN_OK && f->replaces)
        status = replace(f, err);
    else if (status == NN_OK && g_rename(f->temporary, f->path) != 0)
        status = nn_fail(err, NN_EIO, "%s: cannot write: %s", f->path, g_strerror(errno));
    if (status != NN_OK)
        app_remove_tree(f->temporary);
    g_clear_pointer(&f->temporary, g_free);
    return status;
}
