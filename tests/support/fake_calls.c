// SPDX-License-Identifier: MIT
// Preloaded C library calls: those for the fake camera are answered here, the others are passed on.
#undef _FILE_OFFSET_BITS // open and open64 are both defined here
#include "tests/support/fake_camera.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void *find(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static int fail(int error)
{
    errno = error;
    return -1;
}

static int open_other(const char *name, const char *path, int flags, va_list more)
{
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))find(name);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    return real(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    if (fake_is_path(path))
        return fake_open();
    va_list more;
    va_start(more, flags);
    int fd = open_other("open", path, flags, more);
    va_end(more);
    return fd;
}

int open64(const char *path, int flags, ...)
{
    if (fake_is_path(path))
        return fake_open();
    va_list more;
    va_start(more, flags);
    int fd = open_other("open64", path, flags, more);
    va_end(more);
    return fd;
}

static int stat_camera(struct stat *st)
{
    if (fake_is_gone())
        return fail(ENOENT);
    memset(st, 0, sizeof *st);
    st->st_mode = S_IFCHR | 0660;
    st->st_rdev = makedev(81, 77);
    return 0;
}

int stat(const char *path, struct stat *st)
{
    if (fake_is_path(path))
        return stat_camera(st);
    return fstatat(AT_FDCWD, path, st, 0);
}

int stat64(const char *path, struct stat64 *st)
{
    if (fake_is_path(path))
        return stat_camera((struct stat *)st); // the same on 64-bit machines
    return fstatat64(AT_FDCWD, path, st, 0);
}

int access(const char *path, int mode)
{
    if (fake_is_path(path))
        return fake_is_gone() ? fail(ENOENT) : 0;
    return faccessat(AT_FDCWD, path, mode, 0);
}

int ioctl(int fd, unsigned long request, ...);

int ioctl(int fd, unsigned long request, ...)
{
    static int (*real)(int, unsigned long, ...);
    va_list more;
    va_start(more, request);
    void *argument = va_arg(more, void *);
    va_end(more);
    if (fake_is_fd(fd))
        return fake_ioctl(request, argument);
    if (!real)
        real = (int (*)(int, unsigned long, ...))find("ioctl");
    return real(fd, request, argument);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset)
{
    static void *(*real)(void *, size_t, int, int, int, off64_t);
    if (fake_is_fd(fd))
        return fake_map(size, offset);
    if (!real)
        real = (void *(*)(void *, size_t, int, int, int, off64_t))find("mmap64");
    return real(at, size, protection, flags, fd, offset);
}

int munmap(void *at, size_t size)
{
    static int (*real)(void *, size_t);
    if (fake_is_mapped(at))
        return 0;
    if (!real)
        real = (int (*)(void *, size_t))find("munmap");
    return real(at, size);
}

int dup(int fd)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))find("dup");
    int copy = real(fd);
    fake_note_copy(fd, copy);
    return copy;
}

int close(int fd)
{
    static int (*real)(int);
    if (fake_is_fd(fd))
        fake_close(fd);
    if (!real)
        real = (int (*)(int))find("close");
    return real(fd);
}
