// SPDX-License-Identifier: MIT
// Opens the file of a recording, keeps what an earlier run left, and renames the file at the end.
#include "pipeline/partial_file.h"

#include "nn/base/write_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// yard.mp4 -> yard.recovered.mp4, or the first such name that is free (g_free).
static char *find_spare(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    const int stem = (int)((dot && dot > slash ? dot : path + strlen(path)) - path);
    for (int i = 1;; i++) {
        g_autofree char *number = i > 1 ? g_strdup_printf("-%d", i) : g_strdup("");
        char *spare = g_strdup_printf("%.*s.recovered%s%s", stem, path, number, path + stem);
        if (g_access(spare, F_OK) != 0)
            return spare;
        g_free(spare);
    }
}

// Renames what an earlier run left; returns the new name (g_free), NULL when it cannot be renamed.
static char *move_away(vp_partial_file *p)
{
    char *spare = find_spare(p->path);
    if (g_rename(p->name, spare) == 0)
        return spare;
    g_free(spare);
    return NULL;
}

static nn_status take(vp_partial_file *p, nn_error *err)
{
    p->fd = open(p->name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    return p->fd < 0 ? nn_fail(err, NN_EIO, "cannot write the recording to '%s': %s", p->name,
                               g_strerror(errno))
                     : nn_write_lock(p->fd, p->path, err);
}

nn_status vp_partial_file_open(vp_partial_file *p, const char *path, nn_error *err)
{
    char place[PATH_MAX];
    struct stat st;
    nn_write_target(path, place);
    *p = (vp_partial_file){
        .path = g_strdup(place), .name = g_strconcat(place, ".part", NULL), .fd = -1};
    nn_status status = take(p, err);
    if (status == NN_OK && fstat(p->fd, &st) == 0 && st.st_size > 0) {
        p->kept = move_away(p);
        close(p->fd);
        status = take(p, err);
    }
    if (status == NN_OK)
        return NN_OK;
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1; // another recording has it: it must not be removed
    vp_partial_file_close(p);
    return status;
}

char *vp_partial_file_settle(vp_partial_file *p, bool frames, bool whole)
{
    if (p->fd < 0)
        return NULL;
    close(p->fd);
    p->fd = -1;
    if (!frames) {
        g_unlink(p->name);
        return NULL;
    }
    if ((whole || g_access(p->path, F_OK) != 0) && g_rename(p->name, p->path) == 0)
        return NULL;
    char *spare = move_away(p);
    return spare ? spare : g_strdup(p->name);
}

void vp_partial_file_close(vp_partial_file *p)
{
    g_free(vp_partial_file_settle(p, false, false));
    g_free(p->path);
    g_free(p->name);
    g_free(p->kept);
    *p = (vp_partial_file){.fd = -1};
}
