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

static gboolean has_limits(const NeroLineWriter *l)
{
    return l->own && l->regular && (l->limits.size > 0 || l->limits.age > 0);
}

gboolean nero_line_writer_open(NeroLineWriter *l, const char *name, NeroLineLimits limits,
                               nn_error *err)
{
    struct stat st;
    char place[PATH_MAX];
    *l = (NeroLineWriter){.fd = STDOUT_FILENO, .limits = limits};
    if (strcmp(name, "-") != 0) {
        nn_write_target(name, place);
        l->own = TRUE;
        l->place = g_strdup(place);
        l->fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    }
    if (l->fd < 0)
        nn_fail(err, NN_EIO, "Cannot open \"%s\" for writing: %s", name, g_strerror(errno));
    else if (l->own && nn_write_lock(l->fd, name, err) != NN_OK)
        nero_line_writer_close(l);
    l->regular = l->fd >= 0 && fstat(l->fd, &st) == 0 && S_ISREG(st.st_mode);
    if (l->fd < 0)
        g_clear_pointer(&l->place, g_free);
    return l->fd >= 0;
}

static void sync_now(NeroLineWriter *l)
{
    if (l->regular && l->unsynced && l->limits.sync != NERO_FSYNC_NEVER)
        fdatasync(l->fd);
    l->unsynced = FALSE;
    l->synced_at = g_get_monotonic_time();
}

static void rename_old(const NeroLineWriter *l, guint from)
{
    g_autofree char *to = g_strdup_printf("%s.%u", l->place, from + 1);
    g_autofree char *old = from ? g_strdup_printf("%s.%u", l->place, from) : g_strdup(l->place);
    rename(old, to);
}

static void close_array(NeroLineWriter *l)
{
    if (l->limits.array && l->any && write(l->fd, "]\n", 2) < 0)
        errno = 0; // a full disk was reported with the lines
    l->any = FALSE;
}

// Begins a new file. When there cannot be one, the old one goes on.
static void rotate(NeroLineWriter *l)
{
    nn_error ignored;
    close_array(l);
    sync_now(l);
    l->begun_at = g_get_monotonic_time();
    if (l->limits.files <= 1) {
        if (ftruncate(l->fd, 0) == 0)
            lseek(l->fd, 0, SEEK_SET);
        return;
    }
    g_autofree char *last = g_strdup_printf("%s.%u", l->place, l->limits.files - 1);
    g_autofree char *first = g_strdup_printf("%s.1", l->place);
    unlink(last);
    for (guint i = l->limits.files - 2; i > 0; i--)
        rename_old(l, i);
    rename_old(l, 0);
    const int fd = open(l->place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 && nn_write_lock(fd, l->place, &ignored) == NN_OK) {
        close(l->fd);
        l->fd = fd;
    } else if (fd < 0) {
        rename(first, l->place);
    } else { // somebody else was faster; the lines go on in NAME.1
        close(fd);
    }
}

static off_t size_of(const NeroLineWriter *l)
{
    struct stat st;
    return fstat(l->fd, &st) == 0 ? st.st_size : 0;
}

void nero_line_writer_frame(NeroLineWriter *l)
{
    const gint64 now = g_get_monotonic_time();
    if (!l->begun && has_limits(l) && size_of(l) > 0)
        rotate(l);
    else if (!l->begun && l->own && ftruncate(l->fd, 0) != 0)
        errno = 0; // it is a device or a pipe
    if (l->unsynced && l->limits.sync == NERO_FSYNC_SECOND && now - l->synced_at >= G_USEC_PER_SEC)
        sync_now(l);
    l->begun = TRUE;
}

static void rotate_when_due(NeroLineWriter *l, gsize more)
{
    if (!has_limits(l))
        return;
    const guint64 size = (guint64)size_of(l);
    const gint64 now = g_get_monotonic_time();
    const gboolean full = l->limits.size > 0 && size + more > l->limits.size;
    const gboolean old =
        l->limits.age > 0 && now - l->begun_at >= (gint64)l->limits.age * G_USEC_PER_SEC;
    if (size == 0)
        l->begun_at = now;
    else if (full || old)
        rotate(l);
}

// Takes back the `done` bytes of a line that could not be written, unless others wrote behind them.
static void take_back(NeroLineWriter *l, off_t before, off_t done)
{
    if (before < 0 || !l->regular || size_of(l) != before + done)
        return;
    if (ftruncate(l->fd, before) == 0)
        lseek(l->fd, before, SEEK_SET);
}

// Writes all of the parts by one call, which for a file is all or nothing unless the disk fills up.
static int write_parts(NeroLineWriter *l, struct iovec *parts, int count)
{
    const off_t before = lseek(l->fd, 0, l->own ? SEEK_CUR : SEEK_END);
    off_t done = 0;
    for (int i = 0; i < count;) {
        ssize_t n = writev(l->fd, parts + i, count - i);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            const int error = errno;
            take_back(l, before, done);
            return error;
        }
        done += n;
        for (; i < count && (size_t)n >= parts[i].iov_len; i++)
            n -= (ssize_t)parts[i].iov_len;
        if (i < count)
            parts[i] = (struct iovec){(char *)parts[i].iov_base + n, parts[i].iov_len - (size_t)n};
    }
    return 0;
}

int nero_line_writer_write(NeroLineWriter *l, const char *line)
{
    const gsize size = strlen(line);
    rotate_when_due(l, size + (l->limits.array ? 4 : 1));
    struct iovec parts[3] = {
        {(char *)(l->any ? "," : "["), l->limits.array ? 1 : 0},
        {(char *)line, size},
        {(char *)"\n", 1},
    };
    if (!l->own)
        fflush(stdout);
    const int error = write_parts(l, parts, 3);
    if (error)
        return error;
    l->any = TRUE;
    if (!l->unsynced)
        l->synced_at = g_get_monotonic_time();
    l->unsynced = TRUE;
    if (l->limits.sync == NERO_FSYNC_LINE)
        sync_now(l);
    return 0;
}

void nero_line_writer_close(NeroLineWriter *l)
{
    if (l->fd >= 0)
        close_array(l);
    if (l->fd >= 0)
        sync_now(l);
    if (l->own && l->fd >= 0)
        close(l->fd);
    g_free(l->place);
    *l = (NeroLineWriter){.fd = -1};
}
