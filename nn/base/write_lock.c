// SPDX-License-Identifier: MIT
// Finds the file that a path really writes to, and locks it for one writer at a time.
#include "nn/base/write_lock.h"

#include <dirent.h>
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

// Whether descriptor `name` of a process is this file and holds a lock on it: its description in
// /proc/PID/fdinfo has a line "lock:".
static bool holds_lock(const char *process, const char *name, const struct stat *file)
{
    char path[64], line[256];
    struct stat st;
    if (snprintf(path, sizeof path, "/proc/%.16s/fd/%.16s", process, name) >= (int)sizeof path ||
        stat(path, &st) != 0 || st.st_dev != file->st_dev || st.st_ino != file->st_ino)
        return false;
    snprintf(path, sizeof path, "/proc/%.16s/fdinfo/%.16s", process, name);
    FILE *info = fopen(path, "re");
    bool found = false;
    while (info && !found && fgets(line, sizeof line, info))
        found = strncmp(line, "lock:", strlen("lock:")) == 0;
    if (info)
        fclose(info);
    return found;
}

static bool is_holder(const char *process, const struct stat *file)
{
    char path[64];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%.16s/fd", process);
    DIR *dir = opendir(path); // of other users it cannot be read
    for (struct dirent *e; dir && !found && (e = readdir(dir));)
        found = e->d_name[0] != '.' && holds_lock(process, e->d_name, file);
    if (dir)
        closedir(dir);
    return found;
}

// The process that has locked the file; 0: it cannot be told.
static long find_holder(const struct stat *file)
{
    long holder = 0;
    DIR *dir = opendir("/proc");
    for (struct dirent *e; dir && !holder && (e = readdir(dir));)
        if (e->d_name[strspn(e->d_name, "0123456789")] == '\0' && is_holder(e->d_name, file))
            holder = strtol(e->d_name, NULL, 10);
    if (dir)
        closedir(dir);
    return holder;
}

nn_status nn_write_lock(int fd, const char *path, nn_error *err)
{
    struct stat st;
    char who[48] = "another run";
    if (fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return NN_OK;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return NN_OK;
    const long holder = find_holder(&st);
    if (holder > 0)
        snprintf(who, sizeof who, "another run (process %ld)", holder);
    return nn_fail(err, NN_EINVAL, "%s: %s writes there; end that one, or choose another %s", path,
                   who, S_ISDIR(st.st_mode) ? "folder" : "file");
}

nn_status nn_write_lock_folder(const char *path, int *fd, nn_error *err)
{
    char text[128];
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return nn_fail(err, errno == ENOENT ? NN_ENOTFOUND : NN_EIO, "%s: cannot open: %s", path,
                       strerror_r(errno, text, sizeof text));
    nn_status status = nn_write_lock(*fd, path, err);
    if (status == NN_OK && faccessat(*fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
        status = nn_fail(err, NN_EIO, "%s: cannot write into this folder: %s", path,
                         strerror_r(errno, text, sizeof text));
    if (status == NN_OK)
        return NN_OK;
    close(*fd);
    *fd = -1;
    return status;
}
