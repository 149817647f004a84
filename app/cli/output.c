// SPDX-License-Identifier: MIT
// Output files that are complete or absent for other programs.
#include "app/cli/output.h"

#include "nn/io/file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static nn_status fail(const char *path, int number, nn_error *err)
{
    return nn_fail(err, NN_EIO, "%s: cannot write: %s", path, strerror(number));
}

nn_status app_output_open(app_output *o, const char *path, nn_error *err)
{
    *o = (app_output){.path = path, .fd = -1};
    if (strcmp(path, "-") == 0) {
        o->file = stdout;
        return NN_OK;
    }
    nn_status status = nn_file_begin(path, &o->temporary, &o->fd, err);
    if (status != NN_OK)
        return status;
    const int own = dup(o->fd); // the other descriptor is synced at the end
    o->file = own < 0 ? NULL : fdopen(own, "w");
    if (o->file)
        return NN_OK;
    status = fail(path, errno, err);
    if (own >= 0)
        close(own);
    return nn_file_end(path, o->temporary, o->fd, status, err);
}

nn_status app_output_close(app_output *o, nn_status status, nn_error *err)
{
    if (!o->file)
        return status;
    const bool failed = ferror(o->file);
    const int wrong = fflush(o->file) != 0 ? errno : failed ? EIO : 0;
    if (status == NN_OK && wrong)
        status = fail(o->path, wrong, err);
    if (o->file != stdout) {
        fclose(o->file);
        status = nn_file_end(o->path, o->temporary, o->fd, status, err);
    }
    o->file = NULL;
    return status;
}

nn_status app_output_check(const char *path, nn_error *err)
{
    struct stat st;
    char *temporary;
    int fd;
    if (strcmp(path, "-") == 0)
        return NN_OK;
    // Opening a pipe might wait for a reader, and closing it would tell the reader that this was
    // all.
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return access(path, W_OK) == 0 ? NN_OK : fail(path, errno, err);
    const nn_status status = nn_file_begin(path, &temporary, &fd, err);
    if (status == NN_OK)
        nn_file_end(path, temporary, fd, NN_EIO, NULL);
    return status;
}

nn_status app_output_copy(const char *path, const char *from, nn_error *err)
{
    nn_file file;
    nn_status status = nn_file_map(&file, from, err);
    if (status != NN_OK)
        return status;
    const nn_file_part part = {file.bytes, file.size};
    status = nn_file_write(path, &part, 1, err);
    nn_file_unmap(&file);
    return status;
}
