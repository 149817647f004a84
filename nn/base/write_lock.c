// SPDX-License-Identifier: MIT
// Finds the file that a path really writes to, and locks it for one writer at a time.
#include "nn/base/write_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS = 40 }; // longest chain of links, as in the kernel

// out = the folder of `path`, then `name`; an absolute `name` stays as it is.
static bool join(char out[PATH_MAX], const char *path, const char *name)
{
    const char *slash = name[0] == '/' ? NULL : strrchr(path, '/');
    const int folder = slash ? (int)(slash - path) + 1 : 0;
    const int n = snprintf(out, PATH_MAX, "%.*s%s", folder, path, name);
    return n > 0 && n < PATH_MAX;
}

// The folder of `path` with its links resolved, then the last component of `path`.
static bool find_new(const char *path, char place[PATH_MAX])
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char folder[PATH_MAX], real[PATH_MAX];
    if (!*name || !join(folder, path, ".") || !realpath(folder, real))
        return false;
    const int n = snprintf(place, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
    return n > 0 && n < PATH_MAX;
}

bool nn_write_target(const char *path, char place[PATH_MAX])
{
    char at[PATH_MAX], to[PATH_MAX], next[PATH_MAX];
    if (realpath(path, place))
        return true;
    bool found = snprintf(at, sizeof at, "%s", path) < PATH_MAX;
    for (int i = 0; found && i < LINKS; i++) {
        const ssize_t n = readlink(at, to, sizeof to - 1);
        if (n < 0) {
            if (find_new(at, place))
                return true;
            break;
        }
        to[n] = '\0';
        found = join(next, at, to);
        memcpy(at, next, sizeof at);
    }
    snprintf(place, PATH_MAX, "%s", path);
    return false;
}

nn_status nn_write_lock(int fd, const char *path, nn_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return NN_OK;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return NN_OK;
    return nn_fail(err, NN_EINVAL,
                   "%s: another run writes there; end that one, or choose another %s", path,
                   S_ISDIR(st.st_mode) ? "folder" : "file");
}

nn_status nn_write_lock_folder(const char *path, int *fd, nn_error *err)
{
    char text[128];
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return nn_fail(err, errno == ENOENT ? NN_ENOTFOUND : NN_EIO, "%s: cannot open: %s", path,
                       strerror_r(errno, text, sizeof text));
    const nn_status status = nn_write_lock(*fd, path, err);
    if (status == NN_OK)
        return NN_OK;
    close(*fd);
    *fd = -1;
    return status;
}
