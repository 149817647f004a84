// SPDX-License-Identifier: MIT
// Compares files by inode, not by name.
#include "app/cli/files.h"

#include "app/cli/claim.h"
#include "nn/base/write_lock.h"

#include <string.h>
#include <sys/stat.h>

static void add(app_files *f, const char *what, const char *path, bool written, bool asks,
                const char *mark)
{
    if (!path || strcmp(path, "-") == 0 || f->count == APP_FILES_MAX)
        return;
    f->list[f->count].what = what;
    f->list[f->count].path = path;
    f->list[f->count].mark = mark;
    f->list[f->count].asks = asks;
    f->list[f->count++].written = written;
}

void app_files_read(app_files *f, const char *what, const char *path)
{
    add(f, what, path, false, false, NULL);
}

void app_files_write(app_files *f, const char *what, const char *path)
{
    add(f, what, path, true, true, NULL);
}

void app_files_write_folder(app_files *f, const char *what, const char *path, const char *mark)
{
    add(f, what, path, true, true, mark);
}

void app_files_refresh(app_files *f, const char *what, const char *path)
{
    add(f, what, path, true, false, NULL);
}

static bool is_same(const char *a, const char *b)
{
    struct stat x, y;
    const bool have_x = stat(a, &x) == 0, have_y = stat(b, &y) == 0;
    if (have_x && have_y)
        return (S_ISREG(x.st_mode) || S_ISDIR(x.st_mode)) && x.st_dev == y.st_dev &&
               x.st_ino == y.st_ino;
    char p[PATH_MAX], q[PATH_MAX];
    return !have_x && !have_y && nn_write_target(a, p) && nn_write_target(b, q) &&
           strcmp(p, q) == 0;
}

nn_status app_files_check(const app_files *f, nn_error *err)
{
    for (int i = 0; i < f->count; i++)
        for (int k = 0; k < f->count; k++) {
            if (!f->list[i].written || (f->list[k].written && k <= i) ||
                !is_same(f->list[i].path, f->list[k].path))
                continue;
            if (f->list[k].written)
                return nn_fail(err, NN_EINVAL, "%s %s: %s writes the same file", f->list[i].what,
                               f->list[i].path, f->list[k].what);
            return nn_fail(err, NN_EINVAL, "%s %s: would replace the file that is read (%s %s)",
                           f->list[i].what, f->list[i].path, f->list[k].what, f->list[k].path);
        }
    return NN_OK;
}

nn_status app_files_claim(const app_files *f, bool force, nn_error *err)
{
    nn_status status = app_files_check(f, err);
    for (int i = 0; i < f->count && status == NN_OK; i++) {
        const bool unasked = force || !f->list[i].asks;
        if (f->list[i].mark)
            status =
                app_claim_folder(f->list[i].what, f->list[i].path, f->list[i].mark, unasked, err);
        else if (f->list[i].written)
            status = app_claim(f->list[i].what, f->list[i].path, unasked, err);
    }
    return status;
}
