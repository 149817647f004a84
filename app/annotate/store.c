// SPDX-License-Identifier: MIT
// A label file that the editor owns, and the lock on it.
#include "app/annotate/store.h"

#include "nn/base/memory.h"
#include "nn/io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

void ui_store_release(ui_store *s)
{
    g_free(s->last);
    *s = (ui_store){0};
}

nn_status ui_store_read(ui_store *s, const char *path, char **text, size_t *size, nn_error *err)
{
    nn_file file;
    *text = NULL;
    *size = 0;
    s->there = stat(path, &s->stamp) == 0;
    s->read = true;
    if (!s->there)
        return errno == ENOENT ? NN_OK : nn_fail(err, NN_EIO, "%s: %s", path, strerror(errno));
    nn_status status = nn_file_map(&file, path, err);
    if (status != NN_OK)
        return status;
    *text = nn_alloc(file.size + 1);
    if (*text) {
        if (file.size)
            memcpy(*text, file.bytes, file.size);
        (*text)[file.size] = '\0';
        *size = file.size;
    } else {
        status = nn_fail(err, NN_ENOMEM, "%s: no memory for %zu bytes", path, file.size);
    }
    nn_file_unmap(&file);
    return status;
}

static bool changed_by_others(const ui_store *s, const char *path)
{
    struct stat now;
    const bool there = stat(path, &now) == 0;
    if (!there || !s->there)
        return there != s->there;
    return now.st_ino != s->stamp.st_ino || now.st_size != s->stamp.st_size ||
           now.st_mtim.tv_sec != s->stamp.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != s->stamp.st_mtim.tv_nsec;
}

// Copies the file to FILE~ before its first change. An existing FILE~ stays; a new file needs none.
static nn_status keep_first(ui_store *s, const char *path, const char *first, size_t size,
                            nn_error *err)
{
    g_autofree char *backup = g_strconcat(path, "~", NULL);
    const bool old = s->there && !s->kept;
    s->kept = true;
    if (!old || access(backup, F_OK) == 0)
        return NN_OK;
    const nn_file_part part = {first, size};
    const nn_status status = nn_file_write(backup, &part, 1, err);
    s->kept = status == NN_OK; // else tried again
    return status;
}

nn_status ui_store_write(ui_store *s, const char *path, const char *text, size_t size,
                         const char *first, size_t first_size, nn_error *err)
{
    const char *holds = s->last ? s->last : first;
    const size_t held = s->last ? s->last_size : first_size;
    if (size == held && (size == 0 || memcmp(text, holds, size) == 0))
        return NN_OK;
    if (changed_by_others(s, path))
        return nn_fail(
            err, NN_EINVAL,
            "%s: another program changed it, so it is not overwritten; start again to edit it",
            path);
    g_autofree char *dir = g_path_get_dirname(path);
    if (g_mkdir_with_parents(dir, 0777) != 0)
        return nn_fail(err, NN_EIO, "%s: cannot create the folder: %s", dir, strerror(errno));
    nn_status status = keep_first(s, path, first, first_size, err);
    const nn_file_part part = {text, size};
    if (status == NN_OK)
        status = nn_file_write(path, &part, 1, err);
    if (status != NN_OK)
        return status;
    s->there = stat(path, &s->stamp) == 0;
    g_free(s->last);
    s->last = g_malloc(size + 1);
    memcpy(s->last, size ? text : "", size);
    s->last_size = size;
    return NN_OK;
}

static nn_status taken(const ui_lock *l, const char *path, nn_error *err)
{
    char who[32] = "";
    const ssize_t n = pread(l->fd, who, sizeof who - 1, 0);
    const long pid = n > 0 ? strtol(who, NULL, 10) : 0;
    return pid > 0 ? nn_fail(err, NN_EINVAL, "%s is being edited by process %ld; close that first",
                             path, pid)
                   : nn_fail(err, NN_EINVAL, "%s is being edited; close that first", path);
}

nn_status ui_lock_take(ui_lock *l, const char *path, nn_error *err)
{
    const bool folder = g_file_test(path, G_FILE_TEST_IS_DIR);
    *l = (ui_lock){g_strconcat(path, folder ? "/" : "", ".annotate.lock", NULL), -1};
    l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    nn_status status = NN_OK;
    if (l->fd < 0)
        status = nn_fail(err, NN_EIO, "cannot write beside %s: %s", path, strerror(errno));
    else if (flock(l->fd, LOCK_EX | LOCK_NB) != 0)
        status = taken(l, path, err);
    if (status != NN_OK) {
        if (l->fd >= 0)
            close(l->fd);
        g_free(l->path);
        *l = (ui_lock){NULL, -1};
        return status;
    }
    g_autofree char *who = g_strdup_printf("%ld\n", (long)getpid());
    if (ftruncate(l->fd, 0) != 0 || pwrite(l->fd, who, strlen(who), 0) < 0)
        g_clear_pointer(&who, g_free); // the process number is for messages only
    return NN_OK;
}

void ui_lock_drop(ui_lock *l)
{
    if (!l->path)
        return;
    unlink(l->path);
    close(l->fd);
    g_free(l->path);
    *l = (ui_lock){NULL, -1};
}
