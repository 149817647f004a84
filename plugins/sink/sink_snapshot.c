// SPDX-License-Identifier: MIT
// Checks folder and file of a snapshot.
#include "plugins/sink/sink_snapshot.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

nn_status nero_snapshot_check(const char *path, nn_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return nn_fail(err, NN_EIO, "'%s' is a directory", path);
        if (access(path, W_OK) != 0)
            return nn_fail(err, NN_EIO, "cannot write '%s': %s", path, strerror(errno));
        return NN_OK;
    }
    g_autofree char *folder = g_path_get_dirname(path);
    if (!*path || access(folder, W_OK) != 0)
        return nn_fail(err, NN_EIO, "cannot write '%s': %s", path,
                       *path ? strerror(errno) : "it has no name");
    return NN_OK;
}
