// SPDX-License-Identifier: MIT
// Finds pictures by the names in a table or annotation file, which may come from another machine.
#include "nn/data/folder.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

// Normalises a name: slashes for backslashes, no drive, no empty part and no "."; false when
// nothing is left.
static bool tidy(char *out, size_t size, const char *name, bool *climbs)
{
    size_t n = 0;
    *climbs = name[0] == '/' || name[0] == '\\';
    if (((name[0] | 32) >= 'a' && (name[0] | 32) <= 'z') && name[1] == ':') {
        *climbs = true;
        name += 2;
    }
    while (*name) {
        const size_t length = strcspn(name, "/\\");
        const bool here = length == 0 || (length == 1 && name[0] == '.');
        if (length == 2 && memcmp(name, "..", 2) == 0) {
            *climbs = true;
            n = 0; // ".." at the start: looks below the base instead
        } else if (!here) {
            if (n + length + 2 > size)
                return false;
            if (n > 0)
                out[n++] = '/';
            memcpy(out + n, name, length);
            n += length;
        }
        name += length + (name[length] != '\0');
    }
    out[n] = '\0';
    return n > 0;
}

// Also tries the name as it is: "a:b.jpg" looks like a drive, but may be a file.
static bool is_there(char *path, const char *base, const char *const *below, const char *name)
{
    for (const char *const *b = below; *b; b++)
        if (nn_folder_join(path, NULL, "%s/%s%s%s", base, *b, **b ? "/" : "", name) == NN_OK &&
            access(path, F_OK) == 0)
            return true;
    return false;
}

nn_status nn_folder_locate(char *path, const char *base, const char *const *below, const char *name,
                           nn_error *err)
{
    char tidied[PATH_MAX];
    bool climbs;
    if (name[0] && name[1] == ':' && !strpbrk(name, "/\\") && is_there(path, base, below, name))
        return NN_OK;
    if (!tidy(tidied, sizeof tidied, name, &climbs))
        return nn_fail(err, NN_EFORMAT, "'%s' is not the name of a picture", name);
    for (const char *tail = tidied; tail; tail = strchr(tail, '/')) {
        tail += *tail == '/';
        for (const char *const *b = below; *b; b++) {
            const nn_status status = **b ? nn_folder_join(path, err, "%s/%s/%s", base, *b, tail)
                                         : nn_folder_join(path, err, "%s/%s", base, tail);
            if (status != NN_OK || access(path, F_OK) == 0)
                return status;
        }
        if (!climbs)
            break;
    }
    return nn_folder_join(path, err, "%s/%s", base, tidied);
}
