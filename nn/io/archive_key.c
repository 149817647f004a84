// SPDX-License-Identifier: MIT
// Names for what is made of a file, as long as the file does not change.
#include "nn/base/rng.h"
#include "nn/io/archive.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { STEM = 100 }; // bytes of the file's own name

nn_status nn_archive_key(char *key, size_t size, const char *path, nn_error *err)
{
    struct stat info;
    char whole[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path,
               *dot = strrchr(name, '.');
    if (!realpath(path, whole) || stat(whole, &info) != 0)
        return nn_fail(err, errno == ENOENT || errno == ENOTDIR ? NN_ENOTFOUND : NN_EIO, "%s: %s",
                       path, strerror(errno));
    uint64_t hash = nn_hash_name(whole);
    hash = nn_hash_mix(hash + (uint64_t)info.st_size);
    hash = nn_hash_mix(hash + (uint64_t)info.st_mtim.tv_sec);
    hash = nn_hash_mix(hash + (uint64_t)info.st_mtim.tv_nsec);
    const int stem = dot && dot - name < STEM ? (int)(dot - name) : STEM;
    const int n = snprintf(key, size, "%.*s-%016llx", stem, name, (unsigned long long)hash);
    return n > 0 && (size_t)n < size ? NN_OK
                                     : nn_fail(err, NN_EINVAL, "%s: its name is too long", path);
}
