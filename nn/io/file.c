// SPDX-License-Identifier: MIT
// Whole files: read-only maps, and writes that are complete or absent.
#include "nn/io/file.h"

#include "nn/base/memory.h"
#include "nn/base/plain_text.h"
#include "nn/base/write_lock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static nn_status fail_errno(nn_error *err, const char *path, const char *what, int number)
{
    nn_status status = number == ENOENT ? NN_ENOTFOUND : number == ENOMEM ? NN_ENOMEM : NN_EIO;
    char text[128];
    return nn_fail(err, status, "%s: cannot %s: %s", path, what,
                   strerror_r(number, text, sizeof text));
}

// Whether the step of a path that begins here is empty, "." or "..".
static bool is_detour(const char *step)
{
    const size_t length = strcspn(step, "/");
    return length == 0 || (length <= 2 && strncmp(step, "..", length) == 0);
}

bool nn_file_is_inside(const char *name)
{
    if (!*name || *name == '/' || strlen(name) > NAME_MAX || strchr(name, '\\') ||
        !nn_plain_text(name))
        return false;
    for (const char *p = name; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL)
        if (is_detour(p))
            return false;
    return true;
}

nn_status nn_file_map(nn_file *file, const char *path, nn_error *err)
{
    *file = (nn_file){0};
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail_errno(err, path, "open", errno);
    struct stat st;
    nn_status status = NN_OK;
    if (fstat(fd, &st) < 0)
        status = fail_errno(err, path, "read", errno);
    else if (!S_ISREG(st.st_mode))
        status = nn_fail(err, NN_EIO, "%s: %s, not a file", path,
                         S_ISDIR(st.st_mode) ? "a folder" : "a device or pipe");
    else if ((uintmax_t)st.st_size > SIZE_MAX / 2)
        status = nn_fail(err, NN_EUNSUPPORTED, "%s: the file is too large for this machine", path);
    if (status == NN_OK && st.st_size > 0) {
        void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED)
            status = fail_errno(err, path, "map", errno);
        else
            *file = (nn_file){map, (size_t)st.st_size};
    }
    close(fd);
    return status;
}

void nn_file_unmap(nn_file *file)
{
    if (file->bytes)
        munmap((void *)file->bytes, file->size);
    *file = (nn_file){0};
}

void nn_file_forget(const nn_file *file, const void *part, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)file->bytes;
    uintptr_t from = (uintptr_t)part, to = from + size;
    if (!file->bytes || from < start || to > start + file->size)
        return;
    from = (from + page - 1) / page * page;
    to = to / page * page;
    if (to > from)
        madvise((void *)from, to - from, MADV_DONTNEED);
}

static int write_all(int fd, const nn_file_part *part)
{
    const char *p = part->bytes;
    size_t left = part->size;
    while (left > 0) {
        ssize_t n = write(fd, p, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        p += n;
        left -= (size_t)n;
    }
    return 0;
}

// The new name must reach the disk as well; a file system that cannot sync folders is no error.
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    int fd = -1;
    if (!slash) {
        fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } else {
        size_t length = slash == path ? 1 : (size_t)(slash - path);
        char *folder = nn_alloc(length + 1);
        if (!folder)
            return;
        memcpy(folder, path, length);
        folder[length] = '\0';
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        nn_free(folder);
    }
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

// --- temporary files that a signal has to remove ---

// names from nn_alloc; with more files at once, the rest is not removed
static _Atomic(char *) temporaries[256];

static void note(char *name)
{
    for (size_t i = 0; i < sizeof temporaries / sizeof *temporaries; i++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(&temporaries[i], &none, name))
            return;
    }
}

// Removes a name when its file was renamed or is gone. False: a signal handler has taken it and
// reads it.
static bool forget(char *name)
{
    for (size_t i = 0; i < sizeof temporaries / sizeof *temporaries; i++) {
        char *mine = name;
        if (atomic_compare_exchange_strong(&temporaries[i], &mine, NULL))
            return true;
    }
    return false;
}

void nn_file_remove_temporaries(void)
{
    for (size_t i = 0; i < sizeof temporaries / sizeof *temporaries; i++) {
        const char *name = atomic_exchange(&temporaries[i], NULL);
        if (name)
            unlink(name);
    }
}

// --- writing ---

// Devices and pipes are written directly.
static nn_status begin_device(const char *path, char **temporary, int *fd, nn_error *err)
{
    *fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (*fd < 0)
        return fail_errno(err, path, "write", errno);
    *temporary = nn_strdup(path);
    if (*temporary)
        return NN_OK;
    close(*fd);
    return nn_fail(err, NN_ENOMEM, "%s: out of memory", path);
}

nn_status nn_file_begin(const char *path, char **temporary, int *fd, nn_error *err)
{
    char real[PATH_MAX];
    struct stat st;
    *fd = -1;
    *temporary = NULL;
    const bool there = stat(path, &st) == 0;
    if (there && S_ISDIR(st.st_mode))
        return fail_errno(err, path, "write", EISDIR);
    if (there && !S_ISREG(st.st_mode))
        return begin_device(path, temporary, fd, err);
    nn_write_target(path, real); // links stay: their target is written
    size_t size = strlen(real) + 32;
    *temporary = nn_alloc(size);
    if (!*temporary)
        return nn_fail(err, NN_ENOMEM, "%s: out of memory", path);
    // open instead of mkstemp: the file gets the mode of the umask, not 0600.
    for (int try = 0; try < 100; try++) {
        snprintf(*temporary, size, "%s.%ld-%d.tmp", real, (long)getpid(), try);
        note(*temporary); // before the file exists: a signal may come in between
        *fd = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (*fd >= 0)
            return NN_OK;
        const int number = errno;
        forget(*temporary);
        errno = number;
        if (number != EEXIST)
            break;
    }
    nn_status status = fail_errno(err, path, "write", errno);
    nn_free(*temporary);
    *temporary = NULL;
    return status;
}

nn_status nn_file_end(const char *path, char *temporary, int fd, nn_status status, nn_error *err)
{
    char real[PATH_MAX];
    nn_write_target(path, real);
    const bool device = strcmp(temporary, path) == 0;
    int number = 0;
    if (status == NN_OK && !device && fsync(fd) < 0)
        number = errno;
    if (close(fd) < 0 && number == 0)
        number = errno;
    if (status == NN_OK && number == 0 && !device && rename(temporary, real) < 0)
        number = errno;
    if (!device && (status != NN_OK || number != 0))
        unlink(temporary);
    if (device || forget(temporary))
        nn_free(temporary);
    if (status == NN_OK && number != 0)
        return fail_errno(err, path, "write", number);
    if (status == NN_OK && !device)
        sync_folder(real);
    return status;
}

bool nn_file_is_temporary(const char *name)
{
    const size_t length = strlen(name), end = strlen(".tmp");
    if (length < end || strcmp(name + length - end, ".tmp") != 0)
        return false;
    const char *try = name + length - end, *process;
    while (try > name && isdigit((unsigned char)try[-1]))
        try--;
    if (try == name || try[-1] != '-' || *try == '.')
        return false;
    process = try - 1;
    while (process > name && isdigit((unsigned char)process[-1]))
        process--;
    return process > name + 1 && process[-1] == '.' && *process != '-';
}

nn_status nn_file_write(const char *path, const nn_file_part *parts, int count, nn_error *err)
{
    char *temporary;
    int fd, number = 0;
    nn_status status = nn_file_begin(path, &temporary, &fd, err);
    if (status != NN_OK)
        return status;
    for (int i = 0; i < count && number == 0; i++)
        number = write_all(fd, &parts[i]);
    if (number != 0)
        status = fail_errno(err, path, "write", number);
    return nn_file_end(path, temporary, fd, status, err);
}

// Makes the folders that a path lacks.
static void make_folders(const char *path)
{
    char folder[PATH_MAX];
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        if ((size_t)(slash - path) >= sizeof folder)
            return;
        memcpy(folder, path, (size_t)(slash - path));
        folder[slash - path] = '\0';
        mkdir(folder, 0777);
    }
}

static int open_new(const char *path)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = open(path, flags, 0666);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    make_folders(path);
    return open(path, flags, 0666);
}

nn_status nn_file_create(const char *path, const nn_file_part *parts, int count, nn_error *err)
{
    const int fd = open_new(path);
    int number = 0;
    if (fd < 0)
        return fail_errno(err, path, "write", errno);
    for (int i = 0; i < count && number == 0; i++)
        number = write_all(fd, &parts[i]);
    if (close(fd) < 0 && number == 0)
        number = errno;
    return number ? fail_errno(err, path, "write", number) : NN_OK;
}

nn_status nn_file_copy(const char *path, const char *from, bool link_it, nn_error *err)
{
    char real[PATH_MAX];
    nn_file file;
    if (link_it && realpath(from, real)) {
        if (link(real, path) == 0)
            return NN_OK;
        if (errno == ENOENT)
            make_folders(path);
        if (link(real, path) == 0)
            return NN_OK;
    }
    nn_status status = nn_file_map(&file, from, err);
    if (status != NN_OK)
        return status;
    status = nn_file_create(path, &(nn_file_part){file.bytes, file.size}, 1, err);
    nn_file_unmap(&file);
    return status;
}
