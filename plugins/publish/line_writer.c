// SPDX-License-Identifier: MIT
// Writes lines of text to a file or standard output, whole lines only, one writer at a time.
#include "plugins/publish/line_writer.h"

#include "nn/base/write_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

gboolean nero_line_writer_open(NeroLineWriter *l, const char *name, nn_error *err)
{
    *l = (NeroLineWriter){.fd = STDOUT_FILENO};
    if (strcmp(name, "-") == 0)
        return TRUE;
    *l = (NeroLineWriter){.fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666), .own = TRUE};
    if (l->fd < 0)
        nn_fail(err, NN_EIO, "Cannot open \"%s\" for writing: %s", name, g_strerror(errno));
    else if (nn_write_lock(l->fd, name, err) != NN_OK)
        nero_line_writer_close(l);
    return l->fd >= 0;
}

void nero_line_writer_begin(NeroLineWriter *l)
{
    if (!l->begun && l->own && ftruncate(l->fd, 0) != 0)
        errno = 0; // it is a device or a pipe
    l->begun = TRUE;
}

// Writes a line by one call, which for a file is all or nothing unless the disk fills up.
int nero_line_writer_write(NeroLineWriter *l, const char *line)
{
    const off_t before = lseek(l->fd, 0, SEEK_CUR);
    struct iovec parts[2] = {{(char *)line, strlen(line)}, {(char *)"\n", 1}};
    if (!l->own)
        fflush(stdout);
    for (int i = 0; i < 2;) {
        ssize_t n = writev(l->fd, parts + i, 2 - i);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            const int error = errno;
            if (l->own && before >= 0 && ftruncate(l->fd, before) == 0)
                lseek(l->fd, before, SEEK_SET);
            return error;
        }
        for (; i < 2 && (size_t)n >= parts[i].iov_len; i++)
            n -= (ssize_t)parts[i].iov_len;
        if (i < 2)
            parts[i] = (struct iovec){(char *)parts[i].iov_base + n, parts[i].iov_len - (size_t)n};
    }
    return 0;
}

void nero_line_writer_close(NeroLineWriter *l)
{
    if (l->own && l->fd >= 0)
        close(l->fd);
    *l = (NeroLineWriter){.fd = -1};
}
